from odoo import models
from odoo.tools import SQL

from ..tools.automatic import SENDERS, SUBJECTS

# The address alone, as it stands in "Name <address>".
ADDRESS = SQL("lower(trim(COALESCE(substring(x.email_from from '<([^>]+)>'), x.email_from)))")


class LeadScoreCollectMail(models.AbstractModel):
    """E-mails from before scoring was installed; later ones are noticed as they arrive.

    Only at arrival the headers are known by which most machines are told from people; of old
    e-mails there are the sender and the subject.
    """

    _name = "lead.score.collect.mail"
    _inherit = "lead.score.collect"
    _description = "Collector of E-mails"

    def _found(self, collector, since, until):
        answered = SQL(
            "EXISTS (SELECT FROM mail_message o WHERE o.model = 'crm.lead' AND o.res_id = x.res_id"
            " AND o.id < x.id AND o.message_type IN ('comment', 'email_outgoing')"
            " AND (o.is_internal IS NOT TRUE) AND %s)",
            self._by_us("o.author_id"),
        )
        selects = []
        for code, condition in (
            ("mail_reply", answered),
            ("mail_in", SQL("NOT %s", answered)),
        ):
            source = SQL(
                """
                  FROM mail_message x
                  JOIN crm_lead l ON l.id = x.res_id
                 WHERE x.model = 'crm.lead' AND x.message_type = 'email'
                   AND x.date > %s AND x.create_date < %s AND %s
                   AND NOT %s AND NOT %s AND %s
                """,
                since, collector.create_date, condition, self._by_us("x.author_id"),
                self._by_a_machine(), self._by_customer(),
            )  # fmt: skip
            selects.append(
                self._select(code, "mail.message", source, date="x.date", lead="x.res_id")
            )
        return selects

    def _by_us(self, author):
        return SQL(
            "EXISTS (SELECT FROM res_users u WHERE u.partner_id = %s AND u.share IS NOT TRUE)",
            SQL(author),
        )

    def _by_a_machine(self):
        """As `is_automatic_text`."""
        return SQL(
            "(x.score_automatic IS TRUE OR split_part(%s, '@', 1) IN %s"
            " OR lower(trim(COALESCE(x.subject, ''))) LIKE ANY(%s))",
            ADDRESS,
            SENDERS,
            [f"{subject}%" for subject in SUBJECTS],
        )

    def _by_customer(self):
        """As `_score_by_customer` of the lead, without the colleagues whom nobody has entered."""
        return SQL(
            """
            (l.email_normalized = %(address)s
             OR (l.partner_id IS NULL AND COALESCE(l.email_normalized, '') = '')
             OR EXISTS (
                 SELECT FROM res_partner author
                   JOIN res_partner customer ON customer.id = l.partner_id
                  WHERE author.commercial_partner_id = customer.commercial_partner_id
                    AND (author.id = x.author_id OR author.email_normalized = %(address)s))
             OR EXISTS (
                 SELECT FROM lead_score_influencer person
                   JOIN res_partner p ON p.id = person.partner_id
                  WHERE person.lead_id = l.id
                    AND (p.id = x.author_id OR p.email_normalized = %(address)s)))
            """,
            address=ADDRESS,
        )
