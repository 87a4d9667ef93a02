import psycopg2

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger

from ..tools.jobs import each_or_set_aside, replayed
from .lead_pool import MODEL_BY_KIND


class LeadPool(models.Model):
    """Scheduled jobs: what they do for all pools of all companies."""

    _inherit = "lead.pool"

    @api.model
    def _cron_reclaim(self, batch_size=500):
        """Take back what is due, in all companies; refresh due dates where rules have changed.

        :param int batch_size: records per transaction
        """
        self._rest_where_filters_are_broken()
        self._refresh_due_dates(batch_size)
        for model_name in MODEL_BY_KIND.values():
            self.env[model_name]._pool_check_again(batch_size)
            replayed(self.env, self.env[model_name]._pool_give_up_again)
        run = self.env["lead.pool.run"]
        on_hold = self._pools_on_hold()
        for model_name in MODEL_BY_KIND.values():
            run, time_left = self.env[model_name]._pool_reclaim_due(run, batch_size, on_hold)
            if not time_left:
                return

    def _rest_where_filters_are_broken(self):
        """Write down which filters are broken; the dates of their pools are worked out later."""
        commit = self.env["ir.cron"]._commit_progress

        def note():
            self.env["lead.pool.trouble"].sudo()._note_filters()
            known = self.sudo().search([("due_refresh", "=", False)])
            known.filtered(lambda pool: pool._dues_rest()).write({"due_refresh": True})

        replayed(self.env, note)
        commit()

    def _dues_rest(self):
        """Whether a broken filter keeps a rule from saying when records go back."""
        return bool(
            self._filter_trouble("exempt_domain")
            or any(rule._filter_trouble("domain") for rule in self._active_rules())
        )

    def _refresh_when_mended(self):
        """Dates could not be worked out because of a filter: the job does it once it works."""
        self.ensure_one()
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint(flush=False):
                # Nobody waits for it: if another transaction is at the pool, the job finds out.
                self.env.cr.execute(
                    SQL(
                        "UPDATE lead_pool SET due_refresh = true WHERE id IN (SELECT id FROM"
                        " lead_pool WHERE id = %s AND due_refresh IS NOT TRUE"
                        " FOR NO KEY UPDATE SKIP LOCKED)",
                        self.id,
                    )
                )
        except psycopg2.OperationalError:
            return
        self.invalidate_recordset(["due_refresh"], flush=False)

    def _refresh_due_dates(self, batch_size):
        """Continue the refreshes that `_schedule_due_refresh` left to the cron.

        A pool with a broken filter waits until it is mended.
        """
        commit = self.env["ir.cron"]._commit_progress
        for pool in self.sudo().search([("due_refresh", "=", True)]):
            while pool.exists().due_refresh and not pool._dues_rest():
                if not commit(replayed(self.env, lambda p=pool: p._refresh_some_dues(batch_size))):
                    return

    def _refresh_some_dues(self, batch_size):
        """Work out anew when some records of this pool go back.

        :return: number of records
        """
        batch = (
            self.env[self._record_model_name()]
            .sudo()
            .search(
                Domain("pool_id", "=", self.id)
                & Domain("pool_state", "=", "owned")
                & Domain("id", ">", self.due_refresh_after),
                order="id",
                limit=batch_size,
            )
        )
        batch._pool_refresh_safely()
        last = batch[-1:].id
        self.write({"due_refresh": bool(batch), "due_refresh_after": last or 0})
        return len(batch)

    @api.model
    def _cron_assign(self, batch_size=200):
        """Assign what waits in pools that do so by themselves, in all companies.

        :param int batch_size: records per transaction
        """
        self.sudo().search([("assign_strategy", "!=", "none")])._assign_all(batch_size)

    @api.model
    def _cron_offers(self, batch_size=200):
        """What was offered to all and taken by nobody goes on, in all companies.

        :param int batch_size: records per transaction
        """
        for model_name in MODEL_BY_KIND.values():
            if not self.env[model_name]._pool_offers_due(batch_size):
                return

    @api.model
    def _cron_warn(self, batch_size=500):
        """Send the warnings that are due, in all companies.

        :param int batch_size: records per transaction
        """
        for model_name in MODEL_BY_KIND.values():
            if not self.env[model_name]._pool_warn_due(batch_size):
                return

    @api.model
    def _cron_warn_digest(self):
        """Once a day: one e-mail to each owner whose records go back soon."""
        commit = self.env["ir.cron"]._commit_progress
        pools = self.sudo().search([("warn_digest", "=", True)])
        for of_kind in pools.grouped("kind").values():
            for owner, mine in of_kind._due_soon().grouped("user_id").items():
                if not commit(replayed(self.env, lambda o=owner, m=mine: m._pool_digest_safely(o))):
                    return

    def _due_soon(self):
        """What goes back from these pools of one kind within their longest step of warning."""
        soon = self.env[self[:1]._record_model_name()].sudo()
        for pool in self:

            def set_aside(record, error, pool=pool):
                self.env["lead.pool.trouble"]._note("digest", record, error, pool)

            def due(pool, set_aside=set_aside):
                days = max(pool._warn_days(), default=0)
                until = pool._days_later(pool.env.cr.now(), days)
                found = pool._due_records(until)
                each_or_set_aside(found, lambda records: records._pool_refresh_due(), set_aside)
                return pool._due_records(until)

            soon = soon.concat(*each_or_set_aside(pool, due, set_aside))
        return soon
