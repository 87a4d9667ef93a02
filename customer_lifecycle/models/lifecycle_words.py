from odoo import models


class LifecycleWords(models.AbstractModel):
    """Says in words why a customer is in his state."""

    _name = "customer.lifecycle.words"
    _description = "Lifecycle Words"

    def _compute_explanation(self):
        for row in self:
            row.explanation = False
