"""Each addon installs alone, in pairs and with all, and leaves nothing behind when it goes.

Works on copies of the database that holds only the official addons, with Odoo's own command line.
"""

import itertools
import subprocess
import sys

import pytest

from devkit import odoo_run, project, workbench
from devkit.log_rules import Watch

from ..common import ROOT

# What an addon may bring into a database besides tables and columns: (table, what tells rows apart)
KINDS = {
    "ir_model": "model",
    "ir_model_fields": "model || '.' || name",
    "ir_model_relation": "name",
    "ir_model_access": "name",
    "ir_model_data": "module || '.' || name",
    "ir_rule": "name",
    "ir_ui_menu": "id::text || name::text",
    "ir_ui_view": "id::text || name",
    "ir_actions": "id::text || name::text",
    "ir_cron": "id::text || cron_name",
    "ir_config_parameter": "key",
    "ir_sequence": "id::text || name",
    "ir_asset": "id::text || name",
    "ir_default": "id::text",
    "ir_filters": "id::text",
    "mail_template": "id::text || name::text",
    "mail_message_subtype": "id::text || name::text",
    "mail_activity_type": "id::text || name::text",
    "mail_activity_plan": "id::text || name",
    "res_groups": "id::text || name::text",
    "res_groups_privilege": "id::text || name::text",
    "utm_source": "name",
}
STRUCTURE = {
    "tables": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    "columns": "SELECT table_name || '.' || column_name FROM information_schema.columns"
    " WHERE table_schema = 'public'",
    # Not from ir_model_constraint: Odoo forgets foreign keys there when it drops their column.
    "constraints": "SELECT conname FROM pg_constraint",
    "indexes": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    "functions": "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace"
    " WHERE nspname = 'public'",
    "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
# Odoo lists the addons that it finds, installed or not.
LISTED = {f"ir_model_data: base.module_{addon}" for addon in project.ADDONS}
# Odoo waits for no lock, and PostgreSQL may just be gathering figures about a new copy.
ATTEMPTS, LOCKED = 3, "could not obtain lock on"


class Copy:
    """A database of its own, on which addons are installed and removed from the command line."""

    def __init__(self, databases, base, purpose):
        self.databases = databases
        self.name = databases.copy_for(purpose, base)
        self.config = odoo_run.configuration(databases, self.name)

    def module(self, action, *addons):
        command = odoo_run.command(self.databases, "module", action, "-c", self.config, *addons)
        for _attempt in range(ATTEMPTS):
            done = subprocess.run(
                list(map(str, command)),
                env=workbench.environment(self.databases),
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if not (done.returncode and LOCKED in done.stdout):
                break
        watch = Watch()
        for line in done.stdout.splitlines():
            watch.read(line)
        assert done.returncode == 0, f"{action} {addons} failed:\n{done.stdout[-4000:]}"
        assert not watch.records, f"{action} {addons} complained:\n" + "\n".join(watch.records)

    def by_hand(self):
        """Play what every user does by hand, with what is installed here."""
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "tests/browser/test_by_hand.py", "-q"),
                *(f"--odoo-config={self.config}", "--odoo-http", "--odoo-log-level=warn"),
                *("-k", "TestByHandRep"),
            ],
            env=workbench.environment(self.databases, config=str(self.config)),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"by hand:\n{done.stdout[-4000:]}"

    def installed(self):
        rows = self.databases.server.sql(
            "SELECT name FROM ir_module_module WHERE state = 'installed'", self.name
        )
        return {name for (name,) in rows} & set(project.ADDONS)

    def contents(self):
        """Everything that an addon may have put there, as texts with their kind."""
        queries = dict(STRUCTURE)
        tables = {name for (name,) in self.databases.server.sql(STRUCTURE["tables"], self.name)}
        for table, what in KINDS.items():
            if table in tables:
                queries[table] = f"SELECT {what} FROM {table}"
        return {
            f"{kind}: {' '.join(row)}"
            for kind, query in queries.items()
            for row in self.databases.server.sql(query, self.name)
        }


@pytest.fixture
def copy(request):
    """A fresh copy of the official addons, dropped afterwards."""
    found = workbench.inherited()
    if not found:
        pytest.skip("needs the databases that dev/test prepares")
    databases, told = found
    made = Copy(databases, told["base"], "matrix")
    yield made
    databases.drop(made.name)


def there(*addons):
    if missing := set(addons) - set(project.addons()):
        pytest.skip(f"not in the repository yet: {', '.join(sorted(missing))}")
    return addons


@pytest.mark.parametrize("addon", project.STANDALONE)
def test_alone_and_gone_without_a_trace(copy, addon):
    there(addon)
    before = copy.contents()
    copy.module("install", addon)
    assert copy.installed() == {addon}
    assert copy.contents() - before, "nothing was installed"
    copy.by_hand()
    copy.module("uninstall", addon)
    assert copy.installed() == set()
    left = sorted(copy.contents() - before - LISTED)
    assert not left, "left behind:\n" + "\n".join(left)
    lost = sorted(before - copy.contents())
    assert not lost, "taken from others:\n" + "\n".join(lost)


@pytest.mark.parametrize("pair", list(itertools.combinations(project.STANDALONE, 2)), ids="+".join)
def test_in_pairs(copy, pair):
    copy.module("install", *there(*pair))
    assert copy.installed() == set(pair)


def test_all_and_each_can_go_without_the_others(copy):
    there(*project.STANDALONE)
    sql = copy.databases.server.sql
    sql("INSERT INTO crm_lead (name, type, active) VALUES ('Old', 'lead', true)", copy.name)
    [[version]] = sql("SELECT xmin FROM crm_lead", copy.name)
    copy.module("install", *project.STANDALONE)
    # A million leads that are there already are not written one by one.
    old = sql("SELECT xmin, pool_state, qualification, profile_complete FROM crm_lead", copy.name)
    assert old == [[version, "outside", "raw", "0"]]
    left = set(project.STANDALONE)
    for addon in project.STANDALONE[:-1]:
        copy.module("uninstall", addon)
        left.remove(addon)
        assert copy.installed() == left


@pytest.fixture
def beside_till():
    """A fresh copy of the official addons with the point of sale, dropped afterwards."""
    found = workbench.inherited()
    if not found:
        pytest.skip("needs the databases that dev/test prepares")
    databases, _told = found
    made = Copy(databases, databases.with_apps(("point_of_sale",)), "till")
    yield made
    databases.drop(made.name)


def test_glue_comes_and_goes_by_itself(beside_till):
    copy = beside_till
    before = copy.contents()
    copy.module("install", *there("customer_lifecycle"))
    assert copy.installed() == {"customer_lifecycle", "customer_lifecycle_pos"}
    copy.module("uninstall", "customer_lifecycle_pos")
    assert copy.installed() == {"customer_lifecycle"}
    copy.module("uninstall", "customer_lifecycle")
    assert copy.installed() == set()
    left = sorted(copy.contents() - before - LISTED)
    assert not left, "left behind:\n" + "\n".join(left)
