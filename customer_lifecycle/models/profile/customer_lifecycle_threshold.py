from odoo import api, fields, models


class CustomerLifecycleThreshold(models.Model):
    """After how many silent days customers with so many purchases change their state."""

    _name = "customer.lifecycle.threshold"
    _description = "Customer Lifecycle Threshold"
    _order = "profile_id, min_orders"
    _rec_name = "min_orders"

    profile_id = fields.Many2one(
        "customer.lifecycle.profile",
        required=True,
        ondelete="cascade",
        index=True,
        help="The profile that this threshold belongs to.",
    )
    min_orders = fields.Integer(
        string="From Purchases",
        required=True,
        default=1,
        help="The line holds for customers with at least so many purchase days, up to the next "
        "line.",
    )
    risk_days = fields.Integer(
        string="At Risk After (days)", required=True, default=60, help="Silent days until at risk."
    )
    dormant_days = fields.Integer(
        string="Dormant After (days)", required=True, default=120, help="Silent days until dormant."
    )
    churn_days = fields.Integer(
        string="Churned After (days)", required=True, default=365, help="Silent days until churned."
    )

    _profile_orders_uniq = models.UniqueIndex(
        "(profile_id, min_orders)", "A profile has one line for each number of purchases."
    )
    _order_check = models.Constraint(
        "CHECK (min_orders >= 1 AND risk_days >= 1 AND risk_days <= dormant_days"
        " AND dormant_days < churn_days AND churn_days <= 36500)",
        "A customer is at risk first, then dormant, then churned, within 100 years.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.profile_id._lifecycle_new_version()
        return lines

    def write(self, vals):
        result = super().write(vals)
        self.profile_id._lifecycle_new_version()
        return result

    def unlink(self):
        profiles = self.profile_id
        result = super().unlink()
        profiles.exists()._lifecycle_new_version()
        return result
