from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools.jobs import CONFLICTS, each_or_set_aside, replayed
from .lead_pool_engine import ENGINE

# Pools whose members are to be worked out again before the transaction ends.
PENDING = "lead_pool.members"
SALESMAN = "sales_team.group_sale_salesman"


class LeadPoolMembership(models.AbstractModel):
    """Members who belong to a pool because of their sales team, department, group or company."""

    _name = "lead.pool.membership"
    _description = "Automatic Members of a Pool"

    team_ids = fields.Many2many(
        "crm.team",
        string="Sales teams",
        check_company=True,
        help="Whoever belongs to one of these teams is a member of the pool, as long as he does.",
    )
    team_leaders_manage = fields.Boolean(
        string="Team leaders manage",
        help="The leaders of these teams are managers of the pool.",
    )
    member_by_filter = fields.Boolean(
        string="Users by filter",
        help="Salespeople who match a filter are members as well, for example those of a "
        "department and all departments below it.",
    )
    member_domain = fields.Char(
        string="Which users",
        default="[]",
        help="Salespeople who match this filter are members, as long as they do.",
    )
    member_domain_error = fields.Char(
        string="Error in the filter",
        readonly=True,
        copy=False,
        help="Why the filter on users does not work at present. Nobody loses his membership.",
    )

    @api.constrains("member_domain", "member_by_filter")
    def _check_member_domain(self):
        for pool in self.filtered("member_by_filter"):
            try:
                # With the rights of whoever sets it: a filter must not reveal what he cannot read.
                users = self.env["res.users"].with_company(pool.company_id)
                with pool._only_reading():
                    users.search(pool._member_domain(), limit=1)
            except CONFLICTS:
                raise
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "The filter on the members of %(pool)s cannot be used: %(error)s",
                        pool=pool.name,
                        error=error,
                    )
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        pools = super().create(vals_list)
        pools.filtered(lambda pool: pool.team_ids or pool.member_by_filter)._sync_members()
        return pools

    def write(self, vals):
        result = super().write(vals)
        if {
            "team_ids",
            "team_leaders_manage",
            "member_by_filter",
            "member_domain",
            "active",
        } & vals.keys():
            self._sync_members()
        return result

    def _member_domain(self):
        self.ensure_one()
        salesmen = Domain("all_group_ids", "in", self.env.ref(SALESMAN).ids)
        return Domain(literal_eval(self.member_domain or "[]")) & salesmen

    # ------------------------------------------------------------------
    # Keeping in step
    # ------------------------------------------------------------------

    @api.model
    def _sync_members_later(self, pools):
        """Work out the members of these pools once, when all changes of this transaction are in.

        Odoo moves a user from team to team in two steps; between them he would be nobody's.
        """
        pending = self.env.cr.precommit.data.setdefault(PENDING, set())
        if not pending:
            self.env.cr.precommit.add(self.env["lead.pool"].sudo()._sync_members_pending)
        pending.update(pools.ids)

    def _sync_members_pending(self):
        ids = self.env.cr.precommit.data.pop(PENDING, set())
        self.browse(ids).exists()._sync_members()

    def _sync_members(self):
        """Add who belongs to these pools by team or filter, and let go who no longer does.

        Rows that somebody made by hand stay as they are.
        """
        for pool in self.sudo().with_context(pool_members=ENGINE):
            wanted = pool._automatic_members()
            rows = pool.member_ids
            by_hand = rows.filtered(lambda row: row.origin == "user").user_id
            if wanted is None:
                continue
            for row in rows.filtered(lambda row: row.origin != "user"):
                values = wanted.pop(row.user_id, None)
                if values is None:
                    row.unlink()
                elif {name: row[name] for name in values} != values:
                    row.write(values)
            rows.create(
                [
                    {**values, "pool_id": pool.id, "user_id": user.id}
                    for user, values in wanted.items()
                    if user not in by_hand
                ]
            )

    def _automatic_members(self):
        """Who is a member of this pool without being named.

        :return: values of the membership by user; None if the filter on users does not work, so
            that nobody can be let go
        """
        self.ensure_one()
        wanted = {}
        if self.member_by_filter:
            try:
                with self._only_reading():
                    # Employees, for one, are found only in the company in which one looks.
                    users = self.env["res.users"].with_company(self.company_id)
                    found = users.search(self._member_domain()).with_env(self.env)
            except CONFLICTS:
                raise
            except Exception as error:
                self.member_domain_error = str(error)
                return None
            wanted = {user: {"origin": "domain", "role": "member"} for user in found}
        if self.member_domain_error:
            self.member_domain_error = False
        for user in self.team_ids.member_ids:
            wanted[user] = {"origin": "team", "role": "member"}
        if self.team_leaders_manage:
            for user in self.team_ids.user_id:
                wanted[user] = {"origin": "team", "role": "manager"}
        return {
            user: values
            for user, values in wanted.items()
            if user.active and not user.share and self.company_id in user.company_ids
        }

    @api.model
    def _pools_of_teams(self, team_ids):
        return self.env["lead.pool"].sudo().search([("team_ids", "in", list(team_ids))])

    @api.model
    def _pools_with_automatic_members(self):
        by_filter = Domain("member_by_filter", "=", True)
        return self.env["lead.pool"].sudo().search(Domain("team_ids", "!=", False) | by_filter)

    @api.model
    def _cron_sync_members(self):
        """Once a day, since a filter on users may look at anything."""

        def set_aside(pool, error):
            self.env["lead.pool.trouble"]._note("members", pool, error)

        def sync(pool):
            each_or_set_aside(pool, lambda pool: pool._sync_members(), set_aside)

        for pool in self._pools_with_automatic_members():
            replayed(self.env, lambda pool=pool: sync(pool))
            self.env["ir.cron"]._commit_progress(1)
