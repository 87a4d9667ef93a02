from odoo.tests import TransactionCase, new_test_user
from odoo.tests.test_cursor import TestCursor


class ActionCase(TransactionCase):
    """A customer with two contacts, a rep who owns him, another rep and their manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "tracking_disable": True, "no_reset_password": True}
        )
        salesman = "base.group_user,sales_team.group_sale_salesman"
        cls.rep = new_test_user(
            cls.env, "action_rep", groups=salesman, name="Rita Rep", email="rita@example.com"
        )
        cls.other = new_test_user(cls.env, "action_other", groups=salesman, name="Otto Other")
        cls.boss = new_test_user(
            cls.env,
            "action_boss",
            groups="base.group_user,sales_team.group_sale_manager",
            name="Bea Boss",
        )
        cls.rep.tz = cls.other.tz = cls.boss.tz = "UTC"
        cls.team = cls.env["crm.team"].create(
            {
                "name": "Action team",
                "user_id": cls.boss.id,
                "member_ids": [(6, 0, (cls.rep | cls.other).ids)],
            }
        )
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Acme",
                "is_company": True,
                "user_id": cls.rep.id,
                "email": "office@acme.example.com",
                "phone": "+1 555 0100",
                "child_ids": [
                    (0, 0, {"name": "Ann", "email": "ann@acme.example.com"}),
                    (0, 0, {"name": "Bob", "email": "bob@acme.example.com"}),
                ],
            }
        )
        cls.ann, cls.bob = cls.customer.child_ids.sorted("name")
        cls.product = cls.env["product.product"].create(
            {"name": "Anvil", "type": "service", "list_price": 100.0}
        )

    @classmethod
    def _confirm_order(cls, partner=None, date=None, price=100.0, user=None, **values):
        """A confirmed order, dated in the past when a date is given."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.customer).id,
                "user_id": (user or cls.rep).id,
                "order_line": [
                    (0, 0, {"product_id": cls.product.id, "price_unit": price, "tax_ids": False})
                ],
                **values,
            }
        )
        order.action_confirm()
        if date:
            order.date_order = date
        return order

    def _set_clock(self, moment):
        """Mock the database's clock, also for the cursors on which jobs run in tests."""
        self.patch(self.env.cr, "now", lambda: moment)
        self.patch(TestCursor, "now", lambda cursor: moment)

    def _run_cron(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"customer_lifecycle.ir_cron_{name}").method_direct_trigger()

    def _activities(self, record, xmlid):
        kind = self.env.ref(f"customer_lifecycle.{xmlid}")
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", record._name),
                ("res_id", "in", record.ids),
                ("activity_type_id", "=", kind.id),
            ]
        )
