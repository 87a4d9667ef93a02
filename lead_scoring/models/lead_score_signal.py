from odoo import fields, models


class LeadScoreSignal(models.Model):
    """Catalogue of behaviours that say something about a lead's interest."""

    _name = "lead.score.signal"
    _description = "Lead Score Signal"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, help="What the lead did, in a few words.")
    code = fields.Char(
        required=True,
        help="Short technical name by which other programs report this behaviour.",
    )
    description = fields.Text(
        translate=True, help="When the behaviour counts, so that everybody reports it alike."
    )
    sequence = fields.Integer(default=10, help="Order in which signals are listed.")
    active = fields.Boolean(default=True, help="Archived signals are no longer collected.")

    _code_uniq = models.UniqueIndex("(code)", "A signal with this code already exists.")
