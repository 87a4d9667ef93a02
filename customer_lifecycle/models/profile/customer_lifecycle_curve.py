from odoo import fields, models

CLASSES = [
    ("1", "1 purchase"),
    ("2_3", "2–3 purchases"),
    ("4_9", "4–9 purchases"),
    ("more", "10 purchases and more"),
]


class CustomerLifecycleCurve(models.Model):
    """One point of a return curve: so many purchases, silent for so long, so many come back."""

    _name = "customer.lifecycle.curve"
    _description = "Return Curve"
    _order = "fit_id desc, order_class, days"
    _rec_name = "days"

    fit_id = fields.Many2one(
        "customer.lifecycle.fit",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The look at the purchases that this point of the curve comes from.",
    )
    profile_id = fields.Many2one(
        "customer.lifecycle.profile",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The class of customers.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", help="Whose purchases."
    )
    order_class = fields.Selection(
        CLASSES,
        string="Purchases So Far",
        required=True,
        readonly=True,
        help="On so many days the customers had bought.",
    )
    days = fields.Integer(
        string="Silent Days",
        required=True,
        readonly=True,
        aggregator=None,
        help="So long after the last purchase.",
    )
    chance = fields.Float(
        string="Come Back",
        readonly=True,
        aggregator="avg",
        help="Share of these customers who buy again within the horizon of the profile.",
    )
    cases = fields.Integer(
        readonly=True, help="How often customers with so many purchases were silent for so long."
    )
    watched = fields.Boolean(
        string="Observed",
        readonly=True,
        help="Otherwise nobody has been watched for so long yet, and the line is drawn on.",
    )

    _place_uniq = models.UniqueIndex(
        "(fit_id, order_class, days)", "A curve has one point for each class and day."
    )
