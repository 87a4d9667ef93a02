from weakref import WeakKeyDictionary

from odoo import api, models
from odoo.tools import SQL

from ..tools.heard import heard
from ..tools.jobs import CONFLICTS
from .lead_score_trigger import STAY

# A new or recalculated scorecard moves many leads at once, and none of them has done anything:
# triggers leave that alone, and are applied to existing leads on request.
NOT_BY_ITSELF = {"rules", "refresh"}
# What waits for the end of the transaction.
MOVED, STAYED = "lead_scoring.moved", "lead_scoring.stayed"
# By cursor, what is being done; the cache of the cursor itself does not outlive a savepoint.
ACTING = WeakKeyDictionary()


class Acting:
    """A trigger at work: what has led to it, and what its work has moved meanwhile."""

    def __init__(self):
        self.triggers = ()
        self.moved = {}


class CrmLead(models.Model):
    """Looks at the end of a transaction which triggers concern what has changed in it.

    A score may rise and fall again while many fields are written; only what it was before and what
    it is at the end says what has happened to a lead.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    # ------------------------------------------------------------------
    # During the transaction
    # ------------------------------------------------------------------

    def _score_changed(self, before):
        result = super()._score_changed(before)
        if self.env.context.get("score_reason") not in NOT_BY_ITSELF:
            self._score_moved(before, ("temperature", "grade", "intent"))
        return result

    def _qualification_changed(self, before):
        result = super()._qualification_changed(before)
        states = {lead_id: {"qualification": state} for lead_id, state in before.items()}
        self._score_moved(states, ("qualification",))
        return result

    def _score_noted(self, source, reason):
        """See which of the scores pass a limit of a trigger; most change no class."""
        result = super()._score_noted(source, reason)
        live = self.env["lead.score.trigger"]._live()
        if STAY in live:
            rows = self.env.execute_query(SQL("SELECT new.id FROM %s", source()))
            stayed = heard(self.env, STAYED, self.browse()._score_count_time)
            stayed.update(lead_id for (lead_id,) in rows)
        if "score" in live and reason not in NOT_BY_ITSELF:
            rows = self.env.execute_query(
                SQL(
                    "SELECT new.id, new.score_before FROM %s WHERE EXISTS ("
                    "SELECT FROM lead_score_trigger t WHERE t.watch = 'score' AND t.active"
                    " AND (new.score >= t.threshold)"
                    " <> (COALESCE(new.score_before, 0) >= t.threshold))",
                    source(),
                )
            )
            before = {lead_id: {"score": score} for lead_id, score in rows}
            self.browse(before)._score_moved(before, ("score",))
        return result

    def _score_moved(self, before, watches):
        """Remember what these leads were before, for the triggers at the end.

        :param dict before: by lead id, what was before, as a dict
        :param watches: which of it may have changed
        """
        live = self.env["lead.score.trigger"]._live().intersection(watches)
        if not live:
            return
        acting = ACTING.get(self.env.cr)
        # What a trigger does must not set it off again.
        busy = frozenset(acting.triggers if acting else ())
        moved = heard(self.env, MOVED, self.browse()._score_trigger, dict)
        for lead_id in self.ids:
            for name in live:
                was = before.get(lead_id, {}).get(name)
                first, others = moved.get((lead_id, name), (was, frozenset()))
                moved[lead_id, name] = first, busy | others

    # ------------------------------------------------------------------
    # At its end
    # ------------------------------------------------------------------

    @api.model
    def _score_trigger(self, moved):
        """Let triggers act whose condition leads have fulfilled in this transaction.

        :param dict moved: by lead id and watch, what was before, and the triggers that did it
        """
        if acting := ACTING.get(self.env.cr):
            # In the middle of what another trigger does: its turn comes when that is done.
            acting.moved = {**moved, **acting.moved}
            return
        self._score_settle(moved)
        acting = ACTING[self.env.cr] = Acting()
        try:
            for busy, changes in _by_busy(moved).items():
                acting.triggers = tuple(sorted(busy))
                self._score_trigger_on(changes, acting)
        finally:
            del ACTING[self.env.cr]
        if acting.moved:
            waiting = heard(self.env, MOVED, self.browse()._score_trigger, dict)
            waiting.update({**waiting, **acting.moved})

    def _score_settle(self, moved):
        """Score what waits for the end as well; what was before stays what it was."""
        waiting = self._score_waiting()
        if not waiting:
            return
        ids = sorted(waiting)
        waiting.clear()
        self._score_update_heard(ids)
        later = heard(self.env, MOVED, self.browse()._score_trigger, dict)
        moved.update({**later, **moved})
        later.clear()

    def _score_trigger_on(self, changes, acting):
        """Let triggers act on leads that were changed by the same other triggers, or by none.

        :param dict changes: by watch, what was before by lead id
        """
        domain = [("watch", "in", [*changes]), ("id", "not in", acting.triggers)]
        before_it = acting.triggers
        for trigger in self.env["lead.score.trigger"].sudo().search(domain):
            before = changes[trigger.watch]
            # Another trigger may have deleted some.
            leads = self.sudo().browse(before).exists()
            name = trigger.watch
            field_name = name if name in ("qualification", "score") else f"score_{name}"
            there = [
                lead.id for lead in leads if trigger._happened(before[lead.id], lead[field_name])
            ]
            if there:
                acting.triggers = (*before_it, trigger.id)
                leads.browse(there)._score_trigger_safely(trigger)
        acting.triggers = before_it

    def _score_trigger_safely(self, trigger):
        try:
            with self.env.cr.savepoint():
                trigger._act(self.filtered_domain(trigger._lead_domain()))
        except CONFLICTS:
            raise
        except Exception as error:
            trigger._note_error(error)

    @api.model
    def _score_count_time(self, ids):
        """Count the time of leads that came under a limit; forget that of those above it."""
        if waiting := self._score_waiting():
            still = sorted(waiting)
            waiting.clear()
            self._score_update_heard(still)
        self.env["lead.score.trigger"].flush_model()
        leads = SQL("lead_score new"), SQL("new.id = ANY(%s)", ids)
        self.env.cr.execute(
            SQL(
                "DELETE FROM lead_score_trigger_wait w USING lead_score_trigger t, %s"
                " WHERE t.id = w.trigger_id AND w.lead_id = new.id AND new.score >= t.threshold"
                " AND %s",
                *leads,
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
                 WHERE new.card_id IS NOT NULL AND %(chosen)s
                ON CONFLICT (trigger_id, lead_id) DO NOTHING
                """,
                source=leads[0],
                chosen=leads[1],
                now=self.env.cr.now(),
                stay=STAY,
            )
        )
        self.env["lead.score.trigger.wait"].invalidate_model()


def _by_busy(moved):
    """What was before, by the triggers that did it, by what may have changed, by lead id."""
    found = {}
    for (lead_id, name), (before, busy) in moved.items():
        found.setdefault(busy, {}).setdefault(name, {})[lead_id] = before
    return found
