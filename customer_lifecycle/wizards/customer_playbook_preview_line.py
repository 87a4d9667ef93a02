from odoo import fields, models

from ..models.playbook.customer_playbook_log import REASONS


class CustomerPlaybookPreviewLine(models.TransientModel):
    """One record that would enter a playbook today."""

    _name = "customer.playbook.preview.line"
    _inherit = ["customer.lifecycle.dialog"]
    _description = "Record in a Preview"

    preview_id = fields.Many2one(
        "customer.playbook.preview",
        required=True,
        ondelete="cascade",
        help="The preview that this line belongs to.",
    )
    name = fields.Char(readonly=True, help="Customer or lead.")
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True, help="Its owner.")
    is_control = fields.Boolean(
        string="Left alone", readonly=True, help="It would belong to the control group."
    )
    step_due = fields.Datetime(string="First step", readonly=True, help="When it would be due.")
    obstacle = fields.Selection(
        REASONS, string="No e-mail because", readonly=True, help="Why e-mails would be left out."
    )
