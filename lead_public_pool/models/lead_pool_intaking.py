from ast import literal_eval

from odoo import models
from odoo.fields import Domain

from .lead_pool_engine import VIA_ROUTE


class LeadPoolIntaking(models.AbstractModel):
    """Existing records come into a pool because a manager says so."""

    _name = "lead.pool.intaking"
    _description = "Taking Existing Records into a Pool"

    def action_take_in(self):
        """Ask which existing records come into this pool.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Take in records"),
            "res_model": "lead.pool.intake",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_pool_id": self[:1].id},
        }

    def _intake_domain(self, entry_domain):
        """Records without a pool that may come into this one and match a filter."""
        self.ensure_one()
        records = self.env[self._record_model_name()].sudo()
        return Domain.AND(
            [
                records._pool_open_domain(),
                records._pool_entry_candidate_domain(),
                Domain("pool_state", "=", "outside"),
                Domain("company_id", "in", [False, self.company_id.id]),
                Domain(literal_eval(entry_domain or "[]")),
            ]
        )

    def _take_in(self, records):
        """Bring records in and tell how many came.

        :param records: leads or customers without a pool, in `sudo`
        :return: notification
        """
        self.ensure_one()
        results = records.with_context(pool_via=VIA_ROUTE)._pool_move("enter", pool=self)
        came = records.browse(result["id"] for result in results if result["ok"])
        found = came.with_context(active_test=False)
        counts = dict(found._read_group([("id", "in", came.ids)], ["pool_state"], ["__count"]))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if came else "warning",
                "title": self.name,
                "message": self.env._(
                    "%(waiting)s records wait in the pool, %(held)s stay with their salespeople.",
                    waiting=counts.get("pooled", 0),
                    held=counts.get("owned", 0),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
