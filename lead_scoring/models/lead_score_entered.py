from odoo import api, models

from ..tools.entered import refuse_absurd, refuse_absurd_defaults, refuse_kept
from ..tools.guarded import completed

# Worked out or taken down by the program.
KEPT = frozenset(
    (
        "profile_complete",
        "profile_has_decider",
        "score_response_date",
        "score_response_hours",
        "score_response_temperature",
    )
)
NUMBERS = frozenset(("profile_budget", "profile_cycle_days"))
MOST_MONEY = 10**15


class CrmLead(models.Model):
    """What nobody enters on a lead, by whatever way: form, import, API or defaults."""

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    @api.model_create_multi
    def create(self, vals_list):
        refuse_absurd_defaults(self, NUMBERS, MOST_MONEY)
        for vals, known in zip(vals_list, completed(self, vals_list, KEPT), strict=True):
            kept = {name for name in KEPT if known.get(name)}
            refuse_kept(self, kept | vals.keys(), KEPT)
            self._score_refuse_absurd(vals)
        return super().create(vals_list)

    def write(self, vals):
        refuse_kept(self, vals, KEPT)
        if not NUMBERS.isdisjoint(vals):
            self._score_refuse_absurd(vals)
        return super().write(vals)

    def _score_refuse_absurd(self, vals):
        numbers = {name: vals[name] for name in NUMBERS & vals.keys()}
        money = {name: numbers.pop(name) for name in ("profile_budget",) if name in numbers}
        refuse_absurd(self, numbers)
        refuse_absurd(self, money, MOST_MONEY)
