from odoo import models
from odoo.tools import SQL


class ResUsers(models.Model):
    _inherit = "res.users"

    def unlink(self):
        ids = self._ids
        result = super().unlink()
        if ids:
            # See `LooseMany2one`; users are deleted seldom, and the history is written often.
            self.env.cr.execute(
                SQL("UPDATE lead_score_history SET user_id = NULL WHERE user_id IN %s", ids)
            )
            self.env["lead.score.history"].invalidate_model(["user_id"], flush=False)
        return result
