from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.arguments import checked

RULES = [
    ("profile", "Profile as it is"),
    ("curve", "Learned: by purchases"),
    ("p_buy", "Learned: chance"),
    ("recency", "Learned: one number"),
    ("fixed_90", "90 days"),
    ("fixed_180", "180 days"),
    ("fixed_365", "365 days"),
]
# What these set in a profile.
ENGINES = {"curve": "curve", "p_buy": "p_buy", "recency": "fixed"}


class CustomerLifecycleBacktestLine(models.Model):
    """How one rule did in a back-test."""

    _name = "customer.lifecycle.backtest.line"
    _description = "Back-Test Result"
    _order = "backtest_id desc, sequence, id"
    _rec_name = "rule"

    backtest_id = fields.Many2one(
        "customer.lifecycle.backtest",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The back-test that this line belongs to.",
    )
    company_id = fields.Many2one(related="backtest_id.company_id", store=True)
    sequence = fields.Integer(
        readonly=True, export_string_translation=False, help="Place in the comparison."
    )
    rule = fields.Selection(
        RULES,
        required=True,
        readonly=True,
        help="How customers would have been flagged. Learned means from the purchases "
        "before the cut-off, as strict as the false alarms allowed: silent days by number of "
        "purchases, a chance of an order, or one number of days for everybody.",
    )
    settings = fields.Json(
        readonly=True,
        export_string_translation=False,
        help="The thresholds that this way of judging used.",
    )
    days_text = fields.Char(
        string="Flagged When",
        compute="_compute_days_text",
        help="After how many silent days, or under which chance, the rule flags.",
    )
    flagged = fields.Integer(
        readonly=True, help="Customers whom the rule would have flagged at the cut-off."
    )
    flagged_share = fields.Float(
        readonly=True, aggregator="avg", help="Of all customers known at the cut-off."
    )
    bought_anyway = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Share of the flagged customers who bought within the days after all.",
    )
    false_alarms = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Share of the customers who came back that had been flagged.",
    )
    found = fields.Float(
        string="Leavers Found",
        readonly=True,
        aggregator="avg",
        help="Share of the customers who stayed away that had been flagged at the cut-off.",
    )
    found_at = fields.Float(
        string="Found at Equal False Alarms",
        readonly=True,
        aggregator="avg",
        help="Share of leavers found at the false alarms allowed. A rule that only knows one "
        "number of days is thinned out or filled up by chance until it is as strict.",
    )
    auc = fields.Float(
        string="AUC",
        readonly=True,
        aggregator="avg",
        digits=(16, 3),
        help="Chance that a customer who came back was ranked before one who stayed away: 0.5 is "
        "a coin, 1 is perfect. Only for rules that rank.",
    )
    has_auc = fields.Boolean(
        readonly=True,
        export_string_translation=False,
        help="Whether this way ranks the customers, so that its ranking can be judged.",
    )
    detection_days = fields.Float(
        string="Days Until Found",
        readonly=True,
        aggregator="avg",
        digits=(16, 0),
        help="Silent days after which a leaver is flagged, in the middle of all who are found.",
    )
    flips = fields.Float(
        string="Changes per Customer-Year",
        readonly=True,
        aggregator="avg",
        digits=(16, 2),
        help="How often a customer is flagged or taken back, per customer and year.",
    )
    spend_flagged = fields.Float(
        string="Spend of the Flagged",
        readonly=True,
        aggregator="avg",
        help="Share of what was bought after the cut-off that the flagged customers bought.",
    )

    def _compute_days_text(self):
        for line in self:
            line.days_text = line._lifecycle_days_text(line.settings or {})

    def _lifecycle_days_text(self, settings):
        if steps := settings.get("steps"):
            parts = [
                self.env._("from purchase %(orders)s: %(days)s days", days=days, orders=orders)
                for orders, days in steps
            ]
            return ", ".join(parts)
        if settings.get("dormant"):
            return self.env._("%s days of silence", settings["dormant"])
        if settings.get("p_dormant"):
            return self.env._("chance under %s %%", round(settings["p_dormant"] * 100, 1))
        return False

    @checked(one=True)
    def action_adopt(self):
        """Make a suggestion for the profile of this result, and open it.

        :return: an action
        :raise UserError: for a rule that has nothing to adopt
        """
        if self.rule not in ENGINES:
            raise UserError(self.env._("Only what was learned can be adopted."))
        suggestion = self.env["customer.lifecycle.suggestion"]._lifecycle_suggest(
            self.backtest_id.profile_id, self.backtest_id.company_id, ENGINES[self.rule],
            self.settings, self.backtest_id,
        )  # fmt: skip
        return suggestion._get_records_action(name=self.env._("Suggestion"))
