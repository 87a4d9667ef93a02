from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    pool_holding_limit = fields.Integer(
        string="Holding limit over all pools",
        help="How many open leads, and how many customers, one salesperson may hold from all "
        "pools together, whatever each pool allows; 0 means no limit.",
    )

    _pool_holding_limit_not_negative = models.Constraint(
        "CHECK(pool_holding_limit >= 0)", "A limit cannot be negative. Write 0 for no limit."
    )
