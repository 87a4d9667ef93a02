from functools import wraps

from odoo import models

# Fields of a sale at the till that change what a customer bought.
WATCHED = {"state", "partner_id", "date_order", "amount_total"}


class LifecycleTill(models.AbstractModel):
    """Sales at the till move customers at once, where the point of sale is installed.

    That app is no dependency, so that its model is found when the registry is complete.
    """

    _name = "customer.lifecycle.till"
    _description = "Sales at the Till Move Customers"

    def _register_hook(self):
        super()._register_hook()
        if "pos.order" in self.env:
            _watch(self.env.registry["pos.order"])


def _watch(model):
    """Extend `create` and `write` of the class of `pos.order` in this registry."""
    if "_lifecycle_watched" in vars(model):
        return
    create, write = model.create, model.write

    @wraps(create)
    def watched_create(self, vals_list):
        orders = create(self, vals_list)
        _follow(orders)
        return orders

    @wraps(write)
    def watched_write(self, vals):
        if not WATCHED & vals.keys():
            return write(self, vals)
        before = {(order.company_id, order.partner_id) for order in self}
        result = write(self, vals)
        _follow(self, before)
        return result

    model.create, model.write, model._lifecycle_watched = watched_create, watched_write, True


def _follow(orders, before=()):
    paid = {
        (order.company_id, order.partner_id)
        for order in orders
        if order.partner_id and order.state in ("paid", "done")
    }
    rows = orders.env["customer.lifecycle"].sudo()
    if {"pos", "sale_pos"} & set(rows._lifecycle_sources()):
        rows._lifecycle_follow(paid | set(before))
