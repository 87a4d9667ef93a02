"""Lead scoring is removed from a database in use: the other addons go on without it.

Their filters, stored texts, may name its fields; its signals, triggers and versions are gone.
"""

import subprocess

import pytest

from devkit import odoo_run, project, workbench
from devkit.log_rules import Watch

from ..common import ROOT

BEFORE = """
rep = env["res.users"].create({
    "name": "Rita", "login": "goes_rep", "email": "rita@house.example",
    "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
})
hot = "[('score', '>=', 50)]"
pool = env["lead.pool"].create({
    "name": "Goes", "sequence": 0, "entry_auto": True, "entry_domain": hot, "exempt_domain": hot,
    "member_ids": [(0, 0, {"user_id": rep.id, "skill_domain": hot})],
    "rule_ids": [(0, 0, {"name": "Week", "delay": 7, "domain": hot})],
})
plain = env["lead.pool"].create({
    "name": "Stays", "sequence": 1, "entry_auto": True,
    "member_ids": [(0, 0, {"user_id": rep.id})], "rule_ids": [(0, 0, {"name": "Week", "delay": 7})],
})
env["customer.lifecycle.profile"].create(
    {"name": "Goes", "sequence": 0, "domain": "[('score_best', '>', 50)]"})
todo = env.ref("mail.mail_activity_data_todo")
env["lead.score.trigger"].create(
    {"name": "T", "activity_type_id": todo.id, "to_temperature": "hot"})
lead = env["crm.lead"].create(
    {"name": "Old", "email_from": "bert@acme.example", "user_id": False, "pool_id": plain.id})
lead.score_signal("meeting_held")
lead.score_set(77, "Said so")
lead.with_user(rep).pool_claim()
lead.action_mql()
lead.action_reject(env.ref("lead_scoring.reject_reason_spam").id)
lead.profile_motive_ids = env["lead.score.motive"].search([], limit=2)
env["lead.score.influencer"].create({"lead_id": lead.id, "name": "Ada", "role": "decider"})
env.cr.commit()
"""
AFTER = """
assert "lead.score" not in env and "score" not in env["crm.lead"]._fields
rep = env["res.users"].search([("login", "=", "goes_rep")])
plain = env["lead.pool"].search([("name", "=", "Stays")])
old = env["crm.lead"].search([("name", "=", "Old")])
assert old.user_id == rep and old.pool_state == "owned"
old.message_post(body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment")
old.with_user(rep).write({"function": "Boss", "phone": "+49 30 1234567"})
assert old.with_user(rep).pool_release()[0]["ok"]
new = env["crm.lead"].create({"name": "New", "user_id": False})
assert new.pool_id == plain, "a filter that nobody can read lets nothing in"
assert new.with_user(rep).pool_claim()[0]["ok"]
partner = env["res.partner"].create({"name": "Bert", "email": "bert@acme.example"})
old.partner_id = partner
mail = "From: bert@acme.example\\nTo: a@b.example\\nSubject: Re\\nMessage-ID: <1@x>\\n\\nYes"
env["mail.thread"].message_process("crm.lead", mail, thread_id=old.id)
env["mail.message"].search([("model", "=", "crm.lead")]).read()
env.cr.commit()
addons = ("lead_public_pool", "customer_lifecycle")
known = env["ir.model.data"].search([("model", "=", "ir.cron"), ("module", "in", addons)])
crons = env["ir.cron"].browse(known.mapped("res_id"))
assert len(crons) > 10
for cron in crons:
    cron.method_direct_trigger()
    env.cr.commit()
    env.invalidate_all()
    assert not cron.failure_count, cron.cron_name
assert not env["ir.model.data"].search_count([("module", "=", "lead_scoring")])
assert not env["ir.cron"].search_count([("cron_name", "like", "Lead scoring")])
print("ALL GOES ON")
"""


@pytest.fixture
def copy():
    """A copy of the database that holds all addons, dropped afterwards."""
    found = workbench.inherited()
    if not found or set(project.STANDALONE) - set(project.addons()):
        pytest.skip("needs the databases that dev/test prepares, with all addons")
    databases, _told = found
    name = databases.copy_for("goes", databases.addons())
    yield databases, name, odoo_run.configuration(databases, name)
    databases.drop(name)


def run(copy, script, *words, after=()):
    """What Odoo's command line prints; what it complains of is returned as well."""
    databases, _name, config = copy
    done = subprocess.run(
        list(map(str, odoo_run.command(databases, *words, "-c", config, *after))),
        env=workbench.environment(databases),
        cwd=ROOT,
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0 and "Traceback" not in done.stdout, done.stdout[-5000:]
    return done.stdout


def test_the_other_addons_go_on_without_scoring(copy):
    run(copy, BEFORE, "shell", "--no-http")
    watch = Watch()
    for line in run(copy, "", "module", "uninstall", after=["lead_scoring"]).splitlines():
        watch.read(line)
    assert not watch.records, "\n".join(watch.records)
    assert "ALL GOES ON" in run(copy, AFTER, "shell", "--no-http", "--log-level=critical")
