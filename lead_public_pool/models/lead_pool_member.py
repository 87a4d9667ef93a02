from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.clock import day_bounds


class LeadPoolMember(models.Model):
    """A user in a pool. The row that each gain of a record locks and counts on."""

    _name = "lead.pool.member"
    _description = "Pool Member"
    _order = "pool_id, role desc, id"
    _rec_name = "user_id"
    _check_company_auto = True

    pool_id = fields.Many2one(
        "lead.pool", required=True, ondelete="cascade", index=True, help="Pool of this member."
    )
    company_id = fields.Many2one(related="pool_id.company_id", store=True)
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        required=True,
        ondelete="cascade",
        index=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who may claim from the pool.",
    )
    role = fields.Selection(
        [("member", "Member"), ("manager", "Manager")],
        required=True,
        default="member",
        help="Members claim and give back. Managers also hand out records, take them back and "
        "see everything in the pool.",
    )
    own_limits = fields.Boolean(
        help="Use the limits of this line instead of those of the pool.",
    )
    holding_limit = fields.Integer(
        help="How many open records this member may hold at once; 0 means no limit. "
        "Counts only when own limits are used.",
    )
    daily_limit = fields.Integer(
        help="How many records this member may claim in a day; 0 means no limit. "
        "Counts only when own limits are used.",
    )
    holding_count = fields.Integer(
        string="Holds",
        compute="_compute_counts",
        help="Open records of this pool that the member holds now.",
    )
    claimed_today = fields.Integer(
        compute="_compute_counts", help="Records the member claimed from this pool today."
    )
    gain_count = fields.Integer(
        readonly=True,
        copy=False,
        help="Records ever received through this pool. Each gain writes it, so that two gains at "
        "the same moment cannot both pass a limit.",
    )

    _user_uniq = models.UniqueIndex(
        "(pool_id, user_id)", "This salesperson is already a member of the pool."
    )
    _limits_not_negative = models.Constraint(
        "CHECK(holding_limit >= 0 AND daily_limit >= 0)",
        "A limit cannot be negative. Write 0 for no limit.",
    )

    @api.depends("pool_id", "user_id")
    @api.depends_context("uid")
    def _compute_counts(self):
        policy = self.env["lead.pool.policy"]
        for member in self:
            member.holding_count = policy._holding_counts(member.user_id, member.pool_id).get(
                member.pool_id.id, 0
            )
            member.claimed_today = policy._daily_counts(member.user_id, member.pool_id).get(
                member.pool_id.id, 0
            )

    @api.constrains("user_id", "pool_id")
    def _check_user(self):
        for member in self.sudo():
            if member.user_id.share:
                raise ValidationError(
                    self.env._(
                        "%(user)s is not an internal user and cannot work in a pool.",
                        user=member.user_id.name,
                    )
                )
            if member.pool_id.company_id not in member.user_id.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s has no access to %(company)s, the company of the pool %(pool)s.",
                        user=member.user_id.name,
                        company=member.pool_id.company_id.name,
                        pool=member.pool_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_tunes(vals_list)
        members = super().create(vals_list)
        self.env.registry.clear_cache()
        return members

    def write(self, vals):
        self._check_tunes([vals])
        result = super().write(vals)
        if {"user_id", "pool_id", "role"} & vals.keys():
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def _check_tunes(self, vals_list):
        """Nobody makes himself manager of a pool: who tunes it is asked before the row exists."""
        pool_ids = {vals["pool_id"] for vals in vals_list if vals.get("pool_id")}
        self.env["lead.pool"].browse(pool_ids).check_access("write")

    def _limit(self, name):
        """Limit of this member.

        :param str name: `holding_limit` or `daily_limit`
        :return: number of records, 0 for none
        """
        self.ensure_one()
        return self[name] if self.own_limits else self.pool_id[name]

    @api.model
    def _day_bounds(self, company):
        """Today in the company's own time zone, which a rep cannot change to gain a day.

        :return: (start, end), naive UTC
        """
        tz_name = company.sudo().resource_calendar_id.tz
        return day_bounds(self.env.cr.now(), tz_name)
