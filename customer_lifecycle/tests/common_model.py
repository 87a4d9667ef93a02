"""Companies with a past: simulated customers with orders, loaded by SQL."""

from datetime import timedelta

import numpy as np

from odoo import fields
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL


class ModelCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.company = cls.env["res.company"].create({"name": "Company with a past"})
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.today = fields.Date.today()
        cls.profile = cls.env["customer.lifecycle.profile"].create(
            {
                "name": "Shops",
                "sequence": 0,
                "engine": "curve",
                "threshold_ids": [
                    (0, 0, {"min_orders": 1, "dormant_days": 90}),
                    (0, 0, {"min_orders": 4, "dormant_days": 120}),
                ],
            }
        )
        cls.fits = cls.env["customer.lifecycle.fit"]
        cls.manager = new_test_user(
            cls.env,
            "lifecycle_manager",
            groups="sales_team.group_sale_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.rep = new_test_user(
            cls.env,
            "lifecycle_rep",
            groups="sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    @classmethod
    def simulate(cls, customers, days=900, seed=3):
        """Silent days before today of each order of each customer."""
        chance = np.random.default_rng(seed)
        pasts = []
        for _customer in range(customers):
            gap = chance.gamma(2, 30) + 5
            start, end = sorted(chance.integers(days, size=2))
            day, past = float(start), []
            while day <= end:
                past.append(days - int(day))
                day += 1 + chance.exponential(gap)
            pasts.append(past)
        return pasts

    @classmethod
    def load(cls, pasts, company=None, profile=None, amount=100.0):
        """Customers with confirmed orders so many days ago, and their lifecycle rows."""
        company = company or cls.company
        partners = cls.env["res.partner"].create(
            [{"name": f"Shop {number}", "is_company": True} for number in range(len(pasts))]
        )
        orders = [
            (partner, cls.today - timedelta(int(ago)))
            for partner, past in zip(partners.ids, pasts, strict=True)
            for ago in past
        ]
        cls.env.flush_all()
        if orders:
            cls.env.cr.execute(
                SQL(
                    """INSERT INTO sale_order (name, partner_id, partner_invoice_id,
                           partner_shipping_id, company_id, currency_id, currency_rate, state,
                           date_order, amount_untaxed, amount_tax, amount_total)
                       SELECT 'S' || partner, partner, partner, partner, %(company)s, %(currency)s,
                              1, 'sale', day + interval '12 hours', %(amount)s, 0, %(amount)s
                         FROM (VALUES %(orders)s) AS o(partner, day)""",
                    company=company.id,
                    currency=company.currency_id.id,
                    amount=amount,
                    orders=SQL(", ").join(SQL("(%s, %s::date)", *order) for order in orders),
                )
            )
        cls.env.cr.execute(
            SQL(
                """INSERT INTO customer_lifecycle (partner_id, company_id, profile_id, state,
                       order_count, first_order_date, last_order_date)
                   SELECT partner.id, %(company)s, %(profile)s, 'active', count(DISTINCT o.day),
                          min(o.day), max(o.day)
                     FROM unnest(%(partners)s::int[]) AS partner(id)
                     LEFT JOIN (SELECT partner_id, date_order::date AS day FROM sale_order) AS o
                          ON o.partner_id = partner.id
                    GROUP BY partner.id
                   ON CONFLICT (partner_id, company_id) DO UPDATE
                       SET profile_id = excluded.profile_id, order_count = excluded.order_count,
                           first_order_date = excluded.first_order_date,
                           last_order_date = excluded.last_order_date""",
                company=company.id,
                profile=(profile or cls.profile).id,
                partners=partners.ids,
            )
        )
        cls.env.invalidate_all()
        return partners

    @classmethod
    def learn(cls):
        return cls.fits._lifecycle_fit(cls.profile, cls.company)
