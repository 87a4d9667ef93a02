from odoo import SUPERUSER_ID, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from .lead_pool_visibility import SEALED


class ResUsers(models.Model):
    """What a user may see of the records that wait in pools.

    Record rules ask these methods, so they are cached; a change of a pool or of a membership
    clears the cache.
    """

    _name = "res.users"
    _inherit = ["res.users"]

    @ormcache("self.id")
    def _pool_readable_ids(self):
        """Pools whose waiting records a user reads in full: those he manages, and the open ones
        of which he is a member.

        :return: ids of pools
        """
        self.ensure_one()
        pools = self._pool_pools()
        if self.has_group("lead_public_pool.group_pool_admin"):
            return pools.search(Domain.TRUE).ids
        open_to_me = Domain("visibility", "=", "open") & Domain("member_ids.user_id", "=", self.id)
        return pools.search(self._pool_managed_domain() | open_to_me).ids

    @ormcache("self.id")
    def _pool_hidden_ids(self):
        """Pools whose waiting records a user may not read, by any way in.

        Who is no salesperson (an accountant, a portal user) is not restricted: he needs customers
        for invoices and deliveries, and cannot claim. Nor is the system itself.

        :return: ids of pools
        """
        self.ensure_one()
        if self.id == SUPERUSER_ID or not self.has_group("sales_team.group_sale_salesman"):
            return ()
        sealed = self._pool_pools().search([("visibility", "in", SEALED)])
        return tuple(sorted(set(sealed.ids) - set(self._pool_readable_ids())))

    def _pool_window_ids(self, company_ids):
        """Pools whose waiting records a user sees in the window, masked where they are sealed.

        :param list company_ids: companies in which the user works at the moment
        :return: ids of pools
        """
        return [
            pool_id for pool_id, company_id in self._pool_windows() if company_id in company_ids
        ]

    @ormcache("self.id")
    def _pool_windows(self):
        self.ensure_one()
        pools = self._pool_pools()
        readable = pools.browse(self._pool_readable_ids())
        mine = Domain("visibility", "=", "sealed") & Domain("member_ids.user_id", "=", self.id)
        return [(pool.id, pool.company_id.id) for pool in readable | pools.search(mine)]

    @ormcache("self.id")
    def _pool_managed_ids(self):
        """Pools that a user manages.

        :return: ids of pools
        """
        self.ensure_one()
        return self._pool_pools().search(self._pool_managed_domain()).ids

    def _pool_staff_ids(self):
        """Users who are members of the pools that this user manages.

        :return: ids of users
        """
        self.ensure_one()
        return self._pool_pools().browse(self._pool_managed_ids()).member_ids.user_id.ids

    def _pool_pools(self):
        return self.env["lead.pool"].sudo().with_context(active_test=False)

    def _pool_managed_domain(self):
        return Domain("member_ids", "any", [("user_id", "=", self.id), ("role", "=", "manager")])

    # ------------------------------------------------------------------
    # Domains of record rules on whatever hangs on a sealed record
    # ------------------------------------------------------------------

    def _pool_unsealed(self, lead=None, partner=None, model=None, res_id=None):
        """Rows that do not belong to a record hidden from this user.

        `NOT EXISTS` and not `NOT IN`: the latter would put a million ids in memory.

        :param str lead: column that points to `crm.lead`
        :param str partner: column that points to `res.partner`
        :param str model: column that holds the name of a model
        :param str res_id: column that holds the id of a record of that model
        :rtype: Domain
        """
        hidden = self._pool_hidden_ids()
        if not hidden:
            return Domain.TRUE

        def to_sql(records, alias, query):
            def column(name):
                return records._field_to_sql(alias, name, query)

            _flush_homes(records.env)
            clauses = []
            if lead:
                clauses.append(_hidden_lead(column(lead), hidden))
            if partner:
                clauses.append(_hidden_partner(column(partner), hidden))
            if model:
                for name, exists in (
                    ("crm.lead", _hidden_lead),
                    ("res.partner", _hidden_partner),
                ):
                    clauses.append(
                        SQL(
                            "(%s = %s AND %s)",
                            column(model),
                            name,
                            exists(column(res_id), hidden),
                        )
                    )
            return SQL("(%s) IS NOT TRUE", SQL(" OR ").join(clauses))

        return Domain.custom(to_sql=to_sql)

    def _pool_unsealed_event(self):
        """Meetings, except other people's about, or with, somebody who is sealed.

        What stands in my own calendar stays there: I was, or shall be, in that meeting.

        :rtype: Domain
        """
        mine = Domain("user_id", "=", self.id) | Domain("partner_ids", "in", self.partner_id.ids)
        about = self._pool_unsealed(lead="opportunity_id", model="res_model", res_id="res_id")
        return mine | about & self._pool_unsealed_by("id", _hidden_guest)

    def _pool_unsealed_attendee(self):
        """Invitations, except those of sealed people, and to meetings that are out of sight.

        :rtype: Domain
        """
        return self._pool_unsealed(partner="partner_id") & Domain(
            "event_id", "any!", self._pool_unsealed_event()
        )

    def _pool_unsealed_notification(self):
        """Notifications, except those about, and to, whatever is sealed.

        :rtype: Domain
        """
        return self._pool_unsealed(partner="res_partner_id") & self._pool_unsealed_by(
            "mail_message_id", _hidden_message
        )

    def _pool_unsealed_by(self, name, exists):
        """Rows for which a condition on one of their columns finds nothing sealed.

        :param str name: column
        :param function exists: makes the condition, of a column and the ids of hidden pools
        :rtype: Domain
        """
        hidden = self._pool_hidden_ids()
        if not hidden:
            return Domain.TRUE

        def to_sql(records, alias, query):
            _flush_homes(records.env)
            column = records._field_to_sql(alias, name, query)
            return SQL("NOT %s", exists(column, hidden))

        return Domain.custom(to_sql=to_sql)


def _flush_homes(env):
    """The search of messages, for one, runs its query without flushing what our rules read."""
    env["crm.lead"].flush_model(["pool_state", "pool_id"])
    env["res.partner"].flush_model(["pool_state", "pool_id", "pool_cover_id"])


def _hidden_guest(column, hidden):
    """A meeting to which somebody sealed is invited."""
    return SQL(
        "EXISTS (SELECT FROM calendar_event_res_partner_rel guest"
        " WHERE guest.calendar_event_id = %s AND %s)",
        column,
        _hidden_partner(SQL("guest.res_partner_id"), hidden),
    )


def _hidden_message(column, hidden):
    """A message about somebody sealed."""
    return SQL(
        "EXISTS (SELECT FROM mail_message told WHERE told.id = %s"
        " AND (told.model = 'crm.lead' AND %s OR told.model = 'res.partner' AND %s))",
        column,
        _hidden_lead(SQL("told.res_id"), hidden),
        _hidden_partner(SQL("told.res_id"), hidden),
    )


def _hidden_lead(column, hidden):
    return SQL(
        "EXISTS (SELECT FROM crm_lead waiting WHERE waiting.id = %s"
        " AND waiting.pool_state = 'pooled' AND waiting.pool_id IN %s)",
        column,
        hidden,
    )


def _hidden_partner(column, hidden):
    return SQL(
        "EXISTS (SELECT FROM res_partner waiting WHERE waiting.id = %s"
        " AND (waiting.pool_state = 'pooled' AND waiting.pool_id IN %s"
        " OR waiting.pool_cover_id IN %s))",
        column,
        hidden,
        hidden,
    )
