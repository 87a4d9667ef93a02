import logging

import pytz

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.jobs import each_or_set_aside, work_off
from ..tools.worktime import hours_within
from .lead_pool_engine import ENGINE
from .lead_pool_holding import GAIN, UNDOES

_logger = logging.getLogger(__name__)
WARNING_TYPE = "lead_public_pool.mail_activity_first_contact"
# What entered with its owner later than this after it was created is no new lead: putting old
# leads under the care of a pool must not warn their owners by the hundred.
FRESH_HOURS = 24
# The managers are told when the target time has passed so many times over.
ESCALATION_FACTOR = 2
# So many expected first contacts follow a change of working days at once; others when they are due.
REFRESHED = 1000


class LeadPoolSpeed(models.AbstractModel):
    """Speed to lead: when the first contact happened, and a warning when it is late."""

    _name = "lead.pool.speed"
    _description = "Speed to Lead"

    pool_first_touch_due = fields.Datetime(
        string="First contact by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="sales_team.group_sale_salesman",
        help="Until when the salesperson should have worked it for the first time. "
        "Empty once that has happened, or if the pool sets no target.",
    )
    pool_first_touch_alarm = fields.Datetime(
        string="Next warning about the first contact",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="sales_team.group_sale_salesman",
        help="When the next warning about a missing first contact is given.",
    )

    # ------------------------------------------------------------------
    # From gain to first touch
    # ------------------------------------------------------------------

    def _pool_ledger_values(self, *args, **kwargs):
        rows = super()._pool_ledger_values(*args, **kwargs)
        for record, row in zip(self, rows, strict=True):
            row["round"] = record.pool_round
        return rows

    def _pool_home_values(self, kind, user, pool):
        values = super()._pool_home_values(kind, user, pool)
        if kind != "transfer":
            values.update(pool_first_touch_due=False, pool_first_touch_alarm=False)
        return values

    def _pool_apply(self, kind, user, pool, **details):
        waiting = self.filtered("pool_first_touch_due")
        if kind in UNDOES:
            self.env["lead.pool.move"].sudo()._note_undone(self, kind)
        result = super()._pool_apply(kind, user, pool, **details)
        if kind == "transfer":
            return result
        waiting._pool_drop_first_touch_warnings()
        if user and kind not in ("leave", "restore"):
            self._pool_start_first_touch(kind)
        return result

    def _pool_start_first_touch(self, kind):
        """Set the deadline of the first contact, where the pool has a target."""
        now = self.env.cr.now()
        gained = self.filtered(
            lambda record: record.pool_id.first_touch_hours and not record._pool_is_closed()
        )
        if kind == "enter":
            fresh = fields.Datetime.subtract(now, hours=FRESH_HOURS)
            gained = gained.filtered(lambda record: record.create_date >= fresh)
        for pool, records in gained.grouped("pool_id").items():
            for user, mine in records.grouped("user_id").items():
                due = pool._first_touch_moment(now, user)
                mine.with_context(pool_engine=ENGINE).write(
                    {"pool_first_touch_due": due, "pool_first_touch_alarm": due}
                )

    def _pool_touch(self, *args, **kwargs):
        untouched = self.sudo().filtered(
            lambda record: record.pool_state == "owned" and not record.pool_touch_date
        )
        result = super()._pool_touch(*args, **kwargs)
        untouched.filtered("pool_touch_date")._pool_first_touch()
        return result

    def _pool_first_touch(self):
        """The owners worked these records for the first time: note how long it took."""
        if not self:
            return
        moves = self.env["lead.pool.move"].sudo()
        if hours := self._pool_first_touch_hours():
            moves._note_first_touch(hours)
        self._pool_stop_first_touch()

    def _pool_first_touch_again(self):
        """What counted as the first contact with this record was none: it is expected again."""
        self.ensure_one()
        gain = (
            self.env["lead.pool.move"]
            .sudo()
            .search(
                [
                    (self._pool_move_link, "=", self.id),
                    ("user_to_id", "=", self.user_id.id),
                    ("date", ">=", self.pool_own_date),
                    ("first_touch_date", "!=", False),
                ],
                order="id desc",
                limit=1,
            )
        )
        gain.with_context(pool_engine=ENGINE).write(
            {"first_touch_date": False, "first_touch_hours": 0.0}
        )
        if due := self.pool_id._first_touch_moment(self.pool_own_date, self.user_id):
            self.with_context(pool_engine=ENGINE).write(
                {"pool_first_touch_due": due, "pool_first_touch_alarm": due}
            )

    def _pool_first_touch_hours(self):
        """Working hours of their owners since these records were gained.

        :return: hours by id of the ledger's row of the gain
        :rtype: dict[int, float]
        """
        now = pytz.utc.localize(self.env.cr.now())
        by_owner = {}
        for move_id, date, company_id, user_id in self._pool_open_gains():
            gains = by_owner.setdefault((company_id, user_id), [])
            gains.append((move_id, pytz.utc.localize(date)))
        hours = {}
        for (company_id, user_id), gains in by_owner.items():
            company = self.env["res.company"].browse(company_id or ())
            user = self.env["res.users"].browse(user_id)
            begin = min(date for _id, date in gains)
            intervals = user._pool_work_intervals(company, begin, now)
            hours.update({move_id: hours_within(intervals, date, now) for move_id, date in gains})
        return hours

    def _pool_open_gains(self):
        """Ledger rows by which the present owners gained these records, if not yet touched.

        :return: (id, date, company id, owner id) of each row
        """
        moves = self.env["lead.pool.move"].sudo()
        moves.flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT g.id, g.date, g.company_id, g.user_to_id
                  FROM (
                      SELECT DISTINCT ON (m.res_id)
                             m.id, m.date, m.company_id, m.user_to_id, m.first_touch_date
                        FROM lead_pool_move m
                       WHERE m.res_model = %s AND m.res_id IN %s AND %s
                       ORDER BY m.res_id, m.id DESC
                  ) g
                 WHERE g.first_touch_date IS NULL
                """,
                self._name,
                tuple(self.ids),
                GAIN,
            )
        )

    def _pool_stop_first_touch(self):
        """No first contact is expected any more: it happened, or the record was closed."""
        waiting = self.filtered("pool_first_touch_due")
        if waiting:
            waiting.with_context(pool_engine=ENGINE).write(
                {"pool_first_touch_due": False, "pool_first_touch_alarm": False}
            )
            waiting._pool_drop_first_touch_warnings()

    def _pool_refresh_due(self):
        result = super()._pool_refresh_due()
        self.sudo().filtered(
            lambda record: record.pool_first_touch_due and record._pool_is_closed()
        )._pool_stop_first_touch()
        return result

    # ------------------------------------------------------------------
    # Warnings
    # ------------------------------------------------------------------

    def _pool_drop_first_touch_warnings(self):
        """Warnings that have become pointless disappear."""
        if self:
            self.sudo().activity_unlink([WARNING_TYPE])

    @api.model
    def _pool_first_touch_domain(self):
        """Records about which somebody is to be warned now."""
        return (
            Domain("pool_first_touch_alarm", "<=", self.env.cr.now())
            & Domain("pool_state", "=", "owned")
            & self._pool_open_domain()
        )

    @api.model
    def _pool_warn_first_touches(self, batch_size):
        """Warn about what is late, batch by batch, each in a transaction of its own.

        :param int batch_size: records per transaction
        :return: the seconds left to the cron
        """
        return work_off(
            self.sudo(),
            self._pool_first_touch_domain,
            "pool_first_touch_alarm, id",
            batch_size,
            lambda records: records._pool_warn_safely(),
        )

    def _pool_warn_safely(self):
        """Warn about these locked records; one that fails is not tried for ever."""
        each_or_set_aside(
            self,
            lambda records: records._pool_warn_first_touch(),
            lambda record, error: record._pool_set_aside(
                "first_contact", "pool_first_touch_alarm", error, hours=0, logger=_logger
            ),
        )

    def _pool_warn_first_touch(self):
        """Warn the owner when the target has passed, and the managers when it has twice."""
        late = self._pool_still_late()
        first = late.filtered(
            lambda record: record.pool_first_touch_alarm <= record.pool_first_touch_due
        )
        for (user, pool, gained), records in first.grouped(
            lambda record: (record.user_id, record.pool_id, record.pool_own_date)
        ).items():
            records._pool_warn_late(user, pool)
            again = pool._first_touch_moment(gained, user, ESCALATION_FACTOR)
            records.with_context(pool_engine=ENGINE).write({"pool_first_touch_alarm": again})
        for pool, records in (late - first).grouped("pool_id").items():
            managers = pool.member_ids.filtered(lambda member: member.role == "manager").user_id
            for manager in managers:
                records._pool_warn_late(manager, pool)
            records.with_context(pool_engine=ENGINE).write({"pool_first_touch_alarm": False})

    @api.model
    def _pool_first_touches_changed(self, domain):
        """Working days have changed: work out anew until when first contacts are expected.

        :param Domain domain: whose records
        """
        waiting = Domain("pool_first_touch_due", "!=", False) & Domain("pool_state", "=", "owned")
        for record in self.sudo().search(domain & waiting, order="id", limit=REFRESHED):
            due = record.pool_id._first_touch_moment(record.pool_own_date, record.user_id)
            # Who has been warned already is looked at again before the next warning.
            unwarned = record.pool_first_touch_alarm == record.pool_first_touch_due
            if due and unwarned and due != record.pool_first_touch_due:
                record.with_context(pool_engine=ENGINE).write(
                    {"pool_first_touch_due": due, "pool_first_touch_alarm": due}
                )

    def _pool_still_late(self):
        """Those of these records that are late also by the meetings and the leave of now."""
        met = self._pool_meetings_held()
        self.filtered(lambda record: record.id in met)._pool_first_touch()
        late = self.browse()
        for record in self.filtered("pool_first_touch_due"):
            again = record.pool_first_touch_alarm > record.pool_first_touch_due
            alarm = record.pool_id._first_touch_moment(
                record.pool_own_date, record.user_id, ESCALATION_FACTOR if again else 1
            )
            if alarm and alarm <= self.env.cr.now():
                late |= record
                continue
            values = {"pool_first_touch_alarm": alarm}
            if not again:
                values["pool_first_touch_due"] = alarm
            record.with_context(pool_engine=ENGINE).write(values)
        return late

    def _pool_warn_late(self, user, pool):
        """Plan an activity for a user on each of these late records."""
        records = self.with_context(lang=user.lang, tz=user.tz, mail_activity_quick_update=True)
        env = records.env
        for due, late in records.grouped("pool_first_touch_due").items():
            owner = late.user_id
            summary = (
                env._("First contact is overdue")
                if user == owner
                else env._("%s has not made the first contact", ", ".join(owner.mapped("name")))
            )
            late.activity_schedule(
                WARNING_TYPE,
                summary=summary,
                note=env._(
                    "The pool “%(pool)s” expects a first contact within %(hours)g working hours; "
                    "it was due on %(date)s.",
                    pool=pool.name,
                    hours=pool.first_touch_hours,
                    date=records._pool_local(due),
                ),
                user_id=user.id,
            )
