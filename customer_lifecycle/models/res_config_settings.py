from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lifecycle_low_satisfaction = fields.Integer(
        related="company_id.lifecycle_low_satisfaction", readonly=False
    )
    lifecycle_complaint_user_id = fields.Many2one(
        related="company_id.lifecycle_complaint_user_id", readonly=False
    )
    lifecycle_silent_days = fields.Integer(
        related="company_id.lifecycle_silent_days", readonly=False
    )
    lifecycle_loss_notice = fields.Boolean(
        related="company_id.lifecycle_loss_notice", readonly=False
    )
    lifecycle_ask_reason = fields.Boolean(related="company_id.lifecycle_ask_reason", readonly=False)
