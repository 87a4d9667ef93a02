from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize, email_normalize_all, html2plaintext, ormcache

from odoo.addons.iap.tools.iap_tools import _MAIL_DOMAIN_BLACKLIST

from ..tools.substance import essence, weight
from .lead_pool_engine import ENGINE

# What an owner did is work that leaves a trace elsewhere, work by his word alone, or none.
WORK, WORD, NOTHING = "work", "word", "nothing"
# A smaller file says nothing.
FILE_BYTES = 64
# A new stage counts if the lead has not gone back from it within so long.
STAGE_KEPT = timedelta(hours=24)
# So many stages of the past are remembered.
STAGES_KEPT = 9
# So many earlier messages are compared with a new one.
COMPARED = 100
# What goes on when somebody gets back what he had handed over.
KEPT_WHEN_BACK = (
    "pool_touch_date",
    "pool_protected_until",
    "pool_protect_start",
    "pool_extension_count",
    "pool_stage_steps",
    "pool_stage_past",
    "pool_weak_count",
)


def _text(moment):
    """A moment as it can be kept in JSON, to the microsecond."""
    return moment.isoformat() if moment else False


def _moment(text):
    """The moment that such a text means."""
    return datetime.fromisoformat(text) if text else False


class LeadPoolTouch(models.AbstractModel):
    """What counts as working a record."""

    _name = "lead.pool.touch"
    _description = "Work on a Record"

    pool_weak_count = fields.Integer(
        string="Weak signs of work",
        readonly=True,
        copy=False,
        default=0,
        groups="lead_public_pool.group_pool_manager",
        help="How many signs of work in a row rest on the word of the salesperson alone, such as "
        "notes and activities that he made up, or did not count at all, such as the same text "
        "again. A message to the customer, or his answer, ends the row.",
    )
    pool_stage_steps = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        groups="sales_team.group_sale_salesman",
        help="Stages that counted as work since the present salesperson received the lead.",
    )

    pool_stage_past = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        groups="sales_team.group_sale_salesman",
        help="The last stages and since when, without those that were left again within a day.",
    )

    pool_held_before = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        groups="sales_team.group_sale_salesman",
        help="Who has handed it over since it last lay in a pool, and since when he had it.",
    )

    # ------------------------------------------------------------------
    # Taking note
    # ------------------------------------------------------------------

    def _pool_touch(self, weak=False):
        """The owner worked these records: their touch clocks start again.

        :param bool weak: there is only his word for it
        """
        owned = self.sudo().filtered(lambda record: record.pool_state == "owned")
        if owned:
            owned.with_context(pool_engine=ENGINE).write({"pool_touch_date": self.env.cr.now()})
            owned._pool_count_weak(weak)
            owned._pool_refresh_due()

    def _pool_count_weak(self, weak):
        """Count one more weak sign of work, or end the row."""
        for count, records in self.sudo().grouped("pool_weak_count").items():
            if weak or count:
                records._pool_store({"pool_weak_count": count + 1 if weak else 0})

    def _pool_take_note(self, verdict):
        """Start the clocks again if it was work; show the manager what was none.

        :param str verdict: `WORK`, `WORD`, `NOTHING`, or None if it does not matter
        """
        if verdict in (WORK, WORD):
            self._pool_touch(weak=verdict == WORD)
        elif verdict == NOTHING:
            self._pool_count_weak(True)

    def _pool_home_values(self, kind, user, pool):
        values = super()._pool_home_values(kind, user, pool)
        if kind not in ("transfer", "leave"):
            values.update(
                pool_weak_count=0,
                pool_stage_steps=False,
                pool_stage_past=False,
                pool_held_before=False,
                pool_protect_start=False,
            )
        return values

    # ------------------------------------------------------------------
    # Messages
    # ------------------------------------------------------------------

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        self._pool_touch_by_message(message)
        return result

    def _pool_touch_by_message(self, message):
        """What of a new message counts as work is set on each pool."""
        for record in self.sudo().filtered(lambda record: record.pool_state == "owned"):
            # Activities are judged when they are done: only then it is known what they were.
            if not message.mail_activity_type_id:
                record._pool_take_note(record._pool_judge_message(message.sudo()))

    def _pool_is_work(self, message, owner, pool):
        """Whether a message of the past showed that a record was worked.

        :param owner: who should have worked it (`res.users`)
        :param pool: whose settings say what counts
        """
        return self._pool_judge_message(message, owner, pool) in (WORK, WORD)

    def _pool_judge_message(self, message, owner=None, pool=None):
        """What a message says about the work on an owned record.

        :param owner: who should work it, none for its present owner
        :param pool: whose settings say what counts, none for its home
        :return: `WORK`, `WORD`, `NOTHING`, or None if it does not matter
        """
        pool = pool or self.pool_id
        by_owner = message.author_id == (owner or self.user_id).partner_id
        if message.mail_activity_type_id:
            counts = by_owner and pool._counts_activity(message.mail_activity_type_id)
            return WORD if counts else None
        if message.pool_automatic or message.message_type not in (
            "comment",
            "email",
            "email_outgoing",
        ):
            return None
        if not by_owner:
            return WORK if pool.touch_reply and self._pool_is_answer(message) else None
        is_note = message.is_internal or message.subtype_id.internal
        if not (pool.touch_note if is_note else pool.touch_mail):
            return None
        if not self._pool_says_something(message, pool.touch_minimum if is_note else 1):
            return NOTHING
        # What was there before a message of the past is not looked up.
        if not owner and self._pool_said_before(message):
            return NOTHING
        if is_note:
            return WORD
        return WORK if self._pool_reaches_somebody(message) else NOTHING

    def _pool_says_something(self, message, minimum):
        """Whether a message holds a text or a file."""
        text = html2plaintext(message.body or "")
        return weight(text) >= max(minimum, 1) or bool(self._pool_files(message))

    @api.model
    def _pool_files(self, message):
        return message.attachment_ids.filtered(lambda file: file.file_size >= FILE_BYTES)

    def _pool_said_before(self, message):
        """Whether text and files of a message are those of an earlier one."""
        earlier = self._pool_earlier_messages(message)
        known = set(earlier.attachment_ids.mapped("checksum"))
        if any(file.checksum not in known for file in self._pool_files(message)):
            return False
        said = {essence(html2plaintext(one.body or "")) for one in earlier}
        return essence(html2plaintext(message.body or "")) in said

    def _pool_earlier_messages(self, message):
        """What the author of a message wrote to the same people since he received this record."""
        found = (
            self.env["mail.message"]
            .sudo()
            .search_fetch(
                [
                    ("model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("author_id", "=", message.author_id.id),
                    ("message_type", "in", ("comment", "email", "email_outgoing")),
                    ("subtype_id", "=", message.subtype_id.id),
                    ("create_date", ">=", self.pool_own_date or message.create_date),
                    ("id", "<", message.id),
                ],
                ["body", "attachment_ids", "partner_ids", "outgoing_email_to"],
                order="id desc",
                limit=COMPARED,
            )
        )
        return found.filtered(
            lambda earlier: (
                earlier.partner_ids == message.partner_ids
                and earlier.outgoing_email_to == message.outgoing_email_to
            )
        )

    def _pool_reaches_somebody(self, message):
        """Whether a message of the owner goes to anybody outside the house."""
        partners = message.partner_ids | message.notified_partner_ids | self.message_partner_ids
        if any(partner.partner_share and partner.email_normalized for partner in partners):
            return True
        named = message.outgoing_email_to or ""
        if self._pool_by_gateway(message):
            named = f"{named},{message.incoming_email_to or ''},{message.incoming_email_cc or ''}"
        addresses = set(email_normalize_all(named))
        users = self.env["res.users"].sudo()
        inside = users.search([("share", "=", False), ("email_normalized", "in", list(addresses))])
        return bool(addresses - set(inside.mapped("email_normalized")))

    @api.model
    def _pool_by_gateway(self, message):
        """Whether a message came in as an e-mail, and was not written here in its name."""
        return message.message_type == "email" and message.create_uid == self.env.ref(
            "base.user_root"
        )

    def _pool_is_answer(self, message):
        """Whether a message comes from the customer of this record."""
        author = message.author_id
        writes_himself = message.create_uid.share and message.create_uid.partner_id == author
        if not self._pool_by_gateway(message) and not writes_himself:
            return False
        if author.user_ids.filtered(lambda user: not user.share):
            return False
        customer = self._pool_customer().commercial_partner_id
        if customer and author.commercial_partner_id == customer:
            return True
        family = customer | customer.with_context(active_test=False).child_ids
        known = {self.email_normalized, *family.mapped("email_normalized")} - {False}
        address = email_normalize(message.email_from or "") or author.email_normalized
        if address in known:
            return True
        domains = {one.partition("@")[2] for one in known} - _MAIL_DOMAIN_BLACKLIST
        # Who writes first to a record that names nobody is its customer.
        return not known if not customer else bool(address) and address.partition("@")[2] in domains

    def _pool_customer(self):
        """Contact whom this record is about."""
        return self.env["res.partner"]

    # ------------------------------------------------------------------
    # Activities
    # ------------------------------------------------------------------

    def _pool_judge_activity(self, activity, feedback):
        """What an activity that the present user is just marking as done says about his work.

        :param activity: in `sudo`, still open
        :param str feedback: what he tells about it
        :return: see `_pool_judge_message`
        """
        if self.pool_state != "owned" or self.user_id != self.env.user:
            return None
        if not self.pool_id._counts_activity(activity.activity_type_id):
            return None
        if activity._pool_was_planned(self.user_id):
            return WORD if activity.create_uid == self.user_id else WORK
        text = html2plaintext(feedback or "")
        if weight(text) < max(self.pool_id.touch_minimum, 1):
            return NOTHING
        return NOTHING if self._pool_told_before(text) else WORD

    def _pool_told_before(self, text):
        """Whether an owner tells about an activity what he told about another one."""
        earlier = (
            self.env["mail.message"]
            .sudo()
            .search_fetch(
                Domain("model", "=", self._name)
                & Domain("res_id", "=", self.id)
                & Domain("author_id", "=", self.user_id.partner_id.id)
                & Domain("mail_activity_type_id", "!=", False)
                & Domain("create_date", ">=", self.pool_own_date),
                ["body"],
                order="id desc",
                limit=COMPARED,
            )
        )
        told = essence(text)
        return any(told in essence(html2plaintext(message.body or "")) for message in earlier)

    # ------------------------------------------------------------------
    # Stages
    # ------------------------------------------------------------------

    def _pool_stage_written(self, before):
        """The stage of leads was written: keep the clocks that look at it right.

        :param dict before: former stage and since when, by record id
        """
        self._pool_keep_stage_dates(before)
        self._pool_stage_changed({record_id: stage for record_id, (stage, _) in before.items()})

    def _pool_keep_stage_dates(self, before):
        """Since when a lead is in its stage; the same stage again, or there and back, is no change.

        Odoo's own date starts anew whenever a stage is written.
        """
        changed = self.browse()
        for lead in self.sudo().filtered(lambda lead: lead.pool_state == "owned"):
            stage, since = before[lead.id]
            past = lead.pool_stage_past or []
            if not past or past[-1][0] != stage:
                past = [[stage, _text(since or lead.pool_own_date)]]
            past = lead._pool_stage_path(past)
            if past != lead.pool_stage_past:
                lead._pool_store({"pool_stage_past": past})
                changed |= lead
        watched = self._pool_stage_clocks()
        changed.filtered(lambda lead: lead.pool_id.id in watched)._pool_refresh_due()

    def _pool_stage_path(self, past):
        """The last stages of a lead with the present one at the end.

        :param list past: stage id and moment of each stage before, as text
        """
        now, here = self.env.cr.now(), self.stage_id.id
        if past[-1][0] == here:
            return past
        soon = _text(now - STAGE_KEPT)
        for index in reversed(range(len(past) - 1)):
            if past[index + 1][1] < soon:
                break
            if past[index][0] == here:
                return past[: index + 1]
        return [*past[-STAGES_KEPT:], [here, _text(now)]]

    def _pool_stage_since(self):
        """Since when a lead is really in its present stage, False if only Odoo knows."""
        past = self.pool_stage_past
        known = past and past[-1][0] == self.stage_id.id
        return known and _moment(past[-1][1])

    @api.model
    @ormcache()
    def _pool_stage_clocks(self):
        """Ids of pools that have a rule on the time in a stage."""
        rules = self.env["lead.pool.rule"].sudo().search([("clock", "=", "stage")])
        return frozenset(rules.pool_id.ids)

    def _pool_stage_changed(self, before):
        """A stage in which a lead was not yet counts; going back soon takes that away.

        :param dict before: id of the former stage by record id
        """
        changed = self.sudo().filtered(
            lambda lead: (
                lead.pool_state == "owned"
                and lead.pool_id.touch_stage
                and lead.stage_id.id != before[lead.id]
            )
        )
        on, now = changed.browse(), _text(self.env.cr.now())
        by_steps = {}
        for lead in changed:
            steps = lead.pool_stage_steps or [[before[lead.id], False, False]]
            if lead.stage_id.id in [step[0] for step in steps]:
                lead._pool_stage_back(steps)
                continue
            on |= lead
            step = [lead.stage_id.id, now, _text(lead.pool_touch_date) or False]
            by_steps.setdefault(str([*steps, step]), ([*steps, step], []))[1].append(lead.id)
        on._pool_touch(weak=True)
        for steps, ids in by_steps.values():
            self.sudo().browse(ids)._pool_store({"pool_stage_steps": steps})

    def _pool_stage_back(self, steps):
        """The lead is in a stage where it was before: what counted since, and just now, does not.

        :param list steps: stage id, moment and last touch before, of each stage that counted
        """
        stages = [step[0] for step in steps]
        since = self.env.cr.now() - STAGE_KEPT
        undone = [
            step
            for step in steps[stages.index(self.stage_id.id) + 1 :]
            if step[1] and _moment(step[1]) > since
        ]
        kept = [step for step in steps if step not in undone]
        self._pool_store({"pool_stage_steps": kept})
        self._pool_count_weak(True)
        touch = self.pool_touch_date
        # Nothing else was worked since; some ways to keep a moment forget its microseconds.
        if undone and touch and abs(touch - _moment(undone[-1][1])) < timedelta(seconds=1):
            self._pool_store({"pool_touch_date": _moment(undone[0][2]) or False})
            if not self.pool_touch_date:
                self._pool_first_touch_again()
            self._pool_refresh_due()

    # ------------------------------------------------------------------
    # To a colleague and back
    # ------------------------------------------------------------------

    def _pool_apply(self, kind, user, pool, **details):
        """Who gets back what he handed over goes on where he was: there and back is no work."""
        kept = {
            record: record._pool_kept_when_back(user)
            for record in self
            if kind == "handover" and record.user_id
        }
        result = super()._pool_apply(kind, user, pool, **details)
        for record, values in kept.items():
            record._pool_store(values)
            if "pool_own_date" in values:
                record._pool_refresh_due()
        return result

    def _pool_kept_when_back(self, user):
        """What stays as it is when this record is handed over to a user.

        :return: values of fields: all clocks if he had it before, else who had it until now
        """
        self.ensure_one()
        since = {**(self.pool_held_before or {})}
        since.setdefault(str(self.user_id.id), _text(self.pool_own_date))
        values = {"pool_held_before": since}
        if before := since.get(str(user.id)):
            values.update({name: self[name] for name in KEPT_WHEN_BACK})
            values["pool_own_date"] = _moment(before)
        return values
