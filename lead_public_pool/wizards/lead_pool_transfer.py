from odoo import fields, models


class LeadPoolTransfer(models.TransientModel):
    """Let another pool take over all records of one."""

    _name = "lead.pool.transfer"
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
        string="Then archive the old pool", help="The old pool is empty then and can go."
    )

    def action_transfer(self):
        """Move everything, and archive the old pool where asked.

        :return: notification with the number of records
        """
        self.ensure_one()
        count = self.pool_id.pool_transfer_all(self.target_id.id)
        if self.archive_after:
            self.pool_id.action_archive()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s records have moved to %(pool)s.",
                    count=count,
                    pool=self.target_id.name,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
