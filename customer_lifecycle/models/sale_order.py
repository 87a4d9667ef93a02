from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order.lifecycle", "sale.order.visit", "sale.order"]
