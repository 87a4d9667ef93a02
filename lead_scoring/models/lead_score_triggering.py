import logging

import psycopg2

from odoo import models
from odoo.tools import SQL

from .lead_score_trigger import STAY

_logger = logging.getLogger(__name__)
# A new or recalculated scorecard moves many leads at once, and none of them has done anything:
# triggers leave that alone, and are applied to existing leads on request.
NOT_BY_ITSELF = {"rules", "refresh"}


class LeadScoreTriggering(models.AbstractModel):
    """Looks which triggers a change of class concerns."""

    _name = "lead.score.triggering"
    _description = "Triggering of Actions"

    def _score_changed(self, before):
        result = super()._score_changed(before)
        if self.env.context.get("score_reason") not in NOT_BY_ITSELF:
            self._score_trigger(before)
        self._score_wait()
        return result

    def _qualification_changed(self, before):
        result = super()._qualification_changed(before)
        self._score_trigger({key: {"qualification": state} for key, state in before.items()})
        return result

    def _score_trigger(self, before):
        """Let triggers act whose condition these leads have just fulfilled.

        :param dict before: by lead id, what was before: any of score, grade, temperature, intent
            and qualification
        """
        watched = {name for values in before.values() for name in values}
        triggers = self.env["lead.score.trigger"].sudo().search([("watch", "in", list(watched))])
        # What a trigger does must not set it off again.
        busy = self.env.context.get("score_triggers", ())
        for trigger in triggers.filtered(lambda trigger: trigger.id not in busy):
            name = trigger.watch
            field_name = name if name in ("qualification", "score") else f"score_{name}"
            there = self.filtered(
                lambda lead, trigger=trigger, name=name, field_name=field_name: trigger._happened(
                    before.get(lead.id, {}).get(name), lead[field_name]
                )
            )
            if there:
                self._score_trigger_safely(trigger, there)

    def _score_trigger_safely(self, trigger, leads):
        try:
            with self.env.cr.savepoint():
                trigger._act(leads.sudo().filtered_domain(trigger._lead_domain()))
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("Trigger %s failed", trigger.id, exc_info=True)
            trigger.last_error = str(error)

    def _score_wait(self):
        """Count the time of leads that came under a limit; forget that of those above it."""
        triggers = self.env["lead.score.trigger"].sudo().search([("watch", "=", STAY)])
        if not triggers or not self:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM lead_score_trigger_wait w
                 USING lead_score_trigger t, lead_score s
                 WHERE t.id = w.trigger_id AND s.id = w.lead_id
                   AND w.lead_id IN %(leads)s AND s.score >= t.threshold
                """,
                leads=tuple(self.ids),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO lead_score_trigger_wait (trigger_id, lead_id, due_date)
                SELECT t.id, s.id, %(now)s + t.stay_days * INTERVAL '1 day'
                  FROM lead_score_trigger t
                  JOIN lead_score s ON s.score < t.threshold AND s.id IN %(leads)s
                 WHERE t.watch = 'stay' AND t.active
                ON CONFLICT (trigger_id, lead_id) DO NOTHING
                """,
                now=self.env.cr.now(),
                leads=tuple(self.ids),
            )
        )
        self.env["lead.score.trigger.wait"].invalidate_model()
