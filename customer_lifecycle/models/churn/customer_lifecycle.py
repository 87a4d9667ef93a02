import logging

from odoo import api, models
from odoo.tools import SQL

from ...tools.jobs import guarded

_logger = logging.getLogger(__name__)


class CustomerLifecycle(models.Model):
    _inherit = "customer.lifecycle"

    @api.model
    def _lifecycle_changed(self, transition_ids):
        """A change tells whoever looks after the customer, and lets him into playbooks soon.

        Who cannot be told never takes the change back; the row says what went wrong.
        """
        result = super()._lifecycle_changed(transition_ids)
        transitions = self.env["customer.lifecycle.transition"].sudo().browse(transition_ids)
        if transitions:
            playbooks = self.env["customer.playbook"].sudo()
            for tell in (self.sudo()._churn_changed, playbooks._lifecycle_changed):
                guarded(
                    self.env,
                    lambda tell=tell: tell(transitions),
                    lambda error: self._lifecycle_untold(transitions, error),
                )
        return result

    def _lifecycle_untold(self, transitions, error):
        rows = transitions.lifecycle_id
        _logger.warning("Nobody is told about the changes of %s: %s", rows, error)
        self.env.cr.execute(
            SQL(
                "UPDATE customer_lifecycle SET failure = %s WHERE id = ANY(%s)",
                (str(error) or type(error).__name__)[:500],
                rows.ids,
            )
        )
        self._lifecycle_forget()
