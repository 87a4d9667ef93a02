from odoo import fields, models


class CustomerLifecycleTransitionChurn(models.Model):
    _inherit = "customer.lifecycle.transition"

    churn_reason_id = fields.Many2one(
        "customer.churn.reason",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Why the customer left, when somebody said so.",
    )
