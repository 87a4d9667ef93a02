import logging
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.caches import forget
from ..tools.jobs import CONFLICTS, each_or_set_aside, replayed

_logger = logging.getLogger(__name__)
BATCH = 200


class LeadScoreTriggerQueue(models.AbstractModel):
    """Work of triggers that is done in the background: existing leads, and leads that stayed."""

    _name = "lead.score.trigger.queue"
    _description = "Queue of Triggers"

    apply_from_id = fields.Integer(
        string="Applied up to", copy=False, readonly=True, help="Last existing lead looked at."
    )
    applying = fields.Boolean(
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="It is being applied to existing leads.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        triggers = super().create(vals_list)
        triggers._plan()
        triggers._forget_waits()
        return triggers

    def write(self, vals):
        result = super().write(vals)
        if {name for name, _do in self._action_steps()} & vals.keys():
            self._plan()
        if {"watch", "threshold", "stay_days", "active", "domain", "card_id"} & vals.keys():
            self._forget_waits()
        return result

    def unlink(self):
        result = super().unlink()
        forget(self.env)
        return result

    def _queue_existing(self):
        """Apply to existing leads in the background; those that stay have their time counted."""
        for trigger in self:
            if trigger.watch == "stay":
                trigger._count_existing()
            else:
                trigger.sudo().write({"applying": True, "apply_from_id": 0})
        self.env.ref("lead_scoring.ir_cron_trigger")._trigger()

    def _count_existing(self):
        """Leads under the limit wait since their score last came from above it, or since birth."""
        self.ensure_one()
        leads = self.env["crm.lead"].sudo()._search(self._present_domain())
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO lead_score_trigger_wait (trigger_id, lead_id, due_date)
                SELECT %(trigger)s, l.id, COALESCE(
                           (SELECT MAX(h.date) FROM lead_score_history h
                             WHERE h.lead_id = l.id AND h.score_before >= %(limit)s),
                           l.create_date
                       ) + %(days)s * INTERVAL '1 day'
                  FROM crm_lead l
                 WHERE l.id IN %(leads)s
                ON CONFLICT (trigger_id, lead_id) DO UPDATE SET due_date = EXCLUDED.due_date
                """,
                trigger=self.id,
                limit=self.threshold,
                days=self.stay_days,
                leads=leads.subselect(),
            )
        )
        self.env["lead.score.trigger.wait"].invalidate_model()

    def _forget_waits(self):
        """The condition has changed: who waited for the old one waits no more."""
        forget(self.env)
        self.env["lead.score.trigger.wait"].sudo().search([("trigger_id", "in", self.ids)]).unlink()
        self.filtered(lambda trigger: trigger.watch == "stay" and trigger.active)._start_counting()

    def _start_counting(self):
        """From now on, the time of all leads under the limit is counted."""
        for trigger in self:
            leads = self.env["crm.lead"].sudo()._search(trigger._present_domain())
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO lead_score_trigger_wait (trigger_id, lead_id, due_date)
                    SELECT %s, l.id, %s + %s * INTERVAL '1 day' FROM crm_lead l WHERE l.id IN %s
                    ON CONFLICT (trigger_id, lead_id) DO NOTHING
                    """,
                    trigger.id, self.env.cr.now(), trigger.stay_days, leads.subselect(),
                )
            )  # fmt: skip
        self.env["lead.score.trigger.wait"].invalidate_model()

    # ------------------------------------------------------------------
    # Cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_run(self, batch_size=BATCH):
        """Act on leads whose time under a limit is over, and on existing leads where asked for."""
        commit = self.env["ir.cron"]._commit_progress
        waits = self.env["lead.score.trigger.wait"]
        due = [("due_date", "<=", self.env.cr.now())]
        queued = self.search([("applying", "=", True)])
        commit(remaining=waits.search_count(due) + len(queued))
        while count := replayed(self.env, lambda: self._act_on_next_stayed(due, batch_size)):
            if not commit(count):
                return
        for trigger in queued:
            while trigger.applying:
                replayed(self.env, partial(trigger._apply_batch, batch_size))
                if not commit(0 if trigger.applying else 1):
                    return

    @api.model
    def _act_on_next_stayed(self, due, limit):
        """Act on the leads whose time is over next.

        :return: how many there were
        """
        found = self.env["lead.score.trigger.wait"].search(due, limit=limit, order="due_date, id")
        for trigger, batch in found.grouped("trigger_id").items():
            each_or_set_aside(batch.lead_id, trigger._act_on_stayed, trigger._set_aside)
        count = len(found)
        found.exists().unlink()
        return count

    def _act_on_stayed(self, leads):
        """The condition is looked at again: a filter may have become untrue in between."""
        self._act(
            self.env["crm.lead"].search(
                self._present_domain() & fields.Domain("id", "in", leads.ids)
            )
        )

    def _apply_batch(self, limit):
        """Act on the next existing leads; a filter that cannot be used any more ends it."""
        try:
            with self.env.cr.savepoint():
                domain = self._present_domain() & fields.Domain("id", ">", self.apply_from_id)
                leads = self.env["crm.lead"].search(domain, order="id", limit=limit)
        except CONFLICTS:
            raise
        except Exception as error:
            self._note_error(error)
            self.applying = False
            return
        last, more = leads[-1:].id, len(leads) == limit
        each_or_set_aside(leads, self._act, self._set_aside)
        self.write({"apply_from_id": last, "applying": more})

    def _set_aside(self, lead, error):
        """One lead on which nothing can be done does not keep the others from it."""
        self._note_error(error, lead)

    def _note_error(self, error, lead=None):
        """The trigger shows what went wrong last."""
        _logger.warning("Trigger %s failed: %s", self.id, error, exc_info=error)
        text = str(error) or type(error).__name__
        self.last_error = f"{lead.display_name}: {text}" if lead else text
