from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...tools.pace import pace_of, trend_of
from ...tools.states import usual_gap
from .customer_lifecycle import STATES

YEAR = 365


class CustomerLifecycle(models.Model):
    """How a customer does against his own past: next purchase, pace, trend, time in each state."""

    _inherit = "customer.lifecycle"

    next_order_date = fields.Date(
        string="Expected Next Purchase",
        compute="_compute_pace",
        help="The last purchase and the usual days between purchases of this customer, who buys "
        "more than once. Explains the silence; it does not decide about the state.",
    )
    pace = fields.Selection(
        [("on_track", "On track"), ("behind", "Behind"), ("stuck", "Stuck")],
        compute="_compute_pace",
        help="Behind: the expected next purchase is overdue. Stuck: at risk, dormant, or a "
        "prospect for more than 30 days.",
    )
    trend = fields.Selection(
        [("up", "Rising"), ("steady", "Steady"), ("down", "Falling")],
        compute="_compute_trend",
        help="Spend of the last 12 months against that of the 12 months before; steady within a "
        "tenth. Empty without a full year to compare with.",
    )
    amount_year_before = fields.Float(
        string="Spent in the 12 Months Before",
        compute="_compute_trend",
        help="From two years until one year ago, untaxed, in the company's currency.",
    )
    time_in_states = fields.Char(
        string="Time in States",
        compute="_compute_time_in_states",
        help="All days in each state so far, and how many times it was entered.",
    )

    def _compute_pace(self):
        for row in self:
            profile = row.profile_id
            gap = row.order_count > 1 and usual_gap(
                row.first_order_date,
                row.last_order_date,
                row.order_count,
                profile._lifecycle_mean_gap(row.company_id) if profile else 0,
            )
            row.next_order_date = row.last_order_date + timedelta(gap) if gap else False
            row.pace = pace_of(
                row.state,
                row.at_risk,
                row.days_in_state,
                row.next_order_date,
                row._lifecycle_today(row.company_id),
            )

    def _compute_trend(self):
        before = {}
        tracked = self.filtered("order_count")
        for (company, profile), rows in tracked.grouped(
            lambda row: (row.company_id, row.profile_id)
        ).items():
            if profile:
                before.update(rows._lifecycle_year_before(company, profile.sudo().source))
        for row in self:
            row.amount_year_before = before.get(row.partner_id.id, 0.0)
            today = row._lifecycle_today(row.company_id)
            known = row.first_order_date and (today - row.first_order_date).days > 2 * YEAR - 1
            row.trend = trend_of(row.amount_year, row.amount_year_before) if known else False

    def _lifecycle_year_before(self, company, source):
        """Spend from two years until one year ago by id of the customer."""
        end = self._lifecycle_today(company) - timedelta(YEAR)
        self._lifecycle_flush()
        query = SQL(
            """SELECT partner_id, sum(amount) FROM (%s) days
                WHERE day <= %s AND day > %s GROUP BY partner_id""",
            self._lifecycle_days_sql(
                company, source, SQL("SELECT unnest(%s::int[])", self.partner_id.ids), end
            ),
            end,
            end - timedelta(YEAR),
        )
        return dict(self.env.execute_query(query))

    def _compute_time_in_states(self):
        groups = self.env["customer.lifecycle.transition"]._read_group(
            [("lifecycle_id", "in", self.ids), ("kind", "=", "state")],
            ["lifecycle_id", "state_to"],
            ["__count", "days:sum"],
        )
        found = {(row.id, state): (count, days or 0) for row, state, count, days in groups}
        labels = dict(self._fields["state"]._description_selection(self.env))
        for row in self:
            parts = []
            for state, _label in STATES:
                if entered := found.get((row.id, state)):
                    days = entered[1] + (row.days_in_state if state == row.state else 0)
                    parts.append(
                        self.env._(
                            "%(state)s %(days)s days (%(times)s×)",
                            state=labels[state],
                            days=days,
                            times=entered[0],
                        )
                    )
            row.time_in_states = " · ".join(parts)
