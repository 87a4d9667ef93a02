from odoo import api, models
from odoo.exceptions import AccessError


class LeadScoreLedger(models.AbstractModel):
    """Rows about leads that only the score's own code writes.

    That code writes in SQL; whatever comes through the ORM comes from somebody else.
    """

    _name = "lead.score.ledger"
    _inherit = ["lead.score.seen"]
    _description = "Ledger of Lead Scoring"

    @api.model_create_multi
    def create(self, vals_list):
        self._only_the_engine()
        return super().create(vals_list)

    def write(self, vals):
        self._only_the_engine()
        return super().write(vals)

    def unlink(self):
        self._only_the_engine()
        return super().unlink()

    def _only_the_engine(self):
        raise AccessError(self._why_not())

    def _why_not(self):
        """Sentence for who tries to write these rows; to be overridden."""
        return self.env._("This is recorded by the system and cannot be changed.")
