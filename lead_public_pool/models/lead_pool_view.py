from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class LeadPoolView(models.Model):
    """Who looked at which entry of a sealed pool: one row per user, entry and day."""

    _name = "lead.pool.view"
    _description = "View of a Sealed Record"
    _order = "date desc, id desc"
    _rec_name = "user_id"
    _log_access = False

    date = fields.Datetime(required=True, readonly=True, help="When it was opened first that day.")
    day = fields.Date(
        required=True, readonly=True, index=True, help="Day by the working hours of the user."
    )
    user_id = fields.Many2one(
        "res.users", required=True, readonly=True, ondelete="cascade", help="Who looked."
    )
    pool_id = fields.Many2one(
        "lead.pool",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The pool of the record.",
    )
    company_id = fields.Many2one(related="pool_id.company_id")
    res_model = fields.Char(
        required=True, readonly=True, help="Whether a lead or a customer was looked at."
    )
    res_id = fields.Integer(
        string="Number", required=True, readonly=True, aggregator=None, help="Number of the record."
    )
    number = fields.Integer(
        string="Entries that day",
        readonly=True,
        aggregator="max",
        help="How many different entries of the pool the user had opened that day by then.",
    )

    _once_a_day = models.UniqueIndex("(user_id, day, res_model, res_id)")
    # Two looks at one moment cannot both have the same number: one of them is replayed.
    _numbered = models.UniqueIndex("(user_id, pool_id, day, number)")

    @api.model
    def _count(self, entries):
        """Count looks at entries by the current user, and stop who looks at too many.

        :param entries: entries of `lead.pool.entry`
        :raise UserError: if the user has opened as many different entries as the pool allows
        """
        user = self.env.user
        for pool, opened in entries.sudo().exists().grouped("pool_id").items():
            if pool.visibility == "sealed" and not pool._is_managed_by(user):
                looks = [(entry.res_model, entry.res_id) for entry in opened]
                self._count_in_pool(user, pool, looks)

    @api.model
    def _count_undone(self, user, records):
        """A claim that was undone has shown more of a sealed record than a look at its entry.

        :param user: who undid it (`res.users`)
        :param records: in `sudo`; they lie in their pools again
        """
        for pool, undone in records.grouped("pool_id").items():
            if pool.visibility == "sealed" and not pool._is_managed_by(user):
                looks = [(record._name, record.id) for record in undone]
                self._count_in_pool(user, pool, looks, limited=False)

    def _count_in_pool(self, user, pool, looks, limited=True):
        """Count looks of one day in one pool.

        :param list looks: (model, id) of what was seen
        :param bool limited: whether more than the limit are refused
        """
        day = user._pool_today(pool.company_id)
        # A record may have lain in another pool when it was seen earlier that day.
        today = self.search([("user_id", "=", user.id), ("day", "=", day)])
        known = {(view.res_model, view.res_id) for view in today}
        seen = today.filtered(lambda view: view.pool_id == pool)
        fresh = [look for look in looks if look not in known]
        if not fresh:
            return
        before, after = len(seen), len(seen) + len(fresh)
        if limited and pool.daily_view_limit and after > pool.daily_view_limit:
            raise UserError(
                self.env._(
                    "You have opened %(count)s of %(limit)s entries of the pool %(pool)s today. "
                    "The list stays open to you: claim one of them.",
                    count=before,
                    limit=pool.daily_view_limit,
                    pool=pool.name,
                )
            )
        self._insert(user, pool, day, before, fresh)
        if pool.view_alert and before <= pool.view_alert < after:
            self._alert(user, pool, after)

    def _insert(self, user, pool, day, before, looks):
        """Add rows; who does the same at the same moment is replayed instead of refused."""
        now = self.env.cr.now()
        # The member row orders looks that come at the same time: the second one is replayed.
        self.env.cr.execute(
            SQL(
                "UPDATE lead_pool_member SET gain_count = gain_count"
                " WHERE user_id = %s AND pool_id = %s",
                user.id,
                pool.id,
            )
        )
        self.create(
            [
                {
                    "date": now,
                    "day": day,
                    "user_id": user.id,
                    "pool_id": pool.id,
                    "res_model": model,
                    "res_id": record_id,
                    "number": before + number,
                }
                for number, (model, record_id) in enumerate(looks, 1)
            ]
        )

    def _alert(self, user, pool, count):
        """Tell the managers, once per user and day, that somebody looks at a great deal."""
        managers = pool.member_ids.filtered(lambda member: member.role == "manager").user_id
        if not managers:
            return
        self.env["mail.thread"].message_notify(
            partner_ids=managers.partner_id.ids,
            subject=self.env._("%s opens many entries of a sealed pool", user.name),
            body=self.env._(
                "%(user)s has opened %(count)s different entries of the pool %(pool)s today.",
                user=user.name,
                count=count,
                pool=pool.name,
            ),
        )

    @api.autovacuum
    def _gc_views(self):
        """Looks are kept for a year."""
        limit = fields.Date.subtract(self.env.company._pool_today(), years=1)
        old = self.search([("day", "<", limit)], limit=10000)
        old.unlink()
        return len(old), len(old) == 10000
