from odoo import fields, models

RANKS = [
    ("bought", "Buying"),
    ("risk", "At risk"),
    ("dormant", "Dormant"),
    ("churned", "Churned"),
]


class CustomerLifecycleSuggestionLine(models.Model):
    """How many customers would go from one way of being seen to another."""

    _name = "customer.lifecycle.suggestion.line"
    _description = "Lifecycle Suggestion Line"
    _order = "suggestion_id, id"
    _rec_name = "new_rank"

    suggestion_id = fields.Many2one(
        "customer.lifecycle.suggestion",
        required=True,
        ondelete="cascade",
        index=True,
        help="The suggestion that this threshold belongs to.",
    )
    old_rank = fields.Selection(
        RANKS, string="Now", readonly=True, help="By the settings of the profile as they are."
    )
    new_rank = fields.Selection(
        RANKS, string="Would Be", readonly=True, help="By the suggested settings."
    )
    customers = fields.Integer(readonly=True, help="How many customers.")
