from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..tools.arguments import checked
from ..tools.caches import forget
from ..tools.jobs import CONFLICTS

MODEL_BY_KIND = {"lead": "crm.lead", "customer": "res.partner"}
# Up to so many owned records, a change of rules shows at once; above, the cron does it in batches.
REFRESH_AT_ONCE = 1000


class LeadPool(models.Model):
    """A public pool: records without an owner, and the rules by which they circulate."""

    _name = "lead.pool"
    _inherit = [
        "lead.pool.limits",
        "lead.pool.claiming",
        "lead.pool.assigning",
        "lead.pool.returning",
        "lead.pool.brake",
        "lead.pool.visibility",
        "lead.pool.lookup.answer",
        "lead.pool.insight",
        "lead.pool.config",
        "lead.pool.membership",
        "lead.pool.waiting",
        "lead.pool.config.plan",
        "lead.pool.setup",
        "lead.pool.intaking",
        "lead.pool.transferring",
        "lead.pool.filter",
    ]
    _description = "Public Pool"
    _order = "sequence, id"
    _check_company_auto = True
    _stored_filters = ("entry_domain", "exempt_domain", "uncounted_domain", "member_domain")

    name = fields.Char(required=True, translate=True, help="How salespeople call this pool.")
    sequence = fields.Integer(
        default=10,
        help="A new record goes to the first pool of this order whose filter it matches.",
    )
    active = fields.Boolean(
        default=True, help="An archived pool takes no records in. It must be empty first."
    )
    color = fields.Integer(help="Colour of the pool on the board.")
    kind = fields.Selection(
        [("lead", "Leads"), ("customer", "Customers")],
        required=True,
        default="lead",
        help="What lies in the pool: leads and opportunities, or customers.",
    )
    model_name = fields.Char(
        compute="_compute_model_name", help="Whether the pool holds leads or customers."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
        help="The pool and all that lies in it belong to this company.",
    )
    description = fields.Text(
        translate=True, help="What the pool is for, shown to those who claim from it."
    )

    member_ids = fields.One2many(
        "lead.pool.member", "pool_id", string="Members", help="Who may claim from the pool."
    )
    rule_ids = fields.One2many(
        "lead.pool.rule", "pool_id", string="Rules", help="When records come back to the pool."
    )

    entry_auto = fields.Boolean(
        string="Fill automatically",
        help="New records without a salesperson that match the filter go into this pool at once, "
        "whether somebody typed or imported them or they came by e-mail, web form or API.",
    )
    entry_domain = fields.Char(
        string="Filter", default="[]", help="Filter on the records that enter by themselves."
    )
    entry_owned = fields.Boolean(
        string="Watch assigned records",
        default=True,
        help="New records that already have a salesperson stay with him, and the rules of this "
        "pool decide when they come back.",
    )

    release_reason_required = fields.Boolean(
        string="Reason required", help="Who gives a record back must choose a reason."
    )
    release_by_others = fields.Boolean(
        string="Others may release here",
        help="Salespeople who are no members of this pool may release their records into it. "
        "Switched off, so that nobody passes records to friends who claim from this pool.",
    )
    extension_approval = fields.Boolean(
        string="Extensions need approval",
        help="An extension waits until a manager of the pool agrees.",
    )
    protected_days = fields.Integer(
        string="Longest protection (days)",
        help="For so many days a protected slot keeps a record; 0 means without end.",
    )
    follower_policy = fields.Selection(
        [
            ("none", "Stay as they are"),
            ("former", "The former owner leaves"),
            ("internal", "All colleagues leave but the managers"),
        ],
        string="Followers",
        required=True,
        default="former",
        help="Which colleagues stop following a record that comes back to the pool. When all leave,"
        " their planned activities on it go too. Customers stay followers.",
    )

    pooled_count = fields.Integer(
        string="In the pool",
        compute="_compute_counts",
        help="Open records that wait for a salesperson, as far as you may see them.",
    )
    owned_count = fields.Integer(
        string="With salespeople",
        compute="_compute_counts",
        help="Open records of this pool that salespeople hold: for its managers all of them, for "
        "you those that you may read.",
    )
    due_count = fields.Integer(
        string="Due this week",
        compute="_compute_counts",
        help="Held records that go back to the pool within seven days if nobody works them.",
    )
    member_count = fields.Integer(
        compute="_compute_member_count", help="How many people may claim from the pool."
    )
    my_member_id = fields.Many2one(
        "lead.pool.member",
        string="Your membership",
        compute="_compute_my_member_id",
        compute_sudo=True,
        help="Your own line among the members, empty if you are none.",
    )
    is_manager = fields.Boolean(
        compute="_compute_is_manager", help="Whether you may tune this pool."
    )
    due_refresh = fields.Boolean(
        readonly=True,
        copy=False,
        help="The rules have changed, and the dates of return are being worked out again.",
    )
    due_refresh_after = fields.Integer(
        readonly=True,
        copy=False,
        help="Up to which record the return dates have been worked out again after a change.",
    )

    @api.depends("kind")
    def _compute_model_name(self):
        for pool in self:
            pool.model_name = MODEL_BY_KIND.get(pool.kind)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_counts(self):
        """With the rights of whoever looks: a number is the length of the list behind it."""
        week = fields.Datetime.add(self.env.cr.now(), days=7)
        counts, mine = {}, Domain("pool_id", "in", self.ids)
        held = Domain("pool_state", "=", "owned") & mine
        searches = [("pooled", self.env["lead.pool.entry"], mine)]
        for kind in set(self.mapped("kind")):
            records = self.env[MODEL_BY_KIND[kind]]
            held_open = records._pool_open_domain() & held
            searches += [
                ("owned", records, held_open),
                ("due", records, held_open & Domain("pool_due_date", "<=", week)),
            ]
        for state, records, domain in searches:
            if records.has_access("read"):
                for pool, count in records._read_group(domain, ["pool_id"], ["__count"]):
                    counts[pool.id, state] = count
        for pool in self:
            pool.pooled_count = counts.get((pool.id, "pooled"), 0)
            pool.owned_count = counts.get((pool.id, "owned"), 0)
            pool.due_count = counts.get((pool.id, "due"), 0)

    @api.depends("member_ids")
    def _compute_member_count(self):
        for pool in self:
            pool.member_count = len(pool.member_ids)

    @api.depends("member_ids.user_id")
    @api.depends_context("uid")
    def _compute_my_member_id(self):
        """One row of an index, and not all members of the pool: every claim asks for it."""
        known = self.env["lead.pool.member"].search_fetch(
            [("pool_id", "in", self.ids), ("user_id", "=", self.env.uid)]
        )
        mine = {member.pool_id.id: member.id for member in known}
        for pool in self:
            if pool.id:
                pool.my_member_id = mine.get(pool.id)
            else:
                here = pool.member_ids.filtered(lambda member: member.user_id == self.env.user)
                pool.my_member_id = here[:1]

    @api.depends("member_ids.role", "member_ids.user_id")
    @api.depends_context("uid")
    def _compute_is_manager(self):
        for pool in self:
            pool.is_manager = pool._is_managed_by(self.env.user)

    @api.constrains("entry_domain", "kind")
    def _check_entry_domain(self):
        for pool in self:
            pool._check_record_domain(pool.entry_domain, pool.name)

    @api.model_create_multi
    def create(self, vals_list):
        pools = super().create(vals_list)
        forget(self.env)
        return pools

    def write(self, vals):
        for field_name in ("kind", "company_id"):
            if field_name in vals and any(
                pool[field_name]
                != pool._fields[field_name].convert_to_record(
                    pool._fields[field_name].convert_to_cache(vals[field_name], pool), pool
                )
                for pool in self
            ):
                self._check_empty()
        if vals.get("active") is False:
            self._check_empty()
        result = super().write(vals)
        if "company_id" in vals:
            self.check_access("write")
        forget(self.env)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_empty(self):
        self._check_empty()
        self.env["lead.pool.move"].sudo()._remember_names(self)

    def unlink(self):
        result = super().unlink()
        forget(self.env)
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for pool, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%s (copy)", pool.name)
        return vals_list

    def _check_empty(self):
        """Refuse to take away a pool that still is the home of records."""
        for pool in self:
            count = (
                self.env[pool.model_name]
                .sudo()
                .with_context(active_test=False)
                .search_count([("pool_id", "=", pool.id)])
            )
            if count:
                raise UserError(
                    self.env._(
                        "%(count)s records have their home in the pool %(pool)s. "
                        "Transfer them to another pool first.",
                        count=count,
                        pool=pool.name,
                    )
                )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @checked(one=True)
    def action_open_owned(self):
        """Open the records of this pool that salespeople hold.

        :return: window action
        """
        return self._action_open_records("owned", self.env._("Held from the pool %s", self.name))

    @checked(one=True)
    def action_sort_in(self):
        """Let this pool's filter take in existing records that have no home yet.

        :return: notification that tells how many came in
        :raise UserError: if the pool does not fill automatically
        """
        self.check_access("write")
        if not self.entry_auto:
            raise UserError(self.env._("Switch on “Fill automatically” and set the filter first."))
        return self._take_in(self.entry_domain, owned=True)

    def _action_open_records(self, state, title):
        self.ensure_one()
        xml_id = {
            "lead": f"lead_public_pool.crm_lead_action_{state}",
            "customer": f"lead_public_pool.res_partner_action_{state}",
        }[self.kind]
        action = self.env["ir.actions.actions"]._for_xml_id(xml_id)
        action["name"] = action["display_name"] = title
        action["context"] = {"search_default_pool_id": self.id}
        if state == "owned":
            held = Domain("pool_state", "=", "owned") & Domain("pool_id", "=", self.id)
            is_open = self.env[self._record_model_name()]._pool_open_domain()
            action["domain"] = list(held & is_open)
        return action

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _record_model_name(self):
        self.ensure_one()
        return MODEL_BY_KIND[self.kind]

    def _is_managed_by(self, user):
        """Whether a user may assign, take back and see everything in the pool."""
        self.ensure_one()
        if user.has_group("lead_public_pool.group_pool_admin"):
            return self.sudo().company_id in user.sudo().company_ids
        return self._member(user).role == "manager"

    def _check_may_fill(self):
        """Whoever sends records to a pool by a rule or a chain works in that pool.

        :raise AccessError: if the current user is neither its manager nor one of its members
        """
        if self.env.su:
            return
        user = self.env.user
        for pool in self:
            if not (pool._is_managed_by(user) or pool._member(user)):
                raise AccessError(
                    self.env._(
                        "You are not a member of the pool %s, so your rules send nothing there.",
                        pool.sudo().name,
                    )
                )

    def _member(self, user):
        """Membership row of a user, empty if he has none."""
        self.ensure_one()
        return self.with_user(user).sudo().my_member_id.with_env(self.sudo().env)

    def _counted_together(self):
        """SQL condition on members: those whose records count towards a limit of these pools.

        :rtype: SQL
        """
        companies = self.company_id
        # This column only: a company has more than a hundred.
        companies.fetch(["pool_holding_limit"])
        capped = companies.filtered("pool_holding_limit")
        if not capped:
            return SQL("pool_id IN %s", tuple(self.ids))
        return SQL("(pool_id IN %s OR company_id IN %s)", tuple(self.ids), tuple(capped.ids))

    def _entry_domain(self):
        """What comes in by itself; nothing as long as the filter is broken."""
        return self._usable_domain("entry_domain")

    def _filter_records(self, name):
        if name == "member_domain":
            users = self.env["res.users"].sudo().with_company(self.company_id)
            return users if self.member_by_filter else None
        return self.env[self._record_model_name()].sudo() if self.kind else None

    @api.depends(*_stored_filters, "rule_ids.filter_error", "member_ids.filter_error")
    def _compute_filter_error(self):
        return super()._compute_filter_error()

    def _filter_errors(self):
        """Also those of its rules and members: who looks after the pool looks here."""
        parts = [
            self.env._("%(whose)s: %(error)s", whose=part.display_name, error=part.filter_error)
            for part in (*self.rule_ids, *self.member_ids)
            if part.filter_error
        ]
        return super()._filter_errors() + parts

    def _check_record_domain(self, domain, where):
        """Refuse a filter that cannot be run on the records of this pool."""
        self.ensure_one()
        records = self.env[self._record_model_name()].sudo()
        try:
            with self._only_reading():
                records.search_count(Domain(literal_eval(domain or "[]")), limit=1)
        except CONFLICTS:
            raise
        except Exception as error:
            raise ValidationError(
                self.env._(
                    "The filter of %(where)s cannot be used: %(error)s",
                    where=where,
                    error=str(error),
                )
            ) from error

    @api.model
    def _entry_pools(self, kind):
        """Pools that fill by themselves, first match first."""
        return self.sudo().browse(self._entry_pool_ids(kind))

    @api.model
    @ormcache("kind")
    def _entry_pool_ids(self, kind):
        return tuple(self.sudo().search([("kind", "=", kind), ("entry_auto", "=", True)]).ids)

    def _active_rules(self):
        """Rules in force, in their order."""
        rules = self.env["lead.pool.rule"].sudo()
        return rules.search_fetch([("pool_id", "in", self.ids), ("active", "=", True)])

    def _schedule_due_refresh(self, users=None):
        """Work out due dates anew after a change of rules: now if few, else by the cron.

        :param users: only of what these users hold (`res.users`); none for everybody
        """
        for pool in self.sudo():
            records = self.env[pool._record_model_name()].sudo()
            owned = Domain("pool_id", "=", pool.id) & Domain("pool_state", "=", "owned")
            if users is not None:
                owned &= Domain("user_id", "in", users.ids)
            few = records.search(owned, limit=REFRESH_AT_ONCE + 1)
            if len(few) <= REFRESH_AT_ONCE:
                few._pool_refresh_safely()
            else:
                pool.write({"due_refresh": True, "due_refresh_after": 0})
                self.env.ref("lead_public_pool.ir_cron_reclaim")._trigger()
