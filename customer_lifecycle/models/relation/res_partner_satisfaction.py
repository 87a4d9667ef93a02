from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

COMPARISONS = {"<": SQL("<"), "<=": SQL("<="), ">": SQL(">"), ">=": SQL(">=")}
RATED = ("partner_id", "rating", "consumed")
# Where Odoo's survey app is installed: its models, and what is read of them.
ANSWERED = {
    "survey.user_input.line": ("question_id", "user_input_id", "value_scale", "skipped"),
    "survey.user_input": ("partner_id", "state", "test_entry"),
    "survey.question": ("question_type", "scale_min", "scale_max"),
    "survey.survey": ("scoring_type",),
}


class ResPartner(models.Model):
    """What a customer's people answered, wherever they were asked, as one average."""

    _inherit = "res.partner"

    satisfaction = fields.Float(
        string="Overall Satisfaction",
        compute="_compute_satisfaction",
        search="_search_satisfaction",
        groups="sales_team.group_sale_salesman",
        help="Average from 1 to 5 of all that this customer's people answered: ratings in Odoo, to "
        "which revisits belong, and questions with a scale in surveys that are no tests. 0 if they "
        "were never asked.",
    )
    satisfaction_count = fields.Integer(
        string="Answers",
        compute="_compute_satisfaction",
        groups="sales_team.group_sale_salesman",
        help="How many answers the average is made of.",
    )

    def _compute_satisfaction(self):
        customers = SQL("p.commercial_partner_id = ANY(%s)", self.commercial_partner_id.ids)
        facts = {
            partner: (average, count)
            for partner, average, count in self._satisfaction_rows(customers, SQL("TRUE"))
        }
        for partner in self:
            customer = partner.commercial_partner_id.id
            partner.satisfaction, partner.satisfaction_count = facts.get(customer, (0.0, 0))

    def _search_satisfaction(self, operator, value):
        if operator == "in":
            numbers = tuple(float(number) for number in value if number) or (-1.0,)
            having = SQL("round(avg(stars)::numeric, 2) IN %s", numbers)
            found = self._satisfaction_customers(having)
            return found | ~self._satisfaction_customers(SQL("TRUE")) if False in value else found
        if operator not in COMPARISONS:
            return NotImplemented
        return self._satisfaction_customers(SQL("avg(stars) %s %s", COMPARISONS[operator], value))

    def _satisfaction_customers(self, having):
        """Contacts of the customers whose answers are like this."""
        rows = self._satisfaction_rows(SQL("TRUE"), having)
        return Domain("commercial_partner_id", "in", [partner for partner, *_rest in rows])

    def _satisfaction_rows(self, where, having):
        """(commercial partner, average, count) of the customers who were asked.

        In SQL, because who may read a customer shall know how satisfied he is, but need not be
        allowed to read each answer of a survey.
        """
        self.env["rating.rating"].flush_model(RATED)
        answers = SQL(
            "SELECT partner_id, rating AS stars FROM rating_rating WHERE consumed AND rating >= 1"
        )
        if "survey.user_input" in self.env:
            answers = SQL("%s UNION ALL %s", answers, self._satisfaction_in_surveys())
        return self.env.execute_query(
            SQL(
                """SELECT p.commercial_partner_id, avg(stars)::float8, count(*)
                     FROM (%s) answer JOIN res_partner p ON p.id = answer.partner_id
                    WHERE %s GROUP BY 1 HAVING %s""",
                answers,
                where,
                having,
            )
        )

    def _satisfaction_in_surveys(self):
        """Answers on a scale, the lowest as one star and the highest as five."""
        for model, names in ANSWERED.items():
            self.env[model].flush_model(names)
        return SQL(
            """SELECT input.partner_id,
                      1 + 4.0 * (line.value_scale - question.scale_min)
                          / (question.scale_max - question.scale_min) AS stars
                 FROM survey_user_input_line line
                 JOIN survey_user_input input ON input.id = line.user_input_id
                 JOIN survey_question question ON question.id = line.question_id
                 JOIN survey_survey survey ON survey.id = input.survey_id
                WHERE question.question_type = 'scale' AND line.skipped IS NOT TRUE
                  AND input.state = 'done' AND input.test_entry IS NOT TRUE
                  AND survey.scoring_type = 'no_scoring'"""
        )
