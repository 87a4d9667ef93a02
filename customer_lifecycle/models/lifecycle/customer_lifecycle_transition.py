from odoo import api, fields, models

from .customer_lifecycle import STATES

KINDS = [
    ("state", "State"),
    ("risk", "At risk"),
    ("tier", "Tier"),
    ("group", "RFM group"),
]


class CustomerLifecycleTransition(models.Model):
    """One row per change of a customer's state, tier, RFM group or risk; never edited."""

    _name = "customer.lifecycle.transition"
    _description = "Customer Lifecycle Transition"
    _inherit = ["customer.lifecycle.reader", "customer.lifecycle.order"]
    _order = "date_entered desc, id desc"
    _rec_name = "partner_id"
    _allow_sudo_commands = False

    lifecycle_id = fields.Many2one(
        "customer.lifecycle",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The customer's state in this company.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The customer whose state changed.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The company in which the state changed.",
    )
    profile_id = fields.Many2one(
        "customer.lifecycle.profile",
        readonly=True,
        ondelete="set null",
        help="The profile by which the customer was judged.",
    )
    kind = fields.Selection(
        KINDS, required=True, readonly=True, default="state", help="What changed."
    )
    from_value = fields.Char(
        readonly=True,
        help="Before: key of the state, letter of the tier, name of the group; empty at first.",
    )
    to_value = fields.Char(readonly=True, help="After: as the value before.")
    state_from = fields.Selection(
        STATES, string="From", readonly=True, help="The state before; empty for the first one."
    )
    state_to = fields.Selection(STATES, string="To", readonly=True, help="The state from then on.")
    change = fields.Char(
        compute="_compute_change", help="What it was before and what it became, in words."
    )
    date_entered = fields.Date(
        string="Entered", required=True, readonly=True, help="The day on which it changed."
    )
    date_left = fields.Date(
        string="Left", readonly=True, help="The day of the next change, empty for the present one."
    )
    days = fields.Integer(
        string="Days in State",
        readonly=True,
        help="How long it lasted; empty while it lasts.",
    )
    reason = fields.Selection(
        [
            ("order", "Bought"),
            ("refund", "Order cancelled or refunded"),
            ("time", "Time"),
            ("lead", "Lead or quotation"),
            ("manual", "By hand"),
            ("profile", "Profile changed"),
            ("merge", "Contacts merged"),
        ],
        readonly=True,
        help="What made it change.",
    )
    recovered = fields.Boolean(
        readonly=True, help="The customer came back from dormant or churned with this change."
    )
    replayed = fields.Boolean(
        readonly=True, help="Filled in from past orders, not observed when it happened."
    )
    amount = fields.Float(
        string="Spent in 12 Months", readonly=True, help="When it changed, as far as known."
    )
    order_count = fields.Integer(string="Purchase Days", readonly=True, help="When it changed.")
    facts = fields.Json(readonly=True, help="The facts on which it was decided.")

    @api.depends("kind", "from_value", "to_value")
    def _compute_change(self):
        words = dict(self._fields["state_to"]._description_selection(self.env))
        words["at_risk"] = dict(self._fields["kind"]._description_selection(self.env))["risk"]
        for row in self:
            before, after = (
                words.get(value, value) or "–" for value in (row.from_value, row.to_value)
            )
            row.change = f"{before} → {after}" if row.from_value else after
