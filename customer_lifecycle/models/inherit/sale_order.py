from odoo import api, models

# Fields of an order that change what a customer bought, when, for how much, or who it was.
WATCHED = {"state", "partner_id", "company_id", "date_order", "currency_id", "order_line"}

# Fields of a line that change what its order is worth, or which order it belongs to.
OF_LINES = {"product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount", "order_id"}


class SaleOrder(models.Model):
    """An order that is confirmed, changed or cancelled moves its customer at once."""

    _inherit = "sale.order"

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._lifecycle_follow()
        return orders

    def write(self, vals):
        if not WATCHED & vals.keys():
            return super().write(vals)
        before = {(order.company_id, order.partner_id) for order in self if order.state == "sale"}
        result = super().write(vals)
        self._lifecycle_follow(before)
        return result

    def unlink(self):
        before = {(order.company_id, order.partner_id) for order in self if order.state == "sale"}
        result = super().unlink()
        self.browse()._lifecycle_follow(before)
        return result

    def _lifecycle_follow(self, before=()):
        """Have the customers of these orders decided about, and those who had them before."""
        buyers = {(order.company_id, order.partner_id) for order in self if order.state == "sale"}
        offered = {(order.company_id, order.partner_id) for order in self} - buyers
        rows = self.env["customer.lifecycle"].sudo()
        rows._lifecycle_follow(buyers | set(before))
        rows._lifecycle_follow(offered, new_only=True)


class SaleOrderLine(models.Model):
    """A line that is changed by itself changes its order."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._lifecycle_orders()._lifecycle_follow()
        return lines

    def write(self, vals):
        if OF_LINES.isdisjoint(vals):
            return super().write(vals)
        before = self._lifecycle_orders()
        result = super().write(vals)
        (before | self._lifecycle_orders())._lifecycle_follow()
        return result

    def unlink(self):
        orders = self._lifecycle_orders()
        result = super().unlink()
        orders._lifecycle_follow()
        return result

    def _lifecycle_orders(self):
        """The confirmed orders of these lines."""
        return self.sudo().order_id.filtered(lambda order: order.state == "sale")
