from odoo import api, models

from ..tools.arguments import check_values
from ..tools.entered import refuse_absurd, refuse_kept
from ..tools.guarded import completed


class LeadScoreDialog(models.AbstractModel):
    """A dialog over RPC: what it does not know is refused in words, before the database sees it."""

    _name = "lead.score.dialog"
    _description = "Dialog"

    @api.model_create_multi
    def create(self, vals_list):
        shown = self._score_shown()
        for vals, known in zip(vals_list, completed(self, vals_list, shown), strict=True):
            check_values(self, vals)
            refuse_absurd(self, vals)
            refuse_kept(self, {name for name in shown if known.get(name)} | vals.keys(), shown)
        return super().create(vals_list)

    def write(self, vals):
        check_values(self, vals)
        refuse_absurd(self, vals)
        refuse_kept(self, vals, self._score_shown())
        return super().write(vals)

    def _score_shown(self):
        """Names of the fields that only show something."""
        return [name for name, field in self._fields.items() if field.store and field.readonly]
