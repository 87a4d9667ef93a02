from odoo import api, models


class CustomerLifecycleAction(models.Model):
    _inherit = "customer.lifecycle"

    @api.model
    def _lifecycle_changed(self, transition_ids):
        """A change of state lets customers into playbooks at once, not only tonight."""
        result = super()._lifecycle_changed(transition_ids)
        transitions = self.env["customer.lifecycle.transition"].sudo().browse(transition_ids)
        if transitions:
            self.env["customer.playbook"].sudo()._lifecycle_changed(transitions)
        return result
