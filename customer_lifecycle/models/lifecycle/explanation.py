from odoo import api, models
from odoo.tools import SQL, format_date

from ...tools.states import settle, state_of, usual_gap


class CustomerLifecycle(models.Model):
    """Says in words why a customer is in his state, by the numbers that decided it."""

    _inherit = "customer.lifecycle"

    @api.depends_context("lang")
    def _compute_explanation(self):
        for row in self:
            row.explanation = " ".join(filter(None, row.sudo()._lifecycle_sentences()))

    def _lifecycle_sentences(self):
        """Whole sentences, from what is known for sure to what is likely."""
        self.ensure_one()
        if self.manual_state:
            return [*self._lifecycle_hand_sentences(), self._lifecycle_habit()]
        if self.state == "not_tracked":
            return [self._lifecycle_untracked_sentence()]
        if not self.order_count:
            return [self.env._("Nothing was bought so far.")]
        return [
            self._lifecycle_habit(),
            self._lifecycle_chance_sentence(),
            self._lifecycle_limit_sentence(),
            self._lifecycle_contact_sentence(),
            self._lifecycle_recovered_sentence(),
            self._lifecycle_stale_sentence(),
        ]

    def _lifecycle_hand_sentences(self):
        state = dict(self._fields["state"]._description_selection(self.env))[self.manual_state]
        yield self.env._(
            "Set to “%(state)s” by %(user)s on %(date)s: %(reason)s.",
            state=state,
            user=self.manual_user_id.name or "",
            date=format_date(self.env, self.manual_date),
            reason=(self.manual_reason or "").rstrip("."),
        )
        if self.lock_date:
            yield self.env._("This holds until %s.", format_date(self.env, self.lock_date))
        if self.lock_until_order:
            yield self.env._("The next purchase ends it.")

    def _lifecycle_untracked_sentence(self):
        if not self.profile_id:
            return self.env._("No profile fits this customer, so that no state is kept.")
        return self.env._("Customers of the profile “%s” are not tracked.", self.profile_id.name)

    def _lifecycle_habit(self):
        """What is usual for this customer, and how long the silence is."""
        if not self.order_count:
            return ""
        gap = usual_gap(
            self.first_order_date,
            self.last_order_date,
            self.order_count,
            self.profile_id._lifecycle_mean_gap(self.company_id) if self.profile_id else 0,
        )
        if gap is None:
            return self.env._("Bought on one day, %s days ago.", self.days_silent)
        return self.env._(
            "Usually orders every %(gap)s days, silent for %(silent)s.",
            gap=gap,
            silent=self.days_silent,
        )

    def _lifecycle_chance_sentence(self):
        """How often customers like this come back: by the company's own past, or by the model."""
        if not self.profile_id:
            return ""
        chance = self.profile_id._lifecycle_return_chance(
            self.company_id, self.order_count, self.days_silent
        )
        if chance is None:
            chance = self.p_buy
        return self.env._(
            "Customers like this come back within %(horizon)s days in %(share)s %% of cases.",
            horizon=self.profile_id.horizon_days,
            share=round(chance * 100),
        )

    def _lifecycle_limit_sentence(self):
        """The day on which time moved the customer, or will."""
        if self.state == "churned":
            return self.env._(
                "Counted as lost from %s days of silence on.",
                (self.churn_date - self.last_order_date).days if self.churn_date else 0,
            )
        if self.state == "dormant":
            return self.env._(
                "Dormant from %(days)s days of silence on, and lost on %(date)s if nothing is "
                "bought until then.",
                days=(self.dormant_date - self.last_order_date).days if self.dormant_date else 0,
                date=format_date(self.env, self.churn_date),
            )
        if self.at_risk:
            return self.env._(
                "At risk: most customers like this buy sooner; dormant on %s if nothing is bought.",
                format_date(self.env, self.dormant_date),
            )
        return self.env._(
            "Without a purchase, at risk on %(risk)s and dormant on %(dormant)s.",
            risk=format_date(self.env, self.risk_date),
            dormant=format_date(self.env, self.dormant_date),
        )

    def _lifecycle_contact_sentence(self):
        days = self.profile_id.contact_days
        if not days or not self.last_contact_date:
            return ""
        return self.env._(
            "The last contact was on %(date)s; a contact counts for %(days)s days.",
            date=format_date(self.env, self.last_contact_date),
            days=days,
        )

    def _lifecycle_recovered_sentence(self):
        if not self.recovered:
            return ""
        return self.env._(
            "Came back after a long silence; marked as recovered until %s.",
            format_date(self.env, self.recovered_until),
        )

    def _lifecycle_stale_sentence(self):
        """Where orders were changed behind our back, say so instead of explaining the past."""
        if self.profile_id.engine not in ("curve", "fixed") or self.profile_id.contact_days:
            return ""
        if self._lifecycle_state_in_python() == self.state:
            return ""
        return self.env._("Purchases have changed since; the next run looks at this again.")

    def _lifecycle_state_in_python(self, today=None):
        """The state that the facts of now give, without the SQL of the run.

        :param date today: day to decide for, the company's own by default
        :return: key of the state
        :rtype: str
        """
        self.ensure_one()
        profile, company = self.profile_id, self.company_id
        today = today or self._lifecycle_today(company)
        if not profile or profile.engine == "none":
            return "not_tracked"
        self._lifecycle_flush()
        query = SQL(
            "SELECT day FROM (%s) days WHERE bought ORDER BY day",
            self._lifecycle_days_sql(
                company, profile.source, SQL("SELECT %s", self.partner_id.id), today
            ),
        )
        days = [row[0] for row in self.env.execute_query(query)]
        limits = profile._lifecycle_limits(company, days)
        contact = self.last_contact_date if profile.contact_days else None
        machine = state_of(days, today, limits, profile, contact)
        if self.profile_version != profile.version:
            return machine
        return settle(self.state, machine, len(days) - self.order_count)
