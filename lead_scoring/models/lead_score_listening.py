import logging

from odoo import fields, models
from odoo.tools import email_normalize, email_normalize_all

from odoo.addons.iap.tools.iap_tools import mail_prepare_for_domain_search

from ..tools.apart import apart
from ..tools.jobs import CONFLICTS

_logger = logging.getLogger(__name__)
# What we write to a customer; notes and notifications are none of his business.
OUTGOING = ("comment", "email_outgoing")
# Most messages on a lead are notifications about its fields; they say nothing about anybody.
HEARD = (*OUTGOING, "email")
RESPONSE = ("score_response_date", "score_response_hours", "score_response_temperature")


class CrmLead(models.Model):
    """Notices at once that somebody wrote to us about a lead, and when we first answered."""

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    score_response_date = fields.Datetime(
        string="First response",
        readonly=True,
        copy=False,
        prefetch="response",
        help="When a colleague first wrote to the prospect or did an activity.",
    )
    score_response_hours = fields.Float(
        string="Hours to first response",
        readonly=True,
        copy=False,
        aggregator="avg",
        prefetch="response",
        help="Hours from the creation of the lead to the first response.",
    )
    score_response_temperature = fields.Selection(
        [("hot", "Hot"), ("warm", "Warm"), ("cold", "Cold")],
        string="Temperature at first response",
        readonly=True,
        copy=False,
        prefetch="response",
        help="How promising the lead was when it got its first response.",
    )

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        if message.message_type not in HEARD and not message.mail_activity_type_id:
            return result
        try:
            with apart(self.env):
                self._score_listen(message)
        except CONFLICTS:
            raise
        except Exception:
            # A message must never be lost because of a score.
            _logger.exception("Message %s was not scored", message.id)
        return result

    def _score_listen(self, message):
        """Tell a message of the prospect from one of ours, and take note of it."""
        message = message.sudo()
        if message.author_id.user_ids.filtered(lambda user: user._is_internal()):
            if message.message_type in OUTGOING and not message.is_internal:
                if not message.subtype_id.internal:
                    self._score_responded(message.date)
            elif message.mail_activity_type_id:
                self._score_responded(message.date)
            return
        if not self._score_by_gateway(message) and not self._score_portal_message(message):
            return
        if message.score_automatic or not self._score_by_customer(message):
            return
        code = "mail_reply" if self._score_answers(message) else "mail_in"
        self.sudo().score_signal(
            code,
            date=message.date,
            key=f"mail.message,{message.id},{code}",
            ref=f"mail.message,{message.id}",
        )

    def _score_by_gateway(self, message):
        """An e-mail that came in, and was not written here in somebody's name."""
        gateway = self.env.ref("base.user_root")
        return message.message_type == "email" and message.create_uid == gateway

    def _score_portal_message(self, message):
        """A prospect who writes on their page in the portal, and none of us in their name."""
        return (
            message.message_type == "comment"
            and message.create_uid.share
            and message.author_id.user_ids
            and not message.subtype_id.internal
        )

    def _score_by_customer(self, message):
        """Whether a message comes from the customer of this lead, and not from a stranger."""
        lead, author = self.sudo(), message.author_id
        customer = lead.partner_id.commercial_partner_id
        people = lead.profile_influencer_ids.partner_id
        if author and (author.commercial_partner_id == customer or author in people):
            return True
        family = customer | customer.with_context(active_test=False).child_ids | people
        known = {*email_normalize_all(lead.email_from), *family.mapped("email_normalized")}
        known.discard(False)
        address = email_normalize(message.email_from or "") or author.email_normalized
        if address in known:
            return True
        if not customer:
            # Who writes first to a lead that names nobody is its customer.
            return not known
        # A colleague of theirs: by the domain of the company, unless anybody may have an address.
        domain = mail_prepare_for_domain_search(address)
        ours = {mail_prepare_for_domain_search(one) for one in known if customer.is_company}
        return domain in ours

    def _score_answers(self, message):
        """Whether we had written to the prospect before he wrote this."""
        return bool(
            message.search_count(
                [
                    ("model", "=", "crm.lead"),
                    ("res_id", "in", self.ids),
                    ("id", "<", message.id),
                    ("message_type", "in", OUTGOING),
                    ("subtype_id.internal", "=", False),
                    ("is_internal", "=", False),
                    ("author_id.user_ids.share", "=", False),
                ],
                limit=1,
            )
        )

    def _score_responded(self, date):
        for lead in self.sudo().filtered(lambda lead: not lead.score_response_date):
            waited = (date - lead.create_date).total_seconds() / 3600
            lead.write(
                {
                    "score_response_date": date,
                    "score_response_hours": max(waited, 0),
                    "score_response_temperature": lead.score_temperature,
                }
            )

    def _merge_dependences(self, opportunities):
        """Of several first responses the first one counts."""
        result = super()._merge_dependences(opportunities)
        answered = (self | opportunities).sudo().filtered("score_response_date")
        if first := answered.sorted("score_response_date")[:1]:
            self.sudo().write({name: first[name] for name in RESPONSE})
        return result
