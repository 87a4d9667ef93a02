import logging
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.guarded import completed
from ..tools.jobs import each_or_set_aside, replayed, work_off
from ..tools.qualification import ACCEPTED, MQL, RAW, REJECTED, SALES
from .lead_score_engine import SINGLE
from .lead_score_qualification import BULK, QUALIFY

_logger = logging.getLogger(__name__)
REMINDER_TYPE = "lead_scoring.mail_activity_decide"
REMINDER_BATCH = 200
# A new scorecard may qualify most leads at once. More than a few are taken on in the background,
# so many at a time.
FEW = 200
BATCH = 1000


class CrmLead(models.Model):
    """What the score does to the qualification, and how long sales may take to decide."""

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    # ------------------------------------------------------------------
    # The score qualifies
    # ------------------------------------------------------------------

    def _score_changed(self, before):
        """A score that passes a threshold of its card takes the lead one state on, never back."""
        result = super()._score_changed(before)
        self._qualification_follow(before)
        return result

    def _qualification_follow(self, before):
        """Take leads to the states that their scores have earned.

        :param dict before: see `_score_changed`
        """
        if len(self) > FEW and self.env.context.get("score_reason") in BULK:
            self.env.ref("lead_scoring.ir_cron_qualify").sudo()._trigger()
            return
        risen = {
            lead_id
            for lead_id in self.ids
            if before.get(lead_id, {}).get("level") not in (MQL, SALES)
        }
        # The score decides this, and not the user during whose work it changed.
        leads = self.sudo()
        if len(self) <= SINGLE:
            # Their new scores are at hand, and most often there is nothing to ask.
            leads = leads.filtered(lambda lead: lead.lead_score_id.level in (MQL, SALES))
        if leads:
            leads._qualification_take(risen)

    def _qualification_take(self, risen):
        """Take leads on by the level that their scores have reached.

        :param set risen: ids of those whose score has just passed the threshold for MQL. Others
            stay raw, or rejected, if a person has said so while their score was high
        """
        rows = self._qualification_earned()
        ready = [
            lead_id
            for lead_id, state, _sales in rows
            if state in (RAW, REJECTED) and lead_id in risen
        ]
        sales = [
            lead_id
            for lead_id, state, sales in rows
            if sales and (state in (MQL, ACCEPTED) or lead_id in risen)
        ]
        self.browse(ready)._qualify(MQL)
        self.browse(sales)._qualify(SALES)

    def _qualification_earned(self):
        """Which of these leads have a score for more than they are.

        :return: (lead id, state, whether it becomes SQL) of open leads
        """
        if len(self) <= SINGLE:
            # The database would plan for longer than it takes to look.
            return list(self._qualification_earned_few())
        self.env["crm.lead"].flush_model(["qualification", "active", "won_status"])
        self.env["lead.score.card"].flush_model(["sql_auto"])
        return self.env.execute_query(
            SQL(
                """
                SELECT l.id, COALESCE(l.qualification, 'raw'),
                       s.level = 'sql' AND c.sql_auto IS TRUE
                  FROM crm_lead l
                  JOIN lead_score s ON s.id = l.id AND s.level IN ('mql', 'sql')
                  JOIN lead_score_card c ON c.id = s.card_id
                 WHERE l.id = ANY(%s) AND l.active AND l.won_status = 'pending'
                   AND (COALESCE(l.qualification, 'raw') IN ('raw', 'rejected')
                        OR (l.qualification IN ('mql', 'accepted')
                            AND s.level = 'sql' AND c.sql_auto))
                """,
                self.ids,
            )
        )

    def _qualification_earned_few(self):
        """As `_qualification_earned`, from what is at hand."""
        for lead in self:
            score, state = lead.lead_score_id, lead.qualification or RAW
            if score.level not in (MQL, SALES) or not lead.active or lead.won_status != "pending":
                continue
            sales = score.level == SALES and score.card_id.sql_auto
            if state in (RAW, REJECTED) or (sales and state in (MQL, ACCEPTED)):
                yield lead.id, state, sales

    @api.model
    def _cron_qualify(self):
        """Take on the raw leads that a new scorecard has lifted over its threshold.

        Raw leads that a person has put back have a date, and are left alone.
        """
        commit = self.env["ir.cron"]._commit_progress
        last = 0
        while ids := replayed(self.env, partial(self._qualification_take_after, last)):
            last = ids[-1]
            if not commit(len(ids), remaining=len(self._qualification_lifted(last))):
                return

    def _qualification_take_after(self, last):
        """Take the next leads on; those that cannot be are set aside until the next day.

        :return: their ids, none if there is none left
        """
        ids = self._qualification_lifted(last)
        each_or_set_aside(
            self.browse(ids).with_context(score_reason="rules"),
            lambda leads: leads._qualification_take(set(leads.ids)),
            _set_aside,
        )
        return ids

    def _qualification_lifted(self, last):
        """Ids of the next raw leads that nobody has judged and whose score makes them MQL."""
        self.env["crm.lead"].flush_model(["qualification", "qualification_date", "active"])
        rows = self.env.execute_query(
            SQL(
                "SELECT l.id FROM crm_lead l JOIN lead_score s ON s.id = l.id"
                " WHERE l.id > %s AND s.level IN ('mql', 'sql')"
                " AND COALESCE(l.qualification, 'raw') = 'raw'"
                " AND l.qualification_date IS NULL AND l.active AND l.won_status = 'pending'"
                " ORDER BY l.id LIMIT %s",
                last,
                BATCH,
            )
        )
        return [lead_id for (lead_id,) in rows]

    # ------------------------------------------------------------------
    # Born qualified
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        born = completed(self, vals_list, ["qualification"])
        leads = super().create(vals_list)
        # A pool may take a new lead in and hide it from who entered it; its minutes are kept.
        leads.sudo()._qualification_born([known.get("qualification") for known in born])
        return leads

    def _qualification_born(self, states):
        """Leads that came into being qualified have a time to decide, a history and triggers."""
        born = {}
        for lead, state in zip(self, states, strict=True):
            state = state or RAW
            # Its score may have taken it on, with all that belongs to it.
            if state != RAW and lead.qualification == state:
                born.setdefault(state, []).append(lead.id)
        for state, ids in born.items():
            leads = self.browse(ids)
            if state == MQL:
                leads._qualification_set_dues()
            leads._qualification_log(dict.fromkeys(ids, RAW), state, self.env.user)

    def _qualification_set_dues(self):
        """Sales has to decide from now on, unless an import says until when."""
        dues = self._qualification_dues(fields.Datetime.now())
        undecided = self.filtered(lambda lead: not lead.qualification_due_date)
        for due, leads in undecided.grouped(lambda lead: dues[lead.id]).items():
            if due:
                values = {"qualification_due_date": due, "qualification_alarm_date": due}
                leads.with_context(score_qualify=QUALIFY).write(values)

    # ------------------------------------------------------------------
    # Time to decide
    # ------------------------------------------------------------------

    def _qualification_dues(self, now):
        """Until when sales should decide, per lead id; none where the card sets no time."""
        dues = {}
        for (card, company), leads in (
            self.sudo().grouped(lambda lead: (lead.lead_score_id.card_id, lead.company_id)).items()
        ):
            due = card._decide_by(now, company) if card else False
            dues.update(dict.fromkeys(leads.ids, due))
        return dues

    @api.model
    def _qualification_alarm_domain(self):
        return Domain(
            [
                ("qualification_alarm_date", "<=", fields.Datetime.now()),
                ("qualification", "=", MQL),
                ("won_status", "=", "pending"),
            ]
        )

    @api.model
    def _cron_qualification_remind(self):
        """Remind of leads that sales should have accepted or rejected by now; costs what is due."""
        work_off(
            self.browse(),
            self._qualification_alarm_domain,
            "qualification_alarm_date, id",
            REMINDER_BATCH,
            lambda leads: each_or_set_aside(
                leads, lambda part: part._qualification_remind_each(), _remind_no_more
            ),
        )

    def _qualification_remind_each(self):
        for lead in self:
            lead._qualification_remind()

    def _qualification_remind(self):
        """First the salesperson, then, when the same time has passed again, the team leader."""
        self.ensure_one()
        first = self.qualification_alarm_date == self.qualification_due_date
        leader = self.team_id.user_id
        user = (self.user_id or leader) if first else leader
        following = False
        if first and leader and leader != user:
            following = self.score_card_id._decide_by(fields.Datetime.now(), self.company_id)
        self.with_context(score_qualify=QUALIFY).write({"qualification_alarm_date": following})
        if user.active:
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                REMINDER_TYPE,
                user_id=user.id,
                summary=self.env._("Accept or reject this lead")
                if first
                else self.env._("Nobody has accepted or rejected this lead"),
            )

    def _qualification_drop_reminders(self):
        if self.env.ref(REMINDER_TYPE, raise_if_not_found=False):
            self.sudo().activity_unlink([REMINDER_TYPE], only_automated=False)


def _set_aside(lead, error):
    """Not taken on; the lead says why."""
    _logger.warning("Lead %s was not qualified: %s", lead.id, error, exc_info=error)
    lead._score_note_failure(error)


def _remind_no_more(lead, error):
    """What keeps Odoo from writing this lead must not keep the job at it for ever."""
    _set_aside(lead, error)
    lead.env.cr.execute(
        SQL("UPDATE crm_lead SET qualification_alarm_date = NULL WHERE id = %s", lead.id)
    )
    lead.invalidate_recordset(["qualification_alarm_date"], flush=False)
