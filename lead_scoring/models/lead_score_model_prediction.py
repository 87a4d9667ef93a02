import base64
import logging

import numpy as np

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..tools import win_file
from ..tools.jobs import each_or_set_aside
from ..tools.win_file import ModelFileError
from ..tools.win_metrics import logit

_logger = logging.getLogger(__name__)

BATCH = 10_000
# Odds against those of an average lead: from here on high, and up to here low.
HIGH_ODDS = 2.0
# A change of less than this many percentage points is not written.
LEAST_CHANGE = 0.05


class LeadScoreModelPrediction(models.AbstractModel):
    """Applies the version in use: to changed leads, to all after a promotion, to one to explain.

    Odoo's `probability` and `automated_probability` are read to stand beside, and never written.
    """

    _name = "lead.score.model.prediction"
    _description = "Prediction of a Win Probability Model"

    file_error = fields.Text(
        string="Problem with the file",
        compute="_compute_file_error",
        compute_sudo=True,
        help="Why the version in use cannot predict. Leads keep what was said last.",
    )

    # ------------------------------------------------------------------
    # The file
    # ------------------------------------------------------------------

    def _load(self):
        """The trained model, ready to predict.

        :raise ModelFileError: when the file is damaged, changed or of another version
        """
        self.ensure_one()
        return self._loaded(self.id, self.date_trained, self._file_mark())

    def _file_mark(self):
        """What changes when the file changes, without reading it."""
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search_fetch(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "model_file"),
                    ("res_id", "=", self.id),
                ],
                ["checksum"],
                limit=1,
            )
        )
        return attachment.id, attachment.checksum

    @ormcache("model_id", "trained", "mark")
    def _loaded(self, model_id, trained, mark):
        data = self.sudo().browse(model_id).with_context(bin_size=False).model_file
        return win_file.load(base64.b64decode(data or b""))

    def _file_error_text(self, code):
        """Why a model file cannot be used, for a person.

        :param str code: of a `ModelFileError`
        """
        if code == "version":
            return self.env._(
                "The model of %s was written by another version of this addon. Train it anew.",
                self.name,
            )
        return self.env._(
            "The model of %s is damaged or incomplete and is not used. Train it anew, or put back "
            "another version.",
            self.name,
        )

    def _missing_columns(self):
        """Fields that this version learned from and leads no longer have, or not as they were."""
        columns, labels = self.columns or {}, self._field_labels()
        return [labels.get(name, name) for name in columns.keys() - self._readable(columns).keys()]

    @api.depends("state", "model_file")
    @api.depends_context("lang")
    def _compute_file_error(self):
        for model in self:
            model.file_error = False
            if model.state == "champion":
                try:
                    model._load()
                except ModelFileError as error:
                    model.file_error = model._file_error_text(error.code)

    # ------------------------------------------------------------------
    # Which version judges which lead
    # ------------------------------------------------------------------

    @api.model
    @ormcache()
    def _champions(self):
        """Ids of the versions in use by company; False stands for leads without company."""
        rows = self.sudo().search([("state", "=", "champion")], order="company_id")
        found = {row.company_id.id: row.id for row in rows}
        if rows:
            found[False] = rows[0].id
        return found

    @api.model
    def _has_champion(self):
        return bool(self._champions())

    @api.model
    @ormcache()
    def _watched_fields(self):
        """Fields whose change makes a prediction stale."""
        champions = self.sudo().browse(set(self._champions().values()))
        names = {name for champion in champions for name in champion.columns or {}}
        return frozenset(names | {"company_id", "active", "stage_id"} if names else names)

    # ------------------------------------------------------------------
    # Predicting
    # ------------------------------------------------------------------

    @api.model
    def _predict_leads(self, ids):
        """Predict these leads, those that are open; closed ones keep what was said last.

        Those of a company without a version in use show no probability. Those whose version cannot
        be read wait for another one.

        :return: how many rows were written
        """
        written, champions = 0, self._champions()
        mine = Domain("id", "in", ids) & Domain("won_status", "=", "pending")
        waiting = []
        for company_id, champion_id in champions.items():
            domain = mine & Domain("company_id", "=", company_id)
            said = self.sudo().browse(champion_id)._predict_domain(domain)
            if said is None:
                waiting += self._leads().search(domain).ids
            written += said or 0
        if ids:
            others = self._leads()._search(mine & Domain("company_id", "not in", list(champions)))
            self._forget_leads(SQL("id IN %s", others.subselect()))
            self.env.cr.execute(
                SQL(
                    "UPDATE lead_win SET dirty = NULL"
                    " WHERE dirty AND id = ANY(%s) AND NOT id = ANY(%s)",
                    list(ids),
                    waiting,
                )
            )
            self.env["lead.win"].invalidate_model()
        return written

    def _predict_domain(self, domain):
        """Predict the leads of a domain with this version, and write what changed.

        :return: how many rows were written, None if the version cannot be read
        """
        self.ensure_one()
        try:
            model = self._load()
        except ModelFileError as error:
            _logger.info("Win probability %s cannot be used: %s", self.id, error)
            return None
        ids, table, _status, _closed = self._read_leads(domain, self.columns or {})
        if not ids:
            return 0
        said = model.predict(table)
        average = logit(model.base)
        odds = logit(said) - average
        bands = np.where(
            odds >= np.log(HIGH_ODDS), "high", np.where(odds <= -np.log(HIGH_ODDS), "low", "medium")
        )
        return self._write_predictions(ids, np.round(100 * said, 2).tolist(), bands.tolist())

    def _write_predictions(self, ids, percents, bands):
        """One statement; rows that say the same already are left alone."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO lead_win (id, probability, band, model_id, date)
                SELECT id, percent, band, %(model)s, now() AT TIME ZONE 'UTC'
                  FROM unnest(%(ids)s, %(percents)s::float[], %(bands)s::varchar[])
                       AS said (id, percent, band)
                ON CONFLICT (id) DO UPDATE
                   SET probability = excluded.probability, band = excluded.band,
                       model_id = excluded.model_id, date = excluded.date, dirty = NULL
                 WHERE lead_win.model_id IS DISTINCT FROM excluded.model_id
                    OR lead_win.band IS DISTINCT FROM excluded.band
                    OR lead_win.probability IS NULL
                    OR abs(lead_win.probability - excluded.probability) > %(least)s
                """,
                model=self.id,
                ids=ids,
                percents=percents,
                bands=bands,
                least=LEAST_CHANGE,
            )
        )
        written = self.env.cr.rowcount
        self.env["lead.win"].invalidate_model()
        return written

    def _forget_predictions(self):
        """Leads whose version went out of use show no probability."""
        self._forget_leads(SQL("model_id = ANY(%s)", self.ids))

    @api.model
    def _forget_leads(self, which):
        """Show no probability on some leads.

        :param SQL which: condition on `lead_win`
        """
        self.env.cr.execute(
            SQL(
                "UPDATE lead_win SET probability = NULL, band = NULL, model_id = NULL"
                " WHERE band IS NOT NULL AND %s",
                which,
            )
        )
        self.env["lead.win"].invalidate_model()

    @api.model
    def _cron_predict(self):
        """Predict marked leads, and all open leads after a promotion."""
        commit = self.env["ir.cron"]._commit_progress
        last = 0
        while ids := self._dirty_ids(last):
            last = ids[-1]
            self._predict_safely(ids, self._predict_leads)
            if not commit(len(ids)):
                return
        for champion in self.sudo().search([("state", "=", "champion"), ("rescore_next", ">=", 0)]):
            while champion.rescore_next >= 0:
                champion._rescore_batch()
                if not commit(1, remaining=int(champion.rescore_next >= 0)):
                    return

    @api.model
    def _predict_safely(self, ids, predict):
        """Predict leads in a job; one at which that fails stops no other, and says why.

        :param function predict: called with ids
        """
        each_or_set_aside(
            self._leads().browse(ids), lambda leads: predict(leads.ids), self._note_not_predicted
        )

    @api.model
    def _note_not_predicted(self, lead, error):
        """It is tried again when it changes; until then it is found by the filter *Not scored*."""
        _logger.warning("%s has no win probability", lead, exc_info=error)
        self.env.cr.execute(SQL("UPDATE lead_win SET dirty = FALSE WHERE id = %s", lead.id))
        lead._score_note_failure(error)

    @api.model
    def _dirty_ids(self, last):
        rows = self.env.execute_query(
            SQL("SELECT id FROM lead_win WHERE dirty AND id > %s ORDER BY id LIMIT %s", last, BATCH)
        )
        return [row[0] for row in rows]

    def _rescore_batch(self):
        """The next batch of open leads after a promotion, in the order of their ids."""
        self.ensure_one()
        companies = [key for key, champion in self._champions().items() if champion == self.id]
        domain = (
            Domain("id", ">", self.rescore_next)
            & Domain("won_status", "=", "pending")
            & Domain("company_id", "in", companies)
        )
        ids = self._leads()._search(domain, order="id", limit=BATCH).get_result_ids()
        self._predict_safely(ids, lambda some: self._predict_domain(Domain("id", "in", list(some))))
        self.rescore_next = max(ids) if len(ids) == BATCH else -1

    # ------------------------------------------------------------------
    # Explaining
    # ------------------------------------------------------------------

    @api.model
    def _explain_leads(self, leads, least=0.0):
        """Why these leads have their probability; see `crm.lead.win_explain`."""
        found = []
        for champion_id, group in leads.filtered("id").grouped(self._champion_id_of).items():
            champion = self.sudo().browse(champion_id)
            try:
                model = champion_id and champion._load()
            except ModelFileError:
                continue
            if model:
                found += champion._explain_group(model, group, least)
        return found

    @api.model
    def _champion_id_of(self, lead):
        return self._champions().get(lead.company_id.id or False, False)

    def _explain_group(self, model, leads, least):
        domain = Domain("id", "in", leads.ids)
        ids, table, _status, _closed = self._read_leads(domain, self.columns or {})
        odoo = {lead.id: lead.automated_probability for lead in leads}
        return [
            {
                "id": lead_id,
                "probability": round(100 * said, 2),
                "odoo_probability": odoo[lead_id],
                "average": round(100 * model.base, 2),
                "reasons": self.with_env(leads.env)._reason_texts(reasons, least),
            }
            for lead_id, (said, reasons) in zip(ids, model.explain(table), strict=True)
        ]
