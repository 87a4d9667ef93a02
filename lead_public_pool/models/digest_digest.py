from odoo import fields, models
from odoo.exceptions import AccessError

from .lead_pool import MODEL_BY_KIND


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_pool_claimed = fields.Boolean(
        string="Claimed from Pools",
        help="How many leads and customers were claimed from public pools.",
    )
    kpi_pool_claimed_value = fields.Integer(
        compute="_compute_kpi_pool_claimed_value",
        help="Records claimed from the pools in the time of the digest.",
    )
    kpi_pool_reclaimed = fields.Boolean(
        string="Taken Back by Pools",
        help="How many leads and customers went back to their pools because nobody worked them.",
    )
    kpi_pool_reclaimed_value = fields.Integer(
        compute="_compute_kpi_pool_reclaimed_value",
        help="Records that rules took back in the time of the digest.",
    )
    kpi_pool_waiting = fields.Boolean(
        string="Waiting in Pools",
        help="How many leads and customers wait for a salesperson when the digest is sent.",
    )
    kpi_pool_waiting_value = fields.Integer(
        compute="_compute_kpi_pool_waiting_value", help="Records that wait in the pools now."
    )

    def _compute_kpi_pool_claimed_value(self):
        self._pool_count_moves("kpi_pool_claimed_value", "claim")

    def _compute_kpi_pool_reclaimed_value(self):
        self._pool_count_moves("kpi_pool_reclaimed_value", "reclaim")

    def _compute_kpi_pool_waiting_value(self):
        self._pool_check_reader()
        _start, _end, companies = self._get_kpi_compute_parameters()
        pools = self.env["lead.pool"].search([("company_id", "in", companies.ids)])
        waiting = dict.fromkeys(companies.ids, 0)
        for model_name in MODEL_BY_KIND.values():
            records = self.env[model_name].sudo()
            for pool, count in records._read_group(
                pools._waiting_domain(records, pools.ids), ["pool_id"], ["__count"]
            ):
                waiting[pool.company_id.id] += count
        for digest in self:
            company = digest.company_id or self.env.company
            digest.kpi_pool_waiting_value = waiting.get(company.id, 0)

    def _pool_count_moves(self, field_name, kind):
        self._pool_check_reader()
        self._calculate_company_based_kpi(
            "lead.pool.move",
            field_name,
            date_field="date",
            additional_domain=[("kind", "=", kind), ("undone", "=", False)],
        )

    def _pool_check_reader(self):
        """Who is no salesperson does not get these numbers; the digest then leaves them out."""
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(
                self.env._("Do not have access, skip this data for user's digest email")
            )

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu_id = self.env.ref("crm.crm_menu_root").id
        report = f"lead_public_pool.lead_pool_report_action?menu_id={menu_id}"
        actions["kpi_pool_claimed"] = report
        actions["kpi_pool_reclaimed"] = report
        actions["kpi_pool_waiting"] = f"lead_public_pool.lead_pool_action?menu_id={menu_id}"
        return actions
