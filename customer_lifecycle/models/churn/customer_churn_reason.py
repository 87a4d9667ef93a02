from odoo import fields, models


class CustomerChurnReason(models.Model):
    """Dictionary of reasons why a customer left."""

    _name = "customer.churn.reason"
    _description = "Customer Churn Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, help="Why a customer left, in a few words.")
    sequence = fields.Integer(default=10, help="Order in which reasons are offered.")
    active = fields.Boolean(
        string="In use",
        default=True,
        help="Archived reasons stay in history but are no longer offered.",
    )

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US')) WHERE active", "An active churn reason with this name already exists."
    )
