from odoo import api, fields, models

from ..tools.arguments import checked


class LeadPoolLookup(models.TransientModel):
    """Wait for what is known but held by somebody else."""

    _inherit = "lead.pool.lookup"

    can_wait = fields.Boolean(
        compute="_compute_can_wait",
        help="Whether you may be told when the record comes back to the pool.",
    )

    @api.depends("line_ids.state", "line_ids.mine")
    def _compute_can_wait(self):
        for lookup in self:
            lookup.can_wait = any(
                line.state in ("owned", "protected") and line.pool_name and not line.mine
                for line in lookup.line_ids
            )

    @checked(one=True)
    def action_wait(self):
        """Be told when it comes back to a pool of mine.

        :return: notification
        """
        answers = self.env["lead.pool"].pool_lookup_wait(
            phone=self.phone, email=self.email, name=self.name
        )
        waiting = [answer for answer in answers if answer["ok"]]
        refused = [answer["message"] for answer in answers if not answer["ok"]]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if waiting else "warning",
                "message": self.env._("You will be told when it comes back.")
                if waiting
                else refused[0]
                if refused
                else self.env._("It is not known."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
