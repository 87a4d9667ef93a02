import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.jobs import each_or_set_aside

_logger = logging.getLogger(__name__)

ROLES = [
    ("business", "Business decision maker"),
    ("technical", "Technical decision maker"),
    ("sponsor", "Executive sponsor"),
    ("influencer", "Influencer"),
    ("evaluator", "Evaluator"),
    ("user", "User"),
    ("internal", "Internal customer"),
    ("other", "Other"),
]
# Without one of these nothing is bought: their silence is worth an alert.
DECISION_MAKERS = ("business", "technical")
ACTIVITY_SILENT = "customer_lifecycle.mail_activity_type_silent"


class CustomerContactRole(models.Model):
    """Which part a person plays at a customer, from when until when."""

    _name = "customer.contact.role"
    _description = "Role of a Contact"
    _order = "customer_id, is_primary desc, role, id"

    customer_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="cascade",
        help="The customer company in which the person plays this part.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Person",
        required=True,
        index=True,
        ondelete="cascade",
        context={"active_test": False},
        help="The person. A colleague who speaks for the customer in our house is an internal "
        "customer.",
    )
    role = fields.Selection(
        ROLES, required=True, default="business", help="Which part the person plays in a purchase."
    )
    is_primary = fields.Boolean(
        string="Primary",
        help="The first to talk to among those with the same role. There is one per customer and "
        "role: marking another person takes the mark away from the former.",
    )
    stance = fields.Selection(
        [
            ("supporter", "For us"),
            ("neutral", "Neutral"),
            ("opponent", "Against us"),
            ("unknown", "Unknown"),
        ],
        required=True,
        default="unknown",
        help="Whether the person is for or against buying from us.",
    )
    date_from = fields.Date(
        string="Since",
        required=True,
        default=fields.Date.context_today,
        help="Since when the person has had this role.",
    )
    date_to = fields.Date(string="Until", help="When the person gave up this role; empty so far.")
    note = fields.Char(help="What to know about this person in this role.")
    company_id = fields.Many2one(
        related="customer_id.company_id",
        store=True,
        index="btree_not_null",
        help="Company that the customer belongs to; empty when all companies share it.",
    )
    is_current = fields.Boolean(
        compute="_compute_is_current",
        search="_search_is_current",
        help="The person has this role today.",
    )
    contact_date = fields.Datetime(
        string="Last contact",
        readonly=True,
        copy=False,
        help="Last e-mail, revisit, meeting or activity with this person that is known here.",
    )
    silent_date = fields.Datetime(
        string="Silent from",
        readonly=True,
        copy=False,
        help="When a decision maker counts as silent unless somebody speaks with him before.",
    )
    is_silent = fields.Boolean(
        string="Silent",
        readonly=True,
        copy=False,
        help="A decision maker with whom nobody has spoken for longer than the settings allow. "
        "The salesperson was told once.",
    )

    _primary_uniq = models.UniqueIndex(
        "(customer_id, role) WHERE is_primary",
        "A customer has one primary person per role.",
    )
    _person_uniq = models.UniqueIndex(
        "(partner_id, customer_id, role) WHERE date_to IS NULL",
        "This person already has this role at this customer.",
    )
    _dates_order = models.Constraint(
        "CHECK(date_to IS NULL OR date_to >= date_from)", "A role cannot end before it begins."
    )
    _silent_index = models.Index("(silent_date) WHERE silent_date IS NOT NULL")

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends("partner_id", "role")
    def _compute_display_name(self):
        labels = dict(self._fields["role"]._description_selection(self.env))
        for role in self:
            role.display_name = f"{role.partner_id.name or ''} ({labels.get(role.role, '')})"

    def _today(self):
        """The day of the company that the customer belongs to, else of the present one."""
        company = self.company_id or self.env.company
        return self.env["customer.lifecycle"]._lifecycle_today(company)

    @api.depends("date_from", "date_to")
    def _compute_is_current(self):
        for role in self:
            today = role._today()
            role.is_current = bool(role.date_from and role.date_from <= today) and (
                not role.date_to or role.date_to > today
            )

    def _search_is_current(self, operator, value):
        if operator != "in":
            return NotImplemented
        current = self._current_domain()
        return Domain.OR(current if wanted else ~current for wanted in value)

    @api.model
    def _current_domain(self):
        today = self._today()
        return Domain("date_from", "<=", today) & (
            Domain("date_to", "=", False) | Domain("date_to", ">", today)
        )

    @api.constrains("customer_id", "partner_id", "role")
    def _check_person(self):
        for role in self:
            if role.partner_id.is_company:
                raise ValidationError(self.env._("Only a person has a role, not a company."))
            if role.customer_id.commercial_partner_id != role.customer_id:
                raise ValidationError(
                    self.env._(
                        "Roles belong to %s, not to one of its contacts.",
                        role.customer_id.commercial_partner_id.display_name,
                    )
                )
            if role.role == "internal" and role.partner_id.partner_share:
                raise ValidationError(
                    self.env._(
                        "An internal customer is a colleague, and %s is not.",
                        role.partner_id.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Create and write
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("is_primary"):
                self._former_primary(vals.get("customer_id"), vals.get("role", "business")).write(
                    {"is_primary": False}
                )
        # The indexes judge what the database holds, so what was given up goes there first.
        self.flush_model(["is_primary", "date_to"])
        roles = super().create(vals_list)
        roles._restart_clock()
        return roles

    def write(self, vals):
        today = self[:1]._today()
        if vals.get("date_to") and fields.Date.to_date(vals["date_to"]) <= today:
            # Whoever has left is nobody's first contact.
            vals = {**vals, "is_primary": False}
        if vals.get("is_primary"):
            for role in self:
                former = self._former_primary(
                    vals.get("customer_id", role.customer_id.id), vals.get("role", role.role)
                )
                (former - role).write({"is_primary": False})
            self.flush_model(["is_primary"])
        result = super().write(vals)
        if {"role", "date_to", "date_from", "partner_id"} & vals.keys():
            self._restart_clock()
        return result

    @api.model
    def _former_primary(self, customer_id, role):
        return self.search(
            [("customer_id", "=", customer_id), ("role", "=", role), ("is_primary", "=", True)]
        )

    # ------------------------------------------------------------------
    # Silence
    # ------------------------------------------------------------------

    def _watched(self):
        """Decision makers in office: those whose silence matters."""
        return self.filtered(lambda role: role.role in DECISION_MAKERS and role.is_current)

    def _silent_after(self):
        """How long a decision maker may be silent; None when nobody watches."""
        company = self.company_id or self.customer_id.user_id.company_id or self.env.company
        days = company[:1].sudo().lifecycle_silent_days
        return timedelta(days=days) if days else None

    def _restart_clock(self):
        """Look at what is known about these persons, and when they will count as silent."""
        known = self._last_contacts()
        watched = self._watched()
        for role in self:
            since = known.get(role.partner_id.id) or fields.Datetime.to_datetime(role.date_from)
            patience = role._silent_after() if role in watched else None
            role.write(
                {
                    "contact_date": known.get(role.partner_id.id, False),
                    "silent_date": since + patience if patience else False,
                    "is_silent": False,
                }
            )

    @api.model
    def _touch(self, persons):
        """Somebody has spoken with these persons: their clocks start again."""
        self.sudo().search([("partner_id", "in", persons.ids)])._restart_clock()

    def _last_contacts(self):
        """Moment of the last known contact by person id, whoever had it and wrote it down."""
        # Only the date of messages and meetings is used, so access to their text is no matter.
        env = self.sudo().env
        ids = self.partner_id.ids
        wrote = [
            ("message_type", "in", ("email", "comment")),
            ("lifecycle_automatic", "=", False),
            ("author_id", "in", ids),
        ]
        held = Domain("state", "=", "done")
        rows = [
            *env["mail.message"]._read_group(wrote, ["author_id"], ["date:max"]),
            *env["customer.visit"]._read_group(
                held & Domain("contact_id", "in", ids), ["contact_id"], ["date_done:max"]
            ),
            *env["customer.visit"]._read_group(
                held & Domain("partner_id", "in", ids), ["partner_id"], ["date_done:max"]
            ),
            *self._last_mails(env),
            *self._last_meetings(env),
            *self._last_activities(env),
        ]
        last = {}
        for person, moment in rows:
            last[person.id] = max(filter(None, (last.get(person.id), moment)))
        return last

    def _last_mails(self, env):
        """(person, moment) of the last e-mail that reached each person."""
        groups = env["mail.notification"]._read_group(
            [
                ("res_partner_id", "in", self.partner_id.ids),
                ("notification_type", "=", "email"),
                ("notification_status", "=", "sent"),
            ],
            ["res_partner_id"],
            ["mail_message_id:max"],
        )
        messages = env["mail.message"]
        return [(person, messages.browse(message).date) for person, message in groups]

    def _last_meetings(self, env):
        """(person, moment) of the last meeting that each person attended."""
        env["calendar.attendee"].flush_model(["partner_id", "event_id", "state"])
        env["calendar.event"].flush_model(["stop"])
        last = env.execute_query(
            SQL(
                """SELECT a.partner_id, max(e.stop)
                     FROM calendar_attendee a JOIN calendar_event e ON e.id = a.event_id
                    WHERE a.partner_id = ANY(%s) AND e.stop <= %s AND e.active
                      AND a.state IS DISTINCT FROM 'declined'
                    GROUP BY a.partner_id""",
                self.partner_id.ids,
                fields.Datetime.now(),
            )
        )
        return [(env["res.partner"].browse(person), moment) for person, moment in last]

    def _last_activities(self, env):
        """(person, moment) of the last activity that somebody finished about each person."""
        groups = env["mail.message"]._read_group(
            [
                ("model", "=", "res.partner"),
                ("res_id", "in", self.partner_id.ids),
                ("mail_activity_type_id", "!=", False),
            ],
            ["res_id"],
            ["date:max"],
        )
        return [(env["res.partner"].browse(res_id), moment) for res_id, moment in groups]

    # ------------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------------

    @api.model
    def _lifecycle_prepare_merge(self, sources, target):
        """Before contacts merge: one open role of a kind per person, one first contact per role.

        :param sources: contacts that will be gone
        :param target: contact that stays; its commercial partner is the customer
        """
        customer = target.commercial_partner_id
        ids = (sources | target | customer).ids
        among = Domain("partner_id", "in", ids) | Domain("customer_id", "in", ids)
        roles = self.search(among).sorted(
            # What the contact that stays has comes first, and is kept.
            lambda role: (
                bool((role.partner_id | role.customer_id) & sources),
                not role.is_primary,
                role.id,
            )
        )
        kept, first = {}, set()
        for role in roles:
            owner = customer if role.customer_id in sources else role.customer_id
            person = target if role.partner_id in sources else role.partner_id
            if role.is_primary and (owner, role.role) in first:
                role.is_primary = False
            double = not role.date_to and kept.get((owner, person, role.role))
            if double:
                double._take_over(role)
                if role.is_primary:
                    role.is_primary = False
                    double.is_primary = True
                    first.add((owner, role.role))
                role.unlink()
                continue
            if role.is_primary:
                first.add((owner, role.role))
            if not role.date_to:
                kept[owner, person, role.role] = role
            if role.customer_id != owner:
                role.customer_id = owner
        self.env.flush_all()

    def _take_over(self, double):
        """What is known of the same role of the same person on a contact that will be gone."""
        values = {"date_from": min(self.date_from, double.date_from)}
        if self.stance == "unknown":
            values["stance"] = double.stance
        notes = dict.fromkeys(filter(None, (self.note, double.note)))
        values["note"] = " / ".join(notes) or False
        self.write(values)

    # ------------------------------------------------------------------
    # Alerts
    # ------------------------------------------------------------------

    @api.model
    def _cron_silent(self, batch_size=200):
        """Tell salespeople about decision makers who have become silent, once each."""
        commit = self.env["ir.cron"]._commit_progress
        due = Domain("silent_date", "<=", self.env.cr.now())
        time_left = commit(remaining=self.search_count(due))
        while time_left:
            roles = self.search(due, order="silent_date, id", limit=batch_size)
            locked = roles.try_lock_for_update(allow_referencing=True)
            if not locked:
                break
            each_or_set_aside(
                locked, lambda roles: roles._check_silence(), lambda role, error: role._wait(error)
            )
            time_left = commit(len(locked), remaining=self.search_count(due))

    def _check_silence(self):
        """Contact that nobody wrote down at once starts the clock again; the rest is silent."""
        told = self.filtered("is_silent")
        self._restart_clock()
        now = self.env.cr.now()
        silent = self.filtered(lambda role: role.silent_date and role.silent_date <= now)
        for role in silent - told:
            role._alert(self.env._("%s has not been heard of", role.partner_id.name))
        for role in silent:
            # Looked at again later: silence that goes on is not told twice.
            patience = role._silent_after()
            role.write({"is_silent": True, "silent_date": now + patience})

    def _wait(self, error):
        """Set a role aside until tomorrow; the history of its customer says why."""
        _logger.warning("Silence of contact role %s: %s", self.id, error)
        self.silent_date = self.env.cr.now() + timedelta(days=1)
        self.customer_id.sudo().message_post(
            body=self.env._(
                "Nobody could be told that %(person)s is silent: %(error)s",
                person=self.partner_id.name,
                error=str(error) or type(error).__name__,
            )
        )

    def _alert_archived(self):
        """Tell salespeople that decision makers have left."""
        for role in self._watched():
            role._alert(self.env._("%s has left", role.partner_id.name))
            role.silent_date = False

    def _alert(self, summary):
        """One activity for the salesperson of the customer."""
        self.ensure_one()
        labels = dict(self._fields["role"]._description_selection(self.env))
        owner = self.customer_id.user_id
        leader = owner.sudo().sale_team_id.user_id
        usual = self.env["res.users"].sudo().browse([*owner.ids, *leader.ids, *self.create_uid.ids])
        receiver = usual.filtered("active")[:1]
        if not receiver:
            return
        self.customer_id.sudo().activity_schedule(
            ACTIVITY_SILENT,
            user_id=receiver.id,
            summary=summary,
            note=self.env._(
                "%(person)s is %(role)s at %(customer)s. Last contact: %(date)s.",
                person=self.partner_id.name,
                role=labels[self.role],
                customer=self.customer_id.name,
                date=self.contact_date or self.env._("unknown"),
            ),
        )
