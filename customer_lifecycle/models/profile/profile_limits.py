from odoo import models
from odoo.tools import SQL, ormcache

from ...tools.states import Limits, limits_of

# Share of the mean gap between two purchases that is the default of alpha, and the other defaults:
# with them the ranking of customers is within .01 AUC of a fit on three public sets of purchases.
DEFAULT_MODEL = {"r": 0.5, "alpha_share": 0.7, "a": 0.8, "b": 2.5}
# Mean gap in weeks where nobody has bought twice yet.
DEFAULT_GAP = 8.0


class CustomerLifecycleProfile(models.Model):
    """What a profile lends to the engine. `life-model` extends this with fitted numbers."""

    _inherit = "customer.lifecycle.profile"

    def _lifecycle_model(self, company):
        """Parameters of the MBG/NBD purchase model for this profile in a company.

        Time is in weeks. Extended by the fit; without one these are documented defaults.

        :return: `r`, `alpha`, `a`, `b` (floats), `fitted` (bool)
        :rtype: dict
        """
        self.ensure_one()
        gap = self._lifecycle_mean_gap(company) / 7 or DEFAULT_GAP
        return {
            "r": DEFAULT_MODEL["r"],
            "alpha": DEFAULT_MODEL["alpha_share"] * gap,
            "a": DEFAULT_MODEL["a"],
            "b": DEFAULT_MODEL["b"],
            "fitted": False,
        }

    def _lifecycle_mean_gap(self, company):
        """Mean days between two purchases of one customer of this profile; 0 if unknown.

        Looked up once a day, since it hardly moves and every order asks for it.
        """
        self.ensure_one()
        return self._lifecycle_mean_gap_on(
            company.id, self.env["customer.lifecycle"]._lifecycle_today(company)
        )

    @ormcache("self.id", "company_id", "day")
    def _lifecycle_mean_gap_on(self, company_id, day):
        query = SQL(
            """SELECT sum(last_order_date - first_order_date)::float
                      / nullif(sum(order_count - 1), 0)
                 FROM customer_lifecycle
                WHERE company_id = %s AND profile_id = %s AND order_count > 1""",
            company_id,
            self.id,
        )
        [[gap]] = self.env.execute_query(query)
        return gap or 0.0

    def _lifecycle_limits(self, company, days):
        """Silence that is allowed after these purchases.

        :param days: purchase days (dates), sorted
        :return: see `tools.states.Limits`; None for who is not tracked or has not bought
        """
        self.ensure_one()
        if self.engine == "none" or not days:
            return None if self.engine == "none" else Limits(0, 0, 0)
        if self.engine == "p_buy":
            history = [(len(days), (days[-1] - days[0]).days)]
            rows = self.env["customer.lifecycle"]._lifecycle_silences(self, company, history)
            return Limits(*rows[0][3:])
        own = Limits(self.risk_days, self.dormant_days, self.churn_days)
        if self.engine == "fixed" or not self.threshold_ids:
            return own
        lines = [
            (line.min_orders, Limits(line.risk_days, line.dormant_days, line.churn_days))
            for line in self.threshold_ids
        ]
        return limits_of(lines, len(days))

    def _lifecycle_return_chance(self, company, orders, silent_days):
        """How many of the customers with so many purchases, silent for so long, came back.

        Extended by the return curve of the company's own past.

        :param int orders: number of purchase days
        :param int silent_days: days since the last one
        :return: share from 0 to 1 within `horizon_days`, None if there is too little to tell
        """
        return None
