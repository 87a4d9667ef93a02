from odoo import fields, models
from odoo.tools import SQL, format_amount

from ..tools.proportion import mean_difference, share_difference

# Below this, intervals are so wide that any verdict would be chance.
ENOUGH = 20


class CustomerPlaybookResult(models.AbstractModel):
    """Whether a playbook works: treated records against those left alone."""

    _name = "customer.playbook.result"
    _description = "Result of a Playbook"

    company_id = fields.Many2one("res.company", help="The company of the customers.")
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

    def action_measure(self):
        """Count purchases up to this moment instead of up to last night.

        :return: True
        """
        self.check_access("write")
        self.env["customer.playbook.enrolment"].sudo()._measure(self)
        return True

    def _compute_result(self):
        groups = self._measured()
        for playbook in self:
            treated = groups.get((playbook.id, False), [])
            control = groups.get((playbook.id, True), [])
            playbook.treated_count, playbook.control_count = len(treated), len(control)
            playbook.treated_rate, playbook.treated_revenue = _means(treated)
            playbook.control_rate, playbook.control_revenue = _means(control)
            rates = share_difference(
                sum(back for back, _money in treated),
                len(treated),
                sum(back for back, _money in control),
                len(control),
            )
            money = mean_difference(
                [money for _back, money in treated], [money for _back, money in control]
            )
            playbook.rate_difference = rates and playbook._words_for_rates(rates)
            playbook.revenue_difference = money and playbook._words_for_money(money)
            playbook.verdict_kind = playbook._kind_of(rates)
            playbook.verdict = playbook._verdict(rates)

    def _measured(self):
        """(came back, revenue) of finished rows by (playbook id, control)."""
        self.env["customer.playbook.enrolment"].flush_model()
        query = SQL(
            """
            SELECT playbook_id, COALESCE(is_control, false), COALESCE(came_back, false),
                   COALESCE(revenue, 0)
              FROM customer_playbook_enrolment
             WHERE playbook_id IN %s AND measured
            """,
            tuple(self.ids) or (0,),
        )
        groups = {}
        for playbook_id, control, back, money in self.env.execute_query(query):
            groups.setdefault((playbook_id, control), []).append((back, float(money)))
        return groups

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
            return self.env._(
                "There is no control group, so nobody can tell who would have come back anyway."
            )
        if self.verdict_kind == "better":
            return self.env._(
                "It works: treated records come back more often than those left alone, and chance "
                "does not explain the difference."
            )
        if self.verdict_kind == "worse":
            return self.env._(
                "It harms: treated records come back less often than those left alone. Stop it, or "
                "change its steps."
            )
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


def _means(rows):
    """Share that came back, and revenue per row.

    :param rows: (came back, revenue) pairs
    :rtype: tuple[float, float]
    """
    if not rows:
        return 0.0, 0.0
    return (
        sum(back for back, _money in rows) / len(rows),
        sum(money for _back, money in rows) / len(rows),
    )
