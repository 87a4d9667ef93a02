import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.jobs import CONFLICTS, guarded

_logger = logging.getLogger(__name__)
# Rows per transaction: large enough that a statement is worth its overhead, small enough that
# nobody who sells waits for long.
BATCH = 50000
RETRIES = 3


class CustomerLifecycleRun(models.Model):
    """What a nightly run did for one company."""

    _name = "customer.lifecycle.run"
    _description = "Customer Lifecycle Run"
    _order = "id desc"
    _rec_name = "day"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The company whose customers were judged.",
    )
    day = fields.Date(required=True, readonly=True, help="The day for which it decided.")
    date_start = fields.Datetime(string="Started", readonly=True, help="When the run began.")
    date_end = fields.Datetime(
        string="Ended", readonly=True, help="When the run ended; empty while it goes on."
    )
    found_count = fields.Integer(
        string="New Customers", readonly=True, help="Customers who had no lifecycle yet."
    )
    decided_count = fields.Integer(
        string="Looked At", readonly=True, help="Customers whose day had come."
    )
    moved_count = fields.Integer(
        string="Changes", readonly=True, help="Changes of state, risk, tier or group."
    )
    scored_count = fields.Integer(
        string="Scored Anew", readonly=True, help="Customers whose scores or chance moved."
    )
    failed_count = fields.Integer(
        string="Set Aside", readonly=True, help="Customers who could not be decided about."
    )
    warning = fields.Text(readonly=True, help="What to look into.")

    _company_day_idx = models.Index("(company_id, day)")

    @api.model
    def _cron_run(self, batch_size=BATCH):
        """Let time move the customers of all companies, batch by batch."""
        for company in self.env["res.company"].sudo().search(Domain.TRUE):
            if not self._run_company_safely(company, batch_size):
                return

    def _run_company_safely(self, company, batch_size):
        """One company that cannot be looked at says why, and the others go on."""
        try:
            return self._run_company(company, batch_size)
        except Exception as error:
            self.env.cr.rollback()
            self.env.invalidate_all(flush=False)
            if not isinstance(error, CONFLICTS):
                _logger.warning("Lifecycle run of company %s: %s", company.id, error)
                self._run_note_failure(company, error)
            return self.env["ir.cron"]._commit_progress()

    def _run_note_failure(self, company, error):
        """A run without an end, so that the next one does all of it again."""
        self.sudo().create(
            {
                "company_id": company.id,
                "day": self.env["customer.lifecycle"]._lifecycle_today(company),
                "date_start": self.env.cr.now(),
                "failed_count": 1,
                "warning": self.env._("The run failed: %s", str(error) or type(error).__name__),
            }
        )

    @api.model
    def _run_company(self, company, batch_size=BATCH):
        """Whatever is due in a company. A second run on the same day finds nothing to do.

        :return: seconds left to the cron
        """
        rows = self.env["customer.lifecycle"].sudo().with_company(company)
        today = rows._lifecycle_today(company)
        first = not self.sudo().search_count(
            [("company_id", "=", company.id), ("day", "=", today), ("date_end", "!=", False)],
            limit=1,
        )
        counts = {"date_start": fields.Datetime.now()}
        rows._lifecycle_flush()
        left = self._run_safely(lambda: self._run_new(company, counts, batch_size))
        if left and first:
            left = self._run_safely(lambda: rows._lifecycle_assign(company))
        while left:
            after = counts.get("last_id", 0)
            left = self._run_safely(lambda: self._run_batch(company, today, counts, batch_size))
            if not counts["last_id"] and not after:
                break
        if left and first:
            left = self._run_safely(lambda: self._run_scores_safely(company, today, counts))
        if left:
            self._run_note(company, today, first, counts)
        return self.env["ir.cron"]._commit_progress()

    def _run_safely(self, work):
        """Do and commit; when somebody sold at the same moment, look again with fresh eyes."""
        commit = self.env["ir.cron"]._commit_progress
        for attempt in range(RETRIES):
            try:
                processed = work()
                return commit(processed or 0)
            except CONFLICTS:
                self.env.cr.rollback()
                self.env.invalidate_all()
                if attempt + 1 == RETRIES:
                    raise
        return 0

    def _run_new(self, company, counts, batch_size):
        """Customers that nobody told us about, from imports that went past the ORM."""
        rows = self.env["customer.lifecycle"].sudo().with_company(company)
        ids = rows._lifecycle_ensure(company)
        for start in range(0, len(ids), batch_size):
            rows._lifecycle_replay(company, ids[start : start + batch_size])
        counts["found_count"] = len(ids)
        return 0

    def _run_batch(self, company, today, counts, batch_size):
        """The next customers whose day has come; from the first on again after the last.

        By id, since neighbours are read and written faster. The second time finds those who were
        locked by somebody who sold to them.
        """
        rows = self.env["customer.lifecycle"].sudo().with_company(company)
        query = SQL(
            """SELECT id FROM customer_lifecycle
                WHERE company_id = %s AND check_date <= %s AND id > %s
                ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED""",
            company.id,
            today,
            counts.get("last_id", 0),
            batch_size,
        )
        ids = [row[0] for row in self.env.execute_query(query)]
        moved, failed = rows._lifecycle_apply_safely(company, ids, today) if ids else ([], 0)
        counts["last_id"] = ids[-1] if ids else 0
        counts["decided_count"] = counts.get("decided_count", 0) + len(ids)
        counts["moved_count"] = counts.get("moved_count", 0) + len(moved)
        counts["failed_count"] = counts.get("failed_count", 0) + failed
        return len(ids)

    def _run_scores(self, company, today, counts):
        rows = self.env["customer.lifecycle"].sudo().with_company(company)
        scored, told = rows._lifecycle_rescore(company, today)
        if told:
            rows._lifecycle_changed(told)
        counts["scored_count"] = scored
        counts["moved_count"] = counts.get("moved_count", 0) + len(told)
        return 0

    def _run_scores_safely(self, company, today, counts):
        """Scores that cannot be made leave the states as they were decided."""

        def failed(error):
            _logger.warning("Lifecycle scores of company %s: %s", company.id, error)
            counts["warning"] = self.env._("Customers could not be scored: %s", error)

        return guarded(self.env, lambda: self._run_scores(company, today, counts), failed)

    def _run_note(self, company, today, first, counts):
        """One row per day, and one more whenever there was something to do."""
        if not first and not counts.get("decided_count") and not counts.get("found_count"):
            return
        self.sudo().create(
            {
                **{
                    name: value
                    for name, value in counts.items()
                    if name not in ("last_id", "warning")
                },
                "company_id": company.id,
                "day": today,
                "date_end": fields.Datetime.now(),
                "warning": "\n".join(
                    filter(None, [counts.get("warning"), *self._run_warnings(company)])
                ),
            }
        )

    def _run_warnings(self, company):
        """What a manager should look into: currencies without a rate, filters that are broken."""
        rows = self.env["customer.lifecycle"].sudo()
        used = SQL(
            """SELECT DISTINCT currency_id FROM sale_order
                WHERE company_id = %s AND state = 'sale' AND currency_id = ANY(%s)""",
            company.id,
            rows._lifecycle_currencies_without_rate(company).ids,
        )
        currencies = self.env["res.currency"].browse(
            [row[0] for row in self.env.execute_query(used)]
        )
        for currency in currencies:
            yield self.env._(
                "There is no exchange rate for %s: orders in it count as purchases without a "
                "value.",
                currency.name,
            )
        failed = rows.search_count([("company_id", "=", company.id), ("failure", "!=", False)])
        if failed:
            yield self.env._("%s customers are set aside; each says why.", failed)
        for profile in rows._lifecycle_profiles(company).filtered("domain_error"):
            yield self.env._(
                "The filter of the profile %(profile)s is broken: %(error)s",
                profile=profile.name,
                error=profile.domain_error,
            )
