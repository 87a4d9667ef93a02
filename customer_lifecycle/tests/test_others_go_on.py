from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..tools.jobs import each_or_set_aside
from .common import LifecycleCase
from .test_states import ahead

QUIET = (
    "odoo.sql_db",
    "odoo.addons.customer_lifecycle.models.lifecycle.lifecycle_update",
    "odoo.addons.customer_lifecycle.models.churn.customer_lifecycle",
    "odoo.addons.customer_lifecycle.models.lifecycle.customer_lifecycle_run",
    "odoo.addons.customer_lifecycle.models.playbook.enrolment_progress",
)


@tagged("post_install", "-at_install")
class TestOthersGoOn(LifecycleCase):
    """What we cannot decide stops neither a sale nor an invoice, nor any other customer."""

    def setUp(self):
        super().setUp()
        muted = mute_logger(*QUIET)
        muted.__enter__()
        self.addCleanup(muted.__exit__, None, None, None)

    def sql(self, query, *values):
        self.env.flush_all()
        self.env.cr.execute(query, values)
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def playbook(self, **values):
        playbook = self.env["customer.playbook"].create(
            {
                "name": "Back",
                "reentry": "always",
                "step_ids": [(0, 0, {"kind": "tag", "tag_ids": self.tag.ids})],
                **values,
            }
        )
        playbook.action_start()
        return playbook

    @property
    def tag(self):
        return self.env["res.partner.category"].create({"name": "Seen"})

    def test_a_playbook_with_a_broken_filter_stops_no_order(self):
        partner = self.customer(100)
        playbook = self.playbook(domain=f"[('id', '=', {partner.id})]")
        playbook.sudo()._let_in()
        for domain in ("[('no_field', '=', 1)]", "[(", "9**9**9", "[('id', 'in', 5, 6)]"):
            with self.subTest(domain=domain):
                self.sql("UPDATE customer_playbook SET domain = %s, error = NULL", domain)
                row = self.row(partner)
                self.Lifecycle._lifecycle_apply(self.company, row.ids, ahead(400))
                order = self.order(partner, confirm=False)
                order.action_confirm()
                self.assertEqual(order.state, "sale")
                self.assertIn(row.state, ("new", "active"))
                self.assertTrue(playbook.error)
                order._action_cancel()

    def break_decisions(self):
        """A company whose profile holds a number that no date can be made of."""
        self.sql("ALTER TABLE customer_lifecycle_profile DROP CONSTRAINT IF EXISTS"
                 " customer_lifecycle_profile_days_check")  # fmt: skip
        self.sql(
            "UPDATE customer_lifecycle_profile SET churn_days = 2147483647 WHERE id = %s",
            self.profile.id,
        )

    def mend_decisions(self):
        self.sql(
            "UPDATE customer_lifecycle_profile SET churn_days = 365 WHERE id = %s", self.profile.id
        )

    def test_what_cannot_be_decided_stops_no_order_and_is_done_by_the_next_run(self):
        partner = self.customer(100)
        row = self.row(partner)
        self.break_decisions()
        order = self.order(partner, confirm=False)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertTrue(row.failure)
        self.assertEqual(row.check_date, ahead(0))
        self.assertEqual(row.order_count, 1)
        self.mend_decisions()
        self.env["customer.lifecycle.run"]._run_batch(self.company, ahead(0), {}, 1000)
        row.invalidate_recordset()
        self.assertEqual((row.order_count, row.failure), (2, False))

    def test_whoever_cannot_be_told_of_a_loss_takes_no_decision_back(self):
        row = self.row(self.customer(100))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        owner = new_test_user(
            self.env,
            "life_elsewhere",
            groups="sales_team.group_sale_salesman",
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        self.company.lifecycle_ask_reason = True
        self.sql(
            "UPDATE res_partner SET user_id = %s, company_id = %s WHERE id = %s",
            owner.id,
            self.company.id,
            row.partner_id.id,
        )
        self.sql("DELETE FROM mail_activity_type WHERE id = %s",
                 self.env.ref("customer_lifecycle.mail_activity_type_churn").id)  # fmt: skip
        self.Lifecycle._lifecycle_apply(self.company, row.ids, ahead(400))
        self.assertEqual(row.state, "churned")

    def test_changed_order_lines_are_seen_at_once(self):
        partner = self.customer(5, amount=100.0)
        line = self.env["sale.order"].search([("partner_id", "=", partner.id)]).order_line
        line.write({"price_unit": 70.0})
        self.assertEqual(self.row(partner).amount_total, 70)
        line.product_uom_qty = 3
        self.assertEqual(self.row(partner).amount_total, 210)
        line.discount = 50
        self.assertEqual(self.row(partner).amount_total, 105)

    def test_one_bad_record_is_set_aside_and_the_others_go_on(self):
        partners = self.env["res.partner"].create([{"name": name} for name in "abc"])
        aside = []

        def work(partner):
            partner.comment = "done"
            if partner.name == "b":
                self.env["res.partner"].browse(partner.id).write({"email": "x"})
                self.env.cr.execute("SELECT 1 / 0")

        each_or_set_aside(partners, work, lambda partner, error: aside.append(partner))
        self.assertEqual(aside, [partners[1]])
        self.assertEqual([bool(partner.comment) for partner in partners], [True, False, True])

    def test_a_fault_of_the_company_before_stops_no_other_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        row = self.row(self.customer(0))
        self.sql("UPDATE customer_lifecycle SET check_date = %s WHERE id = %s", ahead(0), row.id)
        self.sql("UPDATE res_company SET lifecycle_rfm_mode = 'cut', lifecycle_rfm_r = 'x'"
                 " WHERE id = %s", self.company.id)  # fmt: skip
        with self.enter_registry_test_mode():
            self.env.ref("customer_lifecycle.ir_cron_lifecycle_run").method_direct_trigger()
        self.env.invalidate_all()
        runs = self.env["customer.lifecycle.run"].search([("day", "=", ahead(0))])
        self.assertIn(other, runs.filtered("date_end").company_id)
        self.assertTrue(runs.filtered(lambda run: run.company_id == self.company)[:1].warning)

    def test_filters_are_read_and_never_computed(self):
        for text in (
            "9**9**9",
            "[('id', '=', 9**9**9)]",
            "[" * 5000,
            "__import__('os')",
            "x" * 90000,
        ):
            with self.subTest(text=text[:20]):
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    self.profile.domain = text
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    self.env["customer.visit.plan"].create({"name": "P", "domain": text})
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    self.env["customer.playbook"].create({"name": "P", "domain": text})

    def test_limits_are_finite_numbers(self):
        for text in ("nan, 1, 2, 3", "1, 2, 3, inf", "-inf, 1, 2, 3", "1, nan, nan, 4"):
            for name in ("lifecycle_rfm_r", "lifecycle_rfm_f", "lifecycle_rfm_m"):
                with (
                    self.subTest(text=text, name=name),
                    self.assertRaises(ValidationError),
                    self.env.cr.savepoint(),
                ):
                    self.company[name] = text
        for name in ("lifecycle_tier_a", "lifecycle_tier_b", "lifecycle_tier_c",
                     "lifecycle_tier_margin"):  # fmt: skip
            for value in (float("nan"), float("inf")):
                with self.subTest(name=name, value=value):
                    with self.assertRaises(IntegrityError), self.cr.savepoint():
                        self.company[name] = value
                        self.company.flush_recordset()
                    self.company.invalidate_recordset()

    def test_a_suggestion_of_hardly_any_patience_is_refused_with_its_reason(self):
        suggestions = self.env["customer.lifecycle.suggestion"]
        for days, refused in ((1, True), (2, True), (60, False)):
            settings = {"risk": 1, "dormant": days, "churn": 400}
            with self.subTest(days=days):
                if refused:
                    with self.assertRaisesRegex(UserError, "after .* day"):
                        suggestions._lifecycle_suggest(
                            self.profile, self.company, "fixed", settings
                        )
                else:
                    self.assertTrue(
                        suggestions._lifecycle_suggest(
                            self.profile, self.company, "fixed", settings
                        )
                    )

    def test_scores_go_in_the_run_in_which_buyers_become_too_few(self):
        self.company.lifecycle_rfm_minimum = 5
        partners = [self.customer(days) for days in (1, 2, 3, 4, 5)]
        self.Lifecycle._lifecycle_rescore(self.company)
        self.assertTrue(self.row(partners[1]).r_score)
        self.env["sale.order"].search([("partner_id", "=", partners[0].id)])._action_cancel()
        self.Lifecycle._lifecycle_rescore(self.company)
        for partner in partners:
            row = self.row(partner)
            self.assertEqual((row.r_score, row.group_id.id), (0, False))


@tagged("post_install", "-at_install")
class TestWhoSees(LifecycleCase):
    """What a customer is worth concerns salespeople: neither him nor other employees."""

    def test_nobody_but_salespeople_reads_what_a_customer_is_worth(self):
        partner = self.customer(5)
        rep = new_test_user(self.env, "see_rep", groups="sales_team.group_sale_salesman")
        others = [
            new_test_user(self.env, "see_employee", groups="base.group_user"),
            new_test_user(self.env, "see_portal", groups="base.group_portal"),
        ]
        ours = [
            name
            for name, field in self.env["res.partner"]._fields.items()
            if "customer_lifecycle" in field._modules and field.type != "one2many"
        ]
        self.assertGreater(len(ours), 20)
        partner.with_user(rep).read(ours)
        for user in others:
            mine = user.partner_id if user.share else partner
            for name in ours:
                with self.subTest(user=user.login, name=name):
                    with self.assertRaises(AccessError):
                        mine.with_user(user).read([name])
                    with self.assertRaises(AccessError):
                        user.with_user(user).read([name])
            mine.with_user(user).read(["name"])
            if not user.share:
                for kind in ("form", "list", "search"):
                    arch = self.env["res.partner"].with_user(user).get_view(view_type=kind)["arch"]
                    self.assertNotIn("lifecycle_state", arch)
