from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.tests import TransactionCase

TODAY = date(2026, 6, 30)


class LifecycleCase(TransactionCase):
    """Customers with purchases on chosen days, looked at on 30 June 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        frozen = freeze_time(datetime(2026, 6, 30, 12, 0, 0))
        frozen.start()
        cls.addClassCleanup(frozen.stop)
        cls.company = cls.env.company
        cls.Lifecycle = cls.env["customer.lifecycle"].sudo()
        cls.product = cls.env["product.product"].create({"name": "Thing", "list_price": 100.0})
        cls.env["customer.lifecycle.profile"].search([]).active = False
        cls.profile = cls.env["customer.lifecycle.profile"].create(
            {
                "name": "Everybody",
                "engine": "fixed",
                "risk_days": 30,
                "dormant_days": 90,
                "churn_days": 365,
                "new_days": 30,
                "loyal_orders": 4,
                "loyal_days": 100,
            }
        )

    @classmethod
    def customer(cls, *days_ago, name="Customer", amount=100.0, confirm=True, **values):
        """A customer who bought so many days ago, each time for `amount`."""
        partner = cls.env["res.partner"].create({"name": name, "is_company": True, **values})
        for days in days_ago:
            cls.order(partner, days, amount, confirm)
        return partner

    @classmethod
    def order(cls, partner, days_ago=0, amount=100.0, confirm=True, **values):
        """An order, dated back."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": cls.product.id,
                            "product_uom_qty": 1,
                            "price_unit": amount,
                            "tax_ids": False,
                        },
                    )
                ],
                **values,
            }
        )
        if confirm:
            moment = datetime(2026, 6, 30, 12, 0, 0) - timedelta(days=days_ago)
            order.write({"state": "sale", "date_order": moment})
        return order

    def row(self, partner, company=None):
        return self.Lifecycle._lifecycle_rows(partner, company or self.company)[partner.id]
