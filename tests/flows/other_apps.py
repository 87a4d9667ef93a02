"""Cases that need more of Odoo's apps: in a database of their own, by a pytest of their own."""

import subprocess

import pytest

from devkit import odoo_run, workbench

from ..common import ROOT


def run_cases(cases, apps, addon, *options):
    """Run the tests of a file where these apps were there before our addon came.

    :param cases: path of the file
    :param tuple apps: technical names of Odoo's apps
    :param str addon: the one of our addons that is installed
    :param options: more options of pytest
    :raise AssertionError: when one fails, with what was printed
    """
    found = workbench.inherited()
    if not found:
        pytest.skip("needs the databases that dev/test prepares")
    databases, _told = found
    name = databases.copy_for(cases.stem, databases.with_apps(apps))
    config = odoo_run.configuration(databases, name)
    pytest_of_its_own = (databases.python, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    try:
        _run(databases, odoo_run.command(databases, "module", "install", "-c", config, addon))
        _run(databases, [*pytest_of_its_own, cases, f"--odoo-config={config}", *options])
    finally:
        databases.drop(name)


def _run(databases, command):
    done = subprocess.run(
        list(map(str, command)),
        env=workbench.environment(databases),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:]
