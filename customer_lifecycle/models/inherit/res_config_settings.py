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
    lifecycle_tier_mode = fields.Selection(related="company_id.lifecycle_tier_mode", readonly=False)
    lifecycle_tier_a = fields.Float(related="company_id.lifecycle_tier_a", readonly=False)
    lifecycle_tier_b = fields.Float(related="company_id.lifecycle_tier_b", readonly=False)
    lifecycle_tier_c = fields.Float(related="company_id.lifecycle_tier_c", readonly=False)
    lifecycle_tier_margin = fields.Float(related="company_id.lifecycle_tier_margin", readonly=False)
    lifecycle_rfm_mode = fields.Selection(related="company_id.lifecycle_rfm_mode", readonly=False)
    lifecycle_rfm_r = fields.Char(related="company_id.lifecycle_rfm_r", readonly=False)
    lifecycle_rfm_f = fields.Char(related="company_id.lifecycle_rfm_f", readonly=False)
    lifecycle_rfm_m = fields.Char(related="company_id.lifecycle_rfm_m", readonly=False)
    lifecycle_rfm_minimum = fields.Integer(
        related="company_id.lifecycle_rfm_minimum", readonly=False
    )
