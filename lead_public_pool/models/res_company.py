from odoo import fields, models
from odoo.tools import ormcache

from ..tools.caches import forget
from ..tools.clock import local_date


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["lead.pool.bounded", "res.company"]
    _bounded_prefix = "pool_"

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

    @ormcache("self.id")
    def _pool_tz(self):
        """Time zone in which the days of this company begin and end: that of its working hours.

        :return: name of a time zone
        :rtype: str
        """
        return self.sudo().resource_calendar_id.tz or "UTC"

    def _pool_today(self):
        """Day of this company; the one answer to “what day is it?” wherever no person is meant.

        :rtype: date
        """
        return local_date(self.env.cr.now(), self._pool_tz())

    def write(self, vals):
        result = super().write(vals)
        if "resource_calendar_id" in vals:
            forget(self.env)
            self.env["lead.pool"]._working_days_changed(companies=self)
        return result
