from odoo import fields, models


class ResCompany(models.Model):
    """When a customer counts as dissatisfied or a decision maker as silent."""

    _inherit = "res.company"

    lifecycle_low_satisfaction = fields.Integer(
        string="Complaint up to",
        default=2,
        help="A revisit with so many stars or fewer raises a complaint. 0 raises none.",
    )
    lifecycle_complaint_user_id = fields.Many2one(
        "res.users",
        string="Complaints go to",
        domain=[("share", "=", False)],
        help="Who handles complaints. Empty: whoever leads the visitor's sales team.",
    )
    lifecycle_silent_days = fields.Integer(
        string="Decision maker silent after",
        default=60,
        help="Days without contact after which the salesperson is told that a decision maker is "
        "silent. 0 tells nobody.",
    )
    lifecycle_loss_notice = fields.Boolean(
        string="Tell the salesperson about a loss",
        default=True,
        help="A message goes to the salesperson when customers are lost.",
    )
    lifecycle_ask_reason = fields.Boolean(
        string="Ask for the reason of a loss",
        default=True,
        help="When time alone made a customer a lost one, an activity asks the salesperson why.",
    )

    _low_satisfaction_range = models.Constraint(
        "CHECK(lifecycle_low_satisfaction BETWEEN 0 AND 5)",
        "The stars that raise a complaint lie between 0 and 5.",
    )
    _silent_days_positive = models.Constraint(
        "CHECK(lifecycle_silent_days >= 0)", "The days of silence cannot be negative."
    )
