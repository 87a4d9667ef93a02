import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ...tools.arguments import checked
from ...tools.jobs import CONFLICTS
from .customer_lifecycle_fit import LARGE

_logger = logging.getLogger(__name__)

WEEKS_BACK = 26
FALSE_ALARMS = 0.1


class CustomerLifecycleBacktest(models.Model):
    """A profile judged on the company's own past.

    Standing at a cut-off and knowing only the purchases up to it, whom would the profile have
    called dormant, whom would simpler rules, and who of them bought anyway? Nothing is changed by
    it; a result can be adopted as a suggestion, see `customer.lifecycle.suggestion`.
    """

    _name = "customer.lifecycle.backtest"
    _description = "Lifecycle Back-Test"
    _inherit = ["customer.lifecycle.facts"]
    _order = "id desc"
    _rec_name = "profile_id"

    profile_id = fields.Many2one(
        "customer.lifecycle.profile",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self._default_profile(),
        domain="[('engine', '!=', 'none'), ('company_id', 'in', [company_id, False])]",
        help="The class of customers to judge. Who belongs to it today counts for the past too.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
        help="The company whose purchases are looked at.",
    )
    cutoff_date = fields.Date(
        string="Cut-Off",
        required=True,
        default=lambda self: self._lifecycle_default_cutoff(),
        help="The test knows the purchases up to this day and foretells what came after it.",
    )
    horizon_days = fields.Integer(
        string="Days Looked Ahead",
        required=True,
        default=WEEKS_BACK * 7,
        help="Who does not buy within so many days after the cut-off counts as having left.",
    )
    false_alarm_rate = fields.Float(
        string="False Alarms Allowed",
        required=True,
        default=FALSE_ALARMS,
        help="Rules are compared where they are equally strict: at this share of the customers "
        "who came back having been flagged.",
    )
    state = fields.Selection(
        [
            ("draft", "Not run yet"),
            ("queued", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "No result"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        help="With very many customers a back-test runs in the background.",
    )
    shortage = fields.Selection(
        [
            ("few_customers", "Fewer than 100 customers had bought before the cut-off."),
            ("nobody_returned", "Fewer than 20 customers bought after the cut-off."),
            ("nobody_left", "Fewer than 20 customers stayed away after the cut-off."),
            ("no_curve", "Too few purchases lie before the cut-off to learn from them."),
            ("error", "The purchases could not be read."),
        ],
        string="What Is Missing",
        readonly=True,
        copy=False,
        help="Why the test has no result.",
    )
    error = fields.Char(readonly=True, copy=False, help="What went wrong, for the administrator.")
    run_date = fields.Datetime(
        string="Run on", readonly=True, copy=False, help="When the back-test was last run."
    )
    customer_count = fields.Integer(
        string="Customers", readonly=True, copy=False, help="Had bought before the cut-off."
    )
    returned_count = fields.Integer(
        string="Came Back", readonly=True, copy=False, help="Bought again within the days."
    )
    left_count = fields.Integer(
        string="Stayed Away", readonly=True, copy=False, help="Did not buy within the days."
    )
    expected_orders = fields.Float(
        readonly=True,
        copy=False,
        digits=(16, 0),
        help="Purchase days after the cut-off that the purchase model expected in all.",
    )
    actual_orders = fields.Integer(
        readonly=True, copy=False, help="Purchase days after the cut-off that there really were."
    )
    line_ids = fields.One2many(
        "customer.lifecycle.backtest.line",
        "backtest_id",
        readonly=True,
        copy=False,
        help="One line for each way of judging customers that was compared.",
    )
    verdict = fields.Text(compute="_compute_verdict", help="What the test says, in words.")
    chart = fields.Html(
        compute="_compute_chart",
        sanitize=False,
        help="How many of those who left were found, against the false alarms.",
    )

    _rate_check = models.Constraint(
        "CHECK (false_alarm_rate > 0 AND false_alarm_rate < 1)",
        "The false alarms allowed are a share between 0 and 1.",
    )
    _horizon_check = models.Constraint(
        "CHECK (horizon_days BETWEEN 7 AND 1092)",
        "Look between 7 days and three years ahead.",
    )

    @api.model
    def _default_profile(self):
        """The first profile of the company that decides about states."""
        profiles = self.env["customer.lifecycle"]._lifecycle_profiles(self.env.company)
        return profiles.filtered(lambda profile: profile.engine != "none")[:1].sudo(False)

    @api.model
    def _lifecycle_default_cutoff(self):
        return fields.Date.context_today(self) - timedelta(weeks=WEEKS_BACK)

    @api.constrains("cutoff_date", "horizon_days", "company_id")
    def _check_past(self):
        for test in self:
            today = test._lifecycle_today(test.company_id)
            if test.cutoff_date + timedelta(test.horizon_days) > today:
                raise ValidationError(
                    self.env._(
                        "What customers did in the %(days)s days after %(date)s is not known yet. "
                        "Choose an earlier cut-off or look fewer days ahead.",
                        days=test.horizon_days,
                        date=format_date(self.env, test.cutoff_date),
                    )
                )

    @api.constrains("profile_id", "company_id")
    def _check_profile(self):
        for test in self:
            if test.profile_id.engine == "none":
                raise ValidationError(
                    self.env._(
                        "The profile %s does not track its customers, so there is nothing to "
                        "judge.",
                        test.profile_id.name,
                    )
                )
            if test.profile_id.company_id not in (test.company_id, self.env["res.company"]):
                raise ValidationError(
                    self.env._(
                        "The profile %(profile)s belongs to %(company)s.",
                        profile=test.profile_id.name,
                        company=test.profile_id.company_id.name,
                    )
                )

    @api.depends("profile_id", "cutoff_date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for test in self:
            if not test.profile_id:
                test.display_name = self.env._("New back-test")
                continue
            test.display_name = self.env._(
                "%(profile)s, seen from %(date)s",
                profile=test.profile_id.name or "",
                date=format_date(self.env, test.cutoff_date),
            )

    @api.depends("state", "line_ids", "shortage")
    @api.depends_context("lang")
    def _compute_verdict(self):
        for test in self:
            test.verdict = "\n".join(test._lifecycle_verdict())

    @api.depends("state", "line_ids")
    @api.depends_context("lang")
    def _compute_chart(self):
        for test in self:
            test.chart = False
            if test.line_ids:
                test.chart = self.env["ir.qweb"]._render(
                    "customer_lifecycle.backtest_chart", {"test": test}
                )

    def write(self, vals):
        """Another question makes an earlier answer void."""
        asked = {"profile_id", "company_id", "cutoff_date", "horizon_days", "false_alarm_rate"}
        if asked & vals.keys():
            if running := self.filtered(lambda test: test.state == "running"):
                raise UserError(
                    self.env._(
                        "“%s” is running. Cancel it before you change what it looks at.",
                        running[0].display_name,
                    )
                )
            self.sudo().line_ids.unlink()
            vals = {**vals, "state": "draft", "shortage": False}
        return super().write(vals)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @checked()
    def action_run(self):
        """Run these tests: at once, or in the background where there are very many customers.

        :return: True
        :raise UserError: for a test that is waiting or running already
        """
        self.check_access("write")
        for test in self:
            if test.state in ("queued", "running"):
                raise UserError(self.env._("“%s” is waiting or running.", test.display_name))
            if test.profile_id._lifecycle_size(test.company_id) > LARGE:
                test.state = "queued"
                self.env.ref("customer_lifecycle.ir_cron_backtest").sudo()._trigger()
            else:
                test._lifecycle_run()
        return True

    @checked()
    def action_cancel(self):
        """Do not run what waits, and drop what a running test will find.

        :return: True
        :raise UserError: for a test that neither waits nor runs
        """
        self.check_access("write")
        if any(test.state not in ("queued", "running") for test in self):
            raise UserError(self.env._("There is nothing to cancel."))
        self.state = "cancelled"
        return True

    @checked(one=True)
    def action_lines(self):
        """Open the results as a graph.

        :return: an action
        """
        action = self.env["ir.actions.actions"]._for_xml_id(
            "customer_lifecycle.customer_lifecycle_backtest_line_action"
        )
        return {**action, "domain": [("backtest_id", "=", self.id)]}

    # ------------------------------------------------------------------
    # Running
    # ------------------------------------------------------------------

    def _lifecycle_run(self):
        """Judge, and write the result down."""
        for test in self:
            test._lifecycle_write_result(test._lifecycle_judge_safely())

    def _lifecycle_judge_safely(self):
        """What the test found; a test that cannot be judged says why."""
        try:
            with self.env.cr.savepoint():
                return self._lifecycle_judge()
        except CONFLICTS:
            raise
        except Exception as error:
            _logger.exception("Back-test %s", self.id)
            return {"state": "failed", "shortage": "error", "error": str(error)}

    def _lifecycle_write_result(self, values):
        # Results are written by the test only; nobody has the right to edit them.
        self.sudo().line_ids.unlink()
        self.sudo().write(
            {"shortage": False, "error": False, "run_date": self.env.cr.now(), **values}
        )

    @api.model
    def _cron_backtest(self):
        """Run what waits, one test per transaction; a cancelled one leaves nothing behind."""
        commit = self.env["ir.cron"]._commit_progress
        # A server that died in the middle leaves a test that says it is running.
        waiting = [("state", "in", ("queued", "running"))]
        commit(remaining=self.search_count(waiting))
        for test in self.search(waiting, order="id"):
            test.state = "running"
            if not commit(0):
                break
            try:
                test._lifecycle_run_cancelable()
            except CONFLICTS:
                # It still says that it is running: the next run judges it once more.
                self.env.cr.rollback()
                self.env.invalidate_all()
            if not commit(1):
                break

    def _lifecycle_run_cancelable(self):
        """Judge without holding a lock, then write only if nobody has cancelled meanwhile."""
        values = self._lifecycle_judge_safely()
        # Reading took long: a fresh snapshot, in which a cancellation shows.
        self.env["ir.cron"]._commit_progress(0)
        self.invalidate_recordset()
        test = self.exists().try_lock_for_update(allow_referencing=True)
        if test and test.state == "running":
            test._lifecycle_write_result(values)
