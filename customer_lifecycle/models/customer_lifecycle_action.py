from odoo import api, models


class CustomerLifecycleAction(models.Model):
    _name = "customer.lifecycle"
    _inherit = ["customer.churn", "customer.lifecycle.pace", "customer.lifecycle"]

    @api.model
    def _lifecycle_changed(self, transition_ids):
        """A change tells whoever looks after the customer, and lets him into playbooks soon."""
        result = super()._lifecycle_changed(transition_ids)
        transitions = self.env["customer.lifecycle.transition"].sudo().browse(transition_ids)
        if transitions:
            self.sudo()._churn_changed(transitions)
            self.env["customer.playbook"].sudo()._lifecycle_changed(transitions)
        return result
