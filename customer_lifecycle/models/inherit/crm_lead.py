from odoo import api, models

WATCHED = {"partner_id", "stage_id", "active", "probability", "company_id"}


class CrmLead(models.Model):
    """Whoever has a lead, open or won, and has not bought yet is a prospect."""

    _inherit = "crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._lifecycle_follow()
        return leads

    def write(self, vals):
        result = super().write(vals)
        if WATCHED & vals.keys():
            self._lifecycle_follow()
        return result

    def _lifecycle_follow(self):
        leads = self.filtered(lambda lead: lead.partner_id and lead.won_status != "lost")
        self.env["customer.lifecycle"].sudo()._lifecycle_follow(
            {
                (
                    lead.company_id
                    or lead.team_id.company_id
                    or lead.user_id.company_id
                    or self.env.company,
                    lead.partner_id,
                )
                for lead in leads
            },
            new_only=True,
        )
