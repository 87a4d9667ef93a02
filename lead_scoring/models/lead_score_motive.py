from odoo import fields, models


class LeadScoreMotive(models.Model):
    """Why a prospect wants to buy."""

    _name = "lead.score.motive"
    _inherit = ["lead.score.bounded"]
    _description = "Buying Motive"
    _order = "sequence, id"

    name = fields.Char(
        required=True, translate=True, help="What moves a prospect to buy, in a few words."
    )
    sequence = fields.Integer(default=10, help="Order in which motives are offered.")
    color = fields.Integer(help="Colour of the tag.")
    active = fields.Boolean(
        default=True, help="Archived motives stay on their leads but are no longer offered."
    )

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US')) WHERE active", "An active motive with this name already exists."
    )
