from odoo import fields, models

from ..tools.arguments import checked


class CustomerChurnClose(models.TransientModel):
    """Say why customers are lost."""

    _name = "customer.churn.close"
    _inherit = ["customer.lifecycle.dialog"]
    _description = "Close Customers as Lost"

    lifecycle_ids = fields.Many2many(
        "customer.lifecycle", string="Customers", required=True, help="Who is lost."
    )
    reason_id = fields.Many2one(
        "customer.churn.reason", required=True, help="Why they left, as reports count it."
    )
    note = fields.Text(help="What else there is to say, for whoever tries to win them back.")

    @checked(one=True)
    def action_close(self):
        """Close the customers with the chosen reason.

        :return: True
        """
        return self.lifecycle_ids.action_close(self.reason_id.id, self.note)
