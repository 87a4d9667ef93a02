"""With the other apps installed, what leads do there reaches their scores, and only once.

The cases are in signals_of_apps.py; they run in a database of their own, by a pytest of their own.
"""

import subprocess
from pathlib import Path

import pytest

from devkit import odoo_run, workbench

from ..common import ROOT

APPS = ("crm_livechat", "event_crm", "mass_mailing_crm", "sale_crm", "survey", "website_crm")
CASES = Path(__file__).with_name("signals_of_apps.py")


def test_signals_arrive_exactly_once():
    found = workbench.inherited()
    if not found:
        pytest.skip("needs the databases that dev/test prepares")
    databases, _told = found
    name = databases.copy_for("signals", databases.with_apps(APPS))
    try:
        install = odoo_run.command(
            databases, "module", "install", "-c", odoo_run.configuration(databases, name)
        )
        run(databases, [*install, "lead_scoring"])
        cases = [databases.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", CASES]
        config = odoo_run.configuration(databases, name)
        run(databases, [*cases, f"--odoo-config={config}", "--odoo-http"])
    finally:
        databases.drop(name)


def run(databases, command):
    done = subprocess.run(
        list(map(str, command)),
        env=workbench.environment(databases),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:]
