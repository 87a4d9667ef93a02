import logging

import psycopg2

from odoo import api, models
from odoo.tools import SQL

from .lead_score_trigger import STAY

_logger = logging.getLogger(__name__)
# A new or recalculated scorecard moves many leads at once, and none of them has done anything:
# triggers leave that alone, and are applied to existing leads on request.
NOT_BY_ITSELF = {"rules", "refresh"}


class Passed:
    """Carries scores before and after from the place that stores them to the one that acts."""

    def __init__(self):
        self.before = {}


class CrmLead(models.Model):
    """Looks which triggers a change of class or score concerns."""

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    # ------------------------------------------------------------------
    # Classes
    # ------------------------------------------------------------------

    def _score_changed(self, before):
        result = super()._score_changed(before)
        if self.env.context.get("score_reason") not in NOT_BY_ITSELF:
            self._score_trigger(before, ("temperature", "grade", "intent"))
        return result

    def _qualification_changed(self, before):
        result = super()._qualification_changed(before)
        states = {lead_id: {"qualification": state} for lead_id, state in before.items()}
        self._score_trigger(states, ("qualification",))
        return result

    def _score_trigger(self, before, watches):
        """Let triggers act whose condition these leads have just fulfilled.

        :param dict before: by lead id, what was before, as a dict
        :param watches: which of it may have changed
        """
        live = [*self.env["lead.score.trigger"]._live().intersection(watches)]
        if not live:
            return
        triggers = self.env["lead.score.trigger"].sudo().search([("watch", "in", live)])
        # What a trigger does must not set it off again.
        busy = self.env.context.get("score_triggers", ())
        leads = self
        for trigger in triggers:
            if trigger.id in busy:
                continue
            name = trigger.watch
            field_name = name if name in ("qualification", "score") else f"score_{name}"
            there = [
                lead.id
                for lead in leads
                if trigger._happened(before.get(lead.id, {}).get(name), lead[field_name])
            ]
            if there:
                self.browse(there)._score_trigger_safely(trigger)
                # It may have deleted some.
                leads = leads.exists()

    def _score_trigger_safely(self, trigger):
        try:
            with self.env.cr.savepoint():
                trigger._act(self.sudo().filtered_domain(trigger._lead_domain()))
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("Trigger %s failed", trigger.id, exc_info=True)
            trigger.last_error = str(error)

    # ------------------------------------------------------------------
    # Scores: most of their changes do not change a class
    # ------------------------------------------------------------------

    @api.model
    def _score_run(self, reason, ids=None):
        if "score" not in self.env["lead.score.trigger"]._live():
            return super()._score_run(reason, ids)
        passed = Passed()
        count = super(CrmLead, self.with_context(score_passed=passed))._score_run(reason, ids)
        if passed.before:
            leads = self.with_context(score_reason=reason).browse(passed.before)
            leads._score_trigger(passed.before, ("score",))
        return count

    def _score_noted(self, source, reason):
        """See which of the scores pass a limit of a trigger."""
        result = super()._score_noted(source, reason)
        live = self.env["lead.score.trigger"]._live()
        if STAY in live:
            self._score_count_time(source())
        passed = self.env.context.get("score_passed")
        if "score" in live and passed and reason not in NOT_BY_ITSELF:
            rows = self.env.execute_query(
                SQL(
                    "SELECT new.id, new.score_before FROM %s WHERE EXISTS ("
                    "SELECT FROM lead_score_trigger t WHERE t.watch = 'score' AND t.active"
                    " AND (new.score >= t.threshold)"
                    " <> (COALESCE(new.score_before, 0) >= t.threshold))",
                    source(),
                )
            )
            passed.before = {lead_id: {"score": score} for lead_id, score in rows}
        return result

    def _score_count_time(self, source):
        """Count the time of leads that came under a limit; forget that of those above it."""
        self.env["lead.score.trigger"].flush_model()
        self.env.cr.execute(
            SQL(
                "DELETE FROM lead_score_trigger_wait w USING lead_score_trigger t, %s"
                " WHERE t.id = w.trigger_id AND w.lead_id = new.id AND new.score >= t.threshold",
                source,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO lead_score_trigger_wait (trigger_id, lead_id, due_date)
                SELECT t.id, new.id, %(now)s + t.stay_days * INTERVAL '1 day'
                  FROM %(source)s
                  JOIN lead_score_trigger t
                    ON t.watch = %(stay)s AND t.active AND new.score < t.threshold
                 WHERE new.card_id IS NOT NULL
                ON CONFLICT (trigger_id, lead_id) DO NOTHING
                """,
                source=source,
                now=self.env.cr.now(),
                stay=STAY,
            )
        )
        self.env["lead.score.trigger.wait"].invalidate_model()
