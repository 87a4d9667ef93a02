import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Domain

from ...tools.arguments import checked
from .playbook_step_action import SPEAKING

_logger = logging.getLogger(__name__)
STOPS = [
    ("purchase", "Bought"),
    ("reply", "Replied"),
    ("optout", "Wants no e-mails"),
    ("left", "No longer applies"),
    ("gone", "Archived or deleted"),
    ("lost", "Lead lost"),
    ("manual", "Stopped by hand"),
]
# A click takes so many due steps; the scheduled job takes the rest.
AT_ONCE = 100


class CustomerPlaybookEnrolment(models.Model):
    """One passage of a customer or lead through a playbook."""

    _name = "customer.playbook.enrolment"
    _description = "Playbook Passage"
    _order = "id desc"

    playbook_id = fields.Many2one(
        "customer.playbook",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The playbook.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, help="Company of the playbook."
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The customer that goes through the steps.",
    )
    lead_id = fields.Many2one(
        "crm.lead",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The lead that goes through the steps.",
    )
    is_control = fields.Boolean(
        string="Control group", readonly=True, help="Left alone on purpose, for comparison."
    )
    state = fields.Selection(
        [
            ("running", "Under way"),
            ("control", "Left alone"),
            ("done", "Through"),
            ("stopped", "Stopped"),
            ("error", "Failed"),
        ],
        required=True,
        readonly=True,
        index=True,
        help="A failed passage waits for somebody who lets it go on or stops it.",
    )
    stop_reason = fields.Selection(STOPS, readonly=True, help="Why no further steps are taken.")
    error = fields.Char(readonly=True, help="What went wrong at the step.")
    round = fields.Integer(readonly=True, default=1, help="How often the steps have begun.")
    step_id = fields.Many2one(
        "customer.playbook.step",
        string="Next step",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The step that comes next.",
    )
    step_due = fields.Datetime(string="Due", readonly=True, help="When the next step is taken.")
    date_start = fields.Datetime(
        string="Entered", required=True, readonly=True, help="When the passage began."
    )
    date_end = fields.Datetime(string="Ended", readonly=True, help="When the passage ended.")
    date_left = fields.Datetime(
        string="Applied until",
        readonly=True,
        help="When it was noted that the playbook no longer applies; then it may apply anew.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Looked after by",
        compute="_compute_user_id",
        search="_search_user_id",
        help="Salesperson of the customer or lead.",
    )
    log_ids = fields.One2many(
        "customer.playbook.log",
        "enrolment_id",
        string="History",
        readonly=True,
        help="What the playbook did, step by step.",
    )

    _one_record = models.Constraint(
        "CHECK(num_nonnulls(partner_id, lead_id) = 1)", "A passage is that of one record."
    )
    _open_partner = models.UniqueIndex(
        "(playbook_id, partner_id) WHERE state = 'running'",
        "This customer is already under way in this playbook.",
    )
    _open_lead = models.UniqueIndex(
        "(playbook_id, lead_id) WHERE state = 'running'",
        "This lead is already under way in this playbook.",
    )
    _due_index = models.Index("(step_due) WHERE state = 'running'")

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends("partner_id", "lead_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = (row.partner_id or row.lead_id).display_name

    @api.depends("partner_id.user_id", "lead_id.user_id")
    def _compute_user_id(self):
        for row in self:
            row.user_id = row.partner_id.user_id or row.lead_id.user_id

    def _search_user_id(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return Domain("partner_id.user_id", operator, value) | Domain(
            "lead_id.user_id", operator, value
        )

    def _record(self):
        """The customer or lead, as the playbook's company sees it."""
        self.ensure_one()
        record = self.partner_id or self.lead_id
        return record.with_company(self.company_id)

    def _responsible(self):
        """Who gets the activities of this passage; empty when there is nobody."""
        self.ensure_one()
        record, playbook = self._record(), self.playbook_id
        owner = record.user_id
        leader = self.lead_id.team_id.user_id or owner.sale_team_id.user_id
        customer = (self.partner_id or self.lead_id.partner_id).commercial_partner_id
        internal = customer.contact_role_ids.filtered(
            lambda role: role.role == "internal" and role.is_current
        ).sorted("is_primary", reverse=True)
        first = {
            "owner": owner,
            "leader": leader,
            "internal": internal.partner_id.user_ids[:1],
            "user": playbook.user_id,
        }[playbook.assignee]
        for user in (first, playbook.user_id, leader):
            if user.active and user:
                return user
        return self.env["res.users"]

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @checked()
    def action_stop(self):
        """Take no further steps in these passages.

        :return: True
        """
        self._check_manages()
        self.sudo().filtered(lambda row: row.state in ("running", "error"))._stop("manual")
        return True

    @checked()
    def action_retry(self):
        """Take the step that failed once more, and go on.

        :return: True
        """
        self._check_manages()
        for row in self.sudo().filtered(lambda row: row.state == "error"):
            row._open_log().unlink()
            row.write(
                {
                    "state": "running",
                    "error": False,
                    "date_end": False,
                    "step_due": fields.Datetime.now(),
                }
            )
        return True

    @checked()
    def action_skip_step(self):
        """Leave out the step that failed, and go on with the next one.

        :return: True
        """
        self._check_manages()
        for row in self.sudo().filtered(lambda row: row.state == "error"):
            row.write({"state": "running", "error": False, "date_end": False})
            row._go_on()
        return True

    def _check_manages(self):
        """Rows are written by the server; whoever may change the playbook may intervene."""
        self.check_access("read")
        if not self.env["customer.playbook"].has_access("write"):
            raise AccessError(self.env._("Only sales managers change the course of a playbook."))

    @checked(one=True)
    def action_open_record(self):
        """Open the customer or lead.

        :return: window action
        """
        return self._record()._get_records_action()

    # ------------------------------------------------------------------
    # Running
    # ------------------------------------------------------------------

    @api.model
    def _due_domain(self):
        return (
            Domain("state", "=", "running")
            & Domain("step_due", "<=", self.env.cr.now())
            & Domain("playbook_id.state", "=", "running")
        )

    def _due(self, playbooks):
        """Passages of some playbooks with a step due now, at most `AT_ONCE`."""
        return self.search(
            self._due_domain() & Domain("playbook_id", "in", playbooks.ids),
            order="step_due, id",
            limit=AT_ONCE,
        )

    def _run_each(self):
        """Take the due steps of these passages in this transaction."""
        for row in self:
            row._run_safely()

    @api.model
    def _cron_run(self, batch_size=20):
        """Take all steps that are due, batch by batch; each passage has its own verdict.

        An e-mail waits in Odoo's queue until the batch is committed: a run that is killed has sent
        nothing of its last batch, and the next run takes it again.

        :param int batch_size: passages per transaction
        """
        commit = self.env["ir.cron"]._commit_progress
        busy = []
        due = self._due_domain()
        time_left = commit(remaining=self.search_count(due))
        while time_left:
            rows = self.search(
                due & Domain("id", "not in", busy), order="step_due, id", limit=batch_size
            )
            if not rows:
                break
            # Somebody else works on the busy ones: the next run finds them, this one goes on.
            busy += [row.id for row in rows if not row._run_safely(commit)]
            time_left = commit(len(rows))
            due = self._due_domain()
        if time_left:
            commit(remaining=0)

    def _run_safely(self, commit=None):
        """Take the next step; what fails is written on the passage and never tried by itself.

        :param commit: how to commit in a scheduled job; None within somebody's request
        :return: False if the passage is busy and should be looked at later
        """
        self.ensure_one()
        marked = False
        try:
            by_itself = commit and self._is_due() and self.step_id.kind == "server"
            if by_itself:
                marked = self._mark_begun()
                commit(0)
                if not marked:
                    return True
            with self.env.cr.savepoint():
                if not self.try_lock_for_update(allow_referencing=True):
                    return False
                if self._is_due():
                    self._take_step()
            if by_itself:
                # What it did outside is done: the note of it must not wait for the others.
                commit(0)
            return True
        except (psycopg2.OperationalError, ConcurrencyError):
            # The database took everything back, so the step has not begun.
            if marked:
                self._open_log().unlink()
            return False
        except Exception as failure:
            _logger.info("playbook passage %s failed", self.id, exc_info=True)
            self._fail(str(failure) or type(failure).__name__)
            return True

    def _is_due(self):
        return (
            self.state == "running"
            and self.playbook_id.state == "running"
            and bool(self.step_due)
            and self.step_due <= self.env.cr.now()
        )

    def _mark_begun(self):
        """Write down that a server action begins: what it does outside cannot be taken back.

        :return: False if it had begun before and was cut off
        """
        if not self.try_lock_for_update(allow_referencing=True):
            raise ConcurrencyError(self.env._("Somebody else works on it."))
        if self._open_log():
            self._fail(
                self.env._(
                    "The server was stopped during this step. Whether it was carried out is not "
                    "known. Look at the record, then try again or leave the step out."
                )
            )
            return False
        self._log({"state": "started"})
        return True

    def _take_step(self):
        """Stop, wait, leave out or do: one decision about the next step."""
        if reason := self._stop_reason():
            return self._stop(reason)
        step = self.step_id
        if not step:
            return self._finish_round()
        if step.kind in SPEAKING:
            moment = self.playbook_id._speak_at(self.env.cr.now(), self.user_id)
            if moment > self.env.cr.now():
                self.step_due = moment
                return None
        if self._condition_met(step):
            self._log(step._perform(self))
        else:
            self._log({"state": "skipped", "reason": "condition"})
        return self._go_on()

    def _go_on(self):
        """Wait for the next step, or for the next round."""
        following = self.step_id._next()
        if not following:
            return self._finish_round()
        return self.write(
            {"step_id": following.id, "step_due": following._due_after(self.env.cr.now())}
        )

    def _finish_round(self):
        playbook, now = self.playbook_id, self.env.cr.now()
        first = playbook.step_ids.sorted()[:1]
        if self.round >= playbook.round_limit or not first:
            return self.write(
                {"state": "done", "date_end": now, "step_id": False, "step_due": False}
            )
        pause = fields.Datetime.add(now, days=playbook.round_pause_days)
        return self.write(
            {
                "round": self.round + 1,
                "step_id": first.id,
                "step_due": first._due_after(pause),
            }
        )

    @api.model
    def _lifecycle_prepare_merge(self, sources, target):
        """Before contacts merge: of two passages under way in one playbook, one goes on.

        :param sources: contacts that will be gone
        :param target: contact that stays
        """
        rows = self.search(
            [("partner_id", "in", (sources | target).ids), ("state", "=", "running")], order="id"
        ).sorted(lambda row: row.partner_id != target)
        for several in rows.grouped("playbook_id").values():
            several[1:]._stop("gone")
        self.env.flush_all()

    def _stop(self, reason):
        self.filtered("step_id")._open_log().unlink()
        self.write(
            {
                "state": "stopped",
                "stop_reason": reason,
                "date_end": self.env.cr.now(),
                "step_due": False,
                "error": False,
            }
        )

    def _fail(self, message):
        self._log({"state": "error", "note": message})
        self.write({"state": "error", "error": message, "step_due": False})

    # ------------------------------------------------------------------
    # History
    # ------------------------------------------------------------------

    def _open_log(self):
        """Row of the present step that was begun and not finished, or that failed."""
        return self.log_ids.filtered(
            lambda log: (
                log.state in ("started", "error")
                and log.step_id == log.enrolment_id.step_id
                and log.round == log.enrolment_id.round
            )
        )

    def _log(self, values):
        """Write down what happened at the present step; what was begun becomes what it was."""
        begun = self._open_log()
        values = {"date": self.env.cr.now(), **values}
        if begun:
            begun.write(values)
        else:
            self.env["customer.playbook.log"].create(
                {
                    "enrolment_id": self.id,
                    "step_id": self.step_id.id,
                    "step_name": self.step_id.display_name,
                    "round": self.round,
                    **values,
                }
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        raise UserError(self.env._("Passages are kept: the result is counted from them."))
