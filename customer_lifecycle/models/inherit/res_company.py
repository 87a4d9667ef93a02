import math

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.caches import forget

# Time zone, currency and head of a company, which kept queries hold.
KEPT = {"partner_id", "currency_id", "parent_id"}


class ResCompany(models.Model):
    """How a company values its customers."""

    _inherit = "res.company"

    lifecycle_tier_mode = fields.Selection(
        [("band", "Spend of 12 months"), ("quintile", "Rank among customers")],
        string="Tiers by",
        default="band",
        required=True,
        help="Fixed amounts keep customers in their tier for longer: by rank, a customer can lose "
        "his tier because others bought more.",
    )
    lifecycle_tier_a = fields.Float(
        string="Tier A from", default=10000.0, help="Spent within 12 months."
    )
    lifecycle_tier_b = fields.Float(
        string="Tier B from", default=2000.0, help="Spent within 12 months."
    )
    lifecycle_tier_c = fields.Float(
        string="Tier C from", default=1.0, help="Spent within 12 months; less is tier D."
    )
    lifecycle_tier_margin = fields.Float(
        string="Margin",
        default=10.0,
        help="In percent. A customer falls to a lower tier only when he spends so much less than "
        "his tier asks for.",
    )
    lifecycle_rfm_mode = fields.Selection(
        [("quintile", "Fifths of the customers"), ("cut", "Own limits")],
        string="Scores by",
        default="quintile",
        required=True,
        help="Scores for recency, frequency and money run from 1 to 5.",
    )
    lifecycle_rfm_r = fields.Char(
        string="Recency Limits",
        default="30, 90, 180, 365",
        help="Days since the last purchase: up to the first limit the score is 5, up to the "
        "second 4, and so on.",
    )
    lifecycle_rfm_f = fields.Char(
        string="Frequency Limits",
        default="2, 3, 5, 10",
        help="Purchase days: from the first limit on the score is 2, from the second 3, and so on.",
    )
    lifecycle_rfm_m = fields.Char(
        string="Money Limits",
        default="100, 500, 2000, 10000",
        help="Spent in total: from the first limit on the score is 2, from the second 3, and so "
        "on.",
    )
    lifecycle_rfm_minimum = fields.Integer(
        string="Score From Customers",
        default=20,
        help="Fifths of fewer customers mean nothing, so that there are no scores until then.",
    )

    _lifecycle_tier_check = models.Constraint(
        "CHECK (lifecycle_tier_a > lifecycle_tier_b AND lifecycle_tier_b > lifecycle_tier_c"
        " AND lifecycle_tier_c > 0 AND lifecycle_tier_a < 'infinity'"
        " AND lifecycle_tier_margin >= 0 AND lifecycle_tier_margin < 100)",
        "Tier A asks for more than B, B for more than C, and all for more than 0; the margin is "
        "below 100 %.",
    )

    @api.constrains("lifecycle_rfm_r", "lifecycle_rfm_f", "lifecycle_rfm_m")
    def _check_lifecycle_rfm(self):
        for company in self:
            for text in (company.lifecycle_rfm_r, company.lifecycle_rfm_f, company.lifecycle_rfm_m):
                try:
                    limits = [float(part) for part in (text or "").split(",")]
                except ValueError:
                    limits = []
                if not all(map(math.isfinite, limits)):
                    limits = []
                if len(limits) != 4 or limits != sorted(set(limits)):
                    raise ValidationError(
                        self.env._(
                            "“%s” must be four rising numbers, separated by commas.", text or ""
                        )
                    )

    def write(self, vals):
        result = super().write(vals)
        if any(name.startswith("lifecycle_") or name in KEPT for name in vals):
            # What is made once of these settings is made anew.
            forget(self.env)
        return result

    def _lifecycle_rfm_limits(self):
        """The company's own limits for recency (days), frequency (purchase days) and money.

        :return: three lists of four rising numbers
        """
        self.ensure_one()
        return [
            [float(part) for part in text.split(",")]
            for text in (self.lifecycle_rfm_r, self.lifecycle_rfm_f, self.lifecycle_rfm_m)
        ]
