from odoo import api, models
from odoo.tools import SQL

from .lead_pool_twin import TOO_MANY

# Odoo's own signs of a duplicate lead, and the company's name. Each has an index.
SIGNS = {
    "email_domain_criterion": SQL("o.email_domain_criterion = p.email_domain_criterion"),
    "phone_sanitized": SQL("o.phone_sanitized = p.phone_sanitized"),
    "partner_id": SQL(
        # An array, and not `IN`: PostgreSQL would rather read all leads and join.
        "o.partner_id = ANY(ARRAY(SELECT c.id FROM res_partner c"
        " WHERE c.commercial_partner_id ="
        " (SELECT s.commercial_partner_id FROM res_partner s WHERE s.id = p.partner_id)))"
    ),
    "partner_name": SQL("lower(o.partner_name) = lower(p.partner_name)"),
}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    _pool_held_name_index = models.Index(
        "(lower(partner_name)) WHERE user_id IS NOT NULL AND partner_name IS NOT NULL"
    )

    @api.depends("partner_id.commercial_partner_id.user_id")
    def _compute_pool_guard_user_ids(self):
        for lead in self:
            lead.pool_guard_user_ids = lead.partner_id.commercial_partner_id.user_id

    def _pool_twin_query(self):
        # All of it, with what is still to be computed: else the rest is a statement of its own.
        self.flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        found = SQL(" UNION ALL ").join(
            SQL(
                """
                (SELECT p.id, o.id, o.user_id, COUNT(*) OVER (PARTITION BY p.id)
                   FROM crm_lead p
                  CROSS JOIN LATERAL (
                      SELECT o.id, o.user_id
                        FROM crm_lead o
                       WHERE %s AND o.id <> p.id AND o.user_id IS NOT NULL
                         AND o.active AND o.won_status = 'pending'
                       LIMIT %s
                  ) o
                  WHERE p.id IN %s AND p.%s IS NOT NULL)
                """,
                match,
                TOO_MANY,
                tuple(self.ids),
                SQL.identifier(name),
            )
            for name, match in SIGNS.items()
        )
        return SQL(
            "SELECT DISTINCT id, other_id, owner_id, 1 FROM (%s) t (id, other_id, owner_id, many)"
            " WHERE many < %s",
            found,
            TOO_MANY,
        )
