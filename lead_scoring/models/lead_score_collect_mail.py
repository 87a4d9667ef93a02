from odoo import models
from odoo.tools import SQL


class LeadScoreCollectMail(models.AbstractModel):
    """E-mails from before scoring was installed; later ones are noticed as they arrive.

    Only at arrival can an automatic answer be told from a real one.
    """

    _name = "lead.score.collect.mail"
    _inherit = "lead.score.collect"
    _description = "Collector of E-mails"

    def _found(self, collector, since, until):
        by_us = SQL(
            "EXISTS (SELECT FROM res_users u WHERE u.partner_id = %s AND u.share IS NOT TRUE)",
            SQL("o.author_id"),
        )
        answered = SQL(
            "EXISTS (SELECT FROM mail_message o WHERE o.model = 'crm.lead' AND o.res_id = x.res_id"
            " AND o.id < x.id AND o.message_type IN ('comment', 'email_outgoing')"
            " AND (o.is_internal IS NOT TRUE) AND %s)",
            by_us,
        )
        selects = []
        for code, condition in (
            ("mail_reply", answered),
            ("mail_in", SQL("NOT %s", answered)),
        ):
            source = SQL(
                """
                  FROM mail_message x
                 WHERE x.model = 'crm.lead' AND x.message_type = 'email'
                   AND x.date > %s AND x.date < %s AND %s
                   AND NOT EXISTS (
                       SELECT FROM res_users u
                        WHERE u.partner_id = x.author_id AND u.share IS NOT TRUE
                   )
                """,
                since, collector.create_date, condition,
            )  # fmt: skip
            selects.append(
                self._select(code, "mail.message", source, date="x.date", lead="x.res_id")
            )
        return selects
