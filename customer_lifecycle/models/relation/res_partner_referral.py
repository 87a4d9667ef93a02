from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.arguments import checked


class ResPartner(models.Model):
    """Who brought in whom, and what came of it."""

    _inherit = "res.partner"

    referred_by_id = fields.Many2one(
        "res.partner",
        string="Brought in by",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        # A copy by whoever may not read it would be refused.
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="The customer or partner who recommended us to this one.",
    )
    referred_ids = fields.One2many(
        "res.partner",
        "referred_by_id",
        string="Brought in",
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Customers who came on this customer's recommendation.",
    )
    referral_count = fields.Integer(
        string="Customers brought in",
        compute="_compute_referrals",
        groups="sales_team.group_sale_salesman",
        help="How many have come to us because of this contact.",
    )
    referral_revenue = fields.Float(
        string="Revenue brought in",
        compute="_compute_referrals",
        groups="sales_team.group_sale_salesman",
        help="What they have bought from the current company so far, without taxes, in its "
        "currency.",
    )

    @api.depends("referred_ids")
    @api.depends_context("company")
    def _compute_referrals(self):
        brought = self.env["res.partner"]._read_group(
            [("referred_by_id", "in", self.ids)], ["referred_by_id"], ["id:recordset"]
        )
        customers = {source.id: people.commercial_partner_id for source, people in brought}
        everybody = self.env["res.partner"].union(*customers.values())
        # Amounts are sums of orders that the salesperson may not all see; only the sum is shown.
        rows = self.env["customer.lifecycle"].sudo()._lifecycle_rows(everybody)
        for partner in self:
            mine = customers.get(partner.id, partner.browse())
            partner.referral_count = len(mine)
            partner.referral_revenue = sum(
                rows[customer.id].amount_total for customer in mine if customer.id in rows
            )

    @api.constrains("referred_by_id")
    def _check_referred_by_id(self):
        for partner in self:
            source = partner.referred_by_id.commercial_partner_id
            if source and source == partner.commercial_partner_id:
                raise ValidationError(self.env._("Nobody brings in himself."))

    @checked(one=True)
    def action_referrals(self):
        """Show who was brought in by this contact.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Brought in"),
            "res_model": "res.partner",
            "view_mode": "kanban,list,form",
            "domain": [("referred_by_id", "=", self.id)],
            "context": {"default_referred_by_id": self.id},
        }

    @checked(one=True)
    def action_close_customer(self):
        """Ask why this customer is lost.

        :return: window action
        """
        rows = self.env["customer.lifecycle"].sudo()
        customer = self.commercial_partner_id
        if customer.id not in rows._lifecycle_rows(customer):
            # Whoever may edit the customer may also say that he is lost before he ever bought.
            customer.check_access("write")
            rows.create(
                {"partner_id": customer.id, "company_id": self.env.company.id, "order_count": 0}
            )
        return self._own_lifecycle().action_open_close()

    @checked(one=True)
    def action_reopen_customer(self):
        """Work this lost customer again.

        :return: True
        """
        return self._own_lifecycle().action_reopen()

    def _own_lifecycle(self):
        """The row with the current company, with the rights of the user."""
        found = self.env["customer.lifecycle"]._lifecycle_rows(self.commercial_partner_id)
        if self.commercial_partner_id.id not in found:
            raise ValidationError(
                self.env._("%s is no customer of this company yet.", self.display_name)
            )
        return found[self.commercial_partner_id.id]
