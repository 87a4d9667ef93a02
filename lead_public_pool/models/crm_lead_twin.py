from odoo import api, models
from odoo.tools import SQL

from .lead_pool_twin import FURTHER, TOO_MANY

# Odoo's own signs of a duplicate lead, the company's name, and further addresses, by the field that
# must have a value. Each has an index.
SIGNS = {
    "email_domain_criterion": SQL("o.email_domain_criterion = p.email_domain_criterion"),
    "phone_sanitized": SQL("o.phone_sanitized = p.phone_sanitized"),
    "partner_id": SQL(
        # An array, and not `IN`: PostgreSQL would rather read all leads and join.
        "o.partner_id = ANY(ARRAY(SELECT c.id FROM res_partner c"
        " WHERE c.commercial_partner_id ="
        " (SELECT s.commercial_partner_id FROM res_partner s WHERE s.id = p.partner_id)))"
    ),
    "pool_name_key": SQL("o.pool_name_key = p.pool_name_key"),
    "id": FURTHER,
}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # Those that somebody holds come first: of a name that many bear, a few are enough.
    _pool_name_key_index = models.Index("(pool_name_key, user_id) WHERE pool_name_key IS NOT NULL")
    _pool_phone_tail_index = models.Index(
        "(right(phone_sanitized, 7)) WHERE phone_sanitized IS NOT NULL"
    )
    _pool_contact_keys_index = models.Index(
        "USING gin (string_to_array(pool_contact_keys, ' ')) WHERE pool_contact_keys IS NOT NULL"
    )

    @api.depends(
        "partner_id.commercial_partner_id.user_id",
        "pool_name_key",
        "email_normalized",
        "phone_sanitized",
        "pool_contact_keys",
        "pool_id",
    )
    def _compute_pool_guard_user_ids(self):
        owners = {}
        for lead_id, _customer_id, owner_id in self._origin._pool_customers_alike():
            owners.setdefault(lead_id, []).append(owner_id)
        for lead in self:
            alike = self.env["res.users"].browse(dict.fromkeys(owners.get(lead._origin.id, [])))
            lead.pool_guard_user_ids = lead.partner_id.commercial_partner_id.user_id | alike

    @api.depends_context("uid")
    def _compute_potential_lead_duplicates(self):
        """Odoo counts in `sudo`; nobody learns that way what exists, past the limit of lookups."""
        result = super()._compute_potential_lead_duplicates()
        for lead in self:
            alike = (lead.duplicate_lead_ids - lead)._origin
            readable = alike.with_user(self.env.user).sudo(False)._filtered_access("read")
            lead.duplicate_lead_ids = alike.browse(readable.ids) + lead
            lead.duplicate_lead_count = len(readable)
        return result

    def _pool_customers_alike(self):
        """Customers of somebody that look like the company of these leads.

        :return: rows of (id of the lead, id of the customer, id of its owner), the surest first
        """
        if not self.ids:
            return []
        self.flush_model()
        partners = self.env["res.partner"]
        partners._pool_flush_signs()
        return partners._pool_alike_rows(self, partners._pool_contact_signs())

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
