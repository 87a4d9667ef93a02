from datetime import timedelta

from odoo import models

from .lead_pool_engine import ENGINE

# An activity that its owner planned for himself less than this before is no proof of work.
PLANNED_BEFORE = timedelta(hours=1)


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """Tell the pool which activities were planned work, and which were made up on the spot."""
        planned = self.filtered(
            lambda activity: (
                activity.create_uid != activity.user_id
                or activity.create_date <= self.env.cr.now() - PLANNED_BEFORE
            )
        )
        made_up = (self - planned).with_context(pool_activity_feedback=feedback)
        messages, activities = super(MailActivity, made_up)._action_done(
            feedback=feedback, attachment_ids=attachment_ids
        )
        if planned:
            more = super(
                MailActivity, planned.with_context(pool_activity_planned=ENGINE)
            )._action_done(feedback=feedback, attachment_ids=attachment_ids)
            messages, activities = messages | more[0], activities | more[1]
        return messages, activities
