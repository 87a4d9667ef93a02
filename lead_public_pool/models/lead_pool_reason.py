from odoo import fields, models


class LeadPoolReason(models.Model):
    """Why a salesperson gives a record back."""

    _name = "lead.pool.reason"
    _description = "Release Reason"
    _order = "sequence, id"

    name = fields.Char(
        required=True, translate=True, help="Why somebody gives a record back, in a few words."
    )
    sequence = fields.Integer(default=10, help="Order in which reasons are offered.")
    active = fields.Boolean(
        default=True, help="Archived reasons stay in the history but are no longer offered."
    )

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US')) WHERE active", "An active reason with this name already exists."
    )
