"""Every stored filter of the addons breaks; no hot path and no job does.

The filters are found in the registry: text fields that a view edits as a filter. A new one makes
the first test fail until it is told here how to make a record that uses it.
"""

from lxml import etree

from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL, mute_logger

from ..common import requires, top_level

ADDONS = ("lead_public_pool", "lead_scoring", "customer_lifecycle")
# A field that is gone, a text that is no filter, and what only the database finds wrong.
BROKEN = (
    "[('x_gone', '=', 1)]",
    "[('name', '=', 'A'",
    "[('create_date', '>', 'no date')]",
    "[('create_date.month_number', '=', 'May')]",
)
JOBS_LOGGER = "odoo.addons.base.models.ir_cron"


def quiet():
    """What is broken is logged by the addons, as it should be."""
    return mute_logger("odoo.sql_db", *(f"odoo.addons.{addon}" for addon in ADDONS))


@top_level
class TestBrokenFilters(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, *ADDONS)
        cls.env = cls.env(
            context={**cls.env.context, "tracking_disable": True, "no_reset_password": True}
        )
        cls.env["lead.pool"].search([]).entry_auto = False
        cls.rep = new_test_user(
            cls.env, "broken_rep", groups="base.group_user,sales_team.group_sale_salesman"
        )
        cls.customer = cls.env["res.partner"].create({"name": "Customer", "user_id": cls.rep.id})
        cls.users = cls._make_users_of_filters()
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Held", "user_id": False, "pool_id": cls.pool.id}
        )
        cls.lead.with_user(cls.rep).pool_claim()
        cls.crons = cls.env["ir.cron"].browse(
            cls.env["ir.model.data"]
            .search([("model", "=", "ir.cron"), ("module", "in", ADDONS)])
            .mapped("res_id")
        )

    @classmethod
    def _make_users_of_filters(cls):
        """A record for each filter: `{(model, field): record}`."""
        env = cls.env
        cls.pool = env["lead.pool"].create(
            {
                "name": "Broken",
                "sequence": 0,
                "entry_auto": True,
                "member_by_filter": True,
                "member_domain": "[('id', '=', 0)]",
                "holding_limit": 10000,
                "assign_strategy": "load",
                "warn_digest": True,
                "member_ids": [(0, 0, {"user_id": cls.rep.id})],
                "rule_ids": [(0, 0, {"name": "Week", "delay": 7})],
            }
        )
        card = env["lead.score.card"].create(
            {
                "name": "Broken",
                "sequence": 0,
                "rule_ids": [(0, 0, {"name": "R", "kind": "attribute", "points": 10})],
            }
        )
        card.action_publish()
        todo = env.ref("mail.mail_activity_data_todo")
        trigger = env["lead.score.trigger"].create(
            {"name": "Broken", "activity_type_id": todo.id, "activity_summary": "Act"}
        )
        step = {"kind": "activity", "activity_type_id": todo.id}
        playbook = env["customer.playbook"].create(
            {"name": "Broken", "control_percent": 0, "step_ids": [(0, 0, step)]}
        )
        playbook.action_start()
        profile = env["customer.lifecycle.profile"].create({"name": "Broken", "sequence": 0})
        plan = env["customer.visit.plan"].create({"name": "Broken", "days": 7})
        return {
            ("lead.pool", "entry_domain"): cls.pool,
            ("lead.pool", "exempt_domain"): cls.pool,
            ("lead.pool", "uncounted_domain"): cls.pool,
            ("lead.pool", "member_domain"): cls.pool,
            ("lead.pool.rule", "domain"): cls.pool.rule_ids,
            ("lead.pool.member", "skill_domain"): cls.pool.member_ids,
            ("lead.score.card", "domain"): card,
            ("lead.score.rule", "domain"): card.rule_ids,
            ("lead.score.trigger", "domain"): trigger,
            ("customer.playbook", "domain"): playbook,
            ("customer.playbook.step", "domain"): playbook.step_ids,
            ("customer.lifecycle.profile", "domain"): profile,
            ("customer.visit.plan", "domain"): plan,
            ("customer.visit.plan", "order_domain"): plan,
        }

    # ------------------------------------------------------------------
    # Finding them
    # ------------------------------------------------------------------

    def _filters(self):
        """(model, field) of each stored text that a view of the addons edits as a filter."""
        found = set()
        views = self.env["ir.ui.view"].search([("model", "!=", False)])
        ours = self.env["ir.model.data"].search(
            [("model", "=", "ir.ui.view"), ("module", "in", ADDONS)]
        )
        for view in views.browse(ours.mapped("res_id")).exists():
            for node in etree.fromstring(view.arch).iter("field"):
                if node.get("widget") == "domain":
                    found.add((self._model_of(node, view.model), node.get("name")))
        return {
            (model, name)
            for model, name in found
            if self.env[model]._fields[name].store and not self.env[model].is_transient()
        }

    def _model_of(self, node, model):
        """Model of a field in a view, which may stand in the list of another field."""
        above = [parent.get("name") for parent in node.iterancestors("field")]
        for name in reversed(above):
            model = self.env[model]._fields[name].comodel_name if name != "arch" else model
        if node.get("name") not in self.env[model]._fields:
            # An extension of a list within a form names the way to it.
            path = next(node.iterancestors("xpath")).get("expr")
            for name in self.env[model]._fields:
                if f"'{name}'" in path and self.env[model]._fields[name].relational:
                    model = self.env[model]._fields[name].comodel_name
        return model

    def test_every_filter_of_the_addons_is_broken_here(self):
        self.assertEqual(self._filters(), set(self.users))

    # ------------------------------------------------------------------
    # Breaking them
    # ------------------------------------------------------------------

    def _break(self, record, name, text):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id IN %s",
                SQL.identifier(record._table),
                SQL.identifier(name),
                text,
                tuple(record.ids),
            )
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def _use_hot_paths(self):
        """What people and other programs do all day; nothing of it may raise."""
        rep, leads = self.rep, self.env["crm.lead"]
        fresh = leads.create({"name": "New", "user_id": False, "email_from": "a@b.example"})
        mine = leads.with_user(rep).create({"name": "Mine"})
        mine.write({"expected_revenue": 5, "priority": "2"})
        self.lead.with_user(rep).message_post(
            body="A note that counts as work", message_type="comment"
        )
        self.lead.with_user(rep).write({"description": "Called"})
        pooled = leads.create({"name": "Waits", "user_id": False, "pool_id": self.pool.id})
        pooled.with_user(rep).pool_claim_check()
        pooled.with_user(rep).pool_claim()
        self.pool.with_user(rep).pool_claim_next()
        entries = self.env["lead.pool.entry"].with_user(rep)
        entries.search([("pool_id", "=", self.pool.id)]).read()
        contact = self.env["res.partner"].create({"name": "Contact", "user_id": rep.id})
        contact.write({"city": "Here"})
        contact.with_user(rep).message_post(body="Met")
        fresh.action_set_lost()
        fresh.action_unarchive()
        self.pool.read()
        self.env.flush_all()

    def _run_jobs(self, crons):
        for cron in crons:
            with (
                self.subTest(cron=cron.name),
                self.assertNoLogs(JOBS_LOGGER, "ERROR"),
                self.enter_registry_test_mode(),
            ):
                cron.method_direct_trigger()

    def _module(self, record):
        return self.env[record._name]._module

    def test_each_broken_filter_stops_no_hot_path_and_no_job(self):
        by_addon = self.crons.grouped(lambda cron: cron.get_external_id()[cron.id].split(".")[0])
        for number, ((model, name), record) in enumerate(self.users.items()):
            before = record[name]
            for text in BROKEN:
                self._break(record, name, text)
                with quiet(), self.subTest(filter=f"{model}.{name} {text}"):
                    self._use_hot_paths()
            # The jobs that may look at it, each time with another kind of fault.
            self._break(record, name, BROKEN[number % len(BROKEN)])
            with quiet(), self.subTest(filter=f"{model}.{name}"):
                self._run_jobs(by_addon[self._module(record)])
            self._break(record, name, before)

    def test_when_a_field_goes_away_its_filters_rest_and_all_else_goes_on(self):
        # Users have the fields of their contacts.
        fields = self.env["ir.model.fields"].create(
            [
                {
                    "name": "x_gone",
                    "model_id": self.env["ir.model"]._get(model).id,
                    "ttype": "integer",
                    "state": "manual",
                }
                for model in ("crm.lead", "res.partner", "sale.order")
            ]
        )
        for (_model, name), record in self.users.items():
            if record._name.startswith("lead.score.") and record._name != "lead.score.trigger":
                continue
            record[name] = BROKEN[0]
        self._publish_a_card_that_names_the_field()
        fields.unlink()
        with quiet():
            self._use_hot_paths()
            self._run_jobs(self.crons)
        self.assertTrue(self.pool.filter_error)

    def _publish_a_card_that_names_the_field(self):
        card = self.env["lead.score.card"].create(
            {
                "name": "Names the field",
                "sequence": 0,
                "domain": BROKEN[0],
                "rule_ids": [
                    (
                        0,
                        0,
                        {"name": "R", "kind": "attribute", "points": 10, "domain": BROKEN[0]},
                    )
                ],
            }
        )
        card.action_publish()
