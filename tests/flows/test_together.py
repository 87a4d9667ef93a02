"""The addons know nothing of each other; filters and fields are the glue between them."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user

from ..common import requires, top_level


@top_level
class TestTogether(TransactionCase):
    """A fact of one addon decides in another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_public_pool", "lead_scoring", "customer_lifecycle")
        cls.env = cls.env(context={**cls.env.context, "no_reset_password": True})
        cls.env["lead.pool"].search([]).entry_auto = False
        groups = "base.group_user,sales_team.group_sale_salesman"
        cls.reps = cls.env["res.users"].union(
            *(new_test_user(cls.env, f"together_{name}", groups=groups) for name in ("a", "b"))
        )
        cls.env["lead.score.card"].search([]).active = False
        cls.env["lead.score.card"].create(
            {
                "name": "By city",
                "rule_ids": [
                    Command.create(
                        {
                            "name": city,
                            "dimension": "fit",
                            "points": points,
                            "domain": f"[('city', '=', '{city}')]",
                        }
                    )
                    for city, points in (("Best", 25), ("Good", 15), ("Poor", 2))
                ],
            }
        ).action_publish()

    def _pool(self, **values):
        return self.env["lead.pool"].create(
            {
                "name": "Together",
                "member_ids": [Command.create({"user_id": user.id}) for user in self.reps],
                **values,
            }
        )

    def test_a_pool_takes_in_what_has_a_good_score(self):
        leads = self.env["crm.lead"].create(
            [{"name": city, "city": city, "user_id": False} for city in ("Best", "Poor")]
        )
        best, poor = leads
        self.assertGreater(best.score, poor.score)
        limit = (best.score + poor.score) / 2
        pool = self._pool(entry_domain=f"[('score', '>', {limit})]", entry_auto=True)
        leads._pool_route()
        self.assertEqual((best.pool_id, poor.pool_id), (pool, self.env["lead.pool"]))

    def test_the_best_by_score_are_handed_out_first(self):
        score = self.env["ir.model.fields"]._get("crm.lead", "score")
        pool = self._pool(assign_strategy="score", assign_score_field_id=score.id, holding_limit=1)
        poor, best, good = self.env["crm.lead"].create(
            [
                {"name": city, "city": city, "user_id": False, "pool_id": pool.id}
                for city in ("Poor", "Best", "Good")
            ]
        )
        pool._assign_waiting(10)
        self.assertTrue(best.user_id and good.user_id)
        self.assertFalse(poor.user_id)

    def test_a_rule_takes_back_only_what_is_cold(self):
        pool = self._pool(
            rule_ids=[
                Command.create(
                    {"name": "Cold", "delay": 7, "domain": "[('score_temperature', '=', 'cold')]"}
                )
            ]
        )
        best, poor = self.env["crm.lead"].create(
            [
                {"name": city, "city": city, "user_id": False, "pool_id": pool.id}
                for city in ("Best", "Poor")
            ]
        )
        (best | poor).with_user(self.reps[0]).pool_claim()
        self.assertEqual(poor.score_temperature, "cold")
        if best.score_temperature == "cold":
            best.score_set(90, "A test needs a warm lead")
            (best | poor)._pool_refresh_due()
        self.assertFalse(best.pool_due_date)
        self.assertTrue(poor.pool_due_date)

    def test_a_pool_takes_in_dormant_customers(self):
        customer = self.env["res.partner"].create({"name": "Sleeper", "is_company": True})
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "order_line": [
                    Command.create(
                        {
                            "name": "Work",
                            "product_uom_qty": 1,
                            "price_unit": 100,
                            "product_id": self.env["product.product"].create({"name": "Work"}).id,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        self.assertEqual(customer.lifecycle_state, "new")
        order.date_order = fields.Datetime.now() - timedelta(days=500)
        customer.invalidate_recordset()
        state = customer.lifecycle_state
        self.assertIn(state, ("dormant", "churned"))
        pool = self._pool(
            kind="customer",
            entry_domain=f"[('lifecycle_state', '=', '{state}')]",
            entry_auto=True,
        )
        customer._pool_route()
        self.assertEqual(customer.pool_id, pool)

    def test_nobody_adds_people_to_a_lead_that_he_has_not_claimed(self):
        pool = self._pool(entry_domain="[('city', '=', 'Best')]", entry_auto=True)
        lead = self.env["crm.lead"].create({"name": "Open", "city": "Best", "user_id": False})
        lead._pool_route()
        self.assertEqual(lead.pool_id, pool)
        people = self.env["lead.score.influencer"].with_user(self.reps[0])
        lead = lead.with_user(self.reps[0])
        self.assertTrue(lead.name, "one may see it")
        person = {"name": "Planted", "role": "decider"}
        for plant in (
            lambda: people.create({"lead_id": lead.id, **person}),
            lambda: lead.write({"profile_influencer_ids": [Command.create(person)]}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                plant()
        self.assertFalse(lead.profile_influencer_ids)
        lead.pool_claim()
        lead.write({"profile_influencer_ids": [Command.create(person)]})
        self.assertEqual(lead.profile_influencer_ids.name, "Planted")
