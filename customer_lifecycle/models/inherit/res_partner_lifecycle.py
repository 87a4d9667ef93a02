import operator

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, OrderedSet

from ...tools.arguments import checked
from ..lifecycle.customer_lifecycle import STATES, TIERS

# How numbers compare, and the opposite: no number counts as 0, as it does in Odoo's own fields.
COMPARISONS = {
    "<": (operator.lt, ">="),
    "<=": (operator.le, ">"),
    ">": (operator.gt, "<="),
    ">=": (operator.ge, "<"),
}
# What a customer is worth concerns who sells to him: not the customer himself, nor other employees.
SALES = "sales_team.group_sale_salesman"
COLLECTION = (list, tuple, set, frozenset, OrderedSet)
# Fields of a contact, and the column of his row that they show.
COLUMNS = {
    "lifecycle_state": "state",
    "lifecycle_since": "state_since",
    "lifecycle_due_date": "due_date",
    "lifecycle_tier": "tier",
    "lifecycle_group": "group_id",
    "lifecycle_p_buy": "p_buy",
    "lifecycle_last_order": "last_order_date",
    "lifecycle_at_risk": "at_risk",
    "lifecycle_recovered": "recovered",
    "lifecycle_order_count": "order_count",
    "lifecycle_amount_year": "amount_year",
}


