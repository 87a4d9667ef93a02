from odoo import api, fields, models

from ..tools.owned import Owned

# Below this share of what the offer costs, a budget is too small; from the whole price on it fits.
TIGHT_FROM = 0.8
FITS_FROM = 1.0

NEEDS = [
    ("vague", "Vague wish"),
    ("recognised", "Problem recognised"),
    ("defined", "Requirements known"),
    ("pressing", "Needed by a date"),
]
INTERESTS = [("low", "Low"), ("medium", "Medium"), ("high", "High")]
INFORMATION = [
    ("unaware", "Does not know us"),
    ("collecting", "Collects information"),
    ("comparing", "Compares offers"),
    ("deciding", "About to decide"),
]
# Read together, and not with all the rest of a lead whenever one field of it is needed.
TOGETHER = "profile"
FITS = [("small", "Too small"), ("tight", "Tight"), ("fits", "Fits")]

# What a merge keeps from the first lead that knows it.
PLAIN = (
    "profile_need",
    "profile_interest",
    "profile_information",
    "profile_budget",
    "profile_currency_id",
    "profile_budget_fit",
    "profile_decision_date",
    "profile_cycle_days",
)


class CrmLead(models.Model):
    """Buying profile of a lead: seven traits of a prospect, and who else is in the game."""

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    profile_need = fields.Selection(
        NEEDS,
        string="Clarity of the need",
        tracking=True,
        prefetch=TOGETHER,
        help="How well the prospect knows what he needs.",
    )
    profile_interest = fields.Selection(
        INTERESTS,
        string="Interest",
        tracking=True,
        prefetch=TOGETHER,
        help="How interested the prospect is in what we offer, as you see it.",
    )
    profile_information = fields.Selection(
        INFORMATION,
        string="Stage of information",
        tracking=True,
        prefetch=TOGETHER,
        help="How far the prospect has got in informing himself about us and others.",
    )
    # This and whether it fits are read with the lead: each change of the revenue asks for them.
    profile_budget = fields.Monetary(
        string="Budget amount",
        currency_field="profile_currency_id",
        tracking=True,
        help="What the prospect can spend. Leave it empty as long as nobody knows.",
    )
    profile_currency_id = fields.Many2one(
        "res.currency",
        string="Currency of the budget",
        default=lambda self: self.env.company.currency_id,
        prefetch=TOGETHER,
        help="Currency in which the prospect told his budget.",
    )
    profile_budget_fit = fields.Selection(
        FITS,
        string="Budget fit",
        compute="_compute_profile_budget_fit",
        store=True,
        readonly=False,
        precompute=True,
        help="Whether the budget covers the expected revenue: too small below 80 %, tight below "
        "100 %. You can overrule it.",
    )
    profile_decision_date = fields.Date(
        string="Decision by",
        tracking=True,
        prefetch=TOGETHER,
        help="Until when the prospect wants to have decided.",
    )
    profile_cycle_days = fields.Integer(
        string="Buying cycle (days)",
        prefetch=TOGETHER,
        help="How long such a purchase usually takes at this prospect, in days. 0 = not known.",
    )
    profile_motive_ids = fields.Many2many(
        "lead.score.motive",
        string="Motives",
        help="What moves the prospect to buy.",
    )
    profile_competitor_ids = fields.Many2many(
        "lead.score.competitor",
        string="Competitors",
        help="Who else the prospect is talking to.",
    )
    profile_influencer_ids = Owned(
        "lead.score.influencer",
        "lead_id",
        string="People",
        help="Who at the prospect has a say in the purchase.",
    )
    profile_has_decider = fields.Boolean(
        string="Decision maker known",
        compute="_compute_profile_summary",
        store=True,
        precompute=True,
        prefetch=TOGETHER,
        help="At least one of the people is a decision maker.",
    )
    profile_complete = fields.Integer(
        string="Profile complete (%)",
        compute="_compute_profile_summary",
        store=True,
        precompute=True,
        aggregator="avg",
        prefetch=TOGETHER,
        help="How many of the seven traits are known: need, interest, stage of information, "
        "budget, time, motives and people. Competitors do not count, as there may be none.",
    )

    _profile_budget_range = models.Constraint(
        "CHECK (profile_budget >= 0)", "A budget cannot be negative."
    )
    _profile_cycle_range = models.Constraint(
        "CHECK (profile_cycle_days BETWEEN 0 AND 3650)",
        "A buying cycle takes between 0 and 3650 days.",
    )

    @api.depends("profile_budget", "profile_currency_id", "expected_revenue")
    def _compute_profile_budget_fit(self):
        for lead in self:
            if not lead.profile_budget or not lead.expected_revenue:
                lead.profile_budget_fit = lead.profile_budget_fit if lead.profile_budget else False
                continue
            share = lead._profile_budget_in_company_currency() / lead.expected_revenue
            lead.profile_budget_fit = (
                "fits" if share >= FITS_FROM else "tight" if share >= TIGHT_FROM else "small"
            )

    def _profile_budget_in_company_currency(self):
        self.ensure_one()
        company = self.company_id or self.env.company
        if self.profile_currency_id in (company.currency_id, self.env["res.currency"]):
            return self.profile_budget
        return self.profile_currency_id._convert(
            self.profile_budget, company.currency_id, company, fields.Date.context_today(self)
        )

    @api.depends(
        "profile_need",
        "profile_interest",
        "profile_information",
        "profile_budget",
        "profile_decision_date",
        "profile_cycle_days",
        "profile_motive_ids",
        "profile_influencer_ids.role",
    )
    def _compute_profile_summary(self):
        for lead in self:
            people = lead.profile_influencer_ids
            traits = (
                lead.profile_need,
                lead.profile_interest,
                lead.profile_information,
                lead.profile_budget,
                lead.profile_decision_date or lead.profile_cycle_days,
                lead.profile_motive_ids,
                people,
            )
            lead.profile_complete = round(100 * sum(map(bool, traits)) / len(traits))
            lead.profile_has_decider = any(person.role == "decider" for person in people)

    # ------------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------------

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), *PLAIN]

    def _merge_get_fields_specific(self):
        return {
            **super()._merge_get_fields_specific(),
            # Amount and currency belong together: both from the first lead that has a budget.
            "profile_currency_id": lambda fname, leads: next(
                (lead.profile_currency_id.id for lead in leads if lead.profile_budget),
                leads[:1].profile_currency_id.id,
            ),
            "profile_motive_ids": lambda fname, leads: [(6, 0, leads.profile_motive_ids.ids)],
            "profile_competitor_ids": lambda fname, leads: [
                (6, 0, leads.profile_competitor_ids.ids)
            ],
        }

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        opportunities.sudo().profile_influencer_ids._move_to(self.sudo())
        return result
