from odoo import models


class ResPartner(models.Model):
    """What this addon adds to contacts is in abstract models, one per part, listed here."""

    _name = "res.partner"
    _inherit = [
        "customer.lifecycle.family",
        "customer.lifecycle.mixin",
        "res.partner.relation",
        "res.partner.satisfaction",
        "res.partner.referral",
        "res.partner",
    ]
