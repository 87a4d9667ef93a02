from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import ormcache

from ..tools.arguments import checked
from ..tools.caches import forget
from ..tools.guarded import completed
from ..tools.points import DIMENSIONS
from .lead_score_rule import DEFINITION, LIMITS, RESTORE

CUTOFFS = (
    "grade_a",
    "grade_b",
    "grade_c",
    "hot_threshold",
    "warm_threshold",
    "intent_high",
    "intent_medium",
    "sql_threshold",
    "mql_threshold",
)
SETTINGS = ("domain", "decay", "half_life", "inactivity_days", "inactivity_points")

# What of a card and of its rules is published.
DECIDED = (
    "company_id",
    "team_ids",
    *CUTOFFS,
    *LIMITS,
    *SETTINGS,
    *(f"rule_ids.{name}" for name in ("active", "sequence", "signal_id", *DEFINITION)),
)
# What publishing alone sets, as it is before.
START = {"state": "draft", "version": 0, "definition": False, "check_date": False}


def _floor(label, default=0):
    return fields.Integer(
        string=label, default=default, help="The dimension counts at least so many points."
    )


def _cap(label, default):
    return fields.Integer(
        string=label, default=default, help="The dimension counts at most so many points."
    )


def _cutoff(label, default, text):
    return fields.Integer(string=label, default=default, help=text)


