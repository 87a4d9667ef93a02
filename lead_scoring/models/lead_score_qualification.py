from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import get_lang

from ..tools.arguments import checked, number, text
from ..tools.guarded import completed
from ..tools.qualification import ACCEPTED, MQL, RANK, RAW, REJECTED, SALES, STATES

# Where a person may take a lead from where it is; a rejected lead that comes back is "recycled".
STEPS = {
    RAW: {MQL, ACCEPTED, REJECTED},
    MQL: {ACCEPTED, REJECTED, SALES},
    ACCEPTED: {REJECTED, SALES},
    REJECTED: {MQL, ACCEPTED},
    SALES: {REJECTED},
}
# Steps back undo somebody's decision: only for sales managers.
STEPS_BACK = {MQL: {RAW}, ACCEPTED: {MQL}, SALES: {ACCEPTED, MQL}, REJECTED: {RAW}}
# States through which a lead in this state must have come; the funnel counts on it.
PASSED = {
    RAW: (),
    MQL: (MQL,),
    ACCEPTED: (MQL, ACCEPTED),
    REJECTED: (),
    SALES: (MQL, ACCEPTED, SALES),
}
STAGES = (MQL, ACCEPTED, REJECTED, SALES)
# In the context of a write: it comes from `_qualify`, which has decided and takes the minutes.
QUALIFY = object()
# A new scorecard moves many leads at once; the history tells it, their chatter does not.
BULK = {"rules", "refresh"}
MANAGER = "sales_team.group_sale_manager"


def moment(state):
    """Name of the field that says when a lead entered a state."""
    return f"qualification_{state}_date"


def decider(state):
    """Name of the field that says who took it there."""
    return f"qualification_{state}_user_id"


# Written by the program only.
MINUTES = frozenset(
    {
        *(moment(state) for state in STAGES),
        *(decider(state) for state in STAGES),
        "qualification_date",
        "qualification_due_date",
        "qualification_alarm_date",
        "qualification_recycle_count",
        "qualification_recycle_date",
    }
)
GUARDED = MINUTES | {"qualification", "qualification_reason_id", "qualification_note"}


# Details that are read together, and not whenever one field of a lead is needed.
TOGETHER = "qualification"


def _date(label, what):
    return fields.Datetime(string=label, readonly=True, copy=False, prefetch=TOGETHER, help=what)


def _user(label, what):
    return fields.Many2one(
        "res.users", string=label, readonly=True, copy=False, prefetch=TOGETHER, help=what
    )


