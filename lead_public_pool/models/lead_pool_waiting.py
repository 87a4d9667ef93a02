from odoo import fields, models


class LeadPoolWaiting(models.AbstractModel):
    """Who may wait for a record of a pool, and how long."""

    _name = "lead.pool.waiting"
    _description = "Waiting List of a Pool"

    wait_limit = fields.Integer(
        string="Waiting list",
        default=20,
        help="For how many records of this pool a member may wait at once, to be told when they "
        "come back or when he may claim them; 0 means there is no waiting list.",
    )
    wait_days = fields.Integer(
        string="Waits at most",
        default=60,
        help="After so many days the waiting ends by itself.",
    )

    _wait_not_negative = models.Constraint(
        "CHECK(wait_limit >= 0 AND wait_days > 0)",
        "A waiting list has 0 or more places, and a wait lasts at least a day.",
    )
