from odoo import fields, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    score_automatic = fields.Boolean(
        string="Automatic e-mail",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="An out-of-office reply or another e-mail that a machine has sent. It raises no "
        "score.",
    )
