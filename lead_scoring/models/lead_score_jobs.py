import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

from .lead_score_engine import BATCH
from .lead_score_judge import PARKED

_logger = logging.getLogger(__name__)
# So often is a batch tried, if people edit leads of it meanwhile.
TRIES = 4
# Whoever began to work before a card was published, and judges leads by what was before, is done
# by then.
AFTERMATH = timedelta(minutes=5)


class CrmLead(models.Model):
    """Scores leads in the background: when time changes them, and when a card does."""

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    @api.model
    def _cron_score_due(self, batch_size=1000):
        """Score again the leads that time changes by now, and no others."""
        commit = self.env["ir.cron"]._commit_progress
        commit(remaining=self._score_due_count())
        while ids := self._score_lock_due(batch_size):
            self._score_run_safely(ids)
            if not commit(len(ids), remaining=self._score_due_count()):
                break

    def _score_due_count(self):
        self.env.cr.execute(
            SQL("SELECT count(*) FROM lead_score WHERE next_date <= %s", self.env.cr.now())
        )
        return self.env.cr.fetchone()[0]

    def _score_lock_due(self, limit):
        """Ids of leads that are due and that nobody else works on."""
        self.env.cr.execute(
            SQL(
                "SELECT id FROM lead_score WHERE next_date <= %s ORDER BY next_date, id LIMIT %s"
                " FOR NO KEY UPDATE SKIP LOCKED",
                self.env.cr.now(),
                limit,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _score_run_safely(self, ids):
        """Score leads because time passed; one that fails waits for a day, the others go on."""
        try:
            with self.env.cr.savepoint():
                self._score_run("time", ids)
                self._score_park(ids, PARKED)
        except Exception:
            if len(ids) > 1:
                for lead_id in ids:
                    self._score_run_safely([lead_id])
                return
            _logger.warning("Lead %s cannot be scored and is tried again tomorrow", ids[0])
            _logger.info("Why lead %s cannot be scored:", ids[0], exc_info=True)
            self.env.invalidate_all(flush=False)
            self._score_park(ids, self._score_today() + timedelta(days=1))

    def _score_park(self, ids, until):
        """Leads that are still due after they were looked at are closed, or cannot be scored."""
        self.env.cr.execute(
            SQL(
                "UPDATE lead_score SET next_date = %s, due_date = NULL"
                " WHERE id IN %s AND next_date <= %s",
                until,
                tuple(ids),
                self.env.cr.now(),
            )
        )

    @api.model
    def _cron_score_refresh(self):
        """Score open leads again: all if a card asks for it, since it is new or depends on the
        date, and else those that were judged by a version that no longer counts.

        Leads are taken in batches in the order of their ids, each in a transaction of its own.
        """
        # Who began to work before a card was published may have remembered what was before.
        self.env.registry.clear_cache()
        cards = self.env["lead.score.card"]._to_check()
        commit = self.env["ir.cron"]._commit_progress
        commit(remaining=len(cards))
        following = self._score_next_ids if cards else self._score_outdated_ids
        last = 0
        while ids := following(last):
            self._score_run_again(self.env.context.get("score_reason", "refresh"), ids)
            last = ids[-1]
            if not commit():
                return
        cards.sudo().check_date = self._score_today()
        commit(len(cards), remaining=0)

    def _score_run_again(self, reason, ids):
        """Score a batch of the job; again if somebody edited one of its leads meanwhile."""
        for left in reversed(range(TRIES)):
            try:
                return self._score_run(reason, ids)
            except (psycopg2.OperationalError, ConcurrencyError):
                if not left:
                    raise
                self.env.cr.rollback()

    def _score_next_ids(self, last):
        leads = self.env["crm.lead"].sudo()
        domain = [("id", ">", last), ("won_status", "=", "pending")]
        return leads.search(domain, order="id", limit=BATCH).ids

    def _score_outdated_ids(self, last):
        """Open leads that were judged by a version before the published one.

        Of those that no card judges, the ones that were looked at since yesterday.
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT s.id FROM lead_score s JOIN crm_lead l ON l.id = s.id"
                " LEFT JOIN lead_score_card c ON c.id = s.card_id"
                " WHERE s.id > %(last)s AND l.active AND l.won_status = 'pending' AND CASE"
                " WHEN s.card_id IS NULL THEN s.day >= %(yesterday)s"
                " ELSE c.state <> 'published' OR s.card_version <> c.version END"
                " ORDER BY s.id LIMIT %(limit)s",
                last=last,
                yesterday=self._score_today() - timedelta(days=1),
                limit=BATCH,
            )
        )
        return [lead_id for (lead_id,) in rows]

    @api.model
    def _score_schedule_refresh(self):
        """Have all open leads scored again: at once if they are few, else in the background."""
        job = self.env.ref("lead_scoring.ir_cron_score_refresh")
        leads = self.env["crm.lead"].sudo()
        if leads.search_count([("won_status", "=", "pending")], limit=BATCH + 1) <= BATCH:
            self._score_run("rules")
            job._trigger(at=fields.Datetime.now() + AFTERMATH)
            return
        self.env["lead.score.card"].sudo().search([("state", "=", "published")]).check_date = False
        job._trigger()
