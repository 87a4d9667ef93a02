from datetime import timedelta

from odoo import models

from .lead_pool import MODEL_BY_KIND

# An activity that its owner planned for himself less than this before is no proof of work.
PLANNED_BEFORE = timedelta(hours=1)


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """Tell the pool which activities were work: those planned before, or told about."""
        judged = [
            (record, record._pool_judge_activity(activity, feedback))
            for activity in self.sudo()
            if activity.res_model in MODEL_BY_KIND.values()
            and (record := activity.env[activity.res_model].browse(activity.res_id).exists())
        ]
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        for record, verdict in judged:
            record._pool_take_note(verdict)
        return result

    def _pool_was_planned(self, owner):
        """Whether this is work that was planned for the owner, and not made up on the spot."""
        old = self.create_date <= self.env.cr.now() - PLANNED_BEFORE
        return self.user_id == owner and (old or self.create_uid != owner)
