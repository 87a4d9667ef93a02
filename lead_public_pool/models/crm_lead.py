from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import ormcache

from .lead_pool_engine import ENGINE, RETURNS, in_engine

# Odoo works these out again when the owner changes, since he may bring another team. Who only
# loses his lead brings none.
BY_TEAM = (
    "team_id",
    "stage_id",
    "probability",
    "automated_probability",
    "won_status",
    "prorated_revenue",
    "recurring_revenue_prorated",
    "recurring_revenue_monthly_prorated",
    "lead_properties",
)


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["lead.pool.mixin", "crm.lead"]

    _pool_kind = "lead"
    _pool_move_link = "lead_id"
    _pool_name_field = "partner_name"
    _pool_email_field = "email_from"
    _pool_masked_company = "partner_name"

    pool_move_ids = fields.One2many(
        "lead.pool.move",
        "lead_id",
        string="Ownership",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Every change of hands of this lead: who, when and why.",
    )
    pool_request_ids = fields.One2many(
        "lead.pool.request",
        "lead_id",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Requests of salespeople to receive this lead.",
    )

    # With all that the window and the record rules look at, so that a pager is counted from the
    # index alone; else PostgreSQL reads the table until it has found as many as it should count.
    _pool_window_index = models.Index(
        "(pool_id, pool_priority DESC, id DESC)"
        " INCLUDE (active, won_status, company_id, user_id, pool_state)"
        " WHERE pool_state = 'pooled'"
    )

    @api.model
    def _pool_open_domain(self):
        return super()._pool_open_domain() & Domain("won_status", "=", "pending")

    def _pool_is_closed(self):
        return super()._pool_is_closed() or self.won_status != "pending"

    def _pool_close(self):
        self.with_context(pool_engine=ENGINE).action_set_lost(
            lost_reason_id=self.pool_id.lost_reason_id.id
        )

    def _compute_company_id(self):
        """A lead with a home keeps its company: without one, every company would see it."""
        homed = self.filtered(lambda lead: lead.pool_state != "outside")
        for lead in homed:
            lead.company_id = lead.sudo().pool_id.company_id
        return super(CrmLead, self - homed)._compute_company_id()

    def _pool_company_fits(self):
        """A lead of no company is seen by all of them, so it has that of its pool."""
        return self.company_id == self.pool_id.company_id

    def _pool_meetings_held(self):
        """A meeting counts once it is over, if it began after the owner got the lead."""
        now = self.env.cr.now()
        leads = self.filtered(lambda lead: lead.pool_id.touch_meeting and lead.pool_own_date < now)
        if not leads:
            return {}
        meetings = (
            self.env["calendar.event"]
            .sudo()
            .search_fetch(
                [("opportunity_id", "in", leads.ids), ("stop", "<=", now)],
                ["opportunity_id", "start", "stop"],
                order="stop",
            )
        )
        return {
            meeting.opportunity_id.id: meeting.stop
            for meeting in meetings
            if meeting.start >= meeting.opportunity_id.pool_own_date
        }

    def _pool_plan_check(self):
        now = self.env.cr.now()
        leads = self.filtered(
            lambda lead: lead.pool_state == "owned" and lead.pool_id.touch_meeting
        )
        if not leads:
            return
        meetings = self.env["calendar.event"].sudo()
        planned = Domain("opportunity_id", "in", leads.ids) & Domain("stop", ">", now)
        for lead, stop in meetings._read_group(planned, ["opportunity_id"], ["stop:min"]):
            if not lead.pool_check_date or not now < lead.pool_check_date <= stop:
                lead.sudo()._pool_store({"pool_check_date": stop})

    def _pool_customer(self):
        return self.partner_id

    def write(self, vals):
        if "stage_id" not in vals or in_engine(self.env):
            return super().write(vals)
        before = {lead.id: (lead.stage_id.id, lead.date_last_stage_update) for lead in self.sudo()}
        result = super().write(vals)
        self._pool_stage_written(before)
        return result

    def _compute_team_id(self):
        """Odoo looks for the default team lead by lead; once for leads that are alike will do."""
        alike = self.grouped(lambda lead: (lead.user_id, lead.type, lead.team_id))
        result = super(
            CrmLead, self.browse(leads[0].id for leads in alike.values())
        )._compute_team_id()
        for leads in alike.values():
            if len(leads) > 1 and leads[1:].team_id != leads[0].team_id:
                leads[1:].team_id = leads[0].team_id
        return result

    def _pool_apply(self, kind, user, pool, **details):
        """A lead without a company takes that of its pool, or every company would see it."""
        homeless = self.filtered(lambda lead: not lead.company_id)
        if pool and homeless:
            homeless.with_context(pool_engine=ENGINE).write({"company_id": pool.company_id.id})
        alike = self.browse()
        if "user_id" not in self._pls_get_safe_fields():
            alike = self if kind in RETURNS else self._pool_same_team(user)
        names = self._fields
        kept = self if pool or self.pool_id else self.browse()
        # A lead in a pool keeps its company, whoever has it.
        unchanged = [([names["company_id"]], kept), ([names[name] for name in BY_TEAM], alike)]
        with self.env.protecting(unchanged):
            return super()._pool_apply(kind, user, pool, **details)

    def _pool_same_team(self, user):
        """Those that stay with their team when this user gets them."""
        same = self.browse()
        place = (tuple(self.env.companies.ids), self.env.context.get("default_team_id"))
        for (team, kind), leads in self.grouped(lambda lead: (lead.team_id, lead.type)).items():
            if self._pool_team_stays(user.id, team.id, kind, *place):
                same |= leads
        return same

    @api.model
    @ormcache("user_id", "team_id", "kind", "company_ids", "default_team_id")
    def _pool_team_stays(self, user_id, team_id, kind, company_ids, default_team_id):
        """Whether Odoo leaves a lead with its team when this user gets it.

        Kept, since it takes half a dozen queries, until a team, its members or a user's companies
        change.

        :param tuple company_ids: companies in which one works, the first one at the moment
        :param default_team_id: team named by the context, as Odoo looks there too
        """
        probe = self.new({"user_id": user_id, "team_id": team_id, "type": kind})
        probe._compute_team_id()
        return probe.team_id.id == team_id

    def _search(self, domain, *args, **kwargs):
        """Odoo's lead allocation has a fixed filter; keep what lies in pools out of its sight."""
        if self.env.context.get("pool_leave_alone"):
            domain = Domain(domain) & Domain("pool_state", "!=", "pooled")
        return super()._search(domain, *args, **kwargs)

    def _assign_userless_lead_in_team(self, creation_source):
        """A lead that a pool took in is in good hands; its team leader need not be the stopgap."""
        return super(
            CrmLead, self.filtered(lambda lead: lead.pool_state != "pooled")
        )._assign_userless_lead_in_team(creation_source)

    # ------------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------------

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        """Merging is no way around a claim: what lies in a pool must be yours to change."""
        if not self.env.su and (locked := self._pool_read_only()):
            raise locked._pool_read_only_error()
        return super()._merge_opportunity(
            user_id=user_id, team_id=team_id, auto_unlink=auto_unlink, max_length=max_length
        )

    def _merge_data(self, fnames):
        """The home is not merged field by field: `_merge_dependences` decides it as a whole."""
        data = super()._merge_data(fnames)
        if self.sudo().pool_id:
            data.pop("user_id", None)
            data.pop("company_id", None)
        return data

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        self._pool_merge(opportunities)
        return result
