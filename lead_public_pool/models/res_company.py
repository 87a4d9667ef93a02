from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    pool_holding_limit = fields.Integer(
        string="Holding limit over all pools",
        help="How many open leads, and how many customers, one salesperson may hold from all "
        "pools together, whatever each pool allows; 0 means no limit.",
    )
    pool_lookup_limit = fields.Integer(
        string="Lookups a day",
        default=100,
        help="How many companies one salesperson may look up in a day; 0 means no limit. Managers "
        "of pools have none.",
    )
    pool_lookup_alert = fields.Integer(
        string="Alert above (lookups a day)",
        default=30,
        help="The managers of the pools get a message when a salesperson looks up more companies "
        "than this in a day; 0 means never.",
    )

    _pool_lookup_not_negative = models.Constraint(
        "CHECK(pool_lookup_limit >= 0 AND pool_lookup_alert >= 0)",
        "A limit cannot be negative. Write 0 for no limit.",
    )
    _pool_holding_limit_not_negative = models.Constraint(
        "CHECK(pool_holding_limit >= 0)", "A limit cannot be negative. Write 0 for no limit."
    )
