from odoo import fields, models

from ..tools.arguments import checked


class CustomerLifecycleSetChurn(models.TransientModel):
    _inherit = "customer.lifecycle.set"

    churn_reason_id = fields.Many2one(
        "customer.churn.reason",
        help="Why the customers left, as reports count it. Nobody is lost without a reason.",
    )

    @checked(one=True)
    def action_apply(self):
        """Set the state of the chosen customers; a loss is closed with its reason."""
        if self.state != "churned":
            return super().action_apply()
        return self.lifecycle_ids.action_close(
            self.churn_reason_id.id, self.reason, self.lock_date, self.lock_until_order
        )
