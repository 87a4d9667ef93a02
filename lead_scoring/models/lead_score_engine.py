from odoo import api, models


class LeadScoreEngine(models.AbstractModel):
    """Works out scores, in SQL, and stores what changed."""

    _name = "lead.score.engine"
    _description = "Score Engine"

    def _score_update(self, reason):
        """Score these leads now and store what changed.

        :param str reason: a key of `REASONS` in `lead_score_history`
        """

    def score_refresh(self):
        """Score these leads again now, for example after a change elsewhere.

        :return: True
        """
        self.check_access("read")
        self._score_update("refresh")
        return True

    @api.model
    def _score_schedule_refresh(self):
        """Have all open leads scored again in the background."""
        self.env["lead.score.card"].sudo().search([("state", "=", "published")]).check_date = False

    def _score_merge(self, opportunities):
        """What other leads did becomes what this one did."""
