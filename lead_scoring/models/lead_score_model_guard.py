from odoo import api, models

from ..tools.entered import refuse_absurd, refuse_kept
from ..tools.guarded import completed

# What the training finds out and what follows from it; no person and no program sends it.
KEPT = frozenset(
    (
        "algorithm",
        "auc",
        "brier",
        "calibration_error",
        "charts",
        "columns",
        "date_promoted",
        "date_trained",
        "figures",
        "future_count",
        "is_kept",
        "lead_count",
        "leaks",
        "lift",
        "log_loss",
        "model_file",
        "rate",
        "state",
        "steps_file",
        "value_rates",
        "version",
        "won_count",
    )
)


class LeadScoreModel(models.Model):
    """A version comes into use by its training and its buttons only.

    The buttons ask for the rights of who presses them; what they then take down is the program's.
    """

    _inherit = "lead.score.model"

    @api.model_create_multi
    def create(self, vals_list):
        usual = {"state": "draft"}
        for vals, known in zip(vals_list, completed(self, vals_list, KEPT), strict=True):
            refuse_absurd(self, vals)
            forged = {name for name, value in known.items() if value and value != usual.get(name)}
            refuse_kept(self, forged, KEPT)
        return super().create(vals_list)

    def write(self, vals):
        refuse_absurd(self, vals)
        refuse_kept(self, vals, KEPT)
        return super().write(vals)

    def _queue(self):
        return super(LeadScoreModel, self.sudo())._queue()

    def _end(self, *args, **options):
        return super(LeadScoreModel, self.sudo())._end(*args, **options)

    def _promote(self, *args, **facts):
        return super(LeadScoreModel, self.sudo())._promote(*args, **facts)

    def _retire(self):
        return super(LeadScoreModel, self.sudo())._retire()
