from odoo import fields, models
from odoo.tools import email_normalize

from odoo.addons.iap.tools.iap_tools import mail_prepare_for_domain_search


class MailMessage(models.Model):
    _inherit = "mail.message"

    lifecycle_automatic = fields.Boolean(
        string="No contact",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="An out-of-office reply or another e-mail that a machine has sent: the customer has "
        "not answered, and nobody has spoken with them.",
    )

    def _lifecycle_is_from(self, customer, addresses=()):
        """Whether a customer has written this, and neither a machine, a stranger nor one of us.

        :param customer: contact, or none
        :param addresses: normalised e-mail addresses that are known besides those of the contact
        :rtype: bool
        """
        self.ensure_one()
        message, author = self.sudo(), self.sudo().author_id
        if message.lifecycle_automatic or (author and not author.partner_share):
            return False
        customer = customer.sudo().commercial_partner_id
        if customer and author.commercial_partner_id == customer:
            return True
        family = customer | customer.with_context(active_test=False).child_ids
        known = {*addresses, *family.mapped("email_normalized")} - {False}
        address = email_normalize(message.email_from or "") or author.email_normalized
        if address in known:
            return True
        if not customer:
            # Who writes first to a lead that names nobody is its customer.
            return not known
        # A colleague of theirs: by the domain of the company, unless anybody may have an address.
        ours = {mail_prepare_for_domain_search(one) for one in known if customer.is_company}
        return mail_prepare_for_domain_search(address) in ours
