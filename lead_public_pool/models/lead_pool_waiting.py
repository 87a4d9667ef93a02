from odoo import fields, models


class LeadPoolWaiting(models.AbstractModel):
    """Who may wait for a record of a pool, and how long."""

    _name = "lead.pool.waiting"
    _description = "Waiting List of a Pool"

    wait_limit = fields.Integer(
        string="Waiting list",
        default=20,
        help="A member can ask to be told when a record comes back or when he may claim it. For "
        "so many records of this pool at once; 0 means that there is no waiting list.",
    )
    wait_days = fields.Integer(
        string="Waits at most (days)",
        default=60,
        help="After so many days nobody waits any longer.",
    )

    _wait_not_negative = models.Constraint(
        "CHECK(wait_limit >= 0 AND wait_days > 0)",
        "A waiting list has 0 or more places, and a wait lasts at least a day.",
    )
