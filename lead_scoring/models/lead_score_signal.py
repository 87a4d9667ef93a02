from odoo import api, fields, models

from ..tools.caches import forget


class LeadScoreSignal(models.Model):
    """Catalogue of behaviours that say something about a lead's interest."""

    _name = "lead.score.signal"
    _inherit = ["lead.score.bounded", "lead.score.signal.source"]
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
    is_activity = fields.Boolean(
        string="Shows activity",
        default=True,
        help="Whether this behaviour shows that the lead is alive, and so delays the penalty for "
        "inactivity. A bounced e-mail does not.",
    )
    rule_ids = fields.One2many(
        "lead.score.rule", "signal_id", readonly=True, help="The rules that give points for this."
    )

    _code_uniq = models.UniqueIndex("(code)", "A signal with this code already exists.")

    @api.model_create_multi
    def create(self, vals_list):
        signals = super().create(vals_list)
        forget(self.env)
        return signals

    def write(self, vals):
        result = super().write(vals)
        if {"code", "active", "is_activity"} & vals.keys():
            forget(self.env)
            self.rule_ids.card_id._signals_changed()
        return result

    def unlink(self):
        cards = self.rule_ids.card_id
        result = super().unlink()
        forget(self.env)
        cards._signals_changed()
        return result