class CrmLead(models.Model):
    """From a raw lead over marketing and sales qualified to won: where it stands, since when, by
    whom. `qualification` changes through `_qualify` only; a plain write is checked and sent there.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    qualification = fields.Selection(
        STATES,
        default=RAW,
        copy=False,
        index=True,
        help="Raw until its score or a person says that marketing is done with it (MQL); sales "
        "then accepts or rejects it, and makes it sales qualified (SQL).",
    )
    qualification_date = _date("Qualification since", "When it entered this state.")
    qualification_mql_date = _date("MQL on", "When it became marketing qualified.")
    qualification_mql_user_id = _user("MQL by", "Who said so; empty if its score did.")
    qualification_accepted_date = _date("Accepted on", "When sales accepted it.")
    qualification_accepted_user_id = _user("Accepted by", "Who accepted it.")
    qualification_rejected_date = _date("Rejected on", "When sales rejected it last.")
    qualification_rejected_user_id = _user("Rejected by", "Who rejected it.")
    qualification_sql_date = _date("SQL on", "When it became sales qualified.")
    qualification_sql_user_id = _user("SQL by", "Who said so; empty if its score did.")
    qualification_reason_id = fields.Many2one(
        "lead.score.reject.reason",
        string="Reason for rejection",
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        prefetch=TOGETHER,
        help="Why sales rejected it last. Kept when it comes back.",
    )
    qualification_note = fields.Char(
        string="Note on the rejection",
        copy=False,
        prefetch=TOGETHER,
        help="What else marketing should know.",
    )
    qualification_due_date = fields.Datetime(
        string="Decide by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        prefetch=TOGETHER,
        help="Until when sales should have accepted or rejected it. Empty once that has happened.",
    )
    qualification_alarm_date = fields.Datetime(
        string="Next reminder to decide",
        readonly=True,
        copy=False,
        index="btree_not_null",
        prefetch=TOGETHER,
        help="When the next reminder to accept or reject it is given.",
    )
    qualification_recycle_count = fields.Integer(
        string="Recycled",
        readonly=True,
        copy=False,
        prefetch=TOGETHER,
        help="How often it came back after sales had rejected it.",
    )
    qualification_recycle_date = _date("Recycled on", "When it came back last.")

    # ------------------------------------------------------------------
    # Guard
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """A lead may be born qualified, by import for example; the minutes are then complete."""
        now = fields.Datetime.now()
        prepared = []
        for vals, known in zip(vals_list, completed(self, vals_list, GUARDED), strict=True):
            self._qualify_check_birth(vals, known)
            state = known.get("qualification") or RAW
            if state == REJECTED and not vals.get("qualification_reason_id"):
                raise UserError(self.env._("Please say why the lead is rejected."))
            if state != RAW:
                minutes = self._qualification_minutes(state, now, self.env.user)
                vals = {**minutes, "qualification": state, **vals}
            elif "qualification" in vals:
                # An import may leave it empty.
                vals = {**vals, "qualification": RAW}
            prepared.append(vals)
        return super().create(prepared)

    @api.model
    def _qualify_check_birth(self, vals, known):
        """Who brings a history along may bring its dates, if they may step back as well.

        :param dict vals: what was sent
        :param dict known: the guarded values, with the defaults that the caller chose
        """
        if self.env.su or self.env.user.has_group(MANAGER):
            return
        chosen = {name for name, value in known.items() if value}
        self._qualify_check_minutes(chosen | vals.keys())
        state = known.get("qualification") or RAW
        if state in dict(STATES) and state not in (RAW, *STEPS[RAW]):
            labels = dict(self._fields["qualification"]._description_selection(self.env))
            raise UserError(
                self.env._("A new lead cannot be “%s” at once. Accept it first.", labels[state])
            )

    def write(self, vals):
        if GUARDED.isdisjoint(vals):
            return super().write(vals)
        if self.env.context.get("score_qualify") is QUALIFY:
            # Nothing that hears of the write may write on by the same leave.
            return super(CrmLead, self.with_context(score_qualify=None)).write(vals)
        plain = {name: value for name, value in vals.items() if name not in GUARDED}
        # Before anything else: who hands a lead over may not write it any more.
        self._qualify_by_write({name: vals[name] for name in vals if name in GUARDED})
        return super().write(plain) if plain else True

    def _qualify_by_write(self, vals):
        """What an import, a list or the API wants to write is judged like a click."""
        self._qualify_check_minutes(vals)
        self.check_access("write")
        reason = self.env["lead.score.reject.reason"].browse(vals.get("qualification_reason_id"))
        note = vals.get("qualification_note")
        target = "qualification" in vals and (vals["qualification"] or RAW)
        if target in (False, REJECTED):
            rejected = self.filtered(lambda lead: lead.qualification == REJECTED)
            if not target and rejected != self:
                raise UserError(self.env._("Only a rejected lead has a reason for it."))
            rejected._qualification_reword(
                {name: value for name, value in vals.items() if name != "qualification"}
            )
        if target:
            self._qualify_by_hand(target, reason, note)

    def _qualification_reword(self, about):
        """Change why these leads were rejected, and leave a trace of it.

        :param dict about: the new reason or note
        """
        if "qualification_reason_id" in about and not about["qualification_reason_id"]:
            raise UserError(self.env._("Please say why the lead is rejected."))
        changed = self.filtered(
            lambda lead: any(
                lead._fields[name].convert_to_write(lead[name], lead) != (value or False)
                for name, value in about.items()
            )
        )
        if not changed:
            return
        changed.with_context(score_qualify=QUALIFY).write(about)
        why = {
            lead.id: ". ".join(
                filter(None, [lead.qualification_reason_id.name, lead.qualification_note])
            )
            for lead in changed
        }
        changed.sudo()._message_log_batch(
            {
                lead_id: self.env._("Reason for rejection changed: %s", text)
                for lead_id, text in why.items()
            }
        )
        changed._score_log(
            {
                lead_id: {"reason": "qualification", "qualification": REJECTED, "note": text}
                for lead_id, text in why.items()
            }
        )

    def _qualify_check_minutes(self, names):
        """Refuse to have the minutes written from outside."""
        if forbidden := MINUTES.intersection(names):
            labels = ", ".join(
                sorted(self._fields[name]._description_string(self.env) for name in forbidden)
            )
            raise UserError(self.env._("Odoo keeps the minutes itself: %s.", labels))

    def _qualify_refusal(self, target):
        """Why the current user may not take this lead to a state, or None."""
        self.ensure_one()
        # Rows that were loaded past Odoo may have none.
        state = self.qualification or RAW
        if target == state or target in STEPS.get(state, ()):
            return None
        labels = dict(self._fields["qualification"]._description_selection(self.env))
        if target in STEPS_BACK.get(state, ()):
            if self.env.su or self.env.user.has_group(MANAGER):
                return None
            return self.env._(
                "“%(lead)s” is “%(state)s”. Only a sales manager may take that back.",
                lead=self.name,
                state=labels[state],
            )
        return self.env._(
            "“%(lead)s” is “%(state)s” and cannot become “%(target)s”.",
            lead=self.name,
            state=labels[state],
            target=labels.get(target, target),
        )

    def _qualify_by_hand(self, target, reason=None, note=None):
        self.check_access("write")
        changing = self.filtered(lambda lead: lead.qualification != target)
        if refusals := [text for lead in changing if (text := lead._qualify_refusal(target))]:
            raise UserError("\n".join(refusals[:10]))
        if target == REJECTED and changing and not reason:
            raise UserError(self.env._("Please say why the lead is rejected."))
        return changing._qualify(target, reason=reason, note=note, user=self.env.user)

    # ------------------------------------------------------------------
    # Moves
    # ------------------------------------------------------------------

    def _qualification_minutes(self, state, now, user):
        """Values that say that leads entered a state, for those that have not been there before."""
        values = {"qualification_date": now}
        for passed in (*PASSED.get(state, ()), state):
            if passed in STAGES:
                values[moment(passed)] = now
                values[decider(passed)] = user.id if user else False
        return values

    def _qualify(self, target, reason=None, note=None, user=None):
        """Take leads to a state, without asking whether that may be.

        :param str target: a key of `qualification`
        :param reason: the `lead.score.reject.reason` of a rejection
        :param str note: what else marketing should know about a rejection
        :param user: who decided; none if the score did
        :return: the leads that were not in that state before
        """
        changing = self.filtered(lambda lead: lead.qualification != target)
        if not changing:
            return changing
        now = fields.Datetime.now()
        before = {lead.id: lead.qualification or RAW for lead in changing}
        kept = {lead.id: lead._qualification_kept(target) for lead in changing}
        dues = changing._qualification_dues(now) if target == MQL else {}
        for (names, recycled, due), leads in changing.grouped(
            lambda lead: (
                kept[lead.id],
                lead.qualification_recycle_count + 1
                if lead.qualification == REJECTED and target in (MQL, ACCEPTED)
                else 0,
                dues.get(lead.id),
            )
        ).items():
            values = leads._qualification_values(target, now, user, reason, note)
            values = {name: value for name, value in values.items() if name not in names}
            values.update(qualification_due_date=due, qualification_alarm_date=due)
            if recycled:
                values.update(qualification_recycle_count=recycled, qualification_recycle_date=now)
            leads.with_context(score_qualify=QUALIFY).write(values)
        if target != MQL:
            changing._qualification_drop_reminders()
        changing._qualification_record(before, target, reason, note, user)
        return changing

    def _qualification_values(self, target, now, user, reason, note):
        values = {"qualification": target, **self._qualification_minutes(target, now, user)}
        if target == REJECTED:
            values.update(qualification_reason_id=reason and reason.id, qualification_note=note)
        for state in STAGES:
            if RANK[state] > RANK[target] and state not in PASSED[target] and target != REJECTED:
                values.update({moment(state): False, decider(state): False})
        return values

    def _qualification_kept(self, target):
        """Minutes of states that the lead had passed before and that this move does not touch."""
        names = set()
        back = target in STEPS_BACK.get(self.qualification, ())
        for state in PASSED[target]:
            if (back or state != target) and self[moment(state)]:
                names |= {moment(state), decider(state)}
        return frozenset(names)

    def _qualification_record(self, before, target, reason, note, user):
        """Chatter, history and whatever waits for it learn that leads entered a state."""
        why = reason.name if target == REJECTED and reason else False
        if user or self.env.context.get("score_reason") not in BULK:
            self._qualification_tell(before, target, ". ".join(filter(None, [why, note])), user)
        self._qualification_log(before, target, user, why)

    def _qualification_log(self, before, target, user, why=False):
        """History, and whatever waits for it, learn that leads entered a state."""
        self._score_log(
            {
                lead.id: {
                    "reason": "qualification",
                    "qualification_before": before[lead.id],
                    "qualification": target,
                    "user_id": user.id if user else False,
                    "note": why,
                }
                for lead in self
            }
        )
        self._qualification_changed(before)

    def _qualification_tell(self, before, target, why, user):
        """One line in the chatter of each lead."""
        leads, told = self.sudo(), {}
        for lead in leads:
            told.setdefault((before[lead.id], lead.user_id), []).append(lead.id)
        bodies = {}
        for (state, owner), ids in told.items():
            # A job or the mail gateway has no language; the line is for the salesperson.
            lang = self.env.context.get("lang")
            if not lang and owner:
                lang = owner.with_user(owner).context_get().get("lang")
            env = self.with_context(lang=lang or get_lang(self.env).code).env
            labels = dict(self._fields["qualification"]._description_selection(env))
            text = env._("Qualification: %(old)s → %(new)s", old=labels[state], new=labels[target])
            if not user:
                text = env._("%s, by its score", text)
            bodies.update(dict.fromkeys(ids, f"{text}. {why}" if why else text))
        self._score_fetch_author()
        leads._message_log_batch(bodies)

    def _qualification_changed(self, before):
        """Hook: these leads have just entered another state of qualification.

        :param dict before: their states before, by lead id
        """

    # ------------------------------------------------------------------
    # Public API and buttons
    # ------------------------------------------------------------------

    @checked()
    def action_accept(self):
        """Sales accepts these leads. A lead that nobody has becomes the current user's.

        :return: True
        :raise UserError: if one of them is already sales qualified; then none is accepted
        """
        accepted = self._qualify_by_hand(ACCEPTED)
        ownerless = accepted.filtered(lambda lead: not lead.user_id)
        if ownerless and self.env.user.has_group("sales_team.group_sale_salesman"):
            ownerless.user_id = self.env.user
        return True

    @checked(reason_id=number, note=text)
    def action_reject(self, reason_id, note=None):
        """Sales rejects these leads.

        :param int reason_id: id of a `lead.score.reject.reason`
        :param str note: what else marketing should know
        :return: True
        :raise UserError: without a reason, or with one that does not exist
        """
        number = isinstance(reason_id, int) and not isinstance(reason_id, bool)
        reasons = self.env["lead.score.reject.reason"]
        reason = reasons.browse(reason_id if number else ()).exists()
        if not reason:
            raise UserError(self.env._("Please say why the lead is rejected."))
        if note and not isinstance(note, str):
            raise UserError(self.env._("A note is a text."))
        self._qualify_by_hand(REJECTED, reason, note)
        return True

    @checked()
    def action_mql(self):
        """Say that marketing is done with these leads; rejected ones come back by this.

        :return: True
        """
        self._qualify_by_hand(MQL)
        return True

    @checked()
    def action_sql(self):
        """Say that these leads are sales qualified.

        :return: True
        """
        self._qualify_by_hand(SALES)
        return True

    @checked()
    def action_reject_open(self):
        """Ask for the reason of a rejection."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reject"),
            "res_model": "lead.score.reject",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_ids": self.ids},
        }

    # ------------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------------

    def _merge_dependences(self, opportunities):
        """The merged lead stands where the furthest of them stood, with all that led there."""
        result = super()._merge_dependences(opportunities)
        self._qualification_merge(opportunities)
        return result

    def _qualification_merge(self, others):
        leads = (self | others).sudo()
        best = max(leads, key=lambda lead: (RANK[lead.qualification or RAW], lead == self))
        values = {
            "qualification": best.qualification or RAW,
            "qualification_date": best.qualification_date,
            "qualification_due_date": best.qualification_due_date,
            "qualification_alarm_date": best.qualification_alarm_date,
            "qualification_recycle_count": max(leads.mapped("qualification_recycle_count")),
            "qualification_recycle_date": max(
                filter(None, leads.mapped("qualification_recycle_date")), default=False
            ),
        }
        for state in STAGES:
            # Of rejections the last one counts, of all else the first.
            known = leads.filtered(moment(state)).sorted(moment(state), reverse=state == REJECTED)[
                :1
            ]
            if state in (*PASSED[best.qualification or RAW], REJECTED):
                values[moment(state)] = known[moment(state)]
                values[decider(state)] = known[decider(state)].id
                if state == REJECTED:
                    values["qualification_reason_id"] = known.qualification_reason_id.id
                    values["qualification_note"] = known.qualification_note
        self.sudo().with_context(score_qualify=QUALIFY).write(values)