class LeadScoreCard(models.Model):
    """A way to judge leads. What is published counts; what is edited counts when published."""

    _name = "lead.score.card"
    _inherit = ["lead.score.bounded", "lead.score.card.process", "lead.score.card.simulation"]
    _description = "Scorecard"
    _order = "sequence, id"
    _check_company_auto = True
    _stored_filters = ("domain",)

    name = fields.Char(required=True, translate=True, help="Name of the scorecard.")
    sequence = fields.Integer(
        default=10, help="A lead is judged by the first published scorecard that it matches."
    )
    active = fields.Boolean(default=True, help="Archived scorecards judge nobody.")
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("archived", "Archived")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        help="A draft judges nobody. Publish it when the preview looks right.",
    )
    version = fields.Integer(
        readonly=True,
        copy=False,
        help="Raised each time the scorecard is published with changes. The history of a lead "
        "names the version by which it was judged.",
    )
    version_ids = fields.One2many(
        "lead.score.card.version",
        "card_id",
        string="Versions",
        readonly=True,
        help="The scorecard as it was each time it was published.",
    )
    definition = fields.Json(
        readonly=True,
        copy=False,
        # It is long, and most often only the name of the card is read.
        prefetch=False,
        help="The published rules, as the leads are judged by them.",
    )
    is_changed = fields.Boolean(
        compute="_compute_is_changed",
        help="The scorecard was edited since it was published. Leads are judged by what was "
        "published until you publish it again.",
    )
    check_date = fields.Date(
        readonly=True,
        copy=False,
        help="Day on which the rules were last checked for what has gone missing.",
    )
    company_id = fields.Many2one(
        "res.company", index=True, help="Only leads of this company; empty for all companies."
    )
    team_ids = fields.Many2many(
        "crm.team",
        string="Sales teams",
        check_company=True,
        help="Only leads of these teams; empty for all teams.",
    )
    domain = fields.Char(
        string="Which leads",
        default="[]",
        help="Only leads that match this filter are judged by the scorecard, for example those "
        "interested in one product.",
    )
    rule_ids = fields.One2many(
        "lead.score.rule", "card_id", copy=True, help="What gives or takes points."
    )
    broken = fields.Char(
        compute="_compute_broken",
        help="Why the filter of the scorecard cannot be used. Until it is mended, the scorecard "
        "judges nobody.",
    )
    broken_count = fields.Integer(
        string="Broken Rules",
        compute="_compute_broken_count",
        help="How many rules do not work any more, such as those on a deleted field.",
    )
    fit_floor = _floor("Fit at least")
    fit_cap = _cap("Fit at most", 40)
    need_floor = _floor("Need at least")
    need_cap = _cap("Need at most", 20)
    budget_floor = _floor("Budget at least")
    budget_cap = _cap("Budget at most", 15)
    authority_floor = _floor("Authority at least")
    authority_cap = _cap("Authority at most", 15)
    timing_floor = _floor("Timing at least")
    timing_cap = _cap("Timing at most", 15)
    engagement_floor = _floor("Engagement at least")
    engagement_cap = _cap("Engagement at most", 40)
    negative_floor = _floor("Negative at least", -100)
    negative_cap = _cap("Negative at most", 0)
    grade_a = _cutoff("Grade A from", 30, "From so many points of fit, the grade is A.")
    grade_b = _cutoff("Grade B from", 20, "From so many points of fit, the grade is B.")
    grade_c = _cutoff("Grade C from", 10, "From so many points of fit, the grade is C; below, D.")
    hot_threshold = _cutoff("Hot from", 60, "From this score, the lead is hot.")
    warm_threshold = _cutoff("Warm from", 30, "From this score, the lead is warm; below, cold.")
    intent_high = _cutoff(
        "High intent from", 30, "From so many points of need, timing and engagement together."
    )
    intent_medium = _cutoff(
        "Medium intent from", 15, "From so many points of need, timing and engagement together."
    )
    mql_threshold = _cutoff("MQL from", 40, "From this score, marketing may hand the lead over.")
    sql_threshold = _cutoff("SQL from", 70, "From this score, the lead is ready to be sold to.")
    decay = fields.Selection(
        [("exponential", "Exponential"), ("linear", "Linear")],
        required=True,
        default="exponential",
        help="How the points for what a lead did fade. Exponential: half is left after one "
        "half-life, a quarter after two. Linear: half is left after one half-life, nothing after "
        "two.",
    )
    half_life = fields.Float(
        string="Half-life (days)",
        digits=(8, 2),
        default=30,
        help="After so many days half of the points for what a lead did are left; 0 if they "
        "stay. A rule may have its own.",
    )
    inactivity_days = fields.Integer(
        default=0,
        help="A lead that did nothing for so many days loses points; 0 for never. A lead that "
        "never did anything counts from its creation.",
    )
    inactivity_points = fields.Integer(
        default=10, help="So many points an inactive lead loses, in the dimension Negative."
    )
    formula = fields.Text(compute="_compute_formula", help="How the score is made, in words.")

    _ranges = models.Constraint(
        "CHECK(half_life >= 0 AND inactivity_days >= 0 AND inactivity_points BETWEEN 0 AND 100)",
        "Half-life and inactivity cannot be less than zero, and a penalty is at most 100 points.",
    )

    @api.depends("domain", "state", "definition")
    def _compute_broken(self):
        judge = self.env["lead.score.judge"]
        for card in self:
            card.broken = False
            if reason := judge._refusal(card.domain):
                card.broken = self.env._("The filter cannot be used: %s", reason)
            elif card.state == "published" and (reason := judge._card_refusal(card._origin.id)):
                card.broken = self.env._(
                    "What was published cannot be used (%s). Publish it again.", reason
                )

    @api.depends("rule_ids.broken")
    def _compute_broken_count(self):
        for card in self:
            card.broken_count = len(card.rule_ids.filtered("broken"))

    @api.depends("definition", "state", *DECIDED)
    def _compute_is_changed(self):
        for card in self:
            card.is_changed = card.state == "published" and card._definition() != card.definition

    @api.depends(*LIMITS, *SETTINGS)
    def _compute_formula(self):
        labels = dict(
            self.env["lead.score.rule"]._fields["dimension"]._description_selection(self.env)
        )
        for card in self:
            lines = [
                self.env._(
                    "%(dimension)s: the points of its rules, at least %(floor)s and at most "
                    "%(cap)s",
                    dimension=labels[dimension],
                    floor=card[f"{dimension}_floor"],
                    cap=card[f"{dimension}_cap"],
                )
                for dimension in DIMENSIONS
            ]
            card.formula = "\n".join(
                [
                    self.env._("Score = the sum of these, at least 0 and at most 100:"),
                    *lines,
                    card._decay_in_words(),
                    card._inactivity_in_words(),
                ]
            ).strip()

    def _decay_in_words(self):
        if not self.half_life:
            return self.env._("Points for what a lead did stay.")
        if self.decay == "linear":
            return self.env._(
                "Of the points for what a lead did, half is left after %(days)g days and nothing "
                "after %(end)g days.",
                days=self.half_life,
                end=2 * self.half_life,
            )
        return self.env._(
            "Of the points for what a lead did, half is left after %(days)g days, a quarter after "
            "%(twice)g days, and so on.",
            days=self.half_life,
            twice=2 * self.half_life,
        )

    def _inactivity_in_words(self):
        if not self.inactivity_days:
            return ""
        return self.env._(
            "A lead that did nothing for %(days)s days loses %(points)s points.",
            days=self.inactivity_days,
            points=self.inactivity_points,
        )

    @api.constrains(*CUTOFFS, *LIMITS, "half_life")
    def _check_order(self):
        for card in self:
            for dimension in DIMENSIONS:
                if card[f"{dimension}_floor"] > card[f"{dimension}_cap"]:
                    raise ValidationError(
                        self.env._("%s: a lower limit is above its upper limit.", card.name)
                    )
            if not (
                card.grade_a >= card.grade_b >= card.grade_c
                and card.hot_threshold >= card.warm_threshold
                and card.intent_high >= card.intent_medium
                and card.sql_threshold >= card.mql_threshold
            ):
                raise ValidationError(
                    self.env._("%s: a better class must not start below a lesser one.", card.name)
                )

    @api.constrains("domain")
    def _check_domain(self):
        if self.env.context.get("score_restore") is not RESTORE:
            self._refuse_broken()

    def _refuse_broken(self):
        for card in self:
            if reason := self.env["lead.score.judge"]._refusal(card.domain):
                raise ValidationError(
                    self.env._(
                        "%(name)s: %(error)s",
                        name=card.name,
                        error=self.env._("The filter cannot be used: %s", reason),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for known in completed(self, vals_list, START):
            self._refuse_published(known, START)
        cards = super().create(vals_list)
        cards._rules_changed()
        return cards

    def copy(self, default=None):
        """A draft, also of an archived card, and with what is broken in the meantime."""
        cards = self.with_context(score_restore=RESTORE)
        return super(LeadScoreCard, cards).copy({"active": True, **(default or {})})

    def write(self, vals):
        for card in self:
            card._refuse_published(vals, card)
        published = self.filtered(lambda card: card.state == "published")
        moved = self.filtered(lambda card: "active" in vals and card.active != vals["active"])
        result = super().write(vals)
        if moved:
            state = "draft" if vals["active"] else "archived"
            super(LeadScoreCard, moved).write({"state": state})
        if {"active", "state", "sequence", "definition"} & vals.keys():
            self._rules_changed()
        if published and {"active", "sequence"} & vals.keys():
            self.env["crm.lead"]._score_schedule_refresh()
        return result

    def _refuse_published(self, vals, known):
        """What is published has been checked, and its versions are kept.

        :param known: what the card has now, by name
        """
        names = vals.keys() & START.keys()
        if not self.env.su and any(vals[name] != known[name] for name in names):
            raise UserError(
                self.env._("What counts of a scorecard is changed by its button Publish only.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_never_published(self):
        if any(card.version for card in self):
            raise UserError(
                self.env._(
                    "A scorecard that was published stays, because the history of leads names it. "
                    "Archive it instead."
                )
            )

    def _rules_changed(self):
        """What the engine remembers of the scorecards is out of date."""
        forget(self.env)

    def _signals_changed(self):
        """A signal that these cards count came, went or changed."""
        self._rules_changed()
        if self.filtered(lambda card: card.state == "published"):
            self.env["crm.lead"]._score_schedule_refresh()

    # ------------------------------------------------------------------
    # Publishing
    # ------------------------------------------------------------------

    def _definition(self):
        """What the card decides, as plain values that can be stored, compared and evaluated."""
        self.ensure_one()
        # Names as they are in the source language, or each user would see a change.
        self = self.with_context(lang="en_US", active_test=True)
        return {
            **{name: self[name] for name in (*CUTOFFS, *LIMITS, *SETTINGS)},
            "domain": self.domain or "[]",
            "company_id": self.company_id.id,
            "team_ids": sorted(self.team_ids._origin.ids),
            "rules": [rule._definition() for rule in self._rules_in_order()],
        }

    def _rules_in_order(self):
        """The rules that are not archived; what was just moved or added is still read in the order
        of before."""
        rules = self.rule_ids.filtered("active")
        return rules.sorted(lambda rule: (rule.sequence, rule._origin.id or float("inf")))

    @checked()
    def action_publish(self):
        """Judge leads by these cards as they are now; a changed card gets a new version.

        All open leads are scored again in the background.

        :return: True
        :raise UserError: if a card has no rule that counts, or a filter that cannot be used
        """
        self.check_access("write")
        for card in self.sudo():
            if not card.active:
                raise UserError(self.env._("%s is archived; bring it back first.", card.name))
            card._refuse_broken()
            if all(rule.broken for rule in card.rule_ids):
                raise UserError(
                    self.env._(
                        "%s: add a rule first. A scorecard without rules gives every lead the "
                        "same score.",
                        card.name,
                    )
                )
            definition = card._definition()
            if definition != card.definition:
                version = card.version + 1
                card.write({"version": version, "definition": definition})
                self.env["lead.score.card.version"].sudo().create(
                    {"card_id": card.id, "version": version, "definition": definition}
                )
            card.write({"state": "published"})
        self.sudo().check_date = self.env["crm.lead"]._score_today()
        self.env["crm.lead"]._score_schedule_refresh()
        return True

    @checked()
    def action_discard(self):
        """Undo what was edited since the card was published.

        What can no longer count, such as a rule on a deleted field, comes back as well and is
        shown as broken.

        :return: True
        """
        signals = self.env["lead.score.signal"].with_context(active_test=False)
        for card in self.filtered("definition"):
            definition = dict(card.definition)
            rules = {rule.pop("id"): rule for rule in map(dict, definition.pop("rules"))}
            present = card.with_context(active_test=False).rule_ids
            values = []
            for place, (rule_id, rule) in enumerate(rules.items(), start=1):
                command = 1 if rule_id in present.ids else 0
                signal = signals.browse(rule["signal_id"] or ()).exists()
                rule.update(signal_id=signal.id, sequence=10 * place, active=True)
                values.append((command, rule_id if command else 0, rule))
            values += [(2, rule.id, 0) for rule in present if rule.id not in rules and rule.active]
            teams = [(6, 0, definition.pop("team_ids"))]
            card.with_context(lang="en_US", score_restore=RESTORE).write(
                {**definition, "team_ids": teams, "rule_ids": values}
            )
            # A rule that was deleted comes back under another number.
            card.sudo().definition = card._definition()
        return True

    @api.model
    def _live(self):
        """Published cards in the order in which a lead is tried on them.

        :return: list of (card id, version, definition)
        """
        return self.env["lead.score.card"].sudo()._live_definitions()

    @api.model
    def _to_check(self):
        """Published cards for which all leads have to be scored again by today."""
        today = self.env["crm.lead"]._score_today()
        cards = self.sudo().search(
            [
                ("state", "=", "published"),
                "|",
                ("check_date", "=", False),
                ("check_date", "<", today),
            ]
        )
        return cards.filtered(lambda card: not card.check_date or card._is_daily())

    def _is_daily(self):
        """Whether what is published depends on today's date or on records other than the lead."""
        rules, definition = self.env["lead.score.rule"], self.definition or {}
        texts = [definition.get("domain", "[]")]
        texts += [
            rule["domain"] for rule in definition.get("rules", ()) if rule["kind"] != "signal"
        ]
        refused = self.env["lead.score.judge"]._refusal
        if self.env["lead.score.judge"]._card_refusal(self.id):
            return False
        return any(
            not refused(text) and not rules._is_settled(rules._parse(text)) for text in texts
        )

    @ormcache()
    def _live_definitions(self):
        cards = self.search([("state", "=", "published")])
        return [
            (
                card.id,
                card.version,
                {**card.definition, "domain": card.definition.get("domain") or "[]"},
            )
            for card in cards
            if isinstance(card.definition, dict)
        ]
