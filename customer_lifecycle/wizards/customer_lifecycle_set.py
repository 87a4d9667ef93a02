from odoo import fields, models

from ..models.lifecycle.customer_lifecycle import STATES
from ..tools.arguments import checked


class CustomerLifecycleSet(models.TransientModel):
    """Set the state of customers by hand."""

    _name = "customer.lifecycle.set"
    _inherit = ["customer.lifecycle.dialog"]
    _description = "Set Lifecycle State"

    lifecycle_ids = fields.Many2many(
        "customer.lifecycle",
        string="Customers",
        required=True,
        default=lambda self: self._default_lifecycle_ids(),
        help="The customers whose state is set.",
    )
    state = fields.Selection(
        STATES, required=True, help="The state that they have until you release it."
    )
    reason = fields.Char(required=True, help="Why; colleagues read this on the customer.")
    lock_date = fields.Date(
        string="Until", help="The last day on which it holds. Empty means without an end."
    )
    lock_until_order = fields.Boolean(
        string="Until the Next Purchase", help="A purchase ends it as well."
    )

    def _default_lifecycle_ids(self):
        if self.env.context.get("active_model") == "customer.lifecycle":
            return self.env.context.get("active_ids")
        return False

    @checked(one=True)
    def action_apply(self):
        """Set the state of the chosen customers."""
        self.lifecycle_ids.action_set_state(
            self.state, self.reason, self.lock_date, self.lock_until_order
        )
