import base64
import logging
import time
from datetime import timedelta

import numpy as np
from psycopg2.errors import SerializationFailure

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import config

from ..tools import win_file
from ..tools.jobs import CONFLICTS, each_or_set_aside
from ..tools.win_columns import rows as rows_of
from ..tools.win_model import WinModel, importance
from ..tools.win_steps import Paused, Steps, dump, load
from ..tools.win_training import TrainingError, train
from ..tools.win_values import value_rates

_logger = logging.getLogger(__name__)

# So often a step is begun: after a third stop in the middle of it Odoo does not call the job for an
# hour, and nobody would read why.
ATTEMPTS = 2
# Seconds of a job in one go: half of what Odoo allows, and this where it allows any time.
LONGEST, SHORTEST = 60, 1
# So many leads are learned from at most, the newest ones; one fit of them fits into one go.
MOST_LEADS = 30000
# Closings that lie nearer together say nothing about time: they were imported.
LEAST_SPAN_DAYS = 14
WEEK = timedelta(days=7)
# Leads on which the weight of each field is measured.
SAMPLE = 2000


class Cancelled(Exception):
    """Somebody asked to stop the training."""


class Deleted(Exception):
    """Somebody deleted the version that was being trained."""


class LeadScoreModelTraining(models.AbstractModel):
    """Trains versions in a job: one after the other, in steps and short transactions, so that it
    can be cancelled, watched and killed at any moment.

    Odoo stops a job after two minutes, as it comes. A training is longer; so it ends its turn
    before, and goes on in the next one with what its steps have found.
    """

    _name = "lead.score.model.training"
    _description = "Training of a Win Probability Model"

    # ------------------------------------------------------------------
    # Is there enough?
    # ------------------------------------------------------------------

    @api.model
    def _closed_counts(self, company, days):
        """(won, lost) leads to learn from."""
        counts = dict(
            self._leads()._read_group(
                self._closed_domain(company, days), ["won_status"], ["__count"]
            )
        )
        return counts.get("won", 0), counts.get("lost", 0)

    def _missing_leads(self):
        """What is missing to learn from, as a sentence; False when there is enough."""
        self.ensure_one()
        return self._missing_text(
            *self._closed_counts(self.company_id, self.window_days),
            self.company_id.win_min_closed,
        )

    @api.model
    def _missing_text(self, won, lost, least):
        if won >= least and lost >= least:
            return False
        return self.env._(
            "There are too few closed leads to learn from: %(least)s won and %(least)s lost ones "
            "are needed, there are %(won)s won and %(lost)s lost ones. Missing: %(more_won)s won, "
            "%(more_lost)s lost. Until then the score by rules stands alone.",
            least=least,
            won=won,
            lost=lost,
            more_won=max(0, least - won),
            more_lost=max(0, least - lost),
        )

    # ------------------------------------------------------------------
    # The queue
    # ------------------------------------------------------------------

    def _queue(self):
        self.write(
            {
                "state": "queued",
                "date_queued": self.env.cr.now(),
                "cancel_asked": False,
                "remark": {"code": "queued"},
                "progress": 0,
                "attempts": 0,
                "steps_file": False,
            }
        )
        self.env.ref("lead_scoring.ir_cron_win_train").sudo()._trigger()

    @api.model
    def _cron_train(self):
        """Train what waits, or go on with it; the next turn comes soon where time is over."""
        until = time.monotonic() + self._training_seconds()
        # Nobody else trains: Odoo runs a job once at a time.
        for model in self.search([("state", "=", "training")]):
            model._for_reader()._take_up()
        commit = self.env["ir.cron"]._commit_progress
        commit(remaining=0)
        waiting, tried = Domain("state", "=", "queued"), []
        while model := self.search(
            waiting & Domain("id", "not in", tried), limit=1, order="date_queued, id"
        ):
            tried.append(model.id)
            model._for_reader()._train(until)
            commit(1, remaining=0)
            if time.monotonic() >= until:
                break
        if self.search_count(waiting, limit=1):
            self.env.ref("lead_scoring.ir_cron_win_train").sudo()._trigger()

    @api.model
    def _training_seconds(self):
        """How long one turn may last, in seconds: half of the time after which Odoo stops it."""
        real = config["limit_time_real_cron"]
        if real is None or real < 0:
            real = config["limit_time_real"]
        limits = [limit / 2 for limit in (real, config["limit_time_cpu"]) if limit]
        return max(SHORTEST, min([LONGEST, *limits]))

    def _take_up(self):
        """A training whose turn did not end: the server stopped, or ran out of time or memory."""
        self.ensure_one()
        if self.cancel_asked:
            self._end("cancelled", "cancelled")
        elif self.attempts < ATTEMPTS:
            self.state = "queued"
        else:
            self._end("failed", "stopped", count=self.attempts)

    def _for_reader(self):
        """This version in the language of who reads how far the job is.

        That is who made the version, or the company when the weekly job did.
        """
        reader = self.company_id.partner_id if self.is_automatic else self.create_uid
        return self.with_context(lang=reader.lang or self.env.lang)

    def _train(self, until=None):
        """Train one version; whatever goes wrong is written on it and stops nobody else.

        :param float until: by `time.monotonic`, when the turn is over; None for never
        """
        self.ensure_one()
        commit = self.env["ir.cron"]._commit_progress
        self.write({"state": "training", "remark": False, "attempts": self.attempts + 1})
        try:
            self._alive(self.env._("Reading leads"), self.progress)
            self._learn(until)
        except Paused:
            self.write({"state": "queued", "attempts": 0})
        except Cancelled:
            self._end("cancelled", "cancelled")
        except Deleted:
            _logger.info("A win probability was deleted while it was trained")
        except TrainingError as error:
            self._end("failed", error.code)
        except CONFLICTS:
            # No fault of these leads: the next turn goes on where this one was.
            self._undo()
            self.write({"state": "queued", "attempts": 0})
        except Exception as error:
            _logger.info("Training of win probability %s failed", self.id, exc_info=True)
            self._undo()
            self._end("failed", "error", text=str(error))
        commit()

    def _undo(self):
        """Back to the last commit, which was at most one phase ago."""
        self.env.cr.rollback()
        self.env.invalidate_all()

    def _end(self, state, code, **facts):
        """Go to a state, for a reason as `_remark_text` words it."""
        remark = {"code": code, **facts}
        self.write(
            {
                "state": state,
                "remark": remark,
                "phase": False,
                "cancel_asked": False,
                "steps_file": False,
            }
        )

    def _alive(self, phase, progress):
        """Tell how far the training is, and stop if somebody asked for it.

        Each time is a transaction of its own, so that no lock and no snapshot is held while the
        processor works.
        """
        self.env["ir.cron"]._commit_progress()
        self.invalidate_recordset(["cancel_asked"])
        if not self.exists():
            raise Deleted
        if self.cancel_asked:
            raise Cancelled
        try:
            self.write({"phase": phase, "progress": progress, "heartbeat": self.env.cr.now()})
            self.env["ir.cron"]._commit_progress()
        except SerializationFailure:
            # Somebody is just writing it, for example asking to cancel; seen next time.
            self._undo()

    def _phases(self):
        return {
            "compare": self.env._("Comparing candidates"),
            "newest": self.env._("Judging by the newest leads"),
            "recent": self.env._("Looking for drift"),
            "final": self.env._("Fitting the best"),
        }

    # ------------------------------------------------------------------
    # Learning
    # ------------------------------------------------------------------

    def _learn(self, until=None):
        known, (ids, table, status, closed) = self._learned_from()
        won = np.array([one == "won" for one in status], dtype=float)
        counts, least = (int(won.sum()), int((1 - won).sum())), self.company_id.win_min_closed
        if self._missing_text(*counts, least):
            self._end("failed", "missing", won=counts[0], lost=counts[1], least=least)
            return
        left_out = self._leave_out(table, won, ids)
        columns = {name: kind for name, kind in self._wanted_columns().items() if name in table}
        phases = self._phases()

        def progress(phase, share):
            self._alive(phases[phase], round(10 + 85 * share))

        steps = Steps(known, after=lambda: self._step_done(ids, steps.known, until))
        kept, report = train(table, won, self._ages(closed), progress=progress, steps=steps)
        self._store(kept, report, table, won, closed, ids, columns, left_out)

    def _learned_from(self):
        """What the steps so far have found, and the closed leads: the same ones as before."""
        domain = self._closed_domain(self.company_id, self.window_days)
        if self.steps_file:
            ids, known = load(base64.b64decode(self.with_context(bin_size=False).steps_file))
            # By their ids: the days to look back have moved on since.
            same = self._closed_leads(self.company_id) & Domain("id", "in", ids)
            leads = self._read_leads(same, self._wanted_columns())
            if leads[0] == ids:
                return known, leads
            # A lead was deleted or opened again: what was found was about others.
            self.steps_file = False
        newest = self._leads().search(
            domain, order="date_closed DESC NULLS LAST, id DESC", limit=MOST_LEADS + 1
        )
        if len(newest) > MOST_LEADS:
            domain = Domain("id", "in", newest[:MOST_LEADS].ids)
        return {}, self._read_leads(domain, self._wanted_columns())

    def _step_done(self, ids, known, until):
        """Keep what the steps have found; end the turn when its time is over."""
        self.write({"steps_file": base64.b64encode(dump(ids, known)), "attempts": 1})
        self.env["ir.cron"]._commit_progress(1)
        if until and time.monotonic() >= until:
            raise Paused

    def _ages(self, closed):
        """Days since each closing; None when all were closed, or imported, at about one time."""
        newest = max(closed)
        ages = np.array([(newest - one).total_seconds() / 86400 for one in closed])
        return ages if np.ptp(ages) >= LEAST_SPAN_DAYS else None

    def _store(self, kept, report, table, won, closed, ids, columns, left_out):
        """Keep what was learned, and say how good it is."""
        shown = report["newest"] or report["figures"]
        hold = report["hold"]
        judged = [ids[row] for row in hold] if report["newest"] else ids
        peer = self._odoo_figures(judged, won[hold] if report["newest"] else won)
        sample = rows_of(table, np.arange(min(len(won), SAMPLE)))
        moved = importance(WinModel(kept), sample)
        looked_at = {feature["name"] for feature in kept["features"]}
        rates = value_rates(kept["features"], table, won)
        self._note_spelling(self._closed_domain(self.company_id, self.window_days), rates)
        self.write(
            {
                "state": "challenger",
                "phase": False,
                "progress": 100,
                "steps_file": False,
                "version": self._next_version(),
                "algorithm": report["algorithm"],
                # What says nothing need not be read, nor watched.
                "columns": {name: kind for name, kind in columns.items() if name in looked_at},
                "date_trained": self.env.cr.now(),
                "window_start": min(closed),
                "window_end": max(closed),
                "lead_count": report["count"],
                "future_count": self._leads().search_count(self._closed_in_future(self.company_id)),
                "won_count": report["won"],
                "rate": 100 * report["won"] / report["count"],
                **{
                    name: shown[name]
                    for name in ("auc", "log_loss", "brier", "calibration_error", "lift")
                },
                "figures": {
                    "cross": _numbers(report["figures"]),
                    "newest": _numbers(report["newest"]),
                    "odoo": _numbers(peer),
                    "candidates": report["candidates"],
                    "strong_recency": report["strong_recency"],
                },
                "charts": self._charts(report, shown, peer, moved),
                "value_rates": rates,
                "leaks": [{"name": name, **why} for name, why in left_out.items()],
                "remark": False,
                "model_file": base64.b64encode(win_file.dump(kept)),
                "is_kept": True,
            }
        )
        self._compare_with_champion(table, won, report, closed)

    def _next_version(self):
        [(last,)] = self._read_group(
            [("company_id", "=", self.company_id.id)], aggregates=["version:max"]
        )
        return (last or 0) + 1

    # ------------------------------------------------------------------
    # Each week
    # ------------------------------------------------------------------

    @api.model
    def _cron_retrain(self):
        """A new version for each company that wants it, and what has drifted since the last."""
        for company in self.env["res.company"].sudo().search([("win_retrain", "=", True)]):
            each_or_set_aside(company, self._retrain, self._note_not_retrained)
            self.env["ir.cron"]._commit_progress(1)

    def _note_not_retrained(self, company, error):
        """A company for which that fails has a failed version that says why."""
        _logger.warning("No new win probability for %s", company, exc_info=error)
        # Not by the settings of the company, which may be what is wrong.
        model = self.create({"company_id": company.id, "is_automatic": True})
        model._end("failed", "error", text=str(error))

    def _retrain(self, company):
        """Look for drift in one company, and train a new version if it is time."""
        if champion := self._champion_of(company):
            champion._measure_drift()
        mine = Domain("company_id", "=", company.id)
        busy = mine & Domain("state", "in", ("queued", "training"))
        since = self.env.cr.now() - WEEK + timedelta(hours=1)
        recent = mine & Domain("date_trained", ">", since)
        counts = self._closed_counts(company, company.win_window_days)
        if self._missing_text(*counts, company.win_min_closed) or self.search_count(
            busy | recent, limit=1
        ):
            return
        model = self.with_company(company)._new_version(company)
        model.is_automatic = True
        model._for_reader()._queue()


def _numbers(figures):
    """The plain numbers of figures, without their curves."""
    return figures and {key: one for key, one in figures.items() if not isinstance(one, list)}
