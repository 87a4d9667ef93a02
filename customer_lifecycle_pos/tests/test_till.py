from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestTill(TransactionCase):
    """A sale at the till moves its customer at once, and never fails for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["customer.lifecycle.profile"].search([]).active = False
        cls.profile = cls.env["customer.lifecycle.profile"].create(
            {"name": "Till", "engine": "fixed", "source": "pos"}
        )
        cls.customer = cls.env["res.partner"].create({"name": "Paula"})
        cls.session = cls.env["pos.session"].create(
            {"config_id": cls.env["pos.config"].create({"name": "Till"}).id}
        )

    def sale(self, amount=10.0, state="paid", **values):
        return self.env["pos.order"].create(
            {
                "session_id": self.session.id,
                "company_id": self.env.company.id,
                "partner_id": self.customer.id,
                "amount_tax": 0.0,
                "amount_total": amount,
                "amount_paid": amount,
                "amount_return": 0.0,
                "state": state,
                **values,
            }
        )

    def row(self):
        rows = self.env["customer.lifecycle"].sudo()._lifecycle_rows(self.customer)
        return rows.get(self.customer.id)

    def test_a_payment_moves_the_customer_at_once(self):
        order = self.sale(state="draft")
        self.assertFalse(self.row())
        order.write({"state": "paid"})
        self.assertEqual((self.row().state, self.row().amount_total), ("new", 10))
        self.sale(5.0)
        self.assertEqual(self.row().amount_total, 15)

    def test_a_sale_that_gets_another_customer_leaves_the_former(self):
        order = self.sale()
        order.partner_id = self.env["res.partner"].create({"name": "Other"})
        self.assertEqual(self.row().order_count, 0)

    def test_an_automation_rule_takes_nothing_away(self):
        models = self.env.registry.values()
        for model in list(models):
            self.assertNotIn("_lifecycle_watched", vars(model))
        if "base.automation" in self.env:
            self.env["base.automation"]._unregister_hook()
            self.env["base.automation"]._register_hook()
        self.sale()
        self.assertEqual(self.row().state, "new")

    def test_what_cannot_be_decided_stops_no_payment(self):
        self.sale()
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE customer_lifecycle_profile DROP CONSTRAINT IF EXISTS"
            " customer_lifecycle_profile_days_check"
        )
        self.env.cr.execute(
            "UPDATE customer_lifecycle_profile SET churn_days = 2147483647 WHERE id = %s",
            [self.profile.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        with mute_logger("odoo.addons.customer_lifecycle.models.lifecycle.lifecycle_update"):
            order = self.sale(5.0)
        self.assertEqual(order.state, "paid")
        self.assertTrue(self.row().failure)
