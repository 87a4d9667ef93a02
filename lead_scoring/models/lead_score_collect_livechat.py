from odoo import models
from odoo.tools import SQL


class LeadScoreCollectLivechat(models.AbstractModel):
    """Live chats, with a contact who is known or out of which a lead was made."""

    _name = "lead.score.collect.livechat"
    _inherit = "lead.score.collect"
    _description = "Collector of Live Chats"

    _apps = ("im_livechat",)

    def _found(self, collector, since, until):
        known = SQL(
            """
              FROM discuss_channel x
              JOIN im_livechat_channel_member_history h ON h.channel_id = x.id
             WHERE x.channel_type = 'livechat' AND x.create_date > %s
               AND h.livechat_member_type = 'visitor' AND h.partner_id IS NOT NULL
            """,
            since,
        )
        selects = [
            self._select(
                "live_chat", "discuss.channel", known,
                date="x.create_date", partner="h.partner_id",
            )
        ]  # fmt: skip
        if self._has_column("crm.lead", "origin_channel_id"):
            made = SQL(
                """
                  FROM crm_lead l JOIN discuss_channel x ON x.id = l.origin_channel_id
                 WHERE x.channel_type = 'livechat' AND l.create_date > %s
                """,
                since,
            )
            selects.append(
                self._select(
                    "live_chat", "discuss.channel", made,
                    date="x.create_date", mark="l.create_date", lead="l.id",
                )
            )  # fmt: skip
        return selects
