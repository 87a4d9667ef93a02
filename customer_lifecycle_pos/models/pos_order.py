from odoo import api, models

# Fields of a sale at the till that change what a customer bought.
WATCHED = {"state", "partner_id", "date_order", "amount_total"}
PAID = ("paid", "done", "invoiced")


class PosOrder(models.Model):
    """A sale at the till moves its customer at once."""

    _inherit = "pos.order"

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._lifecycle_follow()
        return orders

    def write(self, vals):
        if WATCHED.isdisjoint(vals):
            return super().write(vals)
        before = self._lifecycle_buyers()
        result = super().write(vals)
        self._lifecycle_follow(before)
        return result

    def _lifecycle_buyers(self):
        """(company, contact) of those who paid."""
        return {
            (order.company_id, order.partner_id)
            for order in self
            if order.partner_id and order.state in PAID
        }

    def _lifecycle_follow(self, before=()):
        """Have the customers of these sales decided about, and those who had them before."""
        rows = self.env["customer.lifecycle"].sudo()
        if {"pos", "sale_pos"} & set(rows._lifecycle_sources()):
            rows._lifecycle_follow(self._lifecycle_buyers() | set(before))
