from odoo import fields, models


class LeadScoreRejectReason(models.Model):
    """Why sales turns down a lead that marketing thought ready."""

    _name = "lead.score.reject.reason"
    _inherit = ["lead.score.bounded"]
    _description = "Rejection Reason"
    _order = "sequence, id"

    name = fields.Char(
        required=True, translate=True, help="Why a lead is turned down, in a few words."
    )
    sequence = fields.Integer(default=10, help="Order in which reasons are offered.")
    active = fields.Boolean(
        default=True, help="Archived reasons stay on their leads but are no longer offered."
    )

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US')) WHERE active", "An active reason with this name already exists."
    )
