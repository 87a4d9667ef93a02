from freezegun import freeze_time

from odoo.tests import tagged

from .common import LifecycleCase
from .test_states import ahead


@tagged("post_install", "-at_install")
class TestHistory(LifecycleCase):
    """The past is filled in from orders, and agrees with what would have been observed."""

    def states(self, row):
        history = row.transition_ids.filtered(lambda t: t.kind == "state").sorted("date_entered")
        return [(t.state_to, t.date_entered, t.date_left) for t in history]

    def test_history_from_past_orders(self):
        partner = self.customer(800, 780, 600, 20)
        row = self.row(partner)
        row.action_rebuild()
        self.assertEqual(
            self.states(row),
            [
                ("new", ahead(-800), ahead(-770)),
                ("active", ahead(-770), ahead(-690)),
                ("dormant", ahead(-690), ahead(-600)),
                ("active", ahead(-600), ahead(-510)),
                ("dormant", ahead(-510), ahead(-235)),
                ("churned", ahead(-235), ahead(-20)),
                ("loyal", ahead(-20), False),
            ],
        )
        self.assertEqual(row.state, "loyal")
        self.assertTrue(row.recovered)
        self.assertEqual(row.recovered_until, ahead(70))
        self.assertTrue(
            all(row.transition_ids.filtered(lambda t: t.kind == "state").mapped("replayed"))
        )

    def test_replayed_is_as_observed(self):
        """What the run writes day by day is what the replay finds afterwards."""
        partner = self.customer(0)
        row = self.row(partner)
        for day in range(1, 500):
            with freeze_time(ahead(day).isoformat() + " 12:00:00"):
                if day in (10, 70, 200):
                    self.order(partner, days_ago=-day)
                if row.check_date <= ahead(day):
                    row._lifecycle_refresh()
        observed = [state for state in self.states(row) if state[0] != "prospect"]
        self.assertEqual(observed[0][0], "new")
        self.Lifecycle._lifecycle_replay(self.company, row.ids, ahead(499))
        row.invalidate_recordset()
        self.assertEqual(observed, self.states(row))

    def test_risk_begins_with_too_long_a_silence_and_not_with_the_order(self):
        row = self.row(self.customer(70))
        self.assertTrue(row.at_risk)
        risk = row.transition_ids.filtered(lambda change: change.kind == "risk")
        self.assertEqual(risk.date_entered, row.risk_date)
        self.assertGreater(risk.date_entered, row.last_order_date)
        self.assertEqual(risk.reason, "time")

    def test_rebuilding_changes_no_state_and_tells_nobody(self):
        partner = self.customer(200, 120, 60, 5)
        row = self.row(partner)
        before = row.state
        told = []
        self.patch(
            self.env.registry["customer.lifecycle"],
            "_lifecycle_changed",
            lambda self, ids: told.append(ids),
        )
        row.action_rebuild()
        self.assertEqual(row.state, before)
        self.assertFalse(told)
        self.assertFalse(partner.message_ids.filtered(lambda m: "lifecycle" in (m.body or "")))

    def test_changes_are_told_once_per_batch(self):
        told = []
        self.patch(
            self.env.registry["customer.lifecycle"],
            "_lifecycle_changed",
            lambda self, ids: told.append(ids),
        )
        rows = self.row(self.customer(0)) | self.row(self.customer(0))
        del told[:]
        self.Lifecycle._lifecycle_apply(self.company, rows.ids, ahead(95))
        self.assertEqual(len(told), 1)
        found = self.env["customer.lifecycle.transition"].browse(told[0])
        self.assertEqual(set(found.mapped("to_value")), {"dormant"})

    def test_customers_of_an_import_past_the_orm_get_a_history(self):
        partner = self.customer()
        self.env.cr.execute(
            """INSERT INTO sale_order (name, partner_id, partner_invoice_id, partner_shipping_id,
                    company_id, state, date_order, amount_untaxed, currency_id, currency_rate)
               SELECT 'X' || n, %(p)s, %(p)s, %(p)s, %(c)s, 'sale',
                      '2026-06-29'::timestamp - n * interval '100 day', 10, %(cur)s, 1
                 FROM generate_series(1, 5) n""",
            {"p": partner.id, "c": self.company.id, "cur": self.company.currency_id.id},
        )
        with self.enter_registry_test_mode():
            self.env.ref("customer_lifecycle.ir_cron_lifecycle_run").method_direct_trigger()
        row = self.row(partner)
        self.assertEqual(row.order_count, 5)
        self.assertEqual(row.state, "dormant")
        self.assertGreater(len(self.states(row)), 5)

    def test_merged_contacts_are_one_customer(self):
        first, second = self.customer(500, 490), self.customer(100, 20)
        closed = self.env.ref("customer_lifecycle.churn_reason_closed")
        self.row(second).action_close(closed.id, "Bankrupt", lock_until_order=False)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (first | second).ids, first, extra_checks=False
        )
        row = self.row(first)
        self.assertEqual(row.order_count, 4)
        self.assertEqual(row.manual_state, "churned")
        self.assertEqual(len(self.Lifecycle.search([("partner_id", "=", first.id)])), 1)
        row.action_release_state()
        self.assertEqual(row.state, "loyal")
