import logging
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.apart import apart
from ..tools.jobs import CONFLICTS, each_or_set_aside, replayed
from .lead_score_engine import BATCH
from .lead_score_judge import PARKED

_logger = logging.getLogger(__name__)
# Whoever began to work before a card was published, and judges leads by what was before, is done
# by then.
AFTERMATH = timedelta(minutes=5)


class CrmLead(models.Model):
    """Scores leads in the background: when time changes them, and when a card does."""

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    # ------------------------------------------------------------------
    # What time changes
    # ------------------------------------------------------------------

    @api.model
    def _cron_score_due(self, batch_size=1000):
        """Score again the leads that time changes by now, and no others."""
        commit = self.env["ir.cron"]._commit_progress
        time_left = commit(remaining=self._score_due_count())
        while time_left:
            done = replayed(self.env, lambda: self._score_due_batch(batch_size))
            if not done:
                break
            time_left = commit(done, remaining=self._score_due_count())

    def _score_due_batch(self, limit):
        """Score the next leads that are due.

        :return: how many were looked at
        """
        leads = self.sudo().browse(self._score_lock_due(limit))
        each_or_set_aside(leads, lambda part: part._score_of_time(), _set_aside)
        return len(leads)

    def _score_of_time(self):
        self.browse()._score_run("time", self.ids)
        self._score_park(PARKED)

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

    def _score_park(self, until):
        """Leads that are still due after they were looked at are closed: look again then."""
        self.env.cr.execute(
            SQL(
                "UPDATE lead_score SET next_date = %s, due_date = NULL, failure = NULL"
                " WHERE id = ANY(%s) AND next_date <= %s",
                until,
                self.ids,
                self.env.cr.now(),
            )
        )

    def _score_set_aside(self, error):
        """A lead that cannot be scored says so, and is tried again tomorrow."""
        self.ensure_one()
        _logger.warning("Lead %s cannot be scored and is tried again tomorrow", self.id)
        _logger.info("Why lead %s cannot be scored:", self.id, exc_info=error)
        self._score_note_failure(error)
        self.env.cr.execute(
            SQL(
                "UPDATE lead_score SET next_date = %s, due_date = NULL WHERE id = %s",
                self._score_today() + timedelta(days=1),
                self.id,
            )
        )
        self._score_forget(self.ids)

    def _score_note_failure(self, error):
        """A lead on which a job has failed shows why."""
        self.ensure_one()
        self.env.cr.execute(
            SQL(
                "INSERT INTO lead_score (id, failure) SELECT id, %s FROM crm_lead WHERE id = %s"
                " ON CONFLICT (id) DO UPDATE SET failure = excluded.failure",
                str(error).split("\n", maxsplit=1)[0] or type(error).__name__,
                self.id,
            )
        )
        self._score_forget(self.ids)

    # ------------------------------------------------------------------
    # What cards change
    # ------------------------------------------------------------------

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
        reason = self.env.context.get("score_reason", "refresh")
        last = 0
        run = partial(self._score_run_after, reason, following)
        while ids := replayed(self.env, partial(run, last)):
            last = ids[-1]
            if not commit():
                return
        replayed(self.env, lambda: cards.sudo().write({"check_date": self._score_today()}))
        commit(len(cards), remaining=0)

    def _score_run_after(self, reason, following, last):
        """Score the batch of leads that follows.

        :return: ids of the leads, none if there is none left
        """
        ids = following(last)
        self._score_run_each(reason, ids)
        return ids

    def _score_update_each(self, reason):
        """Score these leads now; those that cannot be scored stop none of the others."""
        try:
            with apart(self.env):
                self._score_update(reason)
        except CONFLICTS:
            raise
        except Exception:
            each_or_set_aside(self, lambda part: part._score_update(reason), _set_aside)

    @api.model
    def _score_run_each(self, reason, ids):
        """Score leads at once; those that cannot be scored are set aside."""
        leads = self.env["crm.lead"].sudo().browse(ids)
        none = self.browse()
        each_or_set_aside(leads, lambda part: none._score_run(reason, part.ids), _set_aside)

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
        found = leads.search([("won_status", "=", "pending")], order="id", limit=BATCH + 1)
        if len(found) <= BATCH:
            self._score_run_each("rules", found.ids)
            job._trigger(at=fields.Datetime.now() + AFTERMATH)
            return
        self.env["lead.score.card"].sudo().search([("state", "=", "published")]).check_date = False
        job._trigger()


def _set_aside(lead, error):
    lead._score_set_aside(error)
