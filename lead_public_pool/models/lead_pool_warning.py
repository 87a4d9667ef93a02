from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..tools.jobs import each_or_set_aside, work_off
from .lead_pool_engine import ENGINE

# A write of one of these may reopen what was won, lost or archived.
REOPENING = {"active", "stage_id", "probability"}
# A message lists so many records; the rest are counted.
LISTED = 20
ACTIVITY_TYPE = "lead_public_pool.mail_activity_type_returns"


class LeadPoolWarning(models.AbstractModel):
    """Warn an owner before a record goes back, in the steps of its pool."""

    _name = "lead.pool.warning"
    _description = "Warnings before a Return"

    pool_warn_date = fields.Datetime(
        string="Next warning",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="When its owner is warned next that it goes back.",
    )

    pool_notice_date = fields.Datetime(
        string="Reopened on",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="When it was reopened and so got a last term with a fresh warning. It gets one term "
        "only, until it is worked or changes hands.",
    )

    _pool_warn_index = models.Index("(pool_warn_date) WHERE pool_warn_date IS NOT NULL")

    def write(self, vals):
        if REOPENING.isdisjoint(vals):
            return super().write(vals)
        closed = self.sudo().filtered(
            lambda record: record.pool_state == "owned" and record._pool_is_closed()
        )
        result = super().write(vals)
        closed.filtered(lambda record: not record._pool_is_closed())._pool_give_notice()
        return result

    def _pool_give_notice(self):
        """What was reopened and is long due goes back only after its owner was warned again.

        Once for each time it was worked or received: closing and reopening is no way to keep it.
        """
        now = self.env.cr.now()
        fresh = self.filtered(
            lambda record: (
                not record.pool_notice_date
                or record.pool_notice_date
                < max(filter(None, [record.pool_own_date, record.pool_touch_date]), default=now)
            )
        )
        fresh.with_context(pool_engine=ENGINE, tracking_disable=True).write(
            {"pool_notice_date": now}
        )
        for pool, records in fresh.grouped("pool_id").items():
            # A day more than the longest step: the first warning is given, then time runs.
            until = pool._days_later(now, max(pool._warn_days(), default=0) + 1)
            records._pool_protect_until(until)

    def _pool_next_warning(self, due):
        """Moment of the next warning before a due date, False when none is left."""
        self.ensure_one()
        now = self.env.cr.now()
        moments = [self.pool_id._days_later(due, -days) for days in self.pool_id._warn_days()]
        return min((moment for moment in moments if moment > now), default=False)

    @api.model
    def _pool_warn_due(self, batch_size):
        """Send the warnings that are due, batch by batch.

        :param int batch_size: records per transaction
        :return: seconds left to the cron
        """
        return work_off(
            self.sudo(),
            self._pool_warn_domain,
            "pool_warn_date, id",
            batch_size,
            lambda records: each_or_set_aside(
                records,
                lambda some: some._pool_warn(),
                lambda record, error: record._pool_set_aside("warn", "pool_warn_date", error),
            ),
        )

    @api.model
    def _pool_warn_domain(self):
        return (
            Domain("pool_warn_date", "<=", self.env.cr.now())
            & Domain("pool_state", "=", "owned")
            & self._pool_open_domain()
        )

    def _pool_warn(self):
        """Warn the owners of these records, each owner once for all his records of a pool."""
        still = self._pool_still_to_warn()
        for (pool, owner), records in still.grouped(
            lambda record: (record.pool_id, record.user_id)
        ).items():
            if pool.warn_message:
                records._pool_warn_owner(owner)
            if pool.warn_activity:
                records._pool_plan_warning(owner)
        for pool, records in still.grouped("pool_id").items():
            last = records.filtered(lambda r: not r._pool_next_warning(r.pool_due_date))
            if last and pool.warn_manager:
                last._pool_warn_managers(pool)

    def _pool_still_to_warn(self):
        """Those of these records that go back as announced, also by the facts of now.

        Of all of them, the return and the next warning are put right.
        """
        announced = {record.id: record.pool_due_date for record in self}
        self._pool_refresh_due()
        return self.filtered(
            lambda record: record.pool_due_date and record.pool_due_date <= announced[record.id]
        )

    def _pool_warn_owner(self, owner):
        env = self.with_context(lang=owner.lang, tz=owner.tz).env
        self.env["mail.thread"].message_notify(
            partner_ids=owner.partner_id.ids,
            subject=env._("%s of your records go back to the pool soon", len(self)),
            body=self.with_env(env)._pool_warning_list(),
        )

    def _pool_warn_managers(self, pool):
        managers = pool.member_ids.filtered(lambda member: member.role == "manager").user_id
        for manager in managers:
            env = self.with_context(lang=manager.lang, tz=manager.tz).env
            self.env["mail.thread"].message_notify(
                partner_ids=manager.partner_id.ids,
                subject=env._(
                    "%(count)s records of %(pool)s go back soon", count=len(self), pool=pool.name
                ),
                body=self.with_env(env)._pool_warning_list(with_owner=True),
            )

    def _pool_digest_safely(self, owner):
        """Tell an owner about all these records, once a day; who cannot be told stops no other.

        :return: number of owners looked at
        """

        def work(owner):
            members = self.env["lead.pool.member"].sudo()
            told = members.search([("user_id", "=", owner.id), ("pool_id", "in", self.pool_id.ids)])
            if any(member.digest_date == member._today() for member in told):
                return
            self._pool_mail_digest(owner)
            for member in told:
                member.digest_date = member._today()

        def set_aside(owner, error):
            self.env["lead.pool.trouble"]._note("digest", owner, error, self.pool_id[:1])

        each_or_set_aside(owner, work, set_aside)
        return 1

    def _pool_mail_digest(self, owner):
        """Queue one e-mail about all these records."""
        env = self.with_context(lang=owner.lang, tz=owner.tz).env
        self.env["mail.mail"].sudo().create(
            {
                "subject": env._("%s of your records go back to the pool soon", len(self)),
                "body_html": self.with_env(env)._pool_warning_list(),
                "recipient_ids": [fields.Command.link(owner.partner_id.id)],
                "auto_delete": True,
            }
        )

    def _pool_warning_list(self, with_owner=False):
        """The records and when they go back, as a list for a message."""
        lines = []
        for record in self.sorted("pool_due_date")[:LISTED]:
            text = self.env._(
                "%(record)s: %(date)s, %(rule)s",
                record=record.display_name,
                date=self._pool_local(record.pool_due_date),
                rule=record.pool_due_rule_id.name,
            )
            owner = f" ({record.user_id.name})" if with_owner else ""
            if with_owner and record.pool_weak_count:
                owner += f" [{self._pool_weak_text(record.pool_weak_count)}]"
            link = f"/odoo/{record._name}/{record.id}"
            lines.append(Markup('<li><a href="%s">%s</a>%s</li>') % (link, text, owner))
        body = Markup("<ul>%s</ul>") % Markup("").join(lines)
        if len(self) > LISTED:
            body += Markup("<p>%s</p>") % self.env._("… and %s more.", len(self) - LISTED)
        return body

    def _pool_weak_text(self, count):
        return self.env._("weak signs of work in a row: %s", count)

    def _pool_local(self, moment):
        """A moment as text, in the language and time zone of whoever reads it.

        :param datetime moment: naive UTC
        """
        # Left to itself, Odoo takes the time zone of the user at work: in a job, the system's.
        return format_datetime(self.env, moment, tz=self.env.tz.zone, dt_format="short")

    def _pool_plan_warning(self, owner):
        """One open activity per record says when it goes back; a later warning moves it."""
        activities = self._pool_warning_activities()
        mine = self.with_context(lang=owner.lang, tz=owner.tz)
        have = self.browse(activities.mapped("res_id"))
        for activity in activities:
            due = self.browse(activity.res_id).pool_due_date
            activity.date_deadline = fields.Datetime.context_timestamp(mine, due).date()
        # Odoo would send a message per activity; the owner is told once, as the pool says.
        for record in (mine - have).with_context(mail_activity_quick_update=True):
            due = fields.Datetime.context_timestamp(record, record.pool_due_date)
            record.activity_schedule(
                ACTIVITY_TYPE,
                date_deadline=due.date(),
                user_id=owner.id,
                note=record.pool_notice,
            )

    def _pool_warning_activities(self):
        activities = self.env["mail.activity"].sudo()
        kind = self.env.ref(ACTIVITY_TYPE, raise_if_not_found=False)
        if not kind:
            return activities
        return activities.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("activity_type_id", "=", kind.id),
            ]
        )
