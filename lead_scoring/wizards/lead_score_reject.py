from odoo import fields, models

from ..tools.arguments import checked


class LeadScoreReject(models.TransientModel):
    """Asks why leads are rejected."""

    _name = "lead.score.reject"
    _inherit = ["lead.score.dialog"]
    _description = "Reject Leads"

    lead_ids = fields.Many2many("crm.lead", required=True, help="Leads to reject.")
    reason_id = fields.Many2one(
        "lead.score.reject.reason", required=True, help="Marketing learns from it."
    )
    note = fields.Char(help="What else marketing should know.")

    @checked(one=True)
    def action_reject(self):
        """Reject the leads, say so, and close the window.

        :return: action
        :raise UserError: without a reason
        """
        self.lead_ids.action_reject(self.reason_id.id, self.note)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Rejected, and marketing is told why: %s", self.reason_id.name
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
