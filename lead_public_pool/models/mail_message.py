from odoo import fields, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    pool_automatic = fields.Boolean(
        string="Sent by a machine",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="An out-of-office reply or another automatic e-mail: nobody has worked, and the "
        "customer has not answered.",
    )
