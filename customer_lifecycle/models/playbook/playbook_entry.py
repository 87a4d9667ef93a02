import logging
from datetime import datetime, time, timedelta

import psycopg2
import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from ...tools.control import is_control
from ...tools.filters import read_filter
from ...tools.jobs import each_or_set_aside
from ..lifecycle.customer_lifecycle import STATES

_logger = logging.getLogger(__name__)
DOMAIN_ERRORS = (ValueError, SyntaxError, TypeError, KeyError, UserError, psycopg2.DataError)
TARGETS = [("res.partner", "Customers"), ("crm.lead", "Leads")]
# So many records enter in one transaction when the playbook has no brake.
BATCH = 500


class CustomerPlaybook(models.Model):
    """Who enters a playbook, how many a day, and who stays untouched as control group."""

    _inherit = "customer.playbook"

    model = fields.Selection(
        TARGETS,
        string="For",
        required=True,
        default="res.partner",
        help="Whether customers or leads go through the steps.",
    )
    entry_state = fields.Selection(
        STATES,
        string="Who are now",
        help="Customers enter when they come into this state. Empty: any state.",
    )
    domain = fields.Char(
        string="Filter",
        required=True,
        default="[]",
        help="Who enters: any filter on the record, for example on the RFM group, the value tier, "
        "the country or, for leads, the stage.",
    )
    reentry = fields.Selection(
        [
            ("once", "Once"),
            ("cooldown", "Again after a cool-down"),
            ("always", "Each time it applies anew"),
        ],
        string="May enter",
        required=True,
        default="once",
        help="Each time it applies anew means: after it has not applied in the meantime.",
    )
    cooldown_days = fields.Integer(
        string="Cool-down in days",
        default=180,
        help="Days between the end of one passage and the next entry.",
    )
    daily_limit = fields.Integer(
        string="Entries per day",
        default=50,
        help="The brake: at most so many enter on one day. 0 means no limit.",
    )
    control_percent = fields.Float(
        string="Control group in %",
        default=10.0,
        help="This share is left alone on purpose. Only the comparison with it shows whether the "
        "playbook works. Who belongs to it is drawn once for each record and never changes.",
    )
    error = fields.Char(
        readonly=True, copy=False, help="Why nobody could enter the last time it was tried."
    )

    _entry_numbers = models.Constraint(
        "CHECK(cooldown_days >= 0 AND daily_limit >= 0)",
        "Cool-down and entries per day cannot be negative.",
    )
    _control_range = models.Constraint(
        "CHECK(control_percent >= 0 AND control_percent <= 90)",
        "The control group lies between 0 and 90 percent.",
    )

    @api.constrains("domain", "model", "entry_state")
    def _check_domain(self):
        for playbook in self:
            if playbook.entry_state and playbook.model != "res.partner":
                raise ValidationError(self.env._("Only customers have a lifecycle state."))
            try:
                # As the user, who may not ask for what he may not see.
                self.env[playbook.model].search_count(playbook._target_domain(), limit=1)
            except DOMAIN_ERRORS as error:
                raise ValidationError(
                    self.env._("The filter cannot be used: %s", str(error))
                ) from error

    # ------------------------------------------------------------------
    # Who
    # ------------------------------------------------------------------

    def _target_domain(self):
        """Records to which the playbook applies now."""
        self.ensure_one()
        domain = read_filter(self.domain) & Domain("active", "=", True)
        if self.model == "crm.lead":
            own = Domain("company_id", "in", [False, self.company_id.id])
            return domain & own & Domain("won_status", "=", "pending")
        if self.entry_state:
            domain &= Domain("lifecycle_state", "=", self.entry_state)
        return Domain.AND(
            [
                Domain("parent_id", "=", False),
                Domain("partner_share", "=", True),
                Domain("company_id", "in", [False, self.company_id.id]),
                domain,
            ]
        )

    def _blocked_domain(self):
        """Records that may not enter now because of a former passage."""
        mine = Domain("playbook_id", "=", self.id)
        if self.reentry == "cooldown":
            since = fields.Datetime.subtract(self.env.cr.now(), days=self.cooldown_days)
            mine &= Domain("date_end", "=", False) | Domain("date_end", ">", since)
        elif self.reentry == "always":
            mine &= Domain("date_end", "=", False) | Domain("date_left", "=", False)
        return Domain("playbook_enrolment_ids", "any", mine)

    def _records(self):
        """The model of the records, as seen by the playbook's company, archived ones left out."""
        self.ensure_one()
        return self.env[self.model].with_company(self.company_id)

    def _candidates(self, limit=None):
        """Records that may enter now, in the order in which they would."""
        self.ensure_one()
        return self._records().search(
            self._target_domain() & ~self._blocked_domain(), order="id", limit=limit
        )

    def _is_control(self, record):
        return is_control(self.key, record._name, record.id, self.control_percent)

    def _entries_left(self):
        """How many may still enter today; None without a brake."""
        self.ensure_one()
        if not self.daily_limit:
            return None
        entered = self.env["customer.playbook.enrolment"].search_count(
            [("playbook_id", "=", self.id), ("date_start", ">=", self._midnight())]
        )
        return max(self.daily_limit - entered, 0)

    def _midnight(self):
        """When today began for the company, in UTC."""
        zone = pytz.timezone(self.company_id.sudo().partner_id.tz or self.env.user.tz or "UTC")
        today = pytz.utc.localize(self.env.cr.now()).astimezone(zone).date()
        local = zone.localize(datetime.combine(today, time.min))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    # ------------------------------------------------------------------
    # Entering
    # ------------------------------------------------------------------

    def _let_in(self, batch_size=BATCH):
        """Let in who may enter today.

        :param int batch_size: at most so many at once
        :return: the new enrolments, empty while somebody else lets records in
        """
        self.ensure_one()
        enrolments = self.env["customer.playbook.enrolment"]
        # Two runs at once would both count the same entries of today.
        if not self.try_lock_for_update(allow_referencing=True):
            return enrolments
        self._mark_left()
        left = self._entries_left()
        if left == 0:
            return enrolments
        records = self._candidates(limit=min(batch_size, left or batch_size))
        return enrolments.create([self._enrolment_values(record) for record in records])

    def _enrolment_values(self, record):
        now = self.env.cr.now()
        control = self._is_control(record)
        first = self.step_ids.sorted()[:1]
        until = now + timedelta(days=self.result_days)
        return {
            "playbook_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": record.id if self.model == "res.partner" else False,
            "lead_id": record.id if self.model == "crm.lead" else False,
            "is_control": control,
            "state": "control" if control else "running",
            "date_start": now,
            # The control group waits as long as its result is measured.
            "date_end": until if control else False,
            "window_end": until,
            "step_id": False if control else first.id,
            "step_due": False if control else first._due_after(now),
        }

    def _mark_left(self):
        """Note which former records the playbook no longer applies to: they may enter anew."""
        if self.reentry != "always":
            return
        link = "partner_id" if self.model == "res.partner" else "lead_id"
        ended = self.env["customer.playbook.enrolment"].search(
            [("playbook_id", "=", self.id), ("date_left", "=", False), (link, "!=", False)]
        )
        if not ended:
            return
        applies = self._records().search(
            Domain("id", "in", ended[link].ids) & self._target_domain()
        )
        ended.filtered(lambda row: row[link] not in applies).date_left = self.env.cr.now()

    @api.model
    def _lifecycle_changed(self, transitions):
        """Customers have changed: who has left may come again, who has come enters soon.

        The entry itself is left to the job, since a change may be one of many in a nightly run.
        """
        playbooks = self.browse(self._watching_customers()).filtered(
            lambda playbook: playbook.company_id in transitions.company_id
        )
        again = playbooks.filtered(lambda playbook: playbook.reentry == "always")
        each_or_set_aside(
            again,
            lambda playbooks: [playbook._mark_left() for playbook in playbooks],
            lambda playbook, error: playbook._note_error(error),
        )
        if playbooks:
            self.env.ref("customer_lifecycle.ir_cron_playbook_enter")._trigger()

    def _note_error(self, error):
        """Say on the playbook why nobody can enter; its manager looks there."""
        _logger.info("playbook %s cannot be used: %s", self.id, error)
        self.error = str(error) or type(error).__name__

    @api.model
    @ormcache()
    def _watching_customers(self):
        """Ids of the playbooks for customers that are running; each change of a customer asks."""
        playbooks = self.sudo().with_context(active_test=True)
        return playbooks.search([("state", "=", "running"), ("model", "=", "res.partner")])._ids

    @api.model
    def _cron_enter(self):
        """Let records into all running playbooks; one that fails says why, the others go on."""
        commit = self.env["ir.cron"]._commit_progress
        playbooks = self.search([("state", "=", "running")])
        time_left = commit(remaining=len(playbooks))
        for playbook in playbooks:
            while time_left:
                entered = playbook._let_in_safely()
                time_left = commit(0)
                if len(entered) < BATCH:
                    break
            if not time_left:
                break
            time_left = commit(1)
        self.env["customer.playbook.enrolment"]._measure()

    def _let_in_safely(self):
        self.ensure_one()
        entered = self.env["customer.playbook.enrolment"]
        try:
            with self.env.cr.savepoint():
                entered = self._let_in()
            error = False
        except psycopg2.OperationalError:
            raise
        except Exception as failure:
            _logger.info("playbook %s lets nobody in", self.id, exc_info=True)
            error = str(failure)
        if self.error != error:
            self.error = error
        return entered
