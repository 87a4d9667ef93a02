from odoo import api, models

from ..tools.caches import forget


class LeadScoreWorkingTime(models.AbstractModel):
    """What says when a company works; `_score_working_times` of the company remembers it.

    To work it out takes longer than all else that is done when a lead is qualified.
    """

    _name = "lead.score.working.time"
    _description = "Working Time"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(vals_list)._score_work_changed()

    def write(self, vals):
        self._score_work_changed()
        result = super().write(vals)
        self._score_work_changed()
        return result

    def unlink(self):
        self._score_work_changed()
        return super().unlink()

    def _score_work_changed(self):
        """Forget when companies work.

        :return: self
        """
        if self:
            forget(self.env)
        return self
