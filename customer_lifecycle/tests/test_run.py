from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LifecycleCase
from .test_states import ahead


@tagged("post_install", "-at_install")
class TestRun(LifecycleCase):
    """The nightly run costs what is due, and one bad customer does not stop the others."""

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("customer_lifecycle.ir_cron_lifecycle_run").method_direct_trigger()
        self.env.invalidate_all()

    def test_time_moves_only_who_is_due(self):
        rows = self.row(self.customer(0)) | self.row(self.customer(60))
        self.run_cron()
        written = rows.mapped("write_date")
        messages = self.env["mail.message"].search_count([])
        partners = rows.partner_id.mapped("write_date")
        self.run_cron()
        self.assertEqual(rows.mapped("write_date"), written)
        self.assertEqual(rows.partner_id.mapped("write_date"), partners)
        self.assertEqual(self.env["mail.message"].search_count([]), messages)

    def test_due_customers_move(self):
        row = self.row(self.customer(0))
        self.env.cr.execute(
            "UPDATE sale_order SET date_order = date_order - interval '95 days'"
            " WHERE partner_id = %s",
            [row.partner_id.id],
        )
        row.check_date = ahead(0)
        self.env.flush_all()
        self.run_cron()
        self.assertEqual(row.state, "dormant")

    def test_one_poisoned_row_stops_nobody(self):
        rows = self.Lifecycle.browse()
        for _number in range(5):
            rows |= self.row(self.customer(0))
        bad = rows[2]
        decide = type(self.Lifecycle)._lifecycle_decide

        def fail(records, company, ids, *options):
            if bad.id in ids:
                raise ValueError("poison")
            return decide(records, company, ids, *options)

        self.patch(self.env.registry["customer.lifecycle"], "_lifecycle_decide", fail)
        with mute_logger("odoo.addons.customer_lifecycle.models.lifecycle.lifecycle_update"):
            _moved, failed = self.Lifecycle._lifecycle_apply_safely(
                self.company, rows.ids, ahead(95)
            )
        rows.invalidate_recordset()
        self.assertEqual(failed, 1)
        self.assertEqual((rows - bad).mapped("state"), ["dormant"] * 4)
        self.assertEqual(bad.check_date, ahead(1))

    def test_a_broken_filter_is_named_and_the_next_profile_takes_over(self):
        broken = self.env["customer.lifecycle.profile"].create(
            {"name": "Broken", "sequence": 0, "domain": "[('name', '=', 'x')]"}
        )
        self.env.cr.execute(
            "UPDATE customer_lifecycle_profile SET domain = '[(''no_field'', ''='', 1)]'"
            " WHERE id = %s",
            [broken.id],
        )
        broken.invalidate_recordset()
        row = self.row(self.customer(5))
        self.assertEqual(row.profile_id, self.profile)
        self.assertIn("no_field", broken.domain_error)
        warnings = list(self.env["customer.lifecycle.run"]._run_warnings(self.company))
        self.assertIn("Broken", warnings[0])
        broken.domain = "[('name', '=', 'nobody')]"
        self.Lifecycle._lifecycle_assign(self.company)
        self.assertFalse(broken.domain_error)

    def test_the_first_profile_that_fits_wins(self):
        first = self.env["customer.lifecycle.profile"].create(
            {"name": "VIP", "sequence": 0, "domain": "[('name', 'ilike', 'vip')]"}
        )
        self.assertEqual(self.row(self.customer(5, name="VIP one")).profile_id, first)
        self.assertEqual(self.row(self.customer(5, name="Other")).profile_id, self.profile)

    def test_colleagues_are_not_tracked(self):
        self.env.ref("customer_lifecycle.profile_internal").active = True
        partner = self.env.ref("base.user_admin").partner_id.commercial_partner_id
        self.order(partner)
        self.assertEqual(partner.lifecycle_state, "not_tracked")

    def test_archived_customers_are_decided_too(self):
        partner = self.customer(0)
        row = self.row(partner)
        partner.active = False
        self.Lifecycle._lifecycle_apply(self.company, row.ids, ahead(95))
        self.assertEqual(row.state, "dormant")
        self.assertFalse(partner.active)

    def test_each_company_has_its_own_view(self):
        other = self.env["res.company"].create({"name": "Other"})
        partner = self.customer(100)
        order = self.order(partner, confirm=False, company_id=other.id)
        order.write({"state": "sale", "date_order": "2026-06-29 10:00:00"})
        self.assertEqual(partner.lifecycle_state, "dormant")
        self.assertEqual(partner.with_company(other).lifecycle_state, "new")
        self.assertEqual(self.row(partner, other).order_count, 1)

    def test_the_day_is_the_day_of_the_company(self):
        self.company.partner_id.tz = "Pacific/Auckland"
        partner = self.customer()
        order = self.order(partner)
        order.date_order = "2026-06-29 20:00:00"
        self.assertEqual(self.row(partner).last_order_date, ahead(0))
