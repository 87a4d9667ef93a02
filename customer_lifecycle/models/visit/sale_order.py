from functools import partial

from odoo import fields, models

from ...tools.arguments import checked
from ...tools.jobs import guarded


class SaleOrder(models.Model):
    """Revisits that follow an order."""

    _inherit = "sale.order"

    visit_ids = fields.One2many(
        "customer.visit",
        "order_id",
        string="Revisits",
        copy=False,
        help="Revisits about this order.",
    )
    visit_count = fields.Integer(
        compute="_compute_visit_count",
        groups="sales_team.group_sale_salesman",
        help="Revisits that were planned or held for this order.",
    )

    def _compute_visit_count(self):
        counts = dict(
            self.env["customer.visit"]._read_group(
                [("order_id", "in", self.ids), ("state", "!=", "cancelled")],
                ["order_id"],
                ["__count"],
            )
        )
        for order in self:
            order.visit_count = counts.get(order, 0)

    def _action_confirm(self):
        result = super()._action_confirm()
        for company, orders in self.grouped("company_id").items():
            customers = orders.partner_id.commercial_partner_id
            # The step asks again whether somebody bought: a fault here never stops a sale.
            passages = self.env["customer.playbook.enrolment"].sudo()
            guarded(
                self.env,
                partial(passages._customers_bought, customers, company),
                passages._note_untold,
            )
        return result

    @checked(one=True)
    def action_visits(self):
        """Show the revisits for this order.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_lifecycle.customer_visit_action"
        )
        customer = self.partner_id.commercial_partner_id
        return {
            **action,
            "domain": [("order_id", "=", self.id)],
            "context": {
                "default_partner_id": customer.id,
                "default_contact_id": self.partner_id.id if self.partner_id != customer else False,
                "default_order_id": self.id,
            },
        }
