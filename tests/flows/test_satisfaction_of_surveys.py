"""With Odoo's Surveys installed, what customers answer there counts as their satisfaction."""

from pathlib import Path

from .other_apps import run_cases

CASES = Path(__file__).with_name("satisfaction_of_surveys.py")


def test_answers_add_up_at_the_customer():
    run_cases(CASES, ("survey",), "customer_lifecycle")
