from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, drop_view_if_exists

from ..models.lead_pool_holding import GAIN

# A touch within so many working hours is a fast one: odds of a contact fall steeply after that.
FAST_HOURS = 1


class LeadPoolReport(models.Model):
    """One row per holding: from the moment somebody received a record until he had it no more."""

    _name = "lead.pool.report"
    _description = "Pool Analysis"
    _auto = False
    _rec_name = "record_name"
    _order = "date_start desc, id desc"

    kind = fields.Selection(
        [("lead", "Lead"), ("customer", "Customer")],
        readonly=True,
        help="Whether a lead or a customer was held.",
    )
    record_name = fields.Char(
        string="Record",
        compute="_compute_record_name",
        search="_search_record_name",
        help="Name of the record; masked while it waits in a pool that masks it.",
    )
    known_name = fields.Char(
        string="Name in the History",
        readonly=True,
        groups="base.group_system",
        help="Name of the record when it was received, also if it was deleted since.",
    )
    lead_id = fields.Many2one("crm.lead", readonly=True, help="The lead that was held.")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, help="The customer that was held."
    )
    pool_id = fields.Many2one(
        "lead.pool", readonly=True, help="Home pool of the record when it was received."
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", readonly=True, help="Who held the record."
    )
    company_id = fields.Many2one("res.company", readonly=True, help="The company of the pool.")
    gain = fields.Selection(
        selection="_selection_gain",
        string="Received by",
        readonly=True,
        help="How the salesperson got it: claimed it, was given it by a manager, and so on.",
    )
    outcome = fields.Selection(
        selection="_selection_outcome",
        readonly=True,
        help="How it ended: won, lost, given back, taken back by a rule, handed over, or still "
        "held.",
    )
    rule_id = fields.Many2one(
        "lead.pool.rule", readonly=True, help="Rule that took the record back."
    )
    reason_id = fields.Many2one(
        "lead.pool.reason", readonly=True, help="Reason given when it was given back."
    )
    source_id = fields.Many2one("utm.source", readonly=True, help="Where the lead came from.")
    medium_id = fields.Many2one("utm.medium", readonly=True, help="By which way the lead came.")
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", readonly=True, help="Sales team of the lead."
    )
    country_id = fields.Many2one("res.country", readonly=True, help="Country of the record.")

    date_start = fields.Datetime(
        string="Received on", readonly=True, help="When the salesperson received it."
    )
    date_end = fields.Datetime(
        string="Ended on", readonly=True, help="When he had it no more, or won or lost it."
    )
    round = fields.Integer(
        string="Rounds before",
        readonly=True,
        aggregator="avg",
        help="How often the record had come back to a pool before this salesperson got it.",
    )
    hours_waiting = fields.Float(
        string="Hours in the pool",
        readonly=True,
        aggregator="avg",
        help="How long it lay in the pool before this salesperson got it.",
    )
    hours_held = fields.Float(
        string="Hours held",
        readonly=True,
        aggregator="avg",
        help="How long this salesperson had it, until now if he still holds it.",
    )
    first_touch_date = fields.Datetime(
        string="First worked",
        readonly=True,
        help="When this salesperson first did an activity, wrote, or changed the stage.",
    )
    first_touch_hours = fields.Float(
        string="Working hours to first contact",
        readonly=True,
        aggregator="avg",
        help="From receiving to first working it, in working hours of the salesperson. Records "
        "that were never worked do not count.",
    )
    first_touch_median = fields.Float(
        string="Median working hours to first contact",
        readonly=True,
        aggregator="avg",
        help="Half of the records that were worked were worked sooner than this, in working hours "
        "of the company. Unlike the average, it does not follow a few that lay for weeks.",
    )
    first_touch_delay = fields.Float(
        string="Hours to first contact",
        readonly=True,
        aggregator="avg",
        help="From receiving to first working it, nights and weekends included. Records that "
        "were never worked do not count.",
    )
    won_date = fields.Datetime(readonly=True, help="When this salesperson won it.")
    won_user_id = fields.Many2one(
        "res.users",
        string="Won by",
        readonly=True,
        help="Who won the lead in the end: this salesperson or another one.",
    )

    is_touched = fields.Boolean(string="Worked", readonly=True, help="Worked at least once.")
    is_won = fields.Boolean(string="Won", readonly=True, help="Won by this salesperson.")
    is_hoarded = fields.Boolean(
        string="Hoarded",
        readonly=True,
        help="Held without being worked for longer than its pool allows (see “Hoarded after” on "
        "the pool).",
    )
    is_regret = fields.Boolean(
        string="Won by another later",
        readonly=True,
        help="This salesperson gave it back or lost it to the pool, and later another one won it.",
    )
    touch_rate = fields.Float(
        string="Worked (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the received records that were worked at least once.",
    )
    fast_rate = fields.Float(
        string="Worked within an hour (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the received records that were first worked within one working hour.",
    )
    win_rate = fields.Float(
        string="Won (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the received records that the same salesperson won.",
    )
    hoard_rate = fields.Float(
        string="Hoarded (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the received records that were held too long without being worked.",
    )
    regret_rate = fields.Float(
        string="Won by another later (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the received records that came back to the pool and that another "
        "salesperson then won.",
    )
    won_count = fields.Integer(
        string="Number won", readonly=True, help="Records that the same salesperson won."
    )

    _depends = {
        "lead.pool.move": [
            "res_model", "res_id", "record_name", "lead_id", "partner_id", "company_id", "kind",
            "date", "user_from_id", "user_to_id", "pool_from_id", "pool_to_id", "rule_id",
            "reason_id", "hours_before", "round", "first_touch_date", "first_touch_hours",
            "undone",
        ],
        "lead.pool": ["hoard_days"],
        "crm.lead": [
            "user_id", "won_status", "active", "date_closed", "source_id", "medium_id", "team_id",
            "country_id",
        ],
        "res.partner": ["active", "country_id"],
    }  # fmt: skip

    @api.depends("known_name", "lead_id", "partner_id")
    @api.depends_context("uid", "lang")
    def _compute_record_name(self):
        """What whoever looks may read of the record today, and not what it was called once."""
        for row, known in zip(self, self.sudo(), strict=True):
            record = known.lead_id or known.partner_id
            row.record_name = record.display_name if record else known.known_name

    def _search_record_name(self, operator, value):
        """By the names of records that the user may read."""
        return Domain("lead_id.name", operator, value) | Domain("partner_id.name", operator, value)

    def _selection_gain(self):
        return self.env["lead.pool.move"]._fields["kind"]._description_selection(self.env)

    def _selection_outcome(self):
        return [
            ("held", self.env._("Still held")),
            ("won", self.env._("Won")),
            ("lost", self.env._("Lost")),
            ("archived", self.env._("Archived")),
            ("gone", self.env._("Merged or deleted")),
            *self._selection_gain(),
        ]

    def _read_group_select(self, aggregate_spec, query):
        """A median has no aggregator of its own in Odoo: this field's average is the median."""
        if aggregate_spec != "first_touch_median:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %s)",
            self._field_to_sql(self._table, "first_touch_median", query),
        )

    def init(self):
        drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), self._holdings())
        )

    def _holdings(self):
        """Holdings with everything that can be told about each of them."""
        return SQL(
            """
            SELECT h.*,
                   EXTRACT(EPOCH FROM COALESCE(
                       h.date_end,
                       CASE WHEN h.outcome = 'held' THEN NOW() AT TIME ZONE 'UTC' END
                   ) - h.date_start) / 3600 AS hours_held,
                   EXTRACT(EPOCH FROM h.first_touch_date - h.date_start) / 3600
                       AS first_touch_delay,
                   h.first_touch_hours AS first_touch_median,
                   h.first_touch_date IS NOT NULL AS is_touched,
                   h.outcome = 'won' AS is_won,
                   CASE WHEN h.outcome = 'won' THEN h.date_end END AS won_date,
                   CASE WHEN h.outcome = 'won' THEN 1 ELSE 0 END AS won_count,
                   CASE WHEN h.first_touch_date IS NOT NULL THEN 100.0 ELSE 0 END AS touch_rate,
                   CASE WHEN h.first_touch_hours <= %(fast)s THEN 100.0 ELSE 0 END AS fast_rate,
                   CASE WHEN h.outcome = 'won' THEN 100.0 ELSE 0 END AS win_rate,
                   CASE WHEN h.is_hoarded THEN 100.0 ELSE 0 END AS hoard_rate,
                   CASE WHEN h.is_regret THEN 100.0 ELSE 0 END AS regret_rate
              FROM (%(closed)s) h
            """,
            fast=FAST_HOURS,
            closed=self._closed_holdings(),
        )

    def _closed_holdings(self):
        """Holdings with their outcome.

        A ledger row keeps the number of the record as it was (`res_id`) and a link to the record
        as it is today: if the two differ, the record was merged or deleted.
        Odoo writes `date_closed` to the second, so moments are compared to the second.
        """
        return SQL(
            """
            SELECT m.id,
                   CASE m.res_model WHEN 'crm.lead' THEN 'lead' ELSE 'customer' END AS kind,
                   m.record_name AS known_name, m.lead_id, m.partner_id, m.company_id,
                   m.pool_to_id AS pool_id,
                   m.user_to_id AS user_id,
                   m.kind AS gain,
                   m.round,
                   l.source_id, l.medium_id, l.team_id,
                   COALESCE(l.country_id, p.country_id) AS country_id,
                   m.date AS date_start,
                   m.first_touch_date,
                   m.first_touch_hours,
                   CASE WHEN m.user_from_id IS NULL AND m.kind <> 'enter' THEN m.hours_before END
                       AS hours_waiting,
                   e.rule_id,
                   e.reason_id,
                   CASE WHEN %(closed)s THEN l.won_status
                        WHEN e.id IS NOT NULL THEN e.kind
                        WHEN COALESCE(m.lead_id, m.partner_id) IS DISTINCT FROM m.res_id
                        THEN 'gone'
                        WHEN NOT COALESCE(l.active, p.active) THEN 'archived'
                        ELSE 'held' END AS outcome,
                   CASE WHEN %(closed)s THEN l.date_closed ELSE e.date END AS date_end,
                   CASE WHEN l.won_status = 'won' AND m.lead_id = m.res_id THEN l.user_id END
                       AS won_user_id,
                   COALESCE(
                       m.first_touch_date,
                       CASE WHEN %(closed)s THEN l.date_closed ELSE e.date END,
                       NOW() AT TIME ZONE 'UTC'
                   ) > m.date + COALESCE(o.hoard_days, 7) * INTERVAL '1 day' AS is_hoarded,
                   COALESCE(
                       e.kind IN ('release', 'reclaim', 'owner_left')
                       AND l.won_status = 'won'
                       AND l.date_closed >= DATE_TRUNC('second', e.date)
                       AND l.user_id <> m.user_to_id,
                       FALSE
                   ) AS is_regret
              FROM lead_pool_move m
              LEFT JOIN LATERAL (%(end)s) e ON TRUE
              LEFT JOIN crm_lead l ON l.id = m.lead_id
              LEFT JOIN res_partner p ON p.id = m.partner_id
              LEFT JOIN lead_pool o ON o.id = m.pool_to_id
             WHERE %(gain)s
            """,
            gain=GAIN,
            end=self._end_of_holding(),
            closed=self._closed_while_held(),
        )

    def _end_of_holding(self):
        """The next row of the same record by which its owner changed or its home ended.

        What a run took back and its undoing put back has not ended.
        """
        return SQL(
            """
            SELECT n.id, n.kind, n.date, n.rule_id, n.reason_id
              FROM lead_pool_move n
             WHERE n.res_model = m.res_model
               AND n.res_id = m.res_id
               AND n.id > m.id
               AND (n.user_from_id IS DISTINCT FROM n.user_to_id
                    OR n.kind IN ('enter', 'leave')
                    OR n.kind = 'merge' AND n.pool_from_id IS DISTINCT FROM n.pool_to_id)
               AND n.kind <> 'restore'
               AND n.undone IS NOT TRUE
             ORDER BY n.id
             LIMIT 1
            """
        )

    def _closed_while_held(self):
        return SQL(
            """(
                l.won_status <> 'pending'
                AND m.lead_id = m.res_id
                AND (l.date_closed IS NULL OR l.date_closed >= DATE_TRUNC('second', m.date))
                AND (e.id IS NULL OR l.date_closed < DATE_TRUNC('second', e.date))
            )"""
        )

    def _share_worked(self, user, start=None, end=None):
        """Share of the records a user received in a period that he has worked.

        :param user: the salesperson
        :param start: first day of the period, none for all time
        :param end: last day of the period
        :return: percentage, 0 if he received none
        :rtype: float
        """
        domain = [("user_id", "=", user.id)]
        if start:
            domain.append(("date_start", ">=", start))
        if end:
            domain.append(("date_start", "<=", end))
        return self._read_group(domain, [], ["touch_rate:avg"])[0][0] or 0.0
