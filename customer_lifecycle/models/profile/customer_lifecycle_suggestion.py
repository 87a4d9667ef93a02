from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools import purchase_sql, return_curve
from ...tools.arguments import checked

# Chances under which a customer is at risk, dormant, churned, when nobody has tested others.
DEFAULT_TARGETS = (0.4, 0.25, 0.1)
RANKS = ("bought", "risk", "dormant", "churned")
# A silence of a week-end and a holiday says nothing about anybody.
LEAST_DORMANT_DAYS = 7
# What a suggestion sets in a profile, besides its thresholds.
SETTINGS = (
    "engine", "horizon_days", "risk_days", "dormant_days", "churn_days", "p_risk", "p_dormant",
    "p_churn",
)  # fmt: skip


class CustomerLifecycleSuggestion(models.Model):
    """New settings for a profile, with what they would change; adopted and undone as a whole."""

    _name = "customer.lifecycle.suggestion"
    _description = "Lifecycle Suggestion"
    _order = "id desc"
    _rec_name = "profile_id"

    profile_id = fields.Many2one(
        "customer.lifecycle.profile",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="Whose settings would change.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The company whose purchases the suggestion was learned from.",
    )
    backtest_id = fields.Many2one(
        "customer.lifecycle.backtest",
        string="Back-Test",
        readonly=True,
        ondelete="set null",
        help="The test that this comes from; empty when learned from the return curve alone.",
    )
    state = fields.Selection(
        [("open", "Suggested"), ("adopted", "Adopted"), ("undone", "Undone")],
        required=True,
        readonly=True,
        default="open",
        help="An adopted suggestion can be undone as long as nobody has changed the profile since.",
    )
    engine = fields.Selection(
        selection="_selection_engine",
        readonly=True,
        help="How the profile would decide.",
    )
    new_values = fields.Json(
        readonly=True, export_string_translation=False, help="The settings that are suggested."
    )
    old_values = fields.Json(
        readonly=True,
        export_string_translation=False,
        help="The settings before, to be put back when the suggestion is undone.",
    )
    adopted_version = fields.Integer(
        readonly=True,
        export_string_translation=False,
        help="Version of the profile that adopting the suggestion made.",
    )
    adopted_date = fields.Datetime(readonly=True, help="When the profile was changed.")
    adopted_user_id = fields.Many2one(
        "res.users", string="Adopted by", readonly=True, help="Who adopted the suggestion."
    )
    line_ids = fields.One2many(
        "customer.lifecycle.suggestion.line",
        "suggestion_id",
        string="Who Changes",
        readonly=True,
        help="How many customers would be seen differently today.",
    )
    changed_count = fields.Integer(
        string="Customers Who Change",
        readonly=True,
        help="Customers who would be seen differently today, if no contact mattered.",
    )
    customer_count = fields.Integer(string="Customers", readonly=True, help="In this profile.")
    comparison = fields.Html(
        compute="_compute_comparison", sanitize=False, help="Settings now and as suggested."
    )

    @api.model
    def _selection_engine(self):
        engine = self.env["customer.lifecycle.profile"]._fields["engine"]
        return engine._description_selection(self.env)

    @api.depends("new_values", "old_values")
    @api.depends_context("lang")
    def _compute_comparison(self):
        for one in self:
            one.comparison = self.env["ir.qweb"]._render(
                "customer_lifecycle.suggestion_comparison",
                {"rows": one._lifecycle_comparison(), "engine": one._lifecycle_engines()},
            )

    def _lifecycle_engines(self):
        names = dict(self._selection_engine())
        return [
            names.get((values or {}).get("engine")) for values in (self.old_values, self.new_values)
        ]

    def _lifecycle_comparison(self):
        """Rows of (name, old, new), where an old or new value is text."""
        old, new = self.old_values or {}, self.new_values or {}
        fields_ = self.env["customer.lifecycle.profile"]._fields
        rows = []
        for name in SETTINGS[1:]:
            if name in new:
                label = fields_[name]._description_string(self.env)
                rows.append((label, *(self._lifecycle_shown(one.get(name)) for one in (old, new))))
        steps = {values: {line[0]: line[1:] for line in source.get("thresholds") or []}
                 for values, source in (("old", old), ("new", new))}  # fmt: skip
        for orders in sorted(steps["new"]):
            rows.append(
                (
                    self.env._("From purchase %s on: at risk / dormant / churned after", orders),
                    self._lifecycle_step_text(steps["old"], orders),
                    self._lifecycle_step_text(steps["new"], orders),
                )
            )
        return rows

    def _lifecycle_shown(self, value):
        """A chance as a percentage, days as they are."""
        return f"{value * 100:.1f} %" if isinstance(value, float) else value

    def _lifecycle_step_text(self, steps, orders):
        found = [lowest for lowest in steps if lowest <= orders]
        if not found:
            return ""
        return self.env._("%s days", " / ".join(map(str, steps[max(found)])))

    # ------------------------------------------------------------------
    # Making one
    # ------------------------------------------------------------------

    @api.model
    def _lifecycle_suggest(self, profile, company, engine, settings, backtest=None):
        """Write a suggestion down, with a count of who would change.

        :param str engine: `curve`, `p_buy` or `fixed`
        :param dict settings: of a result of a back-test: `targets` of a curve, chances, or days
        :param backtest: the test it comes from
        :rtype: recordset
        """
        profile.check_access("write")
        horizon = backtest.horizon_days if backtest else profile.horizon_days
        new = {"engine": engine}
        if engine == "curve":
            new["thresholds"] = self._lifecycle_thresholds(
                profile, company, settings["targets"], horizon
            )
        elif engine == "p_buy":
            new |= {name: settings[name] for name in ("p_risk", "p_dormant", "p_churn")}
            new["horizon_days"] = horizon
        else:
            days = ordered_days([settings["risk"], settings["dormant"], settings["churn"]])
            new |= dict(zip(("risk_days", "dormant_days", "churn_days"), days, strict=True))
        self._lifecycle_check_patience(new)
        suggestion = self.sudo().create(
            {
                "profile_id": profile.id,
                "company_id": company.id,
                "backtest_id": backtest.id if backtest else False,
                "engine": engine,
                "new_values": new,
                "old_values": self._lifecycle_values(profile),
            }
        )
        suggestion._lifecycle_count()
        return suggestion.sudo(False)

    @api.model
    def _lifecycle_check_patience(self, values):
        """Regular rhythms, such as deliveries of a contract, teach a patience of hardly a day.

        :raise UserError: if customers would be dormant after a few days
        """
        days = [line[2] for line in values.get("thresholds") or []]
        days += [values["dormant_days"]] if "dormant_days" in values else []
        if days and min(days) < LEAST_DORMANT_DAYS:
            raise UserError(
                self.env._(
                    "This is not suggested: customers would be dormant after %(days)s day(s) of "
                    "silence. Their purchases follow a rhythm so regular that the past does not "
                    "tell how long a silence is too long; it takes at least %(least)s days.",
                    days=min(days),
                    least=LEAST_DORMANT_DAYS,
                )
            )

    @api.model
    def _lifecycle_thresholds(self, profile, company, targets, horizon):
        """Days per class from the purchases up to today, in the order the constraint wants."""
        fits = self.env["customer.lifecycle.fit"].sudo()
        self.env.flush_all()
        today = fits._lifecycle_today(company)
        [counts] = fits._lifecycle_histograms(profile, company, today)
        curve = return_curve.curve(counts, horizon)
        if curve is None:
            raise UserError(
                self.env._(
                    "There are too few purchases to learn from: it takes at least %s and some "
                    "customers who came back.",
                    return_curve.MIN_SILENCES,
                )
            )
        days = zip(*(return_curve.thresholds(curve, target, 1) for target in targets), strict=True)
        return [
            [lowest, *ordered_days(three)]
            for lowest, three in zip(return_curve.LOWEST, days, strict=True)
        ]

    @api.model
    def _lifecycle_values(self, profile):
        """What a suggestion may change, as it is now."""
        values = {name: profile[name] for name in SETTINGS}
        values["thresholds"] = [
            [line.min_orders, line.risk_days, line.dormant_days, line.churn_days]
            for line in profile.threshold_ids.sorted("min_orders")
        ]
        return values

    # ------------------------------------------------------------------
    # Who would change
    # ------------------------------------------------------------------

    def _lifecycle_count(self):
        """Count the customers who would be seen differently: one statement."""
        for one in self:
            now = {**one.old_values, **one.new_values}
            today = self.env["customer.lifecycle"]._lifecycle_today(one.company_id)
            rows = self.env.execute_query(
                SQL(
                    """SELECT old, new, count(*)
                         FROM (SELECT %(old)s AS old, %(new)s AS new
                                 FROM customer_lifecycle row
                                WHERE row.company_id = %(company)s AND row.profile_id = %(profile)s
                                  AND row.order_count > 0 AND row.last_order_date IS NOT NULL
                                  AND row.manual_state IS NULL) AS seen
                        GROUP BY 1, 2 ORDER BY 1, 2""",
                    old=one._lifecycle_rank(one.old_values, today),
                    new=one._lifecycle_rank(now, today),
                    company=one.company_id.id,
                    profile=one.profile_id.id,
                )
            )
            lines = [
                (0, 0, {"old_rank": RANKS[old], "new_rank": RANKS[new], "customers": count})
                for old, new, count in rows
            ]
            one.write(
                {
                    "line_ids": [(5,), *lines],
                    "customer_count": sum(count for _old, _new, count in rows),
                    "changed_count": sum(count for old, new, count in rows if old != new),
                }
            )

    def _lifecycle_rank(self, values, today):
        """How a row is seen by these settings: 0 buying, 1 at risk, 2 dormant, 3 churned."""
        silent = SQL("(%s::date - row.last_order_date)", today)
        if values["engine"] == "p_buy":
            model = self.profile_id._lifecycle_model(self.company_id)
            chance = purchase_sql.sql_p_buy(
                [model[name] for name in ("r", "alpha", "a", "b")],
                SQL("(row.order_count - 1)"),
                SQL("((row.last_order_date - row.first_order_date) / 7.0::float8)"),
                SQL("((%s::date - row.first_order_date) / 7.0::float8)", today),
                values["horizon_days"] / 7,
            )
            return SQL(
                """CASE WHEN %(p)s < %(churn)s THEN 3 WHEN %(p)s < %(dormant)s THEN 2
                        WHEN %(p)s < %(risk)s THEN 1 ELSE 0 END""",
                p=chance,
                churn=values["p_churn"],
                dormant=values["p_dormant"],
                risk=values["p_risk"],
            )
        steps = values["engine"] == "curve" and values["thresholds"]
        steps = steps or [[1, values["risk_days"], values["dormant_days"], values["churn_days"]]]
        cases = [
            SQL(
                """WHEN row.order_count >= %s
                   THEN (%s >= %s)::int + (%s >= %s)::int + (%s >= %s)::int""",
                *(lowest, silent, risk, silent, dormant, silent, churn),
            )
            for lowest, risk, dormant, churn in sorted(steps, reverse=True)
        ]
        return SQL("CASE %s ELSE 0 END", SQL(" ").join(cases))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @checked()
    def action_adopt(self):
        """Write the suggested settings into the profile.

        :return: True
        :raise AccessError: for anybody who may not edit profiles
        :raise UserError: when it was adopted already, or the profile has changed meanwhile
        """
        for one in self:
            one.profile_id.check_access("write")
            if one.state != "open":
                raise UserError(self.env._("This suggestion was adopted already."))
            if one._lifecycle_values(one.profile_id) != one.old_values:
                raise UserError(
                    self.env._(
                        "The profile %s has been changed since this was suggested. Ask for a new "
                        "suggestion.",
                        one.profile_id.name,
                    )
                )
            one._lifecycle_write(one.new_values)
            one.sudo().write(
                {
                    "state": "adopted",
                    "adopted_version": one.profile_id.version,
                    "adopted_date": self.env.cr.now(),
                    "adopted_user_id": self.env.uid,
                }
            )
        return True

    @checked()
    def action_undo(self):
        """Give the profile the settings back that it had before.

        :return: True
        :raise AccessError: for anybody who may not edit profiles
        :raise UserError: when it was not adopted, or the profile has changed since
        """
        for one in self:
            one.profile_id.check_access("write")
            if one.state != "adopted":
                raise UserError(self.env._("Only what was adopted can be undone."))
            if one.profile_id.version != one.adopted_version:
                raise UserError(
                    self.env._(
                        "The profile %s has been changed since, and undoing would lose that "
                        "change.",
                        one.profile_id.name,
                    )
                )
            one._lifecycle_write(one.old_values)
            one.sudo().state = "undone"
        return True

    def _lifecycle_write(self, values):
        """Settings into the profile, in one write; nothing else of it is touched."""
        values = dict(values)
        thresholds = values.pop("thresholds", None)
        if thresholds is not None:
            names = ("min_orders", "risk_days", "dormant_days", "churn_days")
            lines = [dict(zip(names, line, strict=True)) for line in thresholds]
            # Deleted before the new lines come, or the unique index would refuse those.
            self.profile_id.threshold_ids.unlink()
            values["threshold_ids"] = [(0, 0, line) for line in lines]
        self.profile_id.write(values)


def ordered_days(days):
    """At risk, dormant, churned, in whole days, such that each lies after the one before."""
    risk, dormant, churn = (max(1, int(day)) for day in days)
    dormant = max(risk, dormant)
    return [risk, dormant, max(dormant + 1, churn)]
