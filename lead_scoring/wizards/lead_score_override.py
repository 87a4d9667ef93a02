from odoo import fields, models

from ..tools.arguments import checked


class LeadScoreOverride(models.TransientModel):
    """Dialog by which a person sets the score of leads."""

    _name = "lead.score.override"
    _inherit = ["lead.score.dialog"]
    _description = "Set a Score by Hand"

    lead_ids = fields.Many2many("crm.lead", required=True, help="The leads whose score is set.")
    score = fields.Float(required=True, help="The score that the leads shall have, from 0 to 100.")
    reason = fields.Char(required=True, help="Why you know better; your colleagues will read it.")
    until = fields.Date(help="Last day on which it holds. Leave it empty if it holds for good.")

    @checked(one=True)
    def action_apply(self):
        """Set the score.

        :return: action that closes the dialog
        """
        self.lead_ids.score_set(self.score, self.reason, self.until)
        return {"type": "ir.actions.act_window_close"}
