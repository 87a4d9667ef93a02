import logging
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.arguments import checked
from ..tools.jobs import CONFLICTS, each_or_set_aside, replayed

_logger = logging.getLogger(__name__)
# A transaction may have written a row before our last look and committed it after that.
OVERLAP = timedelta(hours=1)
PAGE = 2000


class LeadScoreCollector(models.Model):
    """Reads what leads did from one app, and remembers how far it has read."""

    _name = "lead.score.collector"
    _inherit = ["lead.score.bounded"]
    _description = "Collector of Signals"
    _order = "sequence, id"
    _kept_fields = ("code", "cursor_date", "last_run", "last_count", "total_count", "last_error")

    name = fields.Char(required=True, translate=True, help="Where these signals come from.")
    code = fields.Char(
        required=True, readonly=True, help="Name of the part of the program that reads them."
    )
    sequence = fields.Integer(default=10, help="Order in which collectors are listed and read.")
    active = fields.Boolean(default=True, help="Archived collectors read nothing.")
    signal_ids = fields.One2many(
        "lead.score.signal", "collector_id", string="Signals", help="What this collector finds."
    )
    backfill_days = fields.Integer(
        string="Look back (days)",
        default=90,
        help="How far back it reads when it runs for the first time.",
    )
    cursor_date = fields.Datetime(
        string="Read up to", readonly=True, help="What is older than this has been read."
    )
    last_run = fields.Datetime(readonly=True, help="When it last looked.")
    last_count = fields.Integer(
        string="Found last time", readonly=True, help="Signals found when it last looked."
    )
    total_count = fields.Integer(
        string="Found so far", readonly=True, help="All signals that it has found."
    )
    last_error = fields.Text(
        readonly=True, help="What went wrong when it last looked. Empty if nothing did."
    )
    missing_apps = fields.Char(
        compute="_compute_missing_apps",
        help="Apps that have to be installed before this collector can find anything.",
    )
    state = fields.Selection(
        [
            ("missing", "App not installed"),
            ("paused", "Switched off"),
            ("new", "Not run yet"),
            ("failed", "Failed"),
            ("ok", "Works"),
        ],
        compute="_compute_state",
        help="Whether this collector works.",
    )

    _code_uniq = models.UniqueIndex("(code)", "There is a collector with this code already.")
    _backfill_range = models.Constraint(
        "CHECK (backfill_days BETWEEN 0 AND 3650)", "Look back between 0 and 3650 days."
    )

    def _handler(self):
        """The abstract model that finds the rows, or None if nobody defines it (any more)."""
        self.ensure_one()
        return self.env.get(f"lead.score.collect.{self.code}")

    @api.depends("code")
    def _compute_missing_apps(self):
        installed = self.env["ir.module.module"]._installed()
        names = dict(
            self.env["ir.module.module"].sudo().search_fetch([], ["name", "shortdesc"])
            .mapped(lambda module: (module.name, module.shortdesc))
        )  # fmt: skip
        for collector in self:
            handler = collector._handler()
            apps = handler._apps if handler is not None else ()
            missing = [names.get(app) or app for app in apps if app not in installed]
            if handler is None:
                missing = [collector.code or ""]
            collector.missing_apps = ", ".join(missing)

    @api.depends("active", "last_error", "last_run", "missing_apps")
    def _compute_state(self):
        for collector in self:
            collector.state = (
                "missing" if collector.missing_apps
                else "paused" if not collector.active
                else "failed" if collector.last_error
                else "ok" if collector.last_run
                else "new"
            )  # fmt: skip

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    def _cron_collect(self):
        """Let each collector read what is new; one that fails does not stop the others."""
        commit = self.env["ir.cron"]._commit_progress
        collectors = self.search([("active", "=", True)]).filtered(
            lambda collector: not collector.missing_apps
        )
        commit(remaining=len(collectors))
        for number, collector in enumerate(collectors, start=1):
            collector._collect_safely(commit)
            if not commit(1, remaining=len(collectors) - number):
                break

    @checked()
    def action_collect(self):
        """Read now, and tell what was found."""
        self.check_access("write")
        if missing := self.filtered("missing_apps"):
            raise UserError(
                self.env._("Please install first: %s.", ", ".join(missing.mapped("missing_apps")))
            )
        found = sum(collector.sudo()._collect_safely() for collector in self)
        failed = self.filtered("last_error")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if failed else "success",
                "message": self.env._("%s signals found.", found),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _collect_safely(self, commit=None):
        """Read page after page; an error is shown on the collector and in the log.

        :param commit: called between pages with 0, so that what is read is read
        :return: how many signals were found
        """
        self.ensure_one()
        # Only a job may begin its transaction anew; what a person asks for Odoo replays.
        do = partial(replayed, self.env) if commit else lambda work: work()
        # Datetime.now() leaves out what is less than a second.
        until = fields.Datetime.now() + timedelta(seconds=1)
        found, error, refused = 0, False, {}
        try:
            more = True
            while more:
                count, more = do(lambda: self._collect_page(until, refused))
                found += count
                if more and commit and not commit(0):
                    break
            error = next(iter(refused.values()), False)
        except CONFLICTS:
            raise
        except Exception as exception:
            _logger.warning("Collector %s failed", self.code, exc_info=True)
            error = f"{type(exception).__name__}: {exception}"
        do(
            lambda: self.write(
                {
                    "last_run": until,
                    "last_count": found,
                    "total_count": self.total_count + found,
                    "last_error": error,
                }
            )
        )
        return found

    def _collect_page(self, until, refused):
        """Report one page of what is new, and move the cursor on.

        :param dict refused: complaints about rows that could not be reported, by their names; they
            are passed over in this look, and must not keep the collector from what follows
        :return: number of signals reported, and whether there is more
        """
        with self.env.cr.savepoint():
            start = self.cursor_date or until - timedelta(days=self.backfill_days)
            limit = PAGE + len(refused)
            found = self._handler()._new_rows(self, start - OVERLAP, until, limit)
            rows = [row for row in found if _name(row) not in refused]
            count = self._report(rows, refused)
            more = len(found) == limit and bool(rows)
            self.cursor_date = max(start, rows[-1]["mark"]) if more else self._read_up_to(until)
        return count, more

    def _read_up_to(self, until):
        """Moment before which nothing can turn up any more.

        What a transaction writes bears the time of its beginning, and is seen when it ends.
        """
        [(oldest,)] = self.env.execute_query(
            SQL(
                "SELECT min(xact_start) AT TIME ZONE 'UTC' FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        return min(until, oldest.replace(microsecond=0)) if oldest else until

    def _report(self, rows, refused):
        """Hand rows over to the score; what is wrong with one of them stops none of the others.

        :param dict refused: see `_collect_page`
        :return: number of signals that count
        """
        of_lead = {}
        for row in rows:
            of_lead.setdefault(row["lead_id"], []).append(row)

        def report(leads):
            return self._report_part([row for lead_id in leads.ids for row in of_lead[lead_id]])

        def set_aside(lead, error):
            _logger.warning("Collector %s, lead %s: %s", self.code, lead.id, error)
            refused.update((_name(row), f"crm.lead,{lead.id}: {error}") for row in of_lead[lead.id])

        parts = each_or_set_aside(self.env["crm.lead"].browse(of_lead), report, set_aside)
        for _count, complaints in parts:
            refused.update(complaints)
        return sum(count for count, _complaints in parts)

    def _report_part(self, rows):
        """Hand rows over.

        :return: number of signals that count, and complaints about others by their names
        """
        names = ("lead_id", "code", "date", "quantity", "key", "ref")
        results = self.env["crm.lead"].score_signals(
            [{name: row[name] for name in names} for row in rows]
        )
        complaints = {
            _name(row): f"{row['ref']}: {result['message']}"
            for row, result in zip(rows, results, strict=True)
            if not result["ok"] and result["code"] != "duplicate_key"
        }
        return sum(result["ok"] for result in results), complaints


def _name(row):
    """What a row is told from others by."""
    return row["lead_id"], row["key"]
