import logging
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.arguments import checked
from .lead_pool_engine import VIA_ROUTE
from .lead_pool_job import AT_ONCE

_logger = logging.getLogger(__name__)


class LeadPoolIntaking(models.AbstractModel):
    """Existing records come into a pool because a manager says so."""

    _name = "lead.pool.intaking"
    _inherit = ["lead.pool.job"]
    _description = "Taking Existing Records into a Pool"

    intake_domain = fields.Char(
        string="Coming in",
        readonly=True,
        copy=False,
        help="Filter on the existing records that are just coming in, in the background.",
    )
    intake_owned = fields.Boolean(
        string="Coming in with a salesperson",
        readonly=True,
        copy=False,
        help="Whether records with a salesperson come in as well.",
    )
    intake_after = fields.Integer(
        string="Came in up to",
        readonly=True,
        copy=False,
        help="Number of the last record that was looked at.",
    )
    intake_user_id = fields.Many2one(
        "res.users",
        string="Taken in by",
        readonly=True,
        copy=False,
        help="Who asked for the records that are just coming in.",
    )
    intake_left = fields.Integer(
        string="Still to come in",
        compute="_compute_intake_left",
        help="How many existing records are still coming in, in the background.",
    )

    @api.depends("intake_domain", "intake_after")
    def _compute_intake_left(self):
        for pool in self:
            pool.intake_left = 0
            if pool.intake_domain and not pool._intake_filter_trouble():
                records = self.env[pool._record_model_name()].sudo()
                pool.intake_left = records.search_count(pool._intake_rest())

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    @checked()
    def action_take_in(self):
        """Ask which existing records come into this pool.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Take in records"),
            "res_model": "lead.pool.intake",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_pool_id": self[:1].id},
        }

    @checked()
    def action_stop_intake(self):
        """Take no further existing records in; those that came stay.

        :return: True
        :raise AccessError: for anybody but managers of the pool
        """
        self.check_access("write")
        self._intake_end()
        return True

    # ------------------------------------------------------------------
    # Which records
    # ------------------------------------------------------------------

    def _intake_domain(self, entry_domain, owned=True):
        """Records without a pool that may come into this one and match a filter."""
        self.ensure_one()
        records = self.env[self._record_model_name()].sudo()
        return Domain.AND(
            [
                records._pool_open_domain(),
                records._pool_entry_candidate_domain(),
                Domain("pool_state", "=", "outside"),
                Domain("company_id", "in", [False, self.company_id.id]),
                Domain.TRUE if owned else Domain("user_id", "=", False),
                Domain(literal_eval(entry_domain or "[]")),
            ]
        )

    # ------------------------------------------------------------------
    # Coming in
    # ------------------------------------------------------------------

    def _take_in(self, entry_domain, owned):
        """Bring existing records in, now or in the background, and tell what happens.

        :param str entry_domain: filter on the records
        :param bool owned: whether those with a salesperson come in as well
        :return: notification
        :raise UserError: while records are still coming in from the time before, or going out
        """
        self.ensure_one()
        self._intake_refuse_second()
        self._transfer_refuse_second()
        records = self.env[self._record_model_name()]
        few = records.search(self._intake_domain(entry_domain, owned), limit=AT_ONCE + 1)
        if len(few) <= AT_ONCE:
            entering = few.sudo().with_context(pool_via=VIA_ROUTE)
            return self._tell_who_came(self._are_in(entering._pool_move_each("enter", pool=self)))
        self.sudo().write(
            {
                "intake_domain": entry_domain or "[]",
                "intake_owned": owned,
                "intake_after": 0,
                "intake_user_id": self.env.uid,
            }
        )
        self.env.ref("lead_public_pool.ir_cron_intake").sudo()._trigger()
        return self._intake_notification(
            "info",
            self.env._(
                "%s records come in, in the background. The pool shows how many are left.",
                self.intake_left,
            ),
        )

    def _are_in(self, results):
        """Records that have come in, by the answers about them."""
        records = self.env[self._record_model_name()].sudo()
        return records.browse(result["id"] for result in results if result["ok"])

    def _tell_who_came(self, came):
        found = came.with_context(active_test=False)
        counts = dict(found._read_group([("id", "in", came.ids)], ["pool_state"], ["__count"]))
        return self._intake_notification(
            "success" if came else "warning",
            self.env._(
                "%(waiting)s records wait in the pool, %(held)s stay with their salespeople.",
                waiting=counts.get("pooled", 0),
                held=counts.get("owned", 0),
            ),
        )

    def _intake_notification(self, kind, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": self.name,
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _intake_refuse_second(self):
        """Nothing else begins while existing records are coming in."""
        if self.intake_domain:
            raise UserError(
                self.env._(
                    "Existing records are still coming into %s. Wait for them, or press “Stop”.",
                    self.name,
                )
            )

    # ------------------------------------------------------------------
    # In the background, see `lead.pool.job`
    # ------------------------------------------------------------------

    @api.model
    def _cron_intake(self, batch_size=1000):
        """Continue to take in what was too much to wait for.

        :param int batch_size: records per transaction
        """
        self._jobs_go_on("intake", batch_size)

    def _intake_trouble(self):
        if not self.active:
            return self.env._("The pool is archived.")
        if not self.intake_user_id:
            return self.env._("Whoever asked for it is no longer a user.")
        return self._intake_filter_trouble()

    def _intake_filter_trouble(self):
        """Why the filter of what is coming in no longer works; None if it does."""
        try:
            self._check_record_domain(self.intake_domain, self.name)
        except UserError as error:
            return str(error)
        return None

    def _intake_rest(self):
        """Records that are still coming in."""
        wanted = self._intake_domain(self.intake_domain, self.intake_owned)
        return wanted & Domain("id", ">", self.intake_after)

    def _job_searched(self, job, records):
        """What the manager who asked cannot read, they cannot take in."""
        if job != "intake":
            return super()._job_searched(job, records)
        return records.sudo(False).with_company(self.company_id)

    def _intake_step(self, records):
        records.with_context(pool_via=VIA_ROUTE)._pool_move("enter", pool=self)

    def _intake_failed(self, record, error):
        _logger.warning("%s could not come into %s", record, self, exc_info=error)

    def _intake_end(self, trouble=None):
        if trouble:
            _logger.warning("Taking records into %s stops: %s", self, trouble)
        self.sudo().write(
            {
                "intake_domain": False,
                "intake_owned": False,
                "intake_after": 0,
                "intake_user_id": False,
            }
        )
