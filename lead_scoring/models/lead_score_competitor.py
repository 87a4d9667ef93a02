from odoo import fields, models


class LeadScoreCompetitor(models.Model):
    """Who else a prospect may buy from."""

    _name = "lead.score.competitor"
    _inherit = ["lead.score.bounded"]
    _description = "Competitor"
    _order = "name, id"

    name = fields.Char(required=True, help="Name of the competitor.")
    color = fields.Integer(help="Colour of the tag.")
    active = fields.Boolean(
        default=True, help="Archived competitors stay on their leads but are no longer offered."
    )

    _name_uniq = models.UniqueIndex(
        "(lower(name)) WHERE active", "An active competitor with this name already exists."
    )
