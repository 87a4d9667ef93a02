from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.purchase_model import Parameters, expected_value
from ...tools.purchase_sql import sql_expected_orders

BANDS = [("low", "Low"), ("medium", "Medium"), ("high", "High")]


class CustomerLifecycle(models.Model):
    _inherit = "customer.lifecycle"

    p_band = fields.Selection(
        BANDS,
        string="Chance",
        compute="_compute_p_band",
        search="_search_p_band",
        help="The chance of an order as a band: low is what the profile calls dormant, high is "
        "what it does not call at risk yet.",
    )
    expected_orders = fields.Float(
        compute="_compute_expected",
        help="Purchase days that the model expects within the horizon of the profile. It compares "
        "customers; totals follow the season and are no forecast of sales.",
    )
    expected_value = fields.Float(
        compute="_compute_expected",
        help="Expected purchase days at what this customer spends on average. It compares "
        "customers; totals follow the season and are no forecast of sales.",
    )

    @api.depends("p_buy", "order_count", "profile_id.p_risk", "profile_id.p_dormant")
    def _compute_p_band(self):
        for row in self:
            profile = row.profile_id
            if not row.order_count or not profile or profile.engine == "none":
                row.p_band = False
            elif row.p_buy < profile.p_dormant:
                row.p_band = "low"
            else:
                row.p_band = "medium" if row.p_buy < profile.p_risk else "high"

    def _search_p_band(self, operator, value):
        if operator != "in":
            return NotImplemented
        found = Domain.FALSE
        profiles = self.env["customer.lifecycle.profile"].sudo().with_context(active_test=False)
        for profile in profiles.search([("engine", "!=", "none")]):
            low = Domain("p_buy", "<", profile.p_dormant)
            high = Domain("p_buy", ">=", profile.p_risk)
            bands = {"low": low, "high": high & ~low, "medium": ~low & ~high}
            wanted = Domain.OR(domain for band, domain in bands.items() if band in value)
            found |= Domain("profile_id", "=", profile.id) & wanted
        found &= Domain("order_count", ">", 0)
        if False in value:
            none = [("profile_id", "=", False), ("profile_id.engine", "=", "none")]
            found |= Domain("order_count", "=", 0) | Domain.OR(Domain([leaf]) for leaf in none)
        return found

    @api.depends("order_count", "first_order_date", "last_order_date", "amount_total", "profile_id")
    def _compute_expected(self):
        expected = {}
        tracked = self.filtered(lambda row: row.order_count and row.profile_id.engine != "none")
        groups = tracked.grouped(lambda row: (row.profile_id, row.company_id))
        for (profile, company), rows in groups.items():
            if profile:
                expected.update(rows._lifecycle_expected_orders(profile.sudo(), company))
        for row in self:
            row.expected_orders = orders = expected.get(row._origin.id, 0.0)
            average = row.amount_total / row.order_count if row.order_count else 0.0
            row.expected_value = expected_value(orders, average)

    def _lifecycle_expected_orders(self, profile, company):
        """Expected orders by id of rows of one profile and company: one statement."""
        model = profile._lifecycle_model(company)
        self.flush_recordset(["order_count", "first_order_date", "last_order_date"])
        today = self._lifecycle_today(company)
        expected = sql_expected_orders(
            Parameters(*(model[name] for name in Parameters._fields)),
            SQL("(row.order_count - 1)"),
            SQL("((row.last_order_date - row.first_order_date) / 7.0::float8)"),
            SQL("((%s::date - row.first_order_date) / 7.0::float8)", today),
            profile.horizon_days / 7,
        )
        query = SQL(
            "SELECT row.id, %s FROM customer_lifecycle AS row WHERE row.id IN %s",
            expected,
            tuple(self._origin.ids) or (0,),
        )
        return dict(self.env.execute_query(query))
