from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.arguments import checked

STATES = [
    ("draft", "Draft"),
    ("queued", "Waiting"),
    ("training", "Training"),
    ("challenger", "Trained"),
    ("champion", "In use"),
    ("retired", "Retired"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
]
ALGORITHMS = [
    ("base", "No better than the average"),
    ("evidence", "Weight of evidence"),
    ("alone", "Each field by itself"),
    ("points", "Points per value"),
    ("trees", "Boosted trees"),
    ("blend", "Points and boosted trees"),
]
# While its training is not over, a version cannot be trained again.
BUSY = ("queued", "training")


class LeadScoreModel(models.Model):
    """One version of the win probability: what it learned from, how good it is, whether it is used.

    Training only queues; a job does the work, see `lead.score.model.training`. What a trained
    version knows is in `model_file`, see `tools/win_file.py`. A company has at most one champion.
    """

    _name = "lead.score.model"
    _description = "Win Probability Model"
    _inherit = [
        "lead.score.model.training",
        "lead.score.model.contest",
        "lead.score.model.prediction",
        "lead.score.model.wording",
        "lead.score.model.data",
    ]
    _order = "company_id, version desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", help="Number of the version, once it is trained.")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
        help="The company whose leads are learned from and predicted. Leads without a company "
        "belong to the first company that has a model in use.",
    )
    version = fields.Integer(
        readonly=True, copy=False, help="Counts the versions of the company, the newest highest."
    )
    state = fields.Selection(
        STATES,
        default="draft",
        readonly=True,
        required=True,
        copy=False,
        index=True,
        help="Trained versions wait until somebody, or the weekly job, puts the better one in use.",
    )
    remark = fields.Json(
        readonly=True, copy=False, help="What last happened to it, with the figures behind it."
    )
    reason = fields.Text(
        compute="_compute_reason", help="Why this version is in its state, in plain words."
    )
    verdict = fields.Text(
        compute="_compute_verdict", help="Whether it tells more than the average of all leads."
    )
    choice_ids = fields.Many2many(
        "lead.score.model.field",
        string="Fields to learn from",
        help="Fields of the lead that the model may look at. Fields that know the outcome are left "
        "out all the same, and named. Empty means the usual ones.",
    )
    window_days = fields.Integer(
        string="Days to look back",
        default=lambda self: self.env.company.win_window_days,
        help="Leads closed within so many days before the training are learned from.",
    )
    date_queued = fields.Datetime(
        readonly=True, copy=False, help="When the training was asked for."
    )
    date_trained = fields.Datetime(
        string="Trained on", readonly=True, copy=False, help="When the training ended."
    )
    date_promoted = fields.Datetime(
        string="In use since", readonly=True, copy=False, help="Since when this version predicts."
    )
    window_start = fields.Datetime(
        string="Learned from", readonly=True, copy=False, help="The oldest closing learned from."
    )
    window_end = fields.Datetime(
        string="Learned until", readonly=True, copy=False, help="The newest closing learned from."
    )
    future_count = fields.Integer(
        string="Closed in the Future",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Closed leads whose closing date lies in the future: they were set aside, since they "
        "would count as the newest of all. Correct their dates.",
    )
    algorithm = fields.Selection(
        ALGORITHMS,
        readonly=True,
        copy=False,
        help="Which of the candidates was best. Boosted trees see how values work together; points "
        "are easy to read.",
    )
    lead_count = fields.Integer(
        string="Leads",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Closed leads from which the version learned.",
    )
    won_count = fields.Integer(
        string="Won",
        readonly=True,
        copy=False,
        aggregator=None,
        help="How many of these leads were won.",
    )
    lost_count = fields.Integer(
        string="Lost", compute="_compute_lost_count", help="Lost leads learned from."
    )
    rate = fields.Float(
        string="Win rate", readonly=True, copy=False, aggregator=None, help="In percent."
    )
    auc = fields.Float(
        string="AUC",
        readonly=True,
        copy=False,
        digits=(6, 4),
        aggregator=None,
        help="How often the model gives the higher probability to the won one of a won and a lost "
        "lead that it has not seen. 0.5 is chance, 1 is perfect.",
    )
    log_loss = fields.Float(
        readonly=True,
        copy=False,
        digits=(6, 4),
        aggregator=None,
        help="How surprised the model is by what really happened; less is better. Being sure and "
        "wrong is dear.",
    )
    brier = fields.Float(
        string="Brier score",
        readonly=True,
        copy=False,
        digits=(6, 4),
        aggregator=None,
        help="Mean squared distance between what was said and what happened; less is better.",
    )
    calibration_error = fields.Float(
        readonly=True,
        copy=False,
        digits=(6, 4),
        aggregator=None,
        help="How far, on average, the share that was won lies from what was said.",
    )
    lift = fields.Float(
        readonly=True,
        copy=False,
        digits=(6, 2),
        aggregator=None,
        help="How many times more often the best tenth of the leads is won than all of them.",
    )
    figures = fields.Json(
        readonly=True, copy=False, help="How good the version and those it was compared with are."
    )
    charts = fields.Json(readonly=True, copy=False, help="Numbers behind the charts.")
    chart_data = fields.Json(
        compute="_compute_chart_data", help="The charts, labelled in the reader's language."
    )
    value_rates = fields.Json(
        readonly=True, copy=False, help="How many leads had each value, and how many were won."
    )
    value_rows = fields.Json(
        compute="_compute_chart_data",
        help="What each value of each field has meant, to be shown side by side.",
    )
    figure_rows = fields.Json(
        compute="_compute_figure_rows", help="The figures in rows, to be shown side by side."
    )
    drift = fields.Json(
        string="Drift figures",
        readonly=True,
        copy=False,
        help="How far today's leads differ from those of the training.",
    )
    drift_text = fields.Text(
        compute="_compute_drift_text",
        string="Drift",
        help="What has changed among the leads since the training.",
    )
    leaks = fields.Json(
        readonly=True, copy=False, help="Fields that are left out, with the figures behind it."
    )
    left_out = fields.Text(
        string="Left out",
        compute="_compute_left_out",
        help="Fields that the model does not look at, and why.",
    )
    missing_fields = fields.Text(
        string="Missing fields",
        compute="_compute_missing_fields",
        help="Fields that this version learned from and that are gone, or no longer of the same "
        "type; they count as empty.",
    )
    comparison = fields.Text(
        compute="_compute_comparison",
        help="How this version did beside the one in use, on leads that neither had seen.",
    )
    progress = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="How much of the training is done, in percent.",
    )
    phase = fields.Char(readonly=True, copy=False, help="What the training is doing.")
    heartbeat = fields.Datetime(
        readonly=True, copy=False, help="When the training last showed a sign of life."
    )
    attempts = fields.Integer(readonly=True, copy=False, help="How often the training was begun.")
    cancel_asked = fields.Boolean(
        readonly=True, copy=False, help="Whether somebody asked to cancel the training."
    )
    columns = fields.Json(
        readonly=True, copy=False, help="The fields as they were at the training."
    )
    rescore_next = fields.Integer(
        readonly=True,
        copy=False,
        default=-1,
        help="Up to which lead the new version has predicted.",
    )
    force_reason = fields.Char(
        string="Use it anyway because",
        copy=False,
        help="Why this version shall be used although it is not proven better. Needed for that.",
    )
    model_file = fields.Binary(
        attachment=True,
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_manager",
        help="The trained numbers, in a file that contains no program.",
    )
    steps_file = fields.Binary(
        attachment=True,
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        export_string_translation=False,
        help="What the steps of a training in progress have found, so that it goes on where it "
        "stopped: numbers only.",
    )
    is_kept = fields.Boolean(
        string="Can be put back", readonly=True, copy=False, help="Its file is still kept."
    )
    predicted_count = fields.Integer(
        compute="_compute_predicted_count", help="Leads whose probability this version gave."
    )

    _one_champion = models.UniqueIndex(
        "(company_id) WHERE state = 'champion'", "Another version of this company is in use."
    )

    @api.depends("version")
    @api.depends_context("lang")
    def _compute_name(self):
        for model in self:
            model.name = (
                self.env._("Version %s", model.version)
                if model.version
                else self.env._("New Version")
            )

    @api.depends("lead_count", "won_count")
    def _compute_lost_count(self):
        for model in self:
            model.lost_count = model.lead_count - model.won_count

    @api.depends("columns")
    def _compute_missing_fields(self):
        for model in self:
            missing = model._missing_columns()
            model.missing_fields = ", ".join(missing) if missing else False

    @api.depends("charts", "value_rates", "rate")
    @api.depends_context("lang")
    def _compute_chart_data(self):
        for model in self:
            model.chart_data = model._chart_data()
            model.value_rows = model._value_rows()

    @api.depends("figures")
    @api.depends_context("lang")
    def _compute_figure_rows(self):
        for model in self:
            model.figure_rows = model._figure_rows(model.figures or {})

    def _compute_predicted_count(self):
        counts = dict(
            self.env["lead.win"]
            .sudo()
            ._read_group([("model_id", "in", self.ids)], ["model_id"], ["__count"])
        )
        for model in self:
            model.predicted_count = counts.get(model, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        if self.filtered(lambda model: model.state == "champion"):
            raise UserError(self.env._("The version in use cannot be deleted; put back another."))

    # ------------------------------------------------------------------
    # Public API
    # ------------------------------------------------------------------

    @checked()
    def action_train(self):
        """Have these versions trained by the job; says at once when there are too few leads.

        :return: True
        :raise UserError: when a version is being trained or was trained, or leads are missing
        """
        self.check_access("write")
        for model in self:
            if model.state not in ("draft", "failed", "cancelled"):
                raise UserError(
                    self.env._("%s was trained already. Create a new version instead.", model.name)
                )
            if missing := model._missing_leads():
                raise UserError(missing)
        self._queue()
        return True

    @checked()
    def action_cancel(self):
        """Stop waiting or training; what was trained so far is dropped.

        :return: True
        """
        self.check_access("write")
        for model in self.filtered(lambda model: model.state in BUSY):
            model.cancel_asked = True
            if model.state == "queued":
                model._end("cancelled", "withdrawn")
        # A training whose server was stopped hears of it in the next turn.
        self.env.ref("lead_scoring.ir_cron_win_train").sudo()._trigger()
        return True

    @checked()
    def action_retire(self):
        """Take the version in use out of use; leads then show no win probability.

        :return: True
        """
        self.check_access("write")
        self.filtered(lambda model: model.state == "champion")._retire()
        return True

    @api.model
    def action_train_now(self):
        """Train a new version for the current company; what the settings' button does.

        :return: action that shows the version
        """
        self.check_access("create")
        company = self.env.company
        busy = self.search([("company_id", "=", company.id), ("state", "in", BUSY)], limit=1)
        model = busy or self._new_version(company)
        if not busy:
            used = [("company_id", "=", company.id), ("date_promoted", "!=", False)]
            model.is_first = not self.search_count(used, limit=1)
            model.action_train()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": model.id,
            "view_mode": "form",
        }

    @api.model
    def _new_version(self, company):
        """A draft with the choices of the version in use, or the usual ones."""
        last = self._champion_of(company) or self.search([("company_id", "=", company.id)], limit=1)
        return self.create(
            {
                "company_id": company.id,
                "window_days": company.win_window_days,
                "choice_ids": [(6, 0, last.choice_ids.ids)],
            }
        )

    @checked()
    def action_open_leads(self):
        """Leads whose probability this version gave.

        :return: action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("crm.crm_lead_all_leads")
        return action | {"domain": [("win_model_id", "in", self.ids)], "context": {}}
