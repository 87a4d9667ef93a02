from odoo import fields, models

LIMITS = (
    "holding_limit",
    "daily_limit",
    "min_interval_minutes",
    "cooldown_days",
    "fresh_delay_hours",
    "backlog_limit",
    "protect_days",
    "protected_limit",
    "undo_minutes",
    "extension_days",
    "extension_limit",
    "assign_daily_limit",
)


class LeadPoolLimits(models.AbstractModel):
    """How much a member may take and keep; set on a pool, and on a member who differs."""

    _name = "lead.pool.limits"
    _inherit = ["lead.pool.bounded"]
    _description = "Pool Limits"

    holding_limit = fields.Integer(
        string="Holding limit",
        help="How many open records a member may hold at once; 0 means no limit. "
        "Won and lost records do not count.",
    )
    daily_limit = fields.Integer(
        string="Daily claim limit",
        help="How many records a member may claim in a day; 0 means no limit. "
        "Records that a manager assigns do not count.",
    )
    min_interval_minutes = fields.Integer(
        string="Pause between claims (minutes)",
        help="How many minutes must pass between two claims of a member; 0 means none. "
        "It stops anybody from emptying the pool in one go.",
    )
    cooldown_days = fields.Integer(
        string="Cool-down (days)",
        help="For so many days a former owner may not claim the record he had, whether he gave "
        "it back or lost it; 0 means no wait.",
    )
    fresh_delay_hours = fields.Integer(
        string="Delay for new records (hours)",
        help="A record may be claimed only so many hours after it came into the pool; "
        "0 means at once.",
    )
    backlog_limit = fields.Integer(
        string="Limit of unworked records",
        help="Who holds so many records that he has not worked yet must work some of them before "
        "he claims more; 0 means no limit.",
    )
    protect_days = fields.Integer(
        string="Protection after a claim (days)",
        help="For so many days after a salesperson received a record, no rule takes it back; "
        "0 means none.",
    )
    protected_limit = fields.Integer(
        string="Protected slots per member",
        help="How many of his records a member may protect from being taken back; 0 means none.",
    )
    undo_minutes = fields.Integer(
        string="Undo window (minutes)",
        help="For so many minutes a mistaken claim can be undone, as if it had not happened; "
        "0 means never. Where contact details are hidden until claimed, an undone claim still "
        "counts towards the limits of the day.",
    )
    extension_days = fields.Integer(
        string="Extension (days)",
        help="By how many days the owner may put off the return with one click; 0 means not.",
    )
    extension_limit = fields.Integer(
        string="Extensions per record",
        default=1,
        help="How often one owner may extend the same record.",
    )

    assign_daily_limit = fields.Integer(
        string="Automatic assignments per day",
        help="How many records a member may receive automatically in a day; 0 means no limit.",
    )

    _limits_not_negative = models.Constraint(
        f"CHECK({' AND '.join(f'{name} >= 0' for name in LIMITS)})",
        "A limit cannot be negative. Write 0 for no limit.",
    )
