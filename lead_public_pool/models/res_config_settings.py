from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    pool_reclaim_active = fields.Boolean(
        string="Take records back automatically",
        help="Records that nobody works go back to their public pools by the rules of each pool.",
    )

    pool_holding_limit = fields.Integer(related="company_id.pool_holding_limit", readonly=False)
    pool_lookup_limit = fields.Integer(related="company_id.pool_lookup_limit", readonly=False)
    pool_lookup_alert = fields.Integer(related="company_id.pool_lookup_alert", readonly=False)

    @api.model
    def get_values(self):
        values = super().get_values()
        values["pool_reclaim_active"] = self._pool_reclaim_cron().active
        return values

    def set_values(self):
        result = super().set_values()
        cron = self._pool_reclaim_cron()
        if cron and cron.active != self.pool_reclaim_active:
            cron.active = self.pool_reclaim_active
        return result

    @api.model
    def _pool_reclaim_cron(self):
        """The reclaim job; settings belong to sales managers, who have no access to jobs."""
        cron = self.env.ref("lead_public_pool.ir_cron_reclaim", raise_if_not_found=False)
        return cron.sudo() if cron else self.env["ir.cron"]
