from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

MEASURES = {
    "score_best": SQL("max(score.score)"),
    "score_sum": SQL("least(sum(score.score), 100)"),
    "score_engaged_count": SQL(
        "count(DISTINCT lead.partner_id) FILTER (WHERE score.engagement > 0)"
    ),
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    score_best = fields.Float(
        string="Best lead score",
        compute="_compute_scores",
        search="_search_score_best",
        groups="sales_team.group_sale_salesman",
        help="Highest score among the open leads of the company and its contacts.",
    )
    score_sum = fields.Float(
        string="Total lead score",
        compute="_compute_scores",
        search="_search_score_sum",
        groups="sales_team.group_sale_salesman",
        help="Sum of the scores of the open leads of the company and its contacts, at most 100.",
    )
    score_engaged_count = fields.Integer(
        string="Engaged contacts",
        compute="_compute_scores",
        search="_search_score_engaged_count",
        groups="sales_team.group_sale_salesman",
        help="How many contacts of the company have an open lead that did something lately.",
    )

    def _compute_scores(self):
        companies = self._origin.commercial_partner_id
        rows = {}
        if companies:
            condition = SQL("contact.commercial_partner_id IN %s", tuple(companies.ids))
            rows = {
                row[0]: row[1:]
                for row in self.env.execute_query(
                    self._score_statement(condition, *MEASURES.values())
                )
            }
        for partner in self:
            measures = rows.get(partner._origin.commercial_partner_id.id, (0, 0, 0))
            for name, value in zip(MEASURES, measures, strict=True):
                partner[name] = value

    @api.model
    def _score_statement(self, condition, *measures, having=None):
        """Companies with what the scores of their open leads add up to.

        Leads of the user's companies count, whether he may open each of them or not.
        """
        self.env.flush_all()
        return SQL(
            "SELECT contact.commercial_partner_id%s FROM crm_lead lead"
            " JOIN res_partner contact ON contact.id = lead.partner_id"
            " JOIN lead_score score ON score.id = lead.id"
            " WHERE lead.active AND lead.won_status = 'pending' AND %s"
            " AND (lead.company_id IS NULL OR lead.company_id IN %s)"
            " GROUP BY contact.commercial_partner_id%s",
            SQL("").join(SQL(", %s", measure) for measure in measures),
            condition,
            tuple(self.env.companies.ids),
            SQL(" HAVING %s", having) if having else SQL(),
        )

    def _search_score_best(self, operator, value):
        return self._search_score_measure("score_best", operator, value)

    def _search_score_sum(self, operator, value):
        return self._search_score_measure("score_sum", operator, value)

    def _search_score_engaged_count(self, operator, value):
        return self._search_score_measure("score_engaged_count", operator, value)

    def _search_score_measure(self, name, operator, value):
        if operator not in COMPARISONS:
            return NotImplemented
        try:
            numbers = value if operator == "in" else [value]
            numbers = tuple(float(number or 0) for number in numbers)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("This is not a number: %s", value)) from error
        if operator == "in":
            value = numbers or (-1.0,)
            includes_none = 0.0 in value
        else:
            [value] = numbers
            includes_none = eval_comparison(operator, 0, value)
        compare = COMPARISONS[operator]
        if includes_none:
            # Those without leads count as 0: all but the companies for which it is false.
            having = SQL("NOT coalesce(%s %s %s, false)", MEASURES[name], compare, value)
        else:
            having = SQL("%s %s %s", MEASURES[name], compare, value)
        found = [
            row[0]
            for row in self.env.execute_query(self._score_statement(SQL("TRUE"), having=having))
        ]
        domain = Domain("commercial_partner_id", "in", found)
        return ~domain if includes_none else domain


COMPARISONS = {
    "in": SQL("IN"),
    ">": SQL(">"),
    ">=": SQL(">="),
    "<": SQL("<"),
    "<=": SQL("<="),
}


def eval_comparison(operator, left, right):
    """Whether a comparison of two numbers holds."""
    return {
        ">": left > right,
        ">=": left >= right,
        "<": left < right,
        "<=": left <= right,
    }[operator]
