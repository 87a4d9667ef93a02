import logging

import psycopg2
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools.arguments import checked, number
from .lead_pool_job import AT_ONCE

_logger = logging.getLogger(__name__)
MANAGERS = "lead_public_pool.group_pool_manager"
# So many different reasons are told apart, or the message could be as long as the pool.
REASONS = 5


class LeadPoolTransferring(models.AbstractModel):
    """All records of a pool move to another one because a manager says so."""

    _name = "lead.pool.transferring"
    _inherit = ["lead.pool.job"]
    _description = "Transferring All Records of a Pool"

    transfer_date = fields.Datetime(
        string="Moving since",
        readonly=True,
        copy=False,
        help="Since when all records of this pool are moving to another one, in the background.",
    )
    transfer_target_id = fields.Many2one(
        "lead.pool",
        string="Moving to",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Pool that is just taking over all records of this one, in the background.",
    )
    transfer_archive = fields.Boolean(
        string="Archive when empty",
        readonly=True,
        copy=False,
        help="Whether this pool is archived as soon as its last record has moved.",
    )
    transfer_after = fields.Integer(
        string="Moved up to",
        readonly=True,
        copy=False,
        help="Number of the last record that was looked at.",
    )
    transfer_user_id = fields.Many2one(
        "res.users",
        string="Moved by",
        readonly=True,
        copy=False,
        help="Who asked for the records to move to another pool.",
    )
    transfer_moved = fields.Integer(
        string="Moved so far",
        readonly=True,
        copy=False,
        help="How many records have moved to the other pool, in the background.",
    )
    transfer_reasons = fields.Json(
        readonly=True,
        copy=False,
        groups=MANAGERS,
        export_string_translation=False,
        help="Why records have not moved to the other pool, and how many of them.",
    )
    transfer_note = fields.Text(
        string="Result of the last transfer",
        readonly=True,
        copy=False,
        groups=MANAGERS,
        help="What has become of the last transfer of all records, if not all of them have moved.",
    )
    transfer_left = fields.Integer(
        string="Still to move",
        compute="_compute_transfer_left",
        help="How many records are still to move to the other pool, in the background.",
    )

    @api.depends("transfer_date", "transfer_after")
    def _compute_transfer_left(self):
        for pool in self:
            pool.transfer_left = 0
            if pool.transfer_date:
                pool.transfer_left = pool._transfer_records().search_count(pool._transfer_rest())

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    @checked(one=True)
    def action_transfer_all(self):
        """Ask for the pool that takes over all records of this one.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Transfer everything"),
            "res_model": "lead.pool.transfer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_pool_id": self.id},
        }

    @checked()
    def action_stop_transfer(self):
        """Move no further records to the other pool; those that moved stay there.

        :return: True
        :raise AccessError: for anybody but managers of the pool
        """
        self.check_access("write")
        for pool in self.filtered("transfer_date"):
            pool = pool.with_context(lang=pool.sudo().transfer_user_id.lang)
            pool._transfer_close(pool.env._("%s has stopped it.", self.env.user.name))
        return True

    @checked()
    def action_forget_transfer(self):
        """Take the result of the last transfer off the form.

        :return: True
        :raise AccessError: for anybody but managers of the pool
        """
        self.check_access("write")
        self.sudo().transfer_note = False
        return True

    # ------------------------------------------------------------------
    # Moving
    # ------------------------------------------------------------------

    @checked(one=True, pool_id=number)
    def pool_transfer_all(self, pool_id):
        """Give all records of this pool another home, also closed and archived ones.

        Up to 5,000 records move at once. More of them move in the background: `transfer_left` says
        how many are left, `action_stop_transfer` stops it, and the caller is told when it ends.

        :param int pool_id: pool that takes them over
        :return: number of records moved now; 0 if they move in the background
        :raise UserError: if there is no such pool, it is archived or of another kind, or records
            are already moving out of this pool or into it
        :raise AccessError: for anybody but a manager of this pool
        """
        return self._transfer_all(pool_id)[0]

    def _transfer_all(self, pool_id, archive=False):
        """See `pool_transfer_all`.

        :param bool archive: archive this pool once it is empty
        :return: number of records moved now, and sentences that tell what has happened
        """
        self.ensure_one()
        target = self._transfer_target(pool_id)
        records = self._transfer_records()
        found = records.search(Domain("pool_id", "=", self.id), limit=AT_ONCE + 1)
        if len(found) > AT_ONCE:
            return 0, [self._transfer_begin(target, archive)]
        self.sudo().transfer_note = False
        results = found.with_context(active_test=True)._pool_move_each("transfer", pool=target)
        moved = sum(result["ok"] for result in results)
        told = [self._transfer_moved_text(target, moved)]
        if moved < len(found):
            told += self._transfer_stayed_text(len(found) - moved, self._transfer_reasons(results))
        elif archive:
            self.action_archive()
        return moved, told

    def _transfer_target(self, pool_id):
        """The pool that may take over all records, after all that speaks against it."""
        if not self._is_managed_by(self.env.user):
            raise AccessError(self.env._("Only a manager of the pool %s may do this.", self.name))
        self._transfer_refuse_second()
        self._intake_refuse_second()
        records = self.env[self._record_model_name()]
        target = records._pool_argument("lead.pool", pool_id)
        if not target or target == self:
            raise UserError(self.env._("Choose another pool that takes over the records."))
        if not target.active:
            raise UserError(
                self.env._("The pool %s is archived and takes no records.", target.name)
            )
        target._transfer_refuse_second()
        self._transfer_strangers(target)._pool_check_target(target)
        other = self.sudo().search([("transfer_target_id", "=", self.id)], limit=1)
        if other:
            raise UserError(
                self.env._(
                    "The records of %(other)s are still moving to %(pool)s. Wait for them, or "
                    "press “Stop” there.",
                    other=other.name,
                    pool=self.name,
                )
            )
        return target

    def _transfer_refuse_second(self):
        """Nothing else begins while all records of this pool are moving to another one."""
        if self.transfer_date:
            raise UserError(
                self.env._(
                    "The records of %(pool)s are still moving to %(target)s. Wait for them, or "
                    "press “Stop”.",
                    pool=self.name,
                    target=self.sudo().transfer_target_id.name or "",
                )
            )

    def _transfer_begin(self, target, archive):
        """Let the job move the records.

        :return: what to tell about it
        """
        self.sudo().write(
            {
                "transfer_date": self.env.cr.now(),
                "transfer_target_id": target.id,
                "transfer_archive": archive,
                "transfer_after": 0,
                "transfer_user_id": self.env.uid,
                "transfer_moved": 0,
                "transfer_reasons": False,
                "transfer_note": False,
            }
        )
        self.env.ref("lead_public_pool.ir_cron_transfer").sudo()._trigger()
        return self.env._(
            "%(count)s records move to %(pool)s, in the background. The old pool shows how many "
            "are left.",
            count=self.transfer_left,
            pool=target.name,
        )

    # ------------------------------------------------------------------
    # Which records
    # ------------------------------------------------------------------

    def _transfer_records(self):
        """The model of the records, closed and archived ones included."""
        return self.env[self._record_model_name()].sudo().with_context(active_test=False)

    def _transfer_strangers(self, target):
        """One record of this pool that another company's pool may not take, if there is one."""
        records = self._transfer_records()
        if target.company_id == self.company_id:
            return records
        theirs = Domain("company_id", "not in", [False, target.company_id.id])
        return records.search(Domain("pool_id", "=", self.id) & theirs, limit=1)

    # ------------------------------------------------------------------
    # In the background, see `lead.pool.job`
    # ------------------------------------------------------------------

    @api.model
    def _cron_transfer(self, batch_size=1000):
        """Continue to move what was too much to wait for.

        :param int batch_size: records per transaction
        """
        self._jobs_go_on("transfer", batch_size)

    def _transfer_trouble(self):
        target, asker = self.transfer_target_id, self.transfer_user_id
        if not asker:
            return self.env._("Whoever asked for it is no longer a user.")
        if not self._is_managed_by(asker):
            return self.env._("%s is no longer a manager of this pool.", asker.name)
        if not target or not target.active:
            return self.env._("The pool that was to take the records is archived or deleted.")
        if target.kind != self.kind or self._transfer_strangers(target):
            return self.env._("The pool %s can no longer take these records.", target.name)
        return None

    def _transfer_rest(self):
        """Records that are still to move."""
        return Domain("pool_id", "=", self.id) & Domain("id", ">", self.transfer_after)

    def _transfer_step(self, records):
        results = records._pool_move("transfer", pool=self.transfer_target_id)
        moved = sum(result["ok"] for result in results)
        self._job_store({"transfer_moved": self.transfer_moved + moved})
        self._transfer_count(self._transfer_reasons(results))

    def _transfer_failed(self, record, error):
        _logger.warning("%s could not move out of %s", record, self, exc_info=error)
        self._transfer_count({self._transfer_refusal(error): 1})

    @api.model
    def _transfer_refusal(self, error):
        """What an exception says to people."""
        if isinstance(error, UserError):
            return str(error)
        return self.env._("An error that the log of the server shows.")

    @api.model
    def _transfer_reasons(self, results):
        """How many records could not move, by reason."""
        reasons = {}
        for result in results:
            if not result["ok"]:
                reasons[result["message"]] = reasons.get(result["message"], 0) + 1
        return reasons

    def _transfer_count(self, reasons):
        """Note how many records stay, by reason."""
        if not reasons:
            return
        known = dict(self.transfer_reasons or {})
        for reason, count in reasons.items():
            if reason not in known and len(known) >= REASONS:
                reason = self.env._("Other reasons")
            known[reason] = known.get(reason, 0) + count
        self._job_store({"transfer_reasons": known})

    def _transfer_end(self, trouble=None):
        if trouble:
            _logger.warning("Transferring all records of %s stops: %s", self, trouble)
        self._transfer_close(trouble)

    def _transfer_close(self, trouble=None):
        """Close the job, archive the empty pool where that was asked, and tell the result."""
        pool, asker = self.sudo(), self.sudo().transfer_user_id
        left = self._transfer_records().search_count([("pool_id", "=", self.id)])
        told = pool._transfer_result(trouble, left)
        archives = pool.transfer_archive and not trouble
        pool.write(
            {
                "transfer_date": False,
                "transfer_target_id": False,
                "transfer_archive": False,
                "transfer_after": 0,
                "transfer_user_id": False,
                "transfer_moved": 0,
                "transfer_reasons": False,
            }
        )
        if archives:
            told += pool.with_user(asker)._transfer_archive(left)
        # What has gone well is told to whoever asked; the rest stays on the form, for others too.
        pool.transfer_note = "\n".join(told) if len(told) > 1 else False
        if asker != self.env.user:
            pool._transfer_tell(asker, told)

    def _transfer_result(self, trouble, left):
        """What has become of the transfer, in sentences; just one if all is well."""
        told = [self.env._("The transfer has ended early: %s", trouble)] if trouble else []
        if self.transfer_target_id:
            told.append(self._transfer_moved_text(self.transfer_target_id, self.transfer_moved))
        if left or trouble:
            told += self._transfer_stayed_text(left, self.transfer_reasons or {})
        return told

    def _transfer_moved_text(self, target, moved):
        return self.env._("Records moved to %(pool)s: %(count)s.", pool=target.name, count=moved)

    def _transfer_stayed_text(self, left, reasons):
        """How many records are still in the pool, and why, in sentences."""
        return [
            self.env._("Records still in %(pool)s: %(count)s.", pool=self.name, count=left),
            *(
                self.env._("%(count)s × %(reason)s", count=count, reason=reason)
                for reason, count in reasons.items()
            ),
        ]

    def _transfer_archive(self, left):
        """Archive this pool, unless records have stayed or come in meanwhile.

        :param int left: records that are still in the pool
        :return: what speaks against it, in sentences
        """
        if left:
            return [self.env._("The pool was not archived, because it is not empty.")]
        try:
            with self.env.cr.savepoint():
                self.action_archive()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("%s could not be archived", self, exc_info=error)
            refusal = self._transfer_refusal(error)
            return [self.env._("The pool was not archived: %s", refusal)]
        return []

    def _transfer_tell(self, asker, told):
        """Send the result to whoever asked for the transfer."""
        if not asker.partner_id:
            return
        self.env["mail.thread"].message_notify(
            partner_ids=asker.partner_id.ids,
            subject=self.env._("Transfer of all records of %s", self.name),
            body=Markup("<br/>").join(told),
        )
