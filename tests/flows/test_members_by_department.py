"""With Odoo's Employees installed, the departments of its tree make the members of a pool.

The cases are in members_by_department.py; they run in a database of their own, by a pytest of their
own.
"""

import subprocess
from pathlib import Path

import pytest

from devkit import odoo_run, workbench

from ..common import ROOT

CASES = Path(__file__).with_name("members_by_department.py")


def test_departments_make_members():
    found = workbench.inherited()
    if not found:
        pytest.skip("needs the databases that dev/test prepares")
    databases, _told = found
    name = databases.copy_for("departments", databases.with_apps(("hr",)))
    config = odoo_run.configuration(databases, name)
    try:
        install = odoo_run.command(databases, "module", "install", "-c", config)
        run(databases, [*install, "lead_public_pool"])
        cases = [databases.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", CASES]
        run(databases, [*cases, f"--odoo-config={config}"])
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
