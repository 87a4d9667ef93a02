"""With the other apps installed, what leads do there reaches their scores, and only once."""

from pathlib import Path

from .other_apps import run_cases

APPS = ("crm_livechat", "event_crm", "mass_mailing_crm", "sale_crm", "survey", "website_crm")
CASES = Path(__file__).with_name("signals_of_apps.py")


def test_signals_arrive_exactly_once():
    run_cases(CASES, APPS, "lead_scoring", "--odoo-http")
