from odoo import models


class LifecycleEngine(models.AbstractModel):
    """Decides states, set-based: the nightly run, and single customers at once."""

    _name = "customer.lifecycle.engine"
    _description = "Lifecycle Engine"

    def _lifecycle_refresh(self):
        """Decide anew about these customers, in one statement per company."""
