from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.arguments import checked
from ..tools.caches import forget
from ..tools.clock import day_bounds, midnight
from ..tools.guarded import completed
from .lead_pool_engine import ENGINE
from .lead_pool_quota import Quota


class LeadPoolMember(models.Model):
    """A user in a pool. The row that each gain of a record locks and counts on."""

    _name = "lead.pool.member"
    _inherit = ["lead.pool.filter", "lead.pool.limits"]
    _description = "Pool Member"
    _order = "pool_id, role desc, id"
    _rec_name = "user_id"
    _check_company_auto = True
    _stored_filters = ("skill_domain",)

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
        help="Members claim and give back. Managers also assign records, take them back and see "
        "everything in the pool.",
    )
    origin = fields.Selection(
        [("user", "By hand"), ("team", "By team"), ("domain", "By filter")],
        string="Added",
        required=True,
        default="user",
        readonly=True,
        copy=False,
        help="By hand: somebody added this line. By team, by filter: it comes and goes with the "
        "sales team or the filter on users of this pool.",
    )
    own_limits = fields.Boolean(
        help="Use the limits of this line instead of those of the pool.",
    )
    skill_domain = fields.Char(
        string="Territory and products",
        default="[]",
        help="The member may receive only records that match this filter.",
    )
    pool_model_name = fields.Char(related="pool_id.model_name")
    head_start = fields.Boolean(
        help="This member may claim new records before the others, by the head start of the pool.",
    )
    assign_active = fields.Boolean(
        string="Automatic assignment",
        default=True,
        help="The member takes part when the pool assigns records by itself.",
    )
    weight = fields.Integer(
        default=1,
        help="Share of the member when records are assigned by weight: 2 gets twice as many as 1.",
    )
    assign_credit = fields.Float(
        readonly=True,
        copy=False,
        string="Owed",
        help="How many records he still has to get for his share; a minus means that he had more "
        "than his share.",
    )
    absent_from = fields.Date(help="First day of an absence; clocks of the member's records stop.")
    absent_until = fields.Date(help="Last day of the absence.")
    day_tz = fields.Char(
        string="Day ends in",
        compute="_compute_day_tz",
        help="Time zone in which the days of this member begin and end: that of his working hours. "
        "He cannot change it in his preferences.",
    )
    digest_date = fields.Date(
        string="Last daily mail",
        readonly=True,
        copy=False,
        help="When the member last got the daily e-mail about records that go back.",
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
        help="Records ever received through this pool.",
    )

    _user_uniq = models.UniqueIndex(
        "(pool_id, user_id)", "This salesperson is already a member of the pool."
    )
    _weight_positive = models.Constraint(
        "CHECK(weight > 0)", "A weight is at least 1. To give nothing, switch off the turn."
    )
    _absence_in_order = models.Constraint(
        "CHECK(absent_until >= absent_from)", "An absence ends after it begins."
    )

    @api.depends("pool_id", "user_id")
    @api.depends_context("uid")
    def _compute_counts(self):
        for user, members in self.grouped("user_id").items():
            # On a pool that is being set up there is nothing to count yet.
            pools = members.pool_id._origin
            quotas = Quota.load("claim", self.env["crm.lead"], user._origin, pools, count_all=True)
            for member in members:
                quota = quotas.get(member.pool_id._origin.id)
                member.holding_count = quota.holding if quota else 0
                member.claimed_today = quota.daily if quota else 0

    @api.depends("user_id", "company_id")
    def _compute_day_tz(self):
        for member in self:
            member.day_tz = member.user_id._pool_tz(member.company_id)

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
        self._check_tunes(completed(self, vals_list, ["pool_id"]))
        members = super().create(vals_list)
        forget(self.env)
        return members

    def write(self, vals):
        self._check_tunes([vals])
        if vals.get("role") and self.env.context.get("pool_members") is not ENGINE:
            # Who decides about a role decides about the line: it no longer follows a team.
            vals = {**vals, "origin": "user"}
        pools, people = self.pool_id, self.user_id
        result = super().write(vals)
        if {"user_id", "pool_id", "role"} & vals.keys():
            forget(self.env)
            (pools | self.pool_id)._seal_again(people | self.user_id)
        if {"absent_from", "absent_until"} & vals.keys():
            self.pool_id._schedule_due_refresh()
        return result

    def unlink(self):
        """What a member held from the pool goes back when he no longer belongs to it."""
        self._check_by_hand()
        for member in self.sudo():
            member._return_records()
        pools, people = self.pool_id, self.user_id
        result = super().unlink()
        forget(self.env)
        pools._seal_again(people)
        return result

    def _return_records(self):
        """Give back what a member holds who goes, and tell him and the managers why."""
        records = self.env[self.pool_id._record_model_name()].sudo()
        held = records.search(
            records._pool_open_domain()
            & Domain("user_id", "=", self.user_id.id)
            & Domain("pool_id", "=", self.pool_id.id)
        )
        held._pool_give_up(
            self.user_id,
            self.pool_id,
            lambda lang: self.with_context(lang=lang)._why_gone(),
        )

    def _why_gone(self):
        """Why this member no longer belongs to the pool, as a sentence."""
        texts = {
            "team": self.env._("%(user)s is no longer in a sales team of the pool %(pool)s."),
            "domain": self.env._("%(user)s no longer matches the filter of the pool %(pool)s."),
            "user": self.env._("%(user)s is no longer a member of the pool %(pool)s."),
        }
        return texts[self.origin] % {"user": self.user_id.name, "pool": self.pool_id.name}

    @api.constrains("skill_domain", "pool_id")
    def _check_skill_domain(self):
        for member in self:
            member.pool_id._check_record_domain(member.skill_domain, member.user_id.name)

    def _absence(self):
        """Absence of the member as (start, end), naive UTC, or None; also for no member at all."""
        if not self.absent_from or not self.absent_until:
            return None
        tz_name = self.day_tz
        return (
            midnight(self.absent_from, tz_name),
            midnight(self.absent_until + timedelta(days=1), tz_name),
        )

    def _today(self):
        """Day of the member, by his working hours."""
        return self.user_id._pool_today(self.company_id)

    def _may_work(self):
        """Whether the user still may have records of this pool: his rights change elsewhere."""
        self.ensure_one()
        user = self.sudo().user_id
        return (
            not user.share
            and self.sudo().pool_id.company_id in user.company_ids
            and user.has_group("sales_team.group_sale_salesman")
        )

    def _online(self):
        """Those of these members who are at work in Odoo at this moment."""
        users = self.sudo().user_id.filtered(
            lambda user: user.presence_ids.status == "online" and not user.manual_im_status
        )
        return self.filtered(lambda member: member.user_id in users)

    def _skill_domain(self):
        """What the member may receive; nothing while the filter is broken."""
        return self._usable_domain("skill_domain")

    def _filter_records(self, name):
        return self.pool_id._filter_records("entry_domain") if self.pool_id else None

    @checked(one=True)
    def action_hand_over(self):
        """Open the dialog that gives this member's records to others.

        :return: window action
        """
        action = self.env["ir.actions.actions"]._for_xml_id(
            "lead_public_pool.lead_pool_handover_action"
        )
        action["context"] = {
            "dialog_size": "extra-large",
            "default_user_id": self.user_id.id,
            "default_pool_ids": self.pool_id.ids,
        }
        return action

    def _check_tunes(self, vals_list):
        """Nobody makes himself manager of a pool: who tunes it is asked before the row exists."""
        pool_ids = [vals["pool_id"] for vals in vals_list if vals.get("pool_id")]
        self.env["lead.pool"].browse(pool_ids).check_access("write")

    def _check_by_hand(self):
        """Who is a member by his team would be back tomorrow: end it where it comes from."""
        if self.env.context.get("pool_members") is ENGINE:
            return
        wanted = {
            pool: pool._automatic_members() or {}
            for pool in self.sudo().filtered(lambda member: member.origin != "user").pool_id
        }
        for member in self.sudo():
            if member.origin != "user" and member.user_id in wanted[member.pool_id]:
                raise UserError(
                    self.env._(
                        "%(user)s is a member of %(pool)s by his sales team or by the filter on "
                        "users. Change the team or the filter, or switch off his turn.",
                        user=member.user_id.name,
                        pool=member.pool_id.name,
                    )
                )

    def _limit(self, name):
        """Limit of this member.

        :param str name: one of `LIMITS`
        :return: its value, 0 for none
        """
        self.ensure_one()
        return self[name] if self.own_limits else self.pool_id[name]

    @api.model
    def _day_bounds(self, company, user):
        """Today in the time zone of the user's working hours, which he cannot change himself.

        :return: (start, end), naive UTC
        """
        return day_bounds(self.env.cr.now(), user._pool_tz(company))
