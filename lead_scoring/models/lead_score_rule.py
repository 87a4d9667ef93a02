from ast import literal_eval

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.points import DIMENSIONS
from .lead_score_fields import SCORE_FIELDS

# A rule that looked at these would judge the score by itself.
OWN_FIELDS = {"lead_score_id", "score_trend", *SCORE_FIELDS}
# Fields of the scorecard that say how much each dimension counts at least and at most.
LIMITS = tuple(f"{dimension}_{end}" for dimension in DIMENSIONS for end in ("floor", "cap"))
# In the context of a write: rules come back as they were, even if they can no longer count.
RESTORE = object()
DEFINITION = (
    "name",
    "kind",
    "dimension",
    "points",
    "domain",
    "frequency",
    "window_days",
    "repeat",
    "max_count",
    "half_life",
)


class LeadScoreRule(models.Model):
    """One line of a scorecard: what counts, in which dimension, and how much."""

    _name = "lead.score.rule"
    _inherit = ["lead.score.bounded"]
    _description = "Score Rule"
    _order = "card_id, sequence, id"
    _placed_by = ("card_id",)
    _stored_filters = ("domain",)

    name = fields.Char(
        required=True, translate=True, help="What the rule says, as salespeople will read it."
    )
    card_id = fields.Many2one(
        "lead.score.card",
        string="Scorecard",
        required=True,
        ondelete="cascade",
        index=True,
        help="Scorecard to which the rule belongs.",
    )
    company_id = fields.Many2one(related="card_id.company_id")
    sequence = fields.Integer(default=10, help="Order in which the rules are listed.")
    active = fields.Boolean(default=True, help="Archived rules do not count.")
    dimension = fields.Selection(
        [
            ("fit", "Fit"),
            ("need", "Need"),
            ("budget", "Budget"),
            ("authority", "Authority"),
            ("timing", "Timing"),
            ("engagement", "Engagement"),
            ("negative", "Negative"),
        ],
        required=True,
        default="fit",
        help="What the points say: how well the lead suits us, how much it needs us, whether it "
        "has the money, whether we talk to who decides, when it will buy, how much it does, and "
        "what speaks against it.",
    )
    kind = fields.Selection(
        [("attribute", "What the lead is"), ("signal", "What the lead does")],
        required=True,
        default="attribute",
        help="A rule on what the lead is looks at its fields. A rule on what it does looks at "
        "what was reported about it, such as an e-mail that it answered.",
    )
    points = fields.Float(
        required=True,
        digits=(6, 2),
        default=10,
        help="Points that the lead gets, from -100 to 100. Less than zero speaks against it.",
    )
    domain = fields.Char(
        string="Which leads",
        default="[]",
        help="Leads that match this filter get the points. It is evaluated by the system for all "
        "leads alike, whoever looks at them.",
    )
    signal_id = fields.Many2one(
        "lead.score.signal",
        ondelete="set null",
        index="btree_not_null",
        help="What the lead has to do.",
    )
    frequency = fields.Float(
        string="At least",
        digits=(8, 2),
        default=1,
        help="How often it must have happened to count at all; for time on the website, how many "
        "minutes.",
    )
    window_days = fields.Integer(
        string="In the last … days",
        help="Only what is not older than so many days counts; 0 for no limit.",
    )
    repeat = fields.Boolean(
        string="Each time",
        default=True,
        help="Each time counts. If not, only the last time counts, once.",
    )
    max_count = fields.Float(
        string="At most",
        digits=(8, 2),
        help="How often (or how many minutes) it counts at most, the last times first; 0 for no "
        "limit.",
    )
    half_life = fields.Float(
        string="Half-life (days)",
        digits=(8, 2),
        default=-1,
        help="After so many days half of the points are left. 0 for points that stay, less than "
        "0 for the half-life of the scorecard.",
    )
    broken = fields.Char(
        compute="_compute_broken",
        help="Why the rule cannot count. It is left out until this is mended; all others count.",
    )
    limit_note = fields.Char(
        string="Limit",
        compute="_compute_limit_note",
        help="What is left of the points of this rule by the limits of its dimension, which are "
        "set on the scorecard.",
    )
    is_daily = fields.Boolean(
        string="Checked daily",
        compute="_compute_broken",
        help="The filter depends on today's date or on other records, so the leads are judged "
        "anew once a day.",
    )

    _points_range = models.Constraint(
        "CHECK(points BETWEEN -100 AND 100)", "A rule gives between -100 and 100 points."
    )
    _numbers_range = models.Constraint(
        "CHECK(frequency > 0 AND window_days >= 0 AND max_count >= 0)",
        "How often, how long and how much at most cannot be less than zero.",
    )

    @api.depends("domain", "kind", "signal_id", "signal_id.active")
    def _compute_broken(self):
        for rule in self:
            rule.broken, rule.is_daily = self._judge(rule._definition())

    @api.depends("points", "dimension", "card_id", *(f"card_id.{name}" for name in LIMITS))
    @api.depends_context("lang")
    def _compute_limit_note(self):
        for rule in self:
            floor, cap = (rule.card_id[f"{rule.dimension}_{end}"] for end in ("floor", "cap"))
            counted = min(max(rule.points, floor), cap)
            rule.limit_note = rule.points != counted and self.env._(
                "Counts %(counted)g of %(points)g points: the scorecard limits this dimension.",
                counted=counted,
                points=rule.points,
            )

    @api.model
    def _judge(self, definition):
        """Whether a rule can count, and whether it has to be checked daily.

        :param dict definition: see `_definition`
        :return: (why it is broken or False, whether it depends on time or other records)
        """
        if definition["kind"] == "signal":
            signal = self.env["lead.score.signal"].browse(definition["signal_id"]).exists()
            if not signal.active:
                return self.env._("Broken: the signal is archived or deleted."), False
            return False, False
        if reason := self.env["lead.score.judge"]._refusal(definition["domain"]):
            return self.env._("Broken: %s", reason), False
        return False, not self._is_settled(self._parse(definition["domain"]))

    @api.model
    def _lead_model(self):
        """Leads as rules see them: all of them, as the system, in English, in no company.

        A domain must mean the same whoever causes a lead to be scored, so neither the user nor
        his language or companies have a part in it.
        """
        environment = api.Environment(
            self.env.cr, SUPERUSER_ID, {"active_test": False, "lang": "en_US", "tz": "UTC"}
        )
        return environment["crm.lead"]

    @api.model
    def _parse(self, text):
        """The domain that a text holds.

        :raise UserError: if it is none, or looks at the score itself
        """
        try:
            domain = Domain(literal_eval(text or "[]"))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise UserError(self.env._("This is not a filter: %s", text)) from error
        for condition in domain.iter_conditions():
            if str(condition.field_expr).split(".")[0] in OWN_FIELDS:
                raise UserError(
                    self.env._("A rule cannot look at the score, which it makes itself.")
                )
        if any(map(_breaks_off, _all_conditions(domain))):
            raise UserError(self.env._("A pattern must not end with “\\”: %s", text))
        return domain

    @api.model
    def _looked_at(self, text):
        """Names of the fields of the lead that a domain looks at; none if it cannot be read."""
        try:
            conditions = self._parse(text).iter_conditions()
        except UserError:
            return set()
        return {str(condition.field_expr).split(".")[0] for condition in conditions}

    @api.model
    def _is_settled(self, domain):
        """Whether a domain can only change its mind when the lead itself is written."""
        leads = self.env["crm.lead"]
        for condition in domain.iter_conditions():
            field = leads._fields.get(condition.field_expr)
            if field is None or not (field.store and field.column_type):
                return False
            values = condition.value
            values = values if isinstance(values, (list, tuple, set, frozenset)) else [values]
            texts = any(isinstance(value, str) for value in values)
            if field.relational and texts:
                return False
            if field.type in ("date", "datetime") and any(map(_is_relative, values)):
                return False
            if condition.operator in ("any", "not any", "child_of", "parent_of"):
                return False
        return True

    @api.constrains("domain", "kind", "signal_id")
    def _check_rule(self):
        if self.env.context.get("score_restore") is RESTORE:
            return
        for rule in self:
            if rule.kind == "signal" and not rule.signal_id:
                raise ValidationError(self.env._("%s: choose what the lead has to do.", rule.name))
            if rule.kind == "attribute" and (broken := self._judge(rule._definition())[0]):
                raise ValidationError(
                    self.env._("%(name)s: %(error)s", name=rule.name, error=broken)
                )

    def _definition(self):
        """What the rule decides, as plain values: what is published, and what the engine reads."""
        self.ensure_one()
        return {
            "id": self._origin.id,
            "signal_id": self.signal_id.id,
            **{name: self[name] for name in DEFINITION},
            "domain": self.domain or "[]",
        }


def _is_relative(value):
    """Whether a date is given relative to today."""
    return isinstance(value, str) and not value[:4].isdigit()


def _all_conditions(domain):
    """Conditions of a domain and of the domains within it."""
    for condition in domain.iter_conditions():
        yield condition
        if condition.operator.strip("!").endswith("any"):
            value = condition.value
            yield from _all_conditions(value if isinstance(value, Domain) else Domain([*value]))


def _breaks_off(condition):
    """Whether the database would fail over a pattern, but only on a lead that matches so far."""
    pattern = condition.value
    if not (condition.operator.endswith(("=like", "=ilike")) and isinstance(pattern, str)):
        return False
    return (len(pattern) - len(pattern.rstrip("\\"))) % 2 == 1
