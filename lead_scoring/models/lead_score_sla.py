import logging

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

from .lead_score_qualification import ACCEPTED, MQL, QUALIFY, RAW, REJECTED, SALES

_logger = logging.getLogger(__name__)
REMINDER_TYPE = "lead_scoring.mail_activity_decide"
REMINDER_BATCH = 200


class LeadScoreSla(models.AbstractModel):
    """What the score does to the qualification, and how long sales may take to decide."""

    _name = "lead.score.sla"
    _description = "Qualification by Score, and Reminders"

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
        opened = self.filtered(lambda lead: lead.active and lead.won_status == "pending")
        ready = opened.filtered(lambda lead: lead.score_level in (MQL, SALES))
        ready.filtered(
            lambda lead: (
                lead.qualification == RAW
                or (lead.qualification == REJECTED and lead._qualification_risen(before))
            )
        )._qualify(MQL)
        opened.filtered(
            lambda lead: (
                lead.qualification in (MQL, ACCEPTED)
                and lead.score_level == SALES
                and lead.score_card_id.sql_auto
            )
        )._qualify(SALES)

    def _qualification_risen(self, before):
        """A rejected lead comes back only if its score was below the threshold in between."""
        return before.get(self.id, {}).get("level") not in (MQL, SALES)

    # ------------------------------------------------------------------
    # Time to decide
    # ------------------------------------------------------------------

    def _qualification_dues(self, now):
        """Until when sales should decide, per lead id; none where the card sets no time."""
        dues = {}
        for (card, company), leads in self.grouped(
            lambda lead: (lead.score_card_id, lead.company_id)
        ).items():
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
        commit = self.env["ir.cron"]._commit_progress
        domain = self._qualification_alarm_domain()
        commit(remaining=self.search_count(domain))
        while leads := self.search(
            domain, limit=REMINDER_BATCH, order="qualification_alarm_date, id"
        ):
            locked = leads.try_lock_for_update(allow_referencing=True)
            if not locked:
                break
            for lead in locked:
                lead._qualification_remind_safely()
            if not commit(len(locked), remaining=self.search_count(domain)):
                break

    def _qualification_remind_safely(self):
        """One lead that cannot be reminded of must not keep the others from it."""
        try:
            with self.env.cr.savepoint():
                self._qualification_remind()
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.exception("No reminder to decide about lead %s", self.id)
            self.with_context(score_qualify=QUALIFY).write({"qualification_alarm_date": False})

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
