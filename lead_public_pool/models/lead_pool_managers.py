from odoo import models


class LeadPool(models.Model):
    """What the managers of a pool are told."""

    _inherit = "lead.pool"

    def _tell_managers(self, text):
        """Send a message to each manager of this pool, in their language.

        :param function text: called with an environment in that language; returns subject and body
        """
        self.ensure_one()
        managers = self.member_ids.filtered(lambda member: member.role == "manager").user_id
        for manager in managers.filtered("active"):
            subject, body = text(self.with_context(lang=manager.lang, tz=manager.tz).env)
            self.env["mail.thread"].message_notify(
                partner_ids=manager.partner_id.ids, subject=subject, body=body
            )
