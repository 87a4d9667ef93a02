from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..models.lead_pool import MODEL_BY_KIND


class LeadPoolHandover(models.TransientModel):
    """Give what one salesperson holds to a colleague, to several evenly, or back to the pools."""

    _name = "lead.pool.handover"
    _description = "Hand Over Records"

    user_id = fields.Many2one(
        "res.users", string="From", required=True, help="Whose records change hands."
    )
    pool_ids = fields.Many2many(
        "lead.pool",
        string="Pools",
        help="Only records of these pools; empty means of all pools that you manage.",
    )
    how = fields.Selection(
        [("pool", "Back to the pools"), ("users", "To colleagues, evenly")],
        required=True,
        default="pool",
        string="Destination",
        help="Back to the pools: others may claim them. To colleagues: each gets as many as the "
        "others, within the limits of the pools; what nobody can take goes back to its pool.",
    )
    receiver_ids = fields.Many2many(
        "res.users", string="Colleagues", domain="[('share', '=', False), ('id', '!=', user_id)]"
    )
    record_count = fields.Integer(
        string="Records", compute="_compute_record_count", help="Records that change hands."
    )

    @api.depends("user_id", "pool_ids")
    def _compute_record_count(self):
        for wizard in self:
            wizard.record_count = sum(len(records) for records in wizard._records())

    def action_hand_over(self):
        """Hand over, and tell how many went where.

        :return: notification
        :raise AccessError: for anybody but managers of the pools
        :raise UserError: if there is nobody to receive
        """
        self.ensure_one()
        if self.how == "users" and not self.receiver_ids:
            raise UserError(self.env._("Choose the colleagues who receive the records."))
        given = returned = 0
        for records in self._records():
            if self.how == "users":
                results = records._pool_split(self.receiver_ids)
                given += sum(result["ok"] for result in results)
                records = records.filtered(lambda record: record.user_id == self.user_id)
            results = records._pool_move("owner_left")
            returned += sum(result["ok"] for result in results)
        message = self.env._(
            "%(given)s records handed over, %(returned)s back in their pools.",
            given=given,
            returned=returned,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _records(self):
        """What the user holds from pools that the current user manages, by kind."""
        pools = self.pool_ids or self.env["lead.pool"].search(Domain.TRUE)
        managed = pools.filtered(lambda pool: pool._is_managed_by(self.env.user))
        if self.pool_ids and managed != self.pool_ids:
            raise AccessError(self.env._("Only managers of these pools may hand over."))
        found = []
        for model_name in MODEL_BY_KIND.values():
            records = self.env[model_name].sudo()
            found.append(
                records.search(
                    records._pool_open_domain()
                    & Domain("user_id", "=", self.user_id.id)
                    & Domain("pool_id", "in", managed.ids)
                    & Domain("pool_state", "=", "owned")
                )
            )
        return found