class ResPartner(models.Model):
    """The lifecycle with the current company, on the contact and on all contacts of a company.

    The values live in `customer.lifecycle`. They can be searched, grouped and sorted like stored
    fields, since each is a column of a table that is joined when it is asked for.
    """

    _inherit = "res.partner"

    lifecycle_ids = fields.One2many(
        "customer.lifecycle",
        "partner_id",
        string="Lifecycles in All Companies",
        readonly=True,
        copy=False,
        groups=SALES,
        help="The customer's state in each company.",
    )
    lifecycle_id = fields.Many2one(
        "customer.lifecycle",
        compute="_compute_lifecycle",
        search="_search_lifecycle_id",
        groups=SALES,
        help="The lifecycle of the customer with the current company.",
    )
    lifecycle_state = fields.Selection(
        STATES,
        compute="_compute_lifecycle",
        search="_search_lifecycle_state",
        groups=SALES,
        help="Where the customer stands with the current company.",
    )
    lifecycle_since = fields.Date(
        string="In State Since",
        compute="_compute_lifecycle",
        search="_search_lifecycle_since",
        groups=SALES,
        help="The day on which the lifecycle state began.",
    )
    lifecycle_due_date = fields.Date(
        string="Next State Change",
        compute="_compute_lifecycle",
        search="_search_lifecycle_due_date",
        groups=SALES,
        help="The day on which time alone will change the lifecycle state.",
    )
    lifecycle_tier = fields.Selection(
        TIERS,
        string="Value Tier",
        compute="_compute_lifecycle",
        search="_search_lifecycle_tier",
        groups=SALES,
        help="Value of the customer by what was spent in a year.",
    )
    lifecycle_group = fields.Many2one(
        "customer.lifecycle.group",
        string="RFM Group",
        compute="_compute_lifecycle",
        search="_search_lifecycle_group",
        groups=SALES,
        help="Group of the customer by recency, frequency and money.",
    )
    lifecycle_p_buy = fields.Float(
        string="Chance to Buy",
        compute="_compute_lifecycle",
        search="_search_lifecycle_p_buy",
        aggregator="avg",
        groups=SALES,
        help="How likely an order within the horizon of the profile is.",
    )
    lifecycle_last_order = fields.Date(
        string="Last Purchase",
        compute="_compute_lifecycle",
        search="_search_lifecycle_last_order",
        groups=SALES,
        help="The day of the last purchase.",
    )
    lifecycle_at_risk = fields.Boolean(
        string="At Risk",
        compute="_compute_lifecycle",
        search="_search_lifecycle_at_risk",
        groups=SALES,
        help="Silent for longer than usual, but not dormant yet.",
    )
    lifecycle_recovered = fields.Boolean(
        string="Recovered",
        compute="_compute_lifecycle",
        search="_search_lifecycle_recovered",
        groups=SALES,
        help="Came back lately after having been dormant or churned.",
    )
    lifecycle_order_count = fields.Integer(
        string="Purchase Days",
        compute="_compute_lifecycle",
        search="_search_lifecycle_order_count",
        groups=SALES,
        help="On how many days the customer bought something.",
    )
    lifecycle_amount_year = fields.Float(
        string="Spent in 12 Months",
        compute="_compute_lifecycle",
        search="_search_lifecycle_amount_year",
        groups=SALES,
        help="Untaxed, in the company's currency.",
    )
    lifecycle_explanation = fields.Text(
        string="Why This State",
        compute="_compute_lifecycle_explanation",
        groups=SALES,
        help="Why the customer is in this lifecycle state, in words.",
    )

    lifecycle_next_order = fields.Date(
        related="lifecycle_id.next_order_date",
        string="Expected Next Purchase",
        groups=SALES,
        help="When the customer would buy again if he kept his usual pace.",
    )
    lifecycle_pace = fields.Selection(
        related="lifecycle_id.pace",
        string="Pace",
        groups=SALES,
        help="Whether the customer goes on as expected, is overdue, or does not move.",
    )
    lifecycle_trend = fields.Selection(
        related="lifecycle_id.trend",
        string="Trend",
        groups=SALES,
        help="Spend of the last 12 months against that of the 12 months before.",
    )

    @api.depends_context("company")
    @api.depends("commercial_partner_id")
    def _compute_lifecycle(self):
        rows = self.env["customer.lifecycle"].sudo()._lifecycle_rows(self.commercial_partner_id)
        none = self.env["customer.lifecycle"]
        for partner in self:
            row = rows.get(partner.commercial_partner_id.id, none)
            partner.lifecycle_id = row
            for name, column in COLUMNS.items():
                partner[name] = row[column]

    @api.depends_context("company", "lang")
    @api.depends("commercial_partner_id")
    def _compute_lifecycle_explanation(self):
        for partner in self:
            partner.lifecycle_explanation = partner.sudo().lifecycle_id.explanation

    @checked(one=True)
    def action_open_lifecycle(self):
        """Show why the customer is in this state, and what was before.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "res_model": "customer.lifecycle",
            "res_id": self.lifecycle_id.id,
            "view_mode": "form",
        }

    def _lifecycle_field_names(self):
        derived = ["lifecycle_next_order", "lifecycle_pace", "lifecycle_trend"]
        return ["lifecycle_id", "lifecycle_ids", "lifecycle_explanation", *derived, *COLUMNS]

    # ------------------------------------------------------------------
    # Search, group, sort
    # ------------------------------------------------------------------

    def _search_lifecycle_id(self, operator, value):
        if operator in ("any", "any!"):
            return self._lifecycle_having(Domain(value), bypass_access=operator == "any!")
        return self._lifecycle_search("id", operator, value)

    def _search_lifecycle_state(self, operator, value):
        return self._lifecycle_search("state", operator, value)

    def _search_lifecycle_since(self, operator, value):
        return self._lifecycle_search("state_since", operator, value)

    def _search_lifecycle_due_date(self, operator, value):
        return self._lifecycle_search("due_date", operator, value)

    def _search_lifecycle_tier(self, operator, value):
        return self._lifecycle_search("tier", operator, value)

    def _search_lifecycle_group(self, operator, value):
        return self._lifecycle_search("group_id", operator, value)

    def _search_lifecycle_p_buy(self, operator, value):
        return self._lifecycle_search("p_buy", operator, value)

    def _search_lifecycle_last_order(self, operator, value):
        return self._lifecycle_search("last_order_date", operator, value)

    def _search_lifecycle_at_risk(self, operator, value):
        return self._lifecycle_search("at_risk", operator, value)

    def _search_lifecycle_recovered(self, operator, value):
        return self._lifecycle_search("recovered", operator, value)

    def _search_lifecycle_order_count(self, operator, value):
        return self._lifecycle_search("order_count", operator, value)

    def _search_lifecycle_amount_year(self, operator, value):
        return self._lifecycle_search("amount_year", operator, value)

    @api.model
    def _lifecycle_search(self, column, comparison, value):
        """Contacts by a column of their customer's row in the current company.

        Whoever has no row has no value: looking for an empty value finds him too.
        """
        if comparison in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        if comparison in COMPARISONS and isinstance(value, (int, float)):
            compare, inverse = COMPARISONS[comparison]
            if compare(0, value):
                return ~self._lifecycle_having(Domain(column, inverse, value))
        if comparison != "in" or not isinstance(value, COLLECTION):
            return self._lifecycle_having(Domain(column, comparison, value))
        found = Domain.FALSE
        if set_values := [item for item in value if item]:
            found |= self._lifecycle_having(Domain(column, "in", set_values))
        if len(set_values) < len(value):
            found |= ~self._lifecycle_having(Domain(column, "not in", [False, 0]))
        return found

    def _lifecycle_having(self, domain, bypass_access=True):
        """Contacts whose customer has such a row in the current company.

        The domain may come from anybody and lead on to any model, so it is searched with the
        rights of whoever asks; only the row itself is open to who may see its columns here.

        :param bool bypass_access: whether the row need not be readable by itself
        """
        rows = self.env["customer.lifecycle"]
        domain = Domain("company_id", "=", self.env.company.id) & domain

        def to_sql(model, alias, query):
            # Only now: to an error in the search method, Odoo would ask once more in `sudo`.
            found = rows._search(domain, bypass_access=bypass_access)
            return SQL(
                "%s IN %s",
                model._field_to_sql(alias, "commercial_partner_id", query),
                found.subselect(SQL.identifier(rows._table, "partner_id")),
            )

        return Domain.custom(to_sql=to_sql)

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr not in COLUMNS:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        row = query.make_alias(alias, "lifecycle")
        query.add_join(
            "LEFT JOIN",
            row,
            "customer_lifecycle",
            SQL(
                "%s = %s AND %s = %s",
                SQL.identifier(row, "partner_id"),
                super()._field_to_sql(alias, "commercial_partner_id", query),
                SQL.identifier(row, "company_id"),
                self.env.company.id,
            ),
        )
        return SQL.identifier(row, COLUMNS[field_expr])
