from odoo import api, models

from ..tools.arguments import check_values


class LeadScoreDialog(models.AbstractModel):
    """A dialog over RPC: what it does not know is refused in words, before the database sees it."""

    _name = "lead.score.dialog"
    _description = "Dialog"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_values(self, vals)
        return super().create(vals_list)

    def write(self, vals):
        check_values(self, vals)
        return super().write(vals)
