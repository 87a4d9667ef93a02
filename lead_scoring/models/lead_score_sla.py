import logging

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .lead_score_qualification import MQL, QUALIFY, RAW, REJECTED, SALES

_logger = logging.getLogger(__name__)
REMINDER_TYPE = "lead_scoring.mail_activity_decide"
REMINDER_BATCH = 200
# So many leads change their state at once; a new scorecard may change those of all.
BATCH = 1000


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
        # The score decides this, and not the user during whose work it changed.
        leads = self.sudo()
        rows = leads._qualification_earned()
        known = ("mql", "sql")
        # A rejected lead comes back only if its score was below the threshold in between.
        ready = [
            lead_id
            for lead_id, state, _sales in rows
            if state == RAW
            or (state == REJECTED and before.get(lead_id, {}).get("level") not in known)
        ]
        sales = {lead_id for lead_id, state, sales in rows if sales and state != REJECTED}
        for ids, target in ((ready, MQL), (list(sales), SALES)):
            for start in range(0, len(ids), BATCH):
                leads.browse(ids[start : start + BATCH])._qualify(target)

    def _qualification_earned(self):
        """Which of these leads have a score for more than they are.

        :return: (lead id, state, whether it becomes SQL) of open leads
        """
        self.env["crm.lead"].flush_model(["qualification", "active", "won_status"])
        self.env["lead.score.card"].flush_model(["sql_auto"])
        return self.env.execute_query(
            SQL(
                """
                SELECT l.id, l.qualification, s.level = 'sql' AND c.sql_auto IS TRUE
                  FROM crm_lead l
                  JOIN lead_score s ON s.id = l.id AND s.level IN ('mql', 'sql')
                  JOIN lead_score_card c ON c.id = s.card_id
                 WHERE l.id = ANY(%s) AND l.active AND l.won_status = 'pending'
                   AND (l.qualification IN ('raw', 'rejected')
                        OR (l.qualification IN ('mql', 'accepted')
                            AND s.level = 'sql' AND c.sql_auto))
                """,
                self.ids,
            )
        )

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
