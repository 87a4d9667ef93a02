from odoo import fields, models, tools
from odoo.tools import SQL

from ..models.lifecycle.customer_lifecycle import TIERS


class CustomerChurnReport(models.Model):
    """Lost customers, one row for each time a customer was lost."""

    _name = "customer.churn.report"
    _description = "Lost Customers"
    _inherit = ["customer.lifecycle.reader"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, help="Who was lost."
    )
    company_id = fields.Many2one("res.company", readonly=True, help="Who lost the customer.")
    date = fields.Date(string="Lost on", readonly=True, help="When the customer was lost.")
    date_back = fields.Date(
        string="Back on", readonly=True, help="When the customer came back; empty if not yet."
    )
    churn_reason_id = fields.Many2one(
        "customer.churn.reason", readonly=True, help="Why; empty when nobody has said so."
    )
    by_hand = fields.Boolean(
        readonly=True, help="Somebody closed the customer, it was not time alone."
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", readonly=True, help="Who looks after the customer now."
    )
    tier = fields.Selection(
        TIERS, readonly=True, help="Value tier before the loss, as far as it is known."
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Main product category",
        readonly=True,
        help="The category of which the customer bought most.",
    )
    country_id = fields.Many2one("res.country", readonly=True, help="Country of the customer.")
    amount_total = fields.Float(
        string="Spent", readonly=True, help="All purchases of the customer until now, untaxed."
    )
    order_count = fields.Integer(
        string="Purchase days", readonly=True, help="On how many days the customer bought."
    )
    customer_count = fields.Integer(
        string="Customers", readonly=True, help="One for each loss, to be summed."
    )

    def init(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), self._query())
        )

    def _query(self):
        return SQL(
            """
            SELECT change.id,
                   change.partner_id,
                   change.company_id,
                   change.date_entered AS date,
                   change.date_left AS date_back,
                   change.churn_reason_id,
                   change.reason = 'manual' AS by_hand,
                   partner.user_id,
                   partner.country_id,
                   COALESCE(row.previous_tier, row.tier) AS tier,
                   main.categ_id,
                   row.amount_total,
                   row.order_count,
                   1 AS customer_count
              FROM customer_lifecycle_transition change
              JOIN customer_lifecycle row ON row.id = change.lifecycle_id
              JOIN res_partner partner ON partner.id = change.partner_id
              LEFT JOIN LATERAL (
                   SELECT template.categ_id
                     FROM res_partner contact
                     JOIN sale_order o ON o.partner_id = contact.id
                     JOIN sale_order_line line ON line.order_id = o.id
                     JOIN product_product product ON product.id = line.product_id
                     JOIN product_template template ON template.id = product.product_tmpl_id
                    WHERE contact.commercial_partner_id = change.partner_id
                      AND o.company_id = change.company_id
                      AND o.state = 'sale'
                      AND template.categ_id IS NOT NULL
                    GROUP BY template.categ_id
                    ORDER BY sum(line.price_subtotal) DESC, template.categ_id
                    LIMIT 1
                   ) main ON true
             WHERE change.kind = 'state'
               AND change.state_to = 'churned'
            """
        )
