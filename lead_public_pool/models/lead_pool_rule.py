from datetime import datetime, timedelta
from itertools import islice

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools.arguments import checked
from ..tools.caches import forget
from ..tools.clock import (
    day_ends,
    due_date,
    from_local,
    local_date,
    midnight,
    naive_utc,
    pause,
    to_local,
)
from .lead_pool_bounded import MOST_BY_UNIT

# A change of one of these changes what the rule decides, and so starts a new version.
DECIDING_FIELDS = {
    "clock",
    "date_field_id",
    "delay",
    "unit",
    "domain",
    "active",
    "pool_id",
    "target_pool_id",
    "minimum_hours",
}


class LeadPoolRule(models.Model):
    """When a record goes back to the pool."""

    _name = "lead.pool.rule"
    _inherit = ["lead.pool.filter", "lead.pool.bounded"]
    _description = "Reclaim Rule"
    _order = "pool_id, sequence, id"
    _check_company_auto = True
    _stored_filters = ("domain",)

    name = fields.Char(
        required=True,
        translate=True,
        help="Name of the rule, given as the reason when it takes a record back.",
    )
    pool_id = fields.Many2one(
        "lead.pool",
        required=True,
        ondelete="cascade",
        index=True,
        help="The rule watches the records whose home is this pool.",
    )
    kind = fields.Selection(related="pool_id.kind")
    company_id = fields.Many2one(related="pool_id.company_id", store=True)
    sequence = fields.Integer(
        default=10, help="Of two rules that fall due at the same moment, the first is named."
    )
    active = fields.Boolean(default=True, help="Archived rules take nothing back.")
    clock = fields.Selection(
        [
            ("claim", "Since it was received"),
            ("touch", "Since it was last worked"),
            ("first_touch", "Received and never worked"),
            ("stage", "Since the stage last changed"),
            ("create", "Since it was created"),
            ("field", "Since a date of the record"),
        ],
        required=True,
        default="touch",
        help="From when the time is counted. Received: when the salesperson got the record. Last "
        "worked: what counts as work is set on the pool. Never worked: since he got it, until he "
        "works it for the first time. A date of the record: for example its last order.",
    )
    date_field_id = fields.Many2one(
        "ir.model.fields",
        string="Date",
        ondelete="set null",
        domain="[('model', '=', model_name), ('ttype', 'in', ('date', 'datetime')),"
        " ('store', '=', True)]",
        help="Date of the record at which the clock starts; a record without it counts from the "
        "day it was received.",
    )
    delay = fields.Integer(default=7, help="After how long the record goes back to the pool.")
    unit = fields.Selection(
        [
            ("hour", "Hours"),
            ("day", "Days"),
            ("workday", "Working days"),
            ("week", "Weeks"),
            ("month", "Months"),
        ],
        required=True,
        default="day",
        help="Days, weeks and months end at the same time of the day, where the company is. "
        "Working days are those of the salesperson, without public "
        "holidays and his leave; the record goes back at the end of the last one.",
    )
    minimum_hours = fields.Integer(
        string="Keep at least",
        default=24,
        help="For so many hours after somebody received it, the rule leaves a record alone, "
        "however old it is.",
    )
    domain = fields.Char(
        string="Which records",
        default="[]",
        help="Only records that match this filter are taken back by the rule.",
    )
    model_name = fields.Char(
        compute="_compute_model_name", help="Whether the rule is about leads or customers."
    )
    target_pool_id = fields.Many2one(
        "lead.pool",
        string="Goes to",
        ondelete="restrict",
        check_company=True,
        domain="[('kind', '=', kind), ('company_id', '=', company_id)]",
        help="Pool that receives the record; empty means its own pool.",
    )
    version = fields.Integer(
        default=1,
        readonly=True,
        copy=False,
        help="Goes up with each change of what the rule decides. The history names the version "
        "that took a record back.",
    )
    version_ids = fields.One2many(
        "lead.pool.rule.version",
        "rule_id",
        string="Versions",
        readonly=True,
        copy=False,
        help="What the rule said before, and who changed it.",
    )
    effective_date = fields.Datetime(
        string="In force from",
        readonly=True,
        copy=False,
        help="Until then this version takes nothing back, so that salespeople can adapt.",
    )

    _delay_positive = models.Constraint(
        "CHECK(delay > 0 AND minimum_hours >= 0)",
        "A rule needs a delay of at least one hour or day.",
    )
    _date_field_named = models.Constraint(
        "CHECK(clock <> 'field' OR date_field_id IS NOT NULL OR active IS NOT TRUE)",
        "Choose the date at which the clock starts.",
    )

    @api.depends("pool_id.kind")
    def _compute_model_name(self):
        for rule in self:
            rule.model_name = rule.pool_id._record_model_name() if rule.pool_id.kind else False

    @api.constrains("domain", "pool_id")
    def _check_domain(self):
        for rule in self:
            rule.pool_id._check_record_domain(rule.domain, rule.name)

    @api.constrains("target_pool_id", "pool_id")
    def _check_target(self):
        for rule in self.filtered("target_pool_id"):
            if rule.sudo().target_pool_id.company_id != rule.company_id:
                raise ValidationError(
                    self.env._(
                        "The rule %(rule)s sends records to a pool of another company.",
                        rule=rule.name,
                    )
                )
            if rule.target_pool_id.kind != rule.pool_id.kind:
                raise ValidationError(
                    self.env._(
                        "The rule %(rule)s sends records to a pool of another kind.",
                        rule=rule.name,
                    )
                )

    def _check_own_pools(self):
        """A rule takes records away from one pool, and may send them to another.

        Not a constraint: those are checked in `sudo`.

        :raise AccessError: if the user tunes not the first, or has no business in the second
        """
        self.pool_id.check_access("write")
        self.target_pool_id._check_may_fill()

    @api.constrains("clock", "date_field_id", "pool_id")
    def _check_clock(self):
        for rule in self.sudo():
            if rule.clock == "stage" and rule.pool_id.kind != "lead":
                raise ValidationError(
                    self.env._("%s: customers have no stage; choose another clock.", rule.name)
                )
            field = rule.date_field_id
            if rule.clock == "field" and (
                field.model != rule.pool_id._record_model_name()
                or field.ttype not in ("date", "datetime")
            ):
                raise ValidationError(
                    self.env._("%s: the date must be one of the records in the pool.", rule.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._check_own_pools()
        for rule in rules:
            rule.effective_date = rule._new_effective_date()
        self.env["lead.pool.rule.version"]._note(rules)
        self._rules_changed(rules.pool_id)
        return rules

    def write(self, vals):
        pools = self.pool_id
        if changed := DECIDING_FIELDS & vals.keys():
            for rule in self:
                super(LeadPoolRule, rule).write(
                    {
                        **vals,
                        "version": rule.version + 1,
                        "effective_date": rule._new_effective_date(),
                    }
                )
            self.env["lead.pool.rule.version"]._note(self)
        else:
            super().write(vals)
        if {"pool_id", "target_pool_id"} & vals.keys():
            self._check_own_pools()
        if changed or "sequence" in vals:
            self._rules_changed(pools | self.pool_id)
        return True

    def unlink(self):
        pools = self.pool_id
        self.env["lead.pool.rule.version"]._end(self)
        result = super().unlink()
        self._rules_changed(pools.exists())
        return result

    @api.model
    def _rules_changed(self, pools):
        forget(self.env)
        pools._schedule_due_refresh()

    def _new_effective_date(self):
        """Moment from which a new version may take records back."""
        days = self.pool_id.rule_grace_days
        return self.pool_id._days_later(self.env.cr.now(), days) if days else False

    @checked(one=True)
    def action_preview(self):
        """Show what this rule alone would take back, from whom and when; also if it is archived.

        :return: window action
        :raise AccessError: for anybody but a manager of the pool
        """
        self.check_access("read")
        return self.env["lead.pool.preview"]._open(self.pool_id, self)

    @checked(one=True)
    def action_replay(self):
        """Show what this rule, or a draft of it, would have done in the past.

        :return: window action
        :raise AccessError: for anybody but a manager of the pool
        """
        self.check_access("read")
        return self.env["lead.pool.replay"]._open(self)

    @checked(one=True)
    def action_open_versions(self):
        """Open what the rule said before, and who changed it.

        :return: window action
        """
        action = self.env["ir.actions.actions"]._for_xml_id(
            "lead_public_pool.lead_pool_rule_version_action"
        )
        action["domain"] = [("rule_id", "=", self.id)]
        return action

    def _preview_due(self, until):
        """Held records that this rule alone would take back until a moment.

        :return: list of (record, moment, rule)
        """
        records = self.env[self.pool_id._record_model_name()].sudo()
        held = records.search(
            records._pool_open_domain()
            & Domain("pool_state", "=", "owned")
            & Domain("pool_id", "=", self.pool_id.id)
        )
        held = self.pool_id._not_exempt(self._matching("domain", held))
        meetings, memo = held._pool_meetings_held(), {}
        dues = [
            (record, self._due(record, meetings, memo), self)
            for record in held
            if self._watches(record, meetings)
        ]
        return [due for due in dues if due[1] <= until]

    # ------------------------------------------------------------------
    # What the rule decides
    # ------------------------------------------------------------------

    def _most(self, name):
        """A delay counts in the unit of the rule."""
        return MOST_BY_UNIT[self.unit] if name == "delay" and self.unit else super()._most(name)

    @api.constrains("unit")
    def _check_unit(self):
        self._check_bounds()

    def _domain(self):
        """Which records it watches; none while its filter is broken, so it takes nothing back."""
        return self._usable_domain("domain")

    def _filter_rests(self, name):
        self.pool_id.sudo()._refresh_when_mended()

    def _filter_records(self, name):
        return self.pool_id._filter_records("entry_domain") if self.pool_id else None

    def _watches(self, record, meetings):
        """Whether the clock runs on an owned record at all; the filter is judged in batch.

        :param dict meetings: end of the last meeting held, by record id
        """
        worked = record.pool_touch_date or record.id in meetings
        return self.clock != "first_touch" or not worked

    def _watched_domain(self):
        """Which of the records that match its filter the rule watches, but for meetings held."""
        if self.clock == "first_touch":
            return Domain("pool_touch_date", "=", False)
        return Domain.TRUE

    def _clock_base(self, record, meetings):
        """Moment at which the rule's clock last started on an owned record, naive UTC.

        :param dict meetings: end of the last meeting held, by record id
        """
        owned = record.pool_own_date
        if self.clock == "touch":
            touched = [record.pool_touch_date, meetings.get(record.id)]
            return max([owned, *filter(None, touched)])
        if self.clock == "stage":
            return record._pool_stage_since() or record.date_last_stage_update or owned
        if self.clock == "create":
            return record.create_date
        if self.clock == "field":
            return self._field_moment(record) or owned
        return owned

    def _field_moment(self, record):
        name = self.sudo().date_field_id.name
        value = name and record[name]
        if not value or isinstance(value, datetime):
            return value or None
        # A plain date counts from the end of that day, where the company is.
        return midnight(value + timedelta(days=1), self.company_id._pool_tz())

    def _due(self, record, meetings=None, memo=None):
        """When the rule takes an owned record back, naive UTC.

        :param dict meetings: end of the last meeting held, by record id
        :param dict memo: absences and working days already looked up, shared by the records of a
            batch
        """
        self.ensure_one()
        memo = {} if memo is None else memo
        base = self._clock_base(record, meetings or {})
        absence = self._absence(record, memo)
        if self.unit == "workday":
            due = self._workday_due(base, record.user_id, absence, memo)
        else:
            tz_name = self.company_id._pool_tz()
            due = due_date(base, self.delay, self.unit, tz_name)
            if absence:
                due = pause(base, due, *absence, None if self.unit == "hour" else tz_name)
        floor = [record.pool_protected_until, self.effective_date]
        if self.clock in ("stage", "create", "field"):
            floor.append(record.pool_own_date + timedelta(hours=self.minimum_hours))
        return max([due, *filter(None, floor)])

    @api.model
    def _absence(self, record, memo):
        """Absence of the owner of a record as (start, end), naive UTC, or None."""
        key = (record.pool_id.id, record.user_id.id)
        if key not in memo:
            memo[key] = record.pool_id._member(record.user_id)._absence()
        return memo[key]

    def _workday_due(self, base, owner, absence, memo, delay=None):
        """End of the last of so many working days after the day on which the clock started."""
        delay = delay or self.delay
        tz_name = owner._pool_tz(self.company_id)
        day = local_date(base, tz_name) + timedelta(days=1)
        key = (owner.id, self.company_id.id, day, absence, delay)
        if key not in memo:
            ends = (
                end
                for end in self._workday_ends(owner, day)
                if not (absence and absence[0] <= end <= absence[1])
            )
            # Who works on no day at all for years stops no clock.
            memo[key] = next(islice(ends, delay - 1, None), None)
        if not memo[key]:
            return due_date(base, delay, "day", tz_name)
        if owner._pool_fixed_calendar(self.company_id):
            return memo[key]
        # Weekdays without hours do not end at an hour: the time of the day stays.
        last = local_date(memo[key] - timedelta(seconds=1), tz_name)
        return from_local(datetime.combine(last, to_local(base, tz_name).time()), tz_name)

    def _workday_ends(self, owner, day):
        """When work ends on each working day from a day on, naive UTC, for two years."""
        tz_name = owner._pool_tz(self.company_id)
        last = day + timedelta(days=730)
        while day < last:
            until = day + timedelta(days=60)
            start, end = (pytz.utc.localize(midnight(moment, tz_name)) for moment in (day, until))
            ends = {}
            for begin, stop, *_meta in owner._pool_work_intervals(self.company_id, start, end):
                ends.update(day_ends(naive_utc(begin), naive_utc(stop), tz_name))
            for _date, stop in sorted(ends.items()):
                yield stop
            day = until

    def _facts(self, record, meetings=None, memo=None):
        """What the rule saw on a record, as plain values for the ledger."""
        self.ensure_one()
        base = self._clock_base(record, meetings or {})
        return {
            "rule": self.name,
            "clock": self.clock,
            "since": fields.Datetime.to_string(base),
            "delay": self.delay,
            "unit": self.unit,
            "domain": self.domain or "[]",
            "weak": record.pool_weak_count,
            "due": fields.Datetime.to_string(self._due(record, meetings, memo)),
        }

    def _tell_date_gone(self):
        """Tell the managers that this rule was archived with the date at which it starts."""
        self.pool_id._tell_managers(
            lambda env: (
                env._(
                    "The rule %(rule)s of %(pool)s was archived",
                    rule=self.name,
                    pool=self.pool_id.name,
                ),
                env._(
                    "The date at which its clock starts was deleted. Choose another, and "
                    "unarchive the rule."
                ),
            )
        )
