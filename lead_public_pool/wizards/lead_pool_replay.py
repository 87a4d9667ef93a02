from ast import literal_eval
from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..tools.arguments import checked
from ..tools.clock import due_date
from ..tools.replay import taken_at

# What the ledger and the chatter know the past of.
REPLAYABLE = ("claim", "touch", "first_touch", "create")
# So many holdings, the newest, are looked at; more would keep the manager waiting.
MOST = 20000
# Messages are judged in such portions.
MESSAGES_AT_ONCE = 1000
MESSAGE_FIELDS = (
    "res_id",
    "date",
    "author_id",
    "message_type",
    "subtype_id",
    "is_internal",
    "mail_activity_type_id",
    "body",
    "attachment_ids",
    "tracking_value_ids",
)
SETTINGS = ("clock", "delay", "unit", "minimum_hours", "domain")


class LeadPoolReplay(models.TransientModel):
    """What a rule, or a draft of it, would have done to the records received in the last days."""

    _name = "lead.pool.replay"
    _inherit = ["lead.pool.dialog"]
    _description = "Replay of a Rule"

    rule_id = fields.Many2one(
        "lead.pool.rule",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The rule that is compared with a draft.",
    )
    pool_id = fields.Many2one(related="rule_id.pool_id")
    model_name = fields.Char(related="rule_id.model_name")
    days = fields.Integer(
        string="Look back",
        default=90,
        help="Records that salespeople received in so many days are played through.",
    )
    clock = fields.Selection(
        [
            ("claim", "Since it was received"),
            ("touch", "Since it was last worked"),
            ("first_touch", "Received and never worked"),
            ("create", "Since it was created"),
        ],
        required=True,
        default="touch",
        help="Where the clock of the draft starts.",
    )
    delay = fields.Integer(default=7, help="After how long the draft takes a record back.")
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
        help="Unit of the delay.",
    )
    minimum_hours = fields.Integer(
        string="Keep at least", help="Hours for which the draft leaves a record with its owner."
    )
    domain = fields.Char(
        string="Which records",
        default="[]",
        help="Only records that match this filter are taken back by the draft.",
    )
    summary = fields.Text(readonly=True, help="The result in words.")
    line_ids = fields.One2many(
        "lead.pool.replay.line",
        "replay_id",
        readonly=True,
        help="The records that rule and draft would have taken back.",
    )

    _sensible = models.Constraint(
        "CHECK(days BETWEEN 1 AND 730 AND delay > 0 AND minimum_hours >= 0)",
        "Look back 1 to 730 days, and give the rule a delay of at least one.",
    )

    @api.model
    def _open(self, rule):
        """Replay of a rule as it is today.

        :return: window action
        """
        values = {name: rule[name] for name in SETTINGS}
        if rule.clock not in REPLAYABLE:
            # Nothing remembers when a record came into its former stages; begin with a draft.
            values["clock"] = "touch"
        replay = self.create({"rule_id": rule.id, **values})
        replay._play()
        return replay._show()

    @checked(one=True)
    def action_play(self):
        """Play the draft through, beside the rule of today.

        :return: window action
        """
        self._play()
        return self._show()

    def _show(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    # ------------------------------------------------------------------
    # Playing
    # ------------------------------------------------------------------

    def _play(self):
        rule, pool = self.rule_id.sudo(), self.pool_id.sudo()
        if not pool._is_managed_by(self.env.user):
            raise AccessError(self.env._("Only a manager of the pool %s may do this.", pool.name))
        pool._check_record_domain(self.domain, self.env._("the draft"))
        holdings = self._holdings(pool)
        touches = self._touches(pool, holdings)
        today = {name: rule[name] for name in SETTINGS}
        draft = {name: self[name] for name in SETTINGS}
        created = self._created(holdings)
        played = {"draft": self._count(holdings, touches, draft, created)}
        if rule.clock in REPLAYABLE and today == draft:
            played["today"] = played["draft"]
        elif rule.clock in REPLAYABLE:
            created = self._created(holdings, rule)
            played["today"] = self._count(holdings, touches, today, created)
        self._write_lines(holdings, played)
        self.summary = self._summary(holdings, played)

    def _holdings(self, pool):
        """What salespeople received from the pool in the period, the newest first."""
        start = self.env.cr.now() - timedelta(days=self.days)
        found = (
            self.env["lead.pool.report"]
            .sudo()
            .search_read(
                [
                    ("pool_id", "=", pool.id),
                    ("date_start", ">=", start),
                    ("outcome", "not in", ("gone", "archived")),
                ],
                [
                    "lead_id",
                    "partner_id",
                    "user_id",
                    "date_start",
                    "date_end",
                    "outcome",
                    "first_touch_date",
                    "won_user_id",
                ],
                order="date_start desc, id desc",
                limit=MOST,
                load=None,
            )
        )
        link = "lead_id" if pool.kind == "lead" else "partner_id"
        return [{**row, "res_id": row[link]} for row in found if row[link] and row["user_id"]]

    def _touches(self, pool, holdings):
        """When each of these records was worked, by whom: `{(record, user): [moments]}`.

        From the chatter, judged by what counts as work in the pool today, and from the ledger,
        which knows the first time for certain.
        """
        ids = list({row["res_id"] for row in holdings})
        records = self.env[pool._record_model_name()].sudo()
        touches = {}
        for row in holdings:
            if row["first_touch_date"]:
                key = (row["res_id"], row["user_id"])
                touches.setdefault(key, set()).add(row["first_touch_date"])
        owners = self.env["res.users"].sudo().browse({row["user_id"] for row in holdings})
        by_record = {}
        for row in holdings:
            by_record.setdefault(row["res_id"], set()).add(row["user_id"])
        start = self.env.cr.now() - timedelta(days=self.days)
        for messages in self._messages(records._name, ids, start):
            for message in messages:
                for owner in owners.browse(by_record[message.res_id]):
                    # Whether an activity was planned or made up is not kept: it counts.
                    if records.browse(message.res_id)._pool_is_work(message, owner, pool):
                        touches.setdefault((message.res_id, owner.id), set()).add(message.date)
            self._add_stage_changes(pool, messages, by_record, touches)
            # Texts of years are not kept in memory.
            messages.tracking_value_ids.invalidate_recordset(flush=False)
            messages.invalidate_recordset(flush=False)
        self._add_meetings(pool, ids, start, by_record, touches)
        return {key: sorted(moments) for key, moments in touches.items()}

    @api.model
    def _messages(self, model_name, ids, start):
        """What was written on some records since a moment, portion by portion."""
        everything = self.env["mail.message"].sudo()
        last = 0
        while messages := everything.search_fetch(
            [
                ("model", "=", model_name),
                ("res_id", "in", ids),
                ("date", ">=", start),
                ("id", ">", last),
            ],
            MESSAGE_FIELDS,
            order="id",
            limit=MESSAGES_AT_ONCE,
        ):
            yield messages
            last = messages[-1].id

    def _add_stage_changes(self, pool, messages, by_record, touches):
        if not pool.touch_stage or pool.kind != "lead":
            return
        stage = self.env["ir.model.fields"]._get("crm.lead", "stage_id")
        for value in messages.tracking_value_ids.filtered(lambda value: value.field_id == stage):
            message = value.mail_message_id
            for owner_id in by_record[message.res_id]:
                touches.setdefault((message.res_id, owner_id), set()).add(message.date)

    def _add_meetings(self, pool, ids, start, by_record, touches):
        if not pool.touch_meeting or pool.kind != "lead":
            return
        now = self.env.cr.now()
        for meeting in (
            self.env["calendar.event"]
            .sudo()
            .search_fetch(
                [("opportunity_id", "in", ids), ("stop", "<=", now), ("start", ">=", start)],
                ["opportunity_id", "stop"],
            )
        ):
            for owner_id in by_record[meeting.opportunity_id.id]:
                touches.setdefault((meeting.opportunity_id.id, owner_id), set()).add(meeting.stop)

    def _created(self, holdings, rule=None):
        """When the records were created that the draft watches, or a rule; by their ids."""
        pool = self.pool_id.sudo()
        records = self.env[pool._record_model_name()].sudo().with_context(active_test=False)
        held = Domain("id", "in", [row["res_id"] for row in holdings])
        nothing = records.browse()

        def search(domain):
            return pool._with_filter(
                "exempt_domain", lambda exempt: records.search(held & domain & ~exempt), nothing
            )

        if rule:
            watched = rule._with_filter("domain", search, nothing)
        else:
            watched = search(Domain(literal_eval(self.domain or "[]")))
        return {record.id: record.create_date for record in watched}

    def _count(self, holdings, touches, settings, created):
        """What a rule would have done.

        :param dict settings: the rule, see `SETTINGS`
        :param dict created: see `_created`
        :return: Counter of (user id, "taken" | "touched" | "won")
        """
        pool, now, counts = self.pool_id.sudo(), self.env.cr.now(), Counter()
        memo = {}
        for row in holdings:
            if row["res_id"] not in created:
                continue
            owner = self.env["res.users"].sudo().browse(row["user_id"])
            start, end = row["date_start"], row["date_end"] or now
            worked = [
                moment
                for moment in touches.get((row["res_id"], row["user_id"]), [])
                if start < moment <= end
            ]
            protect = timedelta(days=pool._limits_for(owner).protect_days)
            keep = settings["minimum_hours"] if settings["clock"] == "create" else 0
            due = taken_at(
                settings["clock"],
                start,
                worked,
                end,
                created[row["res_id"]],
                lambda moment, owner=owner: self._plus(moment, settings, owner, memo),
                max(start + protect, start + timedelta(hours=keep)),
            )
            if not due:
                continue
            counts[row["user_id"], "taken"] += 1
            counts[row["user_id"], "touched"] += any(moment > due for moment in worked)
            counts[row["user_id"], "won"] += row["outcome"] == "won"
        return counts

    def _plus(self, moment, settings, owner, memo):
        """A moment and the delay of a rule; absences of the past are not known."""
        rule = self.rule_id.sudo()
        if settings["unit"] != "workday":
            tz_name = rule.company_id._pool_tz()
            return due_date(moment, settings["delay"], settings["unit"], tz_name)
        return rule._workday_due(moment, owner, None, memo, delay=settings["delay"])

    # ------------------------------------------------------------------
    # Showing
    # ------------------------------------------------------------------

    def _write_lines(self, holdings, played):
        held = Counter(row["user_id"] for row in holdings)
        really = Counter(row["user_id"] for row in holdings if row["outcome"] == "reclaim")
        self.line_ids = [
            fields.Command.clear(),
            *(
                fields.Command.create(
                    {
                        "user_id": user_id,
                        "holding_count": count,
                        "really_count": really[user_id],
                        **{
                            f"{who}_{what}_count": counts[user_id, what]
                            for who, counts in played.items()
                            for what in ("taken", "touched", "won")
                        },
                    }
                )
                for user_id, count in held.most_common()
            ),
        ]

    def _summary(self, holdings, played):
        def text(counts):
            total = Counter()
            for (_user, what), count in counts.items():
                total[what] += count
            return self.env._(
                "%(taken)s of %(all)s taken back; of these, %(touched)s were worked later and "
                "%(won)s won by the same salesperson.",
                taken=total["taken"],
                all=len(holdings),
                touched=total["touched"],
                won=total["won"],
            )

        lines = []
        if "today" in played:
            lines.append(self.env._("The rule of today: %s", text(played["today"])))
        else:
            lines.append(
                self.env._(
                    "The rule of today cannot be replayed: nothing remembers when its clock "
                    "started in the past. The draft can."
                )
            )
        lines.append(self.env._("The draft: %s", text(played["draft"])))
        if len(holdings) >= MOST:
            lines.append(self.env._("Only the newest %s records were looked at.", MOST))
        return "\n".join(lines)
