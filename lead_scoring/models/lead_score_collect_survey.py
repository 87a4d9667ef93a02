from odoo import models
from odoo.tools import SQL


class LeadScoreCollectSurvey(models.AbstractModel):
    """Surveys that were answered to the end."""

    _name = "lead.score.collect.survey"
    _inherit = "lead.score.collect"
    _description = "Collector of Survey Answers"

    _apps = ("survey",)

    def _found(self, collector, since, until):
        source = SQL(
            "FROM survey_user_input x WHERE x.state = 'done' AND x.test_entry IS NOT TRUE"
            " AND x.write_date > %s",
            since,
        )
        who = {"partner": "x.partner_id", "email": "x.email"}
        if self._has_column("survey.user_input", "lead_id"):
            who["lead"] = "x.lead_id"
        return [
            self._select(
                "survey_answered", "survey.user_input", source,
                date="COALESCE(x.end_datetime, x.write_date)", mark="x.write_date", **who,
            )
        ]  # fmt: skip
