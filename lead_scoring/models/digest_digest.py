from odoo import fields, models
from odoo.exceptions import AccessError

MENU = "crm.crm_menu_root"


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_score_mql = fields.Boolean(
        string="Marketing Qualified Leads",
        help="How many leads became marketing qualified (MQL).",
    )
    kpi_score_mql_value = fields.Integer(
        compute="_compute_kpi_score_mql_value",
        help="Leads that became marketing qualified in the time of the digest.",
    )
    kpi_score_accepted = fields.Boolean(
        string="Leads Accepted by Sales",
        help="How many leads sales accepted.",
    )
    kpi_score_accepted_value = fields.Integer(
        compute="_compute_kpi_score_accepted_value",
        help="Leads that sales accepted in the time of the digest.",
    )
    kpi_score_hot = fields.Boolean(
        string="Leads Turned Hot",
        help="How often a lead turned hot.",
    )
    kpi_score_hot_value = fields.Integer(
        compute="_compute_kpi_score_hot_value",
        help="Leads that turned hot in the time of the digest.",
    )

    def _compute_kpi_score_mql_value(self):
        self._score_count_leads("kpi_score_mql_value", "qualification_mql_date")

    def _compute_kpi_score_accepted_value(self):
        self._score_count_leads("kpi_score_accepted_value", "qualification_accepted_date")

    def _compute_kpi_score_hot_value(self):
        self._score_check_reader()
        start, end, companies = self._get_kpi_compute_parameters()
        rows = (
            self.env["lead.score.history"]
            .sudo()
            ._read_group(
                [
                    ("date", ">=", start),
                    ("date", "<", end),
                    ("temperature", "=", "hot"),
                    ("temperature_before", "!=", "hot"),
                    ("lead_id.company_id", "in", [*companies.ids, False]),
                ],
                ["lead_id"],
                ["__count"],
            )
        )
        counts = dict.fromkeys([*companies.ids, False], 0)
        for lead, count in rows:
            counts[lead.company_id.id] += count
        for digest in self:
            company = digest.company_id or self.env.company
            # A lead without a company belongs to all of them.
            digest.kpi_score_hot_value = counts.get(company.id, 0) + counts[False]

    def _score_count_leads(self, field_name, date_field):
        self._score_check_reader()
        self._calculate_company_based_kpi(
            "crm.lead",
            field_name,
            date_field=date_field,
        )

    def _score_check_reader(self):
        """Who is no salesperson does not get these numbers; the digest then leaves them out."""
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(
                self.env._("Do not have access, skip this data for user's digest email")
            )

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu_id = self.env.ref(MENU).id
        funnel = f"lead_scoring.lead_score_funnel_action?menu_id={menu_id}"
        actions["kpi_score_mql"] = funnel
        actions["kpi_score_accepted"] = funnel
        actions["kpi_score_hot"] = f"crm.crm_lead_all_leads?menu_id={menu_id}"
        return actions
