from odoo import fields, models
from odoo.tools import SQL, format_amount

from ...tools.arguments import checked
from ...tools.proportion import Sample, mean_difference, share_difference

# Below this, intervals are so wide that any verdict would be chance.
ENOUGH = 20


class CustomerPlaybook(models.Model):
    """Whether a playbook works: treated records against those left alone."""

    _inherit = "customer.playbook"

    currency_id = fields.Many2one(
        related="company_id.currency_id",
        export_string_translation=False,
        help="The currency of the company.",
    )
    result_days = fields.Integer(
        string="Result after days",
        default=30,
        help="Days after the entry in which a purchase counts for the result.",
    )
    treated_count = fields.Integer(
        string="Treated",
        compute="_compute_result",
        help="Records that went into the steps and whose time for a result is over, whether or "
        "not they got to the end.",
    )
    control_count = fields.Integer(
        string="Left alone",
        compute="_compute_result",
        help="Records of the control group whose time for a result is over.",
    )
    treated_rate = fields.Float(
        string="Came back",
        compute="_compute_result",
        help="Share of the treated records that bought, or were won.",
    )
    control_rate = fields.Float(
        string="Came back by themselves",
        compute="_compute_result",
        help="Share of the control group that bought, or was won, without any step.",
    )
    treated_revenue = fields.Monetary(
        string="Revenue per record", compute="_compute_result", help="Of the treated records."
    )
    control_revenue = fields.Monetary(
        string="Revenue per record left alone",
        compute="_compute_result",
        help="Of the control group.",
    )
    rate_difference = fields.Char(
        string="Difference",
        compute="_compute_result",
        help="In percentage points, with the range in which the true difference lies with 95 % "
        "certainty (Newcombe 1998, method 10).",
    )
    revenue_difference = fields.Char(
        string="Difference in revenue",
        compute="_compute_result",
        help="Per record, with the range in which the true difference lies with 95 % certainty "
        "(Welch 1947). A few large orders make this range wide.",
    )
    verdict_kind = fields.Selection(
        [("open", "Open"), ("better", "Works"), ("worse", "Harms")],
        compute="_compute_result",
        help="Whether the difference can be chance.",
    )
    verdict = fields.Text(compute="_compute_result", help="What the figures mean, in words.")

    _result_days_positive = models.Constraint(
        "CHECK(result_days > 0)", "A result needs at least one day."
    )

    @checked()
    def action_measure(self):
        """Count purchases up to this moment instead of up to last night.

        :return: True
        """
        self.check_access("write")
        self.env["customer.playbook.enrolment"].sudo()._measure(self)
        return True

    def _compute_result(self):
        groups = self._measured()
        nobody = (0, Sample())
        for playbook in self:
            back, treated = groups.get((playbook.id, False), nobody)
            control_back, control = groups.get((playbook.id, True), nobody)
            playbook.treated_count, playbook.control_count = treated.count, control.count
            playbook.treated_rate = back / (treated.count or 1)
            playbook.control_rate = control_back / (control.count or 1)
            playbook.treated_revenue, playbook.control_revenue = treated.mean, control.mean
            rates = share_difference(back, treated.count, control_back, control.count)
            money = mean_difference(treated, control)
            playbook.rate_difference = rates and playbook._words_for_rates(rates)
            playbook.revenue_difference = money and playbook._words_for_money(money)
            playbook.verdict_kind = playbook._kind_of(rates)
            playbook.verdict = playbook._verdict(rates)

    def _measured(self):
        """How many came back, and their revenue, of finished rows by (playbook id, control)."""
        self.env["customer.playbook.enrolment"].flush_model()
        query = SQL(
            """
            SELECT playbook_id, COALESCE(is_control, false),
                   count(*) FILTER (WHERE came_back), count(*),
                   avg(COALESCE(revenue, 0))::float8,
                   COALESCE(var_samp(COALESCE(revenue, 0)), 0)::float8
              FROM customer_playbook_enrolment
             WHERE playbook_id = ANY(%s) AND measured
             GROUP BY 1, 2
            """,
            list(self.ids),
        )
        return {
            (playbook_id, control): (back, Sample(*money))
            for playbook_id, control, back, *money in self.env.execute_query(query)
        }

    def _kind_of(self, rates):
        if not rates or min(self.treated_count, self.control_count) < ENOUGH:
            return "open"
        _difference, low, high = rates
        return "better" if low > 0 else "worse" if high < 0 else "open"

    def _words_for_rates(self, rates):
        difference, low, high = (value * 100 for value in rates)
        return self.env._(
            "%(difference)+.1f points (%(low)+.1f to %(high)+.1f)",
            difference=difference,
            low=low,
            high=high,
        )

    def _words_for_money(self, money):
        difference, low, high = (
            format_amount(self.env, value, self.currency_id) for value in money
        )
        return self.env._(
            "%(difference)s (%(low)s to %(high)s)", difference=difference, low=low, high=high
        )

    def _verdict(self, rates):
        """The result in words that a sales manager can act upon."""
        if not self.control_percent and not self.control_count:
            return self._verdict_without_control()
        if self.verdict_kind != "open":
            return self._verdict_on_leads() if self.model == "crm.lead" else self._verdict_certain()
        if not rates or min(self.treated_count, self.control_count) < ENOUGH:
            return self.env._(
                "Not enough to tell yet: the time for a result is over for %(treated)s treated "
                "records and %(control)s left alone. Each group needs at least %(enough)s.",
                treated=self.treated_count,
                control=self.control_count,
                enough=ENOUGH,
            )
        return self.env._(
            "Not enough to tell yet: the difference may be chance. More records, or a larger "
            "control group, will show."
        )

    def _verdict_without_control(self):
        if self.model == "crm.lead":
            return self.env._(
                "There is no control group, so nobody can tell which leads would have been won "
                "anyway."
            )
        return self.env._(
            "There is no control group, so nobody can tell who would have come back anyway."
        )

    def _verdict_certain(self):
        if self.verdict_kind == "better":
            return self.env._(
                "It works: treated records come back more often than those left alone, and chance "
                "does not explain the difference."
            )
        return self.env._(
            "It harms: treated records come back less often than those left alone. Stop it, or "
            "change its steps."
        )

    def _verdict_on_leads(self):
        if self.verdict_kind == "better":
            return self.env._(
                "It works: treated leads are won more often than those left alone, and chance does "
                "not explain the difference."
            )
        return self.env._(
            "It harms: treated leads are won less often than those left alone. Stop it, or change "
            "its steps."
        )
