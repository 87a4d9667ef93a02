from odoo import fields, models

from ..tools.arguments import checked


class LeadPoolTransfer(models.TransientModel):
    """Let another pool take over all records of one."""

    _name = "lead.pool.transfer"
    _inherit = ["lead.pool.dialog"]
    _description = "Transfer Everything"

    pool_id = fields.Many2one(
        "lead.pool",
        required=True,
        readonly=True,
        string="From",
        help="The pool whose records are moved.",
    )
    kind = fields.Selection(related="pool_id.kind")
    company_id = fields.Many2one(related="pool_id.company_id")
    target_id = fields.Many2one(
        "lead.pool",
        string="To",
        required=True,
        domain="[('kind', '=', kind), ('company_id', '=', company_id), ('id', '!=', pool_id)]",
        help="Pool that takes over all records, with their salespeople.",
    )
    archive_after = fields.Boolean(
        string="Then archive the old pool",
        help="As soon as the last record has moved. If one cannot move, the old pool stays.",
    )

    @checked(one=True)
    def action_transfer(self):
        """Move everything, and archive the old pool where asked once it is empty.

        :return: notification that tells what has moved, or moves in the background
        """
        told = self.pool_id._transfer_all(self.target_id.id, self.archive_after)[1]
        kind = "warning" if len(told) > 1 else "success"
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info" if self.pool_id.transfer_date else kind,
                "title": self.pool_id.name,
                "message": "\n".join(told),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
