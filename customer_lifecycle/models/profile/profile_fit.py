from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools import return_curve
from ...tools.arguments import checked
from .customer_lifecycle_fit import LARGE
from .customer_lifecycle_suggestion import DEFAULT_TARGETS


class CustomerLifecycleProfile(models.Model):
    _inherit = "customer.lifecycle.profile"

    fit_ids = fields.One2many(
        "customer.lifecycle.fit",
        "profile_id",
        string="Purchase Models",
        readonly=True,
        help="What the company's own purchases say about these customers, version by version.",
    )
    fit_id = fields.Many2one(
        "customer.lifecycle.fit",
        string="Purchase Model",
        compute="_compute_fit_id",
        help="The numbers in use for the current company.",
    )
    fit_summary = fields.Char(
        string="Learned From",
        compute="_compute_fit_id",
        help="On which purchases chances and return curve rest.",
    )

    @api.depends_context("company", "lang")
    @api.depends("fit_ids.is_current")
    def _compute_fit_id(self):
        for profile in self:
            fit = profile._lifecycle_current_fit(self.env.company)
            profile.fit_id = fit
            profile.fit_summary = profile._lifecycle_fit_summary(fit)

    def _lifecycle_fit_summary(self, fit):
        if not fit:
            return self.env._("Not learned yet; the usual values are used.")
        if fit.warning:
            return dict(fit._fields["warning"]._description_selection(self.env))[fit.warning]
        return self.env._(
            "%(buyers)s buyers up to %(date)s, %(repeaters)s of whom bought again",
            buyers=fit.buyers,
            repeaters=fit.repeaters,
            date=tools.format_date(self.env, fit.date),
        )

    def _lifecycle_current_fit(self, company):
        """The numbers in use in a company; empty if they were never looked up."""
        self.ensure_one()
        fits = self.env["customer.lifecycle.fit"].sudo()
        return fits.search(
            [
                ("profile_id", "=", self._origin.id),
                ("company_id", "=", company.id),
                ("is_current", "=", True),
            ],
            limit=1,
        ).sudo(False)

    # ------------------------------------------------------------------
    # What the engine asks for
    # ------------------------------------------------------------------

    def _lifecycle_model(self, company):
        if fit := self._lifecycle_current_fit(company).sudo():
            return {**{name: fit[name] for name in ("r", "alpha", "a", "b")}, "fitted": fit.fitted}
        return super()._lifecycle_model(company)

    def _lifecycle_return_chance(self, company, orders, silent_days):
        chances = self._lifecycle_chances(company.id, self.horizon_days)
        if not chances or orders < 1 or silent_days < 0:
            return super()._lifecycle_return_chance(company, orders, silent_days)
        line = chances[int(return_curve.class_of(orders))]
        week = min(silent_days / return_curve.DAYS_PER_WEEK, len(line) - 1)
        below = min(int(week), len(line) - 2)
        return line[below] + (line[below + 1] - line[below]) * (week - below)

    @tools.ormcache("self.id", "company_id", "horizon_days")
    def _lifecycle_chances(self, company_id, horizon_days):
        """Chances of the return curve in use, per class and week; empty if there is none."""
        self.ensure_one()
        rows = self.env.execute_query(
            SQL(
                """SELECT array_agg(curve.chance ORDER BY curve.days)
                     FROM customer_lifecycle_curve curve
                     JOIN customer_lifecycle_fit fit ON fit.id = curve.fit_id
                    WHERE fit.is_current AND fit.profile_id = %s AND fit.company_id = %s
                      AND fit.horizon_days = %s
                    GROUP BY curve.order_class
                    ORDER BY array_position(%s::varchar[], curve.order_class)""",
                self.id,
                company_id,
                horizon_days,
                list(return_curve.KEYS),
            )
        )
        return tuple(tuple(line) for [line] in rows)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @checked()
    def action_learn(self):
        """Look up purchase model and return curve of these profiles in the current company.

        Where there are very many customers this is left to the scheduled action, which starts
        at once.

        :return: a message
        :raise AccessError: for anybody who may not edit profiles
        """
        self.check_access("write")
        large = self.filtered(lambda profile: profile._lifecycle_size(self.env.company) > LARGE)
        fits = self.env["customer.lifecycle.fit"].sudo()
        for profile in self - large:
            fits._lifecycle_fit(profile.sudo(), self.env.company)
        if large:
            for profile in large.sudo():
                profile.fit_ids.sorted("id")[-1:].asked = True
            self.env.ref("customer_lifecycle.ir_cron_fit").sudo()._trigger()
        if large:
            text = self.env._("This takes a while with so many customers and runs by itself.")
        else:
            text = "\n".join(profile.fit_summary for profile in self)
        return self._lifecycle_notify(text)

    def _lifecycle_notify(self, text):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": text,
                "type": "info",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _lifecycle_size(self, company):
        """How many customers of a company are in this profile."""
        rows = self.env["customer.lifecycle"].sudo()
        return rows.search_count([("profile_id", "=", self.id), ("company_id", "=", company.id)])

    @checked(one=True)
    def action_curve(self):
        """Open the return curve of the current company.

        :return: an action
        :raise UserError: when it was not learned yet
        """
        if not self.fit_id:
            raise UserError(
                self.env._("Nothing has been learned yet. Press “Learn from Purchases” first.")
            )
        return self.fit_id.action_curve()

    @checked(one=True)
    def action_suggest(self):
        """Suggest silent days learned from the purchases of the current company, and open it.

        :return: an action
        :raise UserError: when there are too few purchases
        """
        suggestion = self.env["customer.lifecycle.suggestion"]._lifecycle_suggest(
            self, self.env.company, "curve", {"targets": DEFAULT_TARGETS}
        )
        return suggestion._get_records_action(name=self.env._("Suggestion"))

    @checked(one=True)
    def action_backtest(self):
        """Open the back-tests of this profile, to start a new one.

        :return: an action
        """
        action = self.env["ir.actions.actions"]._for_xml_id(
            "customer_lifecycle.customer_lifecycle_backtest_action"
        )
        return {
            **action,
            "domain": [("profile_id", "=", self.id)],
            "context": {"default_profile_id": self.id},
        }
