import math

from odoo import models
from odoo.tools import SQL

from ...tools import backtest, purchase_model, return_curve

FIXED_DAYS = (90, 180, 365)
# Chances under which a customer is at risk and churned, as a multiple of that for dormant; days of
# silence the other way round.
RISK_FACTOR = 1.5
CHURN_FACTOR = 0.5


class CustomerLifecycleBacktest(models.Model):
    """Reads the purchases of a back-test and judges each rule by them.

    The purchases are read once, as three columns; the rest is arithmetic, see `tools/backtest.py`.
    """

    _inherit = "customer.lifecycle.backtest"

    def _lifecycle_judge(self):
        """Values to write: the result, or what is missing for one."""
        self.ensure_one()
        bought = self._lifecycle_purchases()
        cutoff, horizon = self.cutoff_date.toordinal(), self.horizon_days
        seen = backtest.snapshot(bought, cutoff, horizon)
        back = int(seen.returned.sum())
        values = {
            "state": "failed",
            "customer_count": len(seen.last),
            "returned_count": back,
            "left_count": len(seen.last) - back,
        }
        if shortage := backtest.shortage(seen):
            return {**values, "shortage": shortage}
        curve = return_curve.curve(
            return_curve.histogram(bought.customer, bought.day, cutoff), horizon
        )
        if curve is None:
            return {**values, "shortage": "no_curve"}
        histories = backtest.histories(bought, cutoff)
        fit = purchase_model.fit(*histories)
        expected = purchase_model.expected_orders(fit.parameters, *histories, horizon / 7)
        later = (bought.day > cutoff) & (bought.day <= cutoff + horizon) & (bought.first <= cutoff)
        rules = self._lifecycle_rules(bought, seen, curve, fit.parameters, histories)
        lines = [
            self._lifecycle_line(place, rule, settings, bought, seen, patience, score)
            for place, (rule, settings, patience, score) in enumerate(rules)
        ]
        return {
            **values,
            "state": "done",
            "expected_orders": float(expected.sum()),
            "actual_orders": int(later.sum()),
            "line_ids": [(0, 0, line) for line in lines],
        }

    def _lifecycle_purchases(self):
        fits = self.env["customer.lifecycle.fit"]
        end = self.cutoff_date.toordinal() + self.horizon_days
        self.env.flush_all()
        days = fits._lifecycle_profile_days(
            self.profile_id, self.company_id, self.cutoff_date.fromordinal(end)
        )
        # Days as Python's date.toordinal() counts them.
        query = SQL(
            """SELECT partner_id, day - DATE '0001-01-01' + 1, amount
                 FROM (%s) AS days ORDER BY partner_id, day""",
            days,
        )
        return backtest.purchases(*fits._lifecycle_columns(query))

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------

    def _lifecycle_rules(self, bought, seen, curve, parameters, histories):
        """Each rule as (key, settings, patience, score)."""
        yield self._lifecycle_profile_rule(bought, parameters)
        classes = return_curve.class_of(bought.orders)
        score = return_curve.chance_at(curve, classes[seen.last], seen.silent)
        settings = self._lifecycle_curve_settings(curve, score, seen.returned)
        yield "curve", settings, backtest.stepped_patience(bought, settings["steps"]), score

        score = purchase_model.p_buy(parameters, *histories, self.horizon_days / 7)
        settings = self._lifecycle_p_buy_settings(score, seen.returned)
        patience = backtest.p_buy_patience(
            bought, parameters, self.horizon_days, settings["p_dormant"]
        )
        yield "p_buy", settings, patience, score

        settings = self._lifecycle_recency_settings(-seen.silent, seen.returned)
        yield (
            "recency",
            settings,
            backtest.fixed_patience(bought, settings["dormant"]),
            -seen.silent,
        )
        for days in FIXED_DAYS:
            yield f"fixed_{days}", {"dormant": days}, backtest.fixed_patience(bought, days), None

    def _lifecycle_profile_rule(self, bought, parameters):
        profile = self.profile_id
        if profile.engine == "p_buy":
            patience = backtest.p_buy_patience(
                bought, parameters, profile.horizon_days, profile.p_dormant
            )
            return "profile", {"p_dormant": profile.p_dormant}, patience, None
        steps = [(line.min_orders, line.dormant_days) for line in profile.threshold_ids]
        if profile.engine == "curve" and steps:
            return "profile", {"steps": steps}, backtest.stepped_patience(bought, steps), None
        days = profile.dormant_days
        return "profile", {"dormant": days}, backtest.fixed_patience(bought, days), None

    def _lifecycle_chances(self, score, returned):
        """Chances under which a customer is at risk, dormant and churned."""
        limit = backtest.limit_at(score, returned, self.false_alarm_rate)
        return min(limit * RISK_FACTOR, (1 + limit) / 2), limit, limit * CHURN_FACTOR

    def _lifecycle_curve_settings(self, curve, score, returned):
        targets = self._lifecycle_chances(score, returned)
        days = [return_curve.thresholds(curve, target, 1) for target in targets]
        return {
            "targets": targets,
            "steps": list(zip(return_curve.LOWEST, days[1], strict=True)),
        }

    def _lifecycle_p_buy_settings(self, score, returned):
        chances = self._lifecycle_chances(score, returned)
        return dict(zip(("p_risk", "p_dormant", "p_churn"), chances, strict=True))

    def _lifecycle_recency_settings(self, score, returned):
        # The limit lies between two whole days; who is silent for the longer one is flagged.
        days = max(1, math.ceil(-backtest.limit_at(score, returned, self.false_alarm_rate)))
        return {
            "risk": round(days / RISK_FACTOR),
            "dormant": days,
            "churn": round(days / CHURN_FACTOR),
        }

    def _lifecycle_line(self, place, rule, settings, bought, seen, patience, score):
        result = backtest.judge(bought, seen, patience, self.false_alarm_rate, score)
        return {
            **{name: value or 0.0 for name, value in result._asdict().items()},
            "has_auc": result.auc is not None,
            "sequence": place,
            "rule": rule,
            "settings": settings,
        }

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _lifecycle_verdict(self):
        """Sentences about the result."""
        self.ensure_one()
        if self.state == "failed" and self.shortage:
            return [dict(self._fields["shortage"]._description_selection(self.env))[self.shortage]]
        lines = {line.rule: line for line in self.line_ids}
        if self.state != "done" or not lines:
            return []
        curve, profile = lines["curve"], lines["profile"]
        fixed = [lines[f"fixed_{days}"] for days in FIXED_DAYS]
        return [
            self.env._(
                "At %(rate)s false alarms, silence by number of purchases finds %(ours)s of the "
                "customers who stayed away; fixed 90, 180 and 365 days find %(a)s, %(b)s and "
                "%(c)s, a chance of an order %(p)s.",
                rate=_percent(self.false_alarm_rate),
                ours=_percent(curve.found_at),
                p=_percent(lines["p_buy"].found_at),
                **dict(zip("abc", (_percent(line.found_at) for line in fixed), strict=True)),
            ),
            self.env._(
                "The profile as it is would have flagged %(flagged)s of %(customers)s customers; "
                "%(anyway)s of them bought anyway, and it found %(found)s of those who stayed "
                "away, at %(alarms)s false alarms.",
                flagged=profile.flagged,
                customers=self.customer_count,
                anyway=_percent(profile.bought_anyway),
                found=_percent(profile.found),
                alarms=_percent(profile.false_alarms),
            ),
            self.env._(
                "Adopting the learned days means %(new)s changes of state per customer and year "
                "instead of %(old)s, and %(anyway)s of the flagged buying anyway.",
                new=f"{curve.flips:.2f}",
                old=f"{profile.flips:.2f}",
                anyway=_percent(curve.bought_anyway),
            ),
            self.env._(
                "The purchase model expected %(expected)s purchase days in these %(days)s days; "
                "there were %(actual)s. Totals follow the season, so use them to rank customers "
                "and never as a forecast of sales.",
                expected=round(self.expected_orders),
                actual=self.actual_orders,
                days=self.horizon_days,
            ),
        ]


def _percent(share):
    return f"{share * 100:.0f} %"
