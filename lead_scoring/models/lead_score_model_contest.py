import numpy as np

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.arguments import checked, text
from ..tools.win_file import ModelFileError
from ..tools.win_metrics import figures, log_loss, losses

# So many won and lost leads that neither version has seen decide between them.
LEAST_UNSEEN = 20
KEPT_FILES = 12


class LeadScoreModelContest(models.AbstractModel):
    """Which version is used: comparison, promotion, putting back, drift, and Odoo's own figures."""

    _name = "lead.score.model.contest"
    _description = "Contest of Win Probability Models"

    is_automatic = fields.Boolean(
        readonly=True, copy=False, help="The weekly job made this version, and promotes it."
    )
    is_first = fields.Boolean(
        string="First version",
        readonly=True,
        copy=False,
        help="It was asked for in the settings when no version had ever been in use. It is put in "
        "use as soon as it is trained, if it is better than the average.",
    )
    previous_id = fields.Many2one(
        "lead.score.model",
        string="Version before",
        compute="_compute_previous_id",
        help="The version that was in use before, and can be put back.",
    )
    unseen = fields.Json(
        readonly=True,
        copy=False,
        help="The contest with the version in use, on leads that neither has seen.",
    )

    @api.model
    def _champion_of(self, company):
        return self.search([("company_id", "=", company.id), ("state", "=", "champion")], limit=1)

    @api.depends("state", "date_promoted")
    def _compute_previous_id(self):
        for model in self:
            model.previous_id = model.state == "champion" and self.search(
                [
                    ("company_id", "=", model.company_id.id),
                    ("state", "=", "retired"),
                    ("is_kept", "=", True),
                    ("date_promoted", "<=", model.date_promoted),
                    ("id", "!=", model.id),
                ],
                order="date_promoted desc, version desc",
                limit=1,
            )

    # ------------------------------------------------------------------
    # Is it better?
    # ------------------------------------------------------------------

    def _compare_with_champion(self, table, won, report, closed):
        """Judge the new version and the one in use by the newest leads that neither has seen.

        For this the new version is represented by what its algorithm said about the newest fifth
        before it learned from it.
        """
        champion = self._champion_of(self.company_id)
        unseen = {"champion": champion.version or None}
        if champion and len(report["hold"]):
            until = champion._learned_until()
            rows = [row for row in report["hold"] if closed[row] > until]
            place = {row: number for number, row in enumerate(report["hold"])}
            said = report["hold_said"][[place[row] for row in rows]] if rows else np.array([])
            theirs = champion._predict_rows(table, rows)
            if theirs is not None and rows:
                unseen |= _contest(won[rows], said, theirs)
        self.unseen = unseen
        if not (self.is_automatic or self.is_first) or self._promotion_refusal():
            return
        if self.is_automatic:
            self._promote("weekly")
        elif not champion:
            self._promote("first")

    def _learned_until(self):
        """The newest closing learned from; none is later than the training, whatever is written."""
        return min(self.window_end, self.date_trained)

    def _predict_rows(self, table, rows):
        """What this version says about rows of a table, None when its file cannot be used."""
        try:
            model = self._load()
        except ModelFileError:
            return None
        same = self._readable(self.columns or {})
        chosen = {
            name: (kind, [values[row] for row in rows])
            for name, (kind, values) in table.items()
            if name in same
        }
        if not rows or not chosen:
            return np.full(len(rows), model.base) if rows else None
        return model.predict(chosen)

    def _unseen_now(self, champion):
        """The contest on leads closed since both were trained, when there are enough of them."""
        start = max(champion._learned_until(), self._learned_until())
        domain = self._closed_domain(self.company_id, self.window_days) & Domain.custom(
            to_sql=lambda model, alias, query: self._later_than(alias, start)
        )
        columns = {**(champion.columns or {}), **(self.columns or {})}
        ids, table, status, _closed = self._read_leads(domain, columns)
        won = np.array([one == "won" for one in status], dtype=float)
        if min(won.sum(), (1 - won).sum()) < LEAST_UNSEEN:
            return None
        rows = list(range(len(ids)))
        ours, theirs = self._predict_rows(table, rows), champion._predict_rows(table, rows)
        if ours is None or theirs is None:
            return None
        return _contest(won, ours, theirs)

    def _promotion_refusal(self):
        """Why this version may not simply be used, or False."""
        self.ensure_one()
        if self.state not in ("challenger", "retired"):
            return self.env._("Only a trained version can be used.")
        if self.algorithm == "base":
            return self.env._("It is no better than the average, so it has nothing to say.")
        champion = self._champion_of(self.company_id)
        if not champion:
            return False
        contest = self._unseen_now(champion) or self.unseen or {}
        if min(contest.get("won", 0), contest.get("lost", 0)) < LEAST_UNSEEN:
            return self.env._(
                "Too few leads were closed since %(champion)s was trained to tell which is better: "
                "%(least)s won and %(least)s lost ones that neither has seen are needed.",
                champion=champion.name,
                least=LEAST_UNSEEN,
            )
        if contest["ours"] >= contest["theirs"]:
            return self.env._(
                "%(champion)s is as good or better on %(count)s leads closed since it was trained "
                "(log loss %(theirs).4f, this version %(ours).4f).",
                champion=champion.name,
                count=contest["won"] + contest["lost"],
                theirs=contest["theirs"],
                ours=contest["ours"],
            )
        return False

    @api.depends("unseen")
    @api.depends_context("lang")
    def _compute_comparison(self):
        for model in self:
            model.comparison = model.unseen and model._comparison_text()

    def _comparison_text(self):
        unseen = self.unseen
        if text := unseen.get("text"):
            # Of early versions only the text was kept.
            return text
        if not unseen.get("champion"):
            return self.env._("There is no version in use to compare with.")
        if "won" not in unseen:
            return self.env._("No leads yet that neither this version nor the one in use has seen.")
        return self.env._(
            "On %(count)s leads that neither had seen (%(won)s won): log loss %(ours).4f, the "
            "version in use (%(champion)s) %(theirs).4f. Less is better.",
            count=unseen["won"] + unseen["lost"],
            won=unseen["won"],
            ours=unseen["ours"],
            theirs=unseen["theirs"],
            champion=self.env._("Version %s", unseen["champion"]),
        )

    # ------------------------------------------------------------------
    # Public API
    # ------------------------------------------------------------------

    @checked(reason=text)
    def action_promote(self, reason=None):
        """Use this version for all open leads of its company.

        :param str reason: why, if it is to be used although it is not proven better; without it
            the reason written on the version counts
        :return: True
        :raise UserError: when it is not better than the version in use and no reason is given
        """
        self.check_access("write")
        for model in self.filtered(lambda model: model.state != "champion"):
            # A version without a reason does not borrow that of the one before it.
            why = (reason or model.force_reason or "").strip()
            refusal = model._promotion_refusal()
            trained = model.state in ("challenger", "retired") and model.algorithm != "base"
            if refusal and not (why and trained):
                raise UserError(
                    self.env._("%s Give a reason to use it all the same.", refusal)
                    if trained
                    else refusal
                )
            user = self.env.user.name
            if refusal:
                model._promote("decided", user=user, reason=why)
            else:
                model._promote("promoted", user=user)
        return True

    @checked()
    def action_roll_back(self):
        """Put the version back that was used before this one.

        :return: True
        :raise UserError: when there is none whose file is kept
        """
        self.check_access("write")
        for model in self.filtered(lambda model: model.state == "champion"):
            before = model.previous_id
            if not before:
                raise UserError(self.env._("There is no earlier version to put back."))
            before._promote("back", user=self.env.user.name, version=model.version)
        return True

    @checked()
    def action_measure_drift(self):
        """Compare the leads of today with those that this version learned from.

        :return: True
        """
        self.check_access("write")
        for model in self:
            model._measure_drift()
        return True

    def _promote(self, code, **facts):
        """Make this version the one in use; its file must be sound, or nothing changes.

        :param str code: why, with its `facts`; see `_remark_text`
        """
        self.ensure_one()
        try:
            self._load()
        except ModelFileError as error:
            raise UserError(self._file_error_text(error.code)) from error
        champion = self._champion_of(self.company_id) - self
        champion.write({"state": "retired", "rescore_next": -1})
        champion.flush_recordset()
        self.write(
            {
                "state": "champion",
                "date_promoted": self.env.cr.now(),
                "remark": {"code": code, **facts},
                "rescore_next": 0,
            }
        )
        self.env.registry.clear_cache()
        self._drop_old_files()
        self.env.ref("lead_scoring.ir_cron_win_predict").sudo()._trigger()

    def _retire(self):
        self.write({"state": "retired", "rescore_next": -1, "remark": {"code": "retired"}})
        self.flush_recordset()
        self.env.registry.clear_cache()
        self._forget_predictions()

    def _drop_old_files(self):
        """Keep the files of the newest versions only."""
        old = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("is_kept", "=", True),
                ("state", "in", ("retired", "challenger")),
            ],
            order="version desc",
            offset=KEPT_FILES,
        )
        old.write({"model_file": False, "is_kept": False})

    # ------------------------------------------------------------------
    # Drift
    # ------------------------------------------------------------------

    def _measure_drift(self):
        """How far leads created since the training differ from those learned from, and the rate."""
        self.ensure_one()
        try:
            model = self._load()
        except ModelFileError as error:
            self.drift = {"error": error.code}
            return
        since = self.date_trained
        new = Domain("create_date", ">", since) & Domain(
            "company_id", "in", (self.company_id.id, False)
        )
        ids, table, _status, _closed = self._read_leads(new, self.columns or {}, limit=20000)
        fields_drift = model.drift(table) if len(ids) >= 30 else {}
        closed = self._closed_domain(self.company_id, self.window_days) & Domain.custom(
            to_sql=lambda model, alias, query: self._later_than(alias, since)
        )
        done, done_table, status, _closed = self._read_leads(
            closed, self.columns or {}, limit=20000
        )
        won = np.array([one == "won" for one in status], dtype=float)
        said = model.predict(done_table) if done else np.array([])
        self.drift = {
            "fields": fields_drift,
            "count": len(ids),
            "closed": len(done),
            "rate": float(won.mean()) if len(won) else None,
            "said": float(said.mean()) if len(said) else None,
            "log_loss": log_loss(won, said) if len(won) else None,
        }

    @api.depends("drift")
    @api.depends_context("lang")
    def _compute_drift_text(self):
        for model in self:
            model.drift_text = model.drift and model._drift_sentences()

    def _drift_sentences(self):
        labels, drift = self._field_labels(), self.drift
        if "error" in drift:
            return self._file_error_text(drift["error"])
        lines = []
        if drift["closed"]:
            lines.append(
                self.env._(
                    "Leads closed since the training: %(count)s, of which %(rate).1f%% were won; "
                    "the model said %(said).1f%%.",
                    count=drift["closed"],
                    rate=100 * drift["rate"],
                    said=100 * drift["said"],
                )
            )
        for name, index in sorted(drift["fields"].items(), key=lambda item: -item[1]):
            if index >= 0.1:
                text = (
                    self.env._("%(field)s has changed a lot (stability index %(index).2f).")
                    if index >= 0.25
                    else self.env._("%(field)s has changed a little (stability index %(index).2f).")
                )
                lines.append(text % {"field": labels.get(name, name), "index": index})
        if not lines:
            lines.append(
                self.env._("Nothing has changed noticeably.")
                if drift["count"] >= 30
                else self.env._("Too few new leads since the training to tell.")
            )
        return "\n".join(lines)

    @api.model
    def _later_than(self, alias, start):
        return SQL("%s > %s", self._closed_on(alias), start)

    # ------------------------------------------------------------------
    # Odoo's own prediction
    # ------------------------------------------------------------------

    def _odoo_figures(self, ids, won):
        """Figures of Odoo's predictive scoring on closed leads, by Odoo's own tables as they are.

        The stage is left out, because the stage of a won lead is the outcome. Odoo has counted
        these very leads, which flatters it.

        :return: figures, or False when Odoo's tables are empty
        """
        said = self._odoo_said(ids)
        return figures(won, said) if said is not None else False

    def _odoo_said(self, ids):
        tables = self._odoo_tables()
        if not tables or not ids:
            return None
        values = self._leads()._pls_get_lead_pls_values(domain=[("id", "in", list(ids))])
        return np.array(
            [_odoo_probability(tables, values.get(lead_id) or {"values": ()}) for lead_id in ids]
        )

    def _odoo_tables(self):
        """Odoo's counts: by team (None for all together), by field, by value (won, lost)."""
        found = {}
        stage = self.env["crm.stage"].sudo().search([("team_ids", "=", False)], limit=1)
        for row in (
            self.env["crm.lead.scoring.frequency"].sudo().search([("variable", "!=", False)])
        ):
            if row.variable == "tag_id" and row.won_count + row.lost_count < 50:
                continue
            if row.variable == "stage_id" and row.value != str(stage.id):
                continue
            for team in {row.team_id.id or None, None}:
                counts = found.setdefault(team, {}).setdefault(row.variable, {})
                won, lost = counts.get(row.value, (0.0, 0.0))
                counts[row.value] = (won + row.won_count, lost + row.lost_count)
        return found


def _contest(won, ours, theirs):
    """Log loss of two sets of predictions on the same leads."""
    return {
        "won": int(won.sum()),
        "lost": int((1 - won).sum()),
        "ours": float(losses(won, ours).mean()),
        "theirs": float(losses(won, theirs).mean()),
    }


def _odoo_probability(tables, values):
    """Odoo's naive Bayes for one lead, see `crm.lead._pls_get_naive_bayes_probabilities`."""
    team = values.get("team_id") if values.get("team_id") in tables else None
    fields_counts = tables[team]
    stage = next(iter(fields_counts.get("stage_id", {}).values()), None)
    if not stage:
        return 0.5
    won, lost = stage[0] / sum(stage), stage[1] / sum(stage)
    for field, value in values["values"]:
        counts = fields_counts.get(field, {})
        if field == "stage_id" or str(value) not in counts:
            continue
        total = [sum(column) for column in zip(*counts.values(), strict=True)]
        if all(total):
            won *= counts[str(value)][0] / total[0]
            lost *= counts[str(value)][1] / total[1]
    return min(max(round(100 * won / (won + lost), 2), 0.01), 99.99) / 100
