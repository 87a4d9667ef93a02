from odoo import api, models
from odoo.exceptions import AccessError

from ..tools.jobs import each_or_set_aside, replayed

# Up to so many records move while the manager waits; more of them move in the background.
AT_ONCE = 5000
# Each job by its name, with the field of the pool that is set as long as the job is on.
JOBS = {"intake": "intake_domain", "transfer": "transfer_date"}


class LeadPoolJob(models.AbstractModel):
    """Moves of very many records, batch by batch in the background, in the name of who asked.

    Fields of a job begin with its name: `<job>_user_id` asked for it, `<job>_after` is the last
    record that was looked at. What it does is in its methods: `_<job>_trouble` says why it cannot
    go on, `_<job>_rest` which records are left, `_<job>_step` moves some, `_<job>_failed` notes one
    that cannot move, and `_<job>_end` ends it.
    """

    _name = "lead.pool.job"
    _description = "Long Moves in the Background"

    # ------------------------------------------------------------------
    # What jobs note is theirs
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        pools = super().create(vals_list)
        # The values, and not what was given: defaults come by other ways as well.
        if not self.env.su and any(
            pool[name] for pool in pools.sudo() for name in self._job_fields()
        ):
            self._job_refuse_to_write()
        return pools

    def write(self, vals):
        if not self.env.su and not self._job_fields().isdisjoint(vals):
            self._job_refuse_to_write()
        return super().write(vals)

    @api.model
    def _job_fields(self):
        """What is written by the jobs only, or the ledger could name somebody else."""
        return {
            name
            for name, field in self._fields.items()
            if field.store and name.split("_", 1)[0] in JOBS
        }

    @api.model
    def _job_refuse_to_write(self):
        raise AccessError(
            self.env._(
                "The pool itself notes what is moving. Press “Take in records” or “Transfer "
                "everything”."
            )
        )

    def _job_store(self, values):
        """Write notes of a job, past the `write` by which all workers forget what they know."""
        for name, value in values.items():
            self._fields[name].write(self, value)
        self.modified(values)

    # ------------------------------------------------------------------
    # Going on
    # ------------------------------------------------------------------

    @api.model
    def _jobs_go_on(self, job, batch_size):
        """Continue the jobs of one kind, in all companies.

        :param str job: name of the job
        :param int batch_size: records per transaction
        """
        for pool in self.sudo().browse(self._jobs_on(job).ids):
            asker = pool.exists()[f"{job}_user_id"]
            if not pool.with_context(lang=asker.lang)._job_go_on(job, batch_size):
                return

    @api.model
    def _jobs_on(self, job):
        """Pools, also archived ones, that have this job to do."""
        return self.sudo().with_context(active_test=False).search([(JOBS[job], "!=", False)])

    def _job_go_on(self, job, batch_size):
        """Continue the job of this pool, each batch in a transaction of its own.

        :return: whether there is time left
        """
        commit = self.env["ir.cron"]._commit_progress
        # Meanwhile somebody may have stopped it, or deleted the empty pool.
        while self.exists()[JOBS[job]]:
            done = replayed(self.env, lambda: self._job_turn(job, batch_size))
            if not commit(done, remaining=len(self._jobs_on(job))):
                return False
        return True

    def _job_turn(self, job, batch_size):
        """Do one batch, or end the job when nothing is left or it cannot go on.

        :return: number of records that were looked at
        """
        trouble = getattr(self, f"_{job}_trouble")()
        records = None if trouble else self._job_batch(job, batch_size)
        if not records:
            getattr(self, f"_{job}_end")(trouble)
            return 0
        # Whatever becomes of them, none is looked at twice. It is written first, so that who stops
        # the job waits for this batch, and does not undo it.
        self._job_store({f"{job}_after": records[-1].id})
        self.flush_recordset()
        self._job_move(job, records)
        return len(records)

    def _job_batch(self, job, limit):
        """The next records, in the hands of whoever asked for the job."""
        asker = self[f"{job}_user_id"]
        records = self.env[self._record_model_name()].with_user(asker).sudo()
        rest = getattr(self, f"_{job}_rest")()
        seen = self._job_searched(job, records).with_context(active_test=False)
        return records.browse(seen.search(rest, order="id", limit=limit).ids)

    def _job_searched(self, job, records):
        """Where a job looks for its records; one that may not touch all looks with fewer rights."""
        return records

    def _job_move(self, job, records):
        """Move records; one that cannot move stops none of the others."""

        def set_aside(record, error):
            self.env["lead.pool.trouble"]._note(job, record, error, self, logger=None)
            getattr(self, f"_{job}_failed")(record, error)

        each_or_set_aside(records, getattr(self, f"_{job}_step"), set_aside)
