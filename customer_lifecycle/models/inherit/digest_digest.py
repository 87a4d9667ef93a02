from odoo import fields, models
from odoo.exceptions import AccessError


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_lifecycle_dormant = fields.Boolean(
        string="Customers Asleep", help="How many customers became dormant."
    )
    kpi_lifecycle_dormant_value = fields.Integer(
        compute="_compute_kpi_lifecycle_dormant_value",
        help="Customers who became dormant in the time of the digest.",
    )
    kpi_lifecycle_lost = fields.Boolean(string="Customers Lost", help="How many were lost.")
    kpi_lifecycle_lost_value = fields.Integer(
        compute="_compute_kpi_lifecycle_lost_value",
        help="Customers who churned in the time of the digest.",
    )
    kpi_lifecycle_recovered = fields.Boolean(
        string="Customers Recovered", help="How many bought again after a long silence."
    )
    kpi_lifecycle_recovered_value = fields.Integer(
        compute="_compute_kpi_lifecycle_recovered_value",
        help="Customers who came back in the time of the digest.",
    )

    def _compute_kpi_lifecycle_dormant_value(self):
        self._lifecycle_count("kpi_lifecycle_dormant_value", [("state_to", "=", "dormant")])

    def _compute_kpi_lifecycle_lost_value(self):
        self._lifecycle_count("kpi_lifecycle_lost_value", [("state_to", "=", "churned")])

    def _compute_kpi_lifecycle_recovered_value(self):
        self._lifecycle_count("kpi_lifecycle_recovered_value", [("recovered", "=", True)])

    def _lifecycle_count(self, field_name, domain):
        """Changes of state that were observed in the time of the digest, per company."""
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(
                self.env._("Do not have access, skip this data for user's digest email")
            )
        start, end, companies = self._get_kpi_compute_parameters()
        counts = dict(
            self.env["customer.lifecycle.transition"]
            .sudo()
            ._read_group(
                [
                    ("kind", "=", "state"),
                    ("replayed", "=", False),
                    ("company_id", "in", companies.ids),
                    ("create_date", ">=", start),
                    ("create_date", "<", end),
                    *domain,
                ],
                ["company_id"],
                ["__count"],
            )
        )
        for digest in self:
            digest[field_name] = counts.get(digest.company_id or self.env.company, 0)

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu_id = self.env.ref("crm.crm_menu_root").id
        report = f"customer_lifecycle.customer_lifecycle_movement_action?menu_id={menu_id}"
        for name in ("dormant", "lost", "recovered"):
            actions[f"kpi_lifecycle_{name}"] = report
        return actions
