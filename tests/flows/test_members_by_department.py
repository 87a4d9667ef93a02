"""With Odoo's Employees installed, the departments of its tree make the members of a pool."""

from pathlib import Path

from .other_apps import run_cases

CASES = Path(__file__).with_name("members_by_department.py")


def test_departments_make_members():
    run_cases(CASES, ("hr",), "lead_public_pool")
