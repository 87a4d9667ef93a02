from odoo import api, models
from odoo.tools import SQL

from odoo.addons.iap.tools.iap_tools import _MAIL_DOMAIN_BLACKLIST

from .lead_pool_twin import FURTHER, TOO_MANY

DOMAIN = SQL("split_part(p.email_normalized, '@', 2)")
# So many contacts are read, since a company has more than one.
CONTACTS_READ = 10 * TOO_MANY
OTHER_DOMAIN = SQL("split_part(o.email_normalized, '@', 2)")


class ResPartner(models.Model):
    """Customers that are the same company as one that a salesperson holds."""

    _name = "res.partner"
    _inherit = ["res.partner"]

    # Those that somebody holds, by what makes them the same company; few among all contacts.
    _pool_name_key_index = models.Index("(pool_name_key, user_id) WHERE pool_name_key IS NOT NULL")
    _pool_held_email_index = models.Index(
        "(split_part(email_normalized, '@', 2), email_normalized) WHERE user_id IS NOT NULL"
    )
    _pool_held_phone_index = models.Index("(phone_sanitized) WHERE user_id IS NOT NULL")
    _pool_email_index = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
    _pool_phone_tail_index = models.Index(
        "(right(phone_sanitized, 7)) WHERE phone_sanitized IS NOT NULL"
    )
    _pool_contact_keys_index = models.Index(
        "USING gin (string_to_array(pool_contact_keys, ' ')) WHERE pool_contact_keys IS NOT NULL"
    )

    @api.depends(
        "vat",
        "pool_name_key",
        "pool_contact_keys",
        "is_company",
        "email_normalized",
        "pool_id",
        "user_id",
    )
    def _compute_pool_guard_user_ids(self):
        owners = {}
        for customer_id, _other_id, owner_id in self._origin._pool_twins():
            owners.setdefault(customer_id, []).append(owner_id)
        for customer in self:
            found = owners.get(customer._origin.id, [])
            customer.pool_guard_user_ids = self.env["res.users"].browse(dict.fromkeys(found))

    def _pool_contact_signs(self):
        """Conditions under which customer `o` is the company of record `p`, the surest first."""
        free_mail = tuple(sorted(_MAIL_DOMAIN_BLACKLIST))
        return (
            SQL("o.pool_name_key = p.pool_name_key AND o.is_company"),
            SQL("%s = %s AND %s NOT IN %s", OTHER_DOMAIN, DOMAIN, DOMAIN, free_mail),
            SQL(
                "%s = %s AND o.email_normalized = p.email_normalized AND %s IN %s",
                OTHER_DOMAIN,
                DOMAIN,
                DOMAIN,
                free_mail,
            ),
            SQL("o.phone_sanitized = p.phone_sanitized"),
            SQL("o.email_normalized = ANY(string_to_array(p.pool_contact_keys, ' '))"),
            FURTHER,
        )

    def _pool_twin_signs(self):
        """Conditions under which customer `o` is the same company as `p`, the surest first."""
        name, *others = self._pool_contact_signs()
        return (
            SQL("o.vat = p.vat AND length(p.vat) > 1"),
            SQL("%s AND p.is_company", name),
            *others,
        )

    def _pool_flush_signs(self):
        self.flush_model(
            [
                "vat",
                "pool_name_key",
                "pool_contact_keys",
                "is_company",
                "email_normalized",
                "phone_sanitized",
                "user_id",
                "active",
                "parent_id",
                "commercial_partner_id",
                "partner_share",
                "company_id",
                "pool_id",
            ]
        )

    def _pool_twin_query(self):
        self._pool_flush_signs()
        return self._pool_alike_query(self, self._pool_twin_signs(), SQL("o.parent_id IS NULL"))

    def _pool_alike_rows(self, records, signs):
        """Customers, or their contacts, that look like these records, by the owner of the company.

        :return: rows of (id, id of the customer, id of its owner), the surest first
        """
        query = self._pool_alike_query(records, signs, SQL("TRUE"))
        rows = self.env.execute_query(SQL("%s ORDER BY 1, 4, 2", query))
        return [row[:3] for row in rows]

    @api.model
    def _pool_alike_query(self, records, signs, condition):
        """SQL of (id, id of a customer like it, id of its owner, how sure: 1 is most).

        :param records: leads or contacts, called `p`
        :param signs: conditions on `p` and a contact `o` that somebody holds
        :param SQL condition: what else is asked of `o`
        """
        found = SQL(" UNION ALL ").join(
            SQL(
                """
                (SELECT p.id, o.id, o.user_id, %s, COUNT(*) OVER (PARTITION BY p.id)
                   FROM %s p
                   LEFT JOIN lead_pool l ON l.id = p.pool_id
                  CROSS JOIN LATERAL (
                      SELECT DISTINCT s.id, s.user_id
                        FROM (SELECT c.id, c.user_id
                                FROM res_partner o
                                JOIN res_partner c ON c.id = o.commercial_partner_id
                                JOIN res_users u ON u.id = c.user_id AND u.active
                               WHERE %s AND %s AND o.user_id IS NOT NULL%s
                                 AND o.active AND o.partner_share
                                 AND (o.company_id IS NULL OR o.company_id
                                      = COALESCE(p.company_id, l.company_id, o.company_id))
                               LIMIT %s) s
                  ) o
                  WHERE p.id IN %s)
                """,
                rank,
                SQL.identifier(records._table),
                match,
                condition,
                SQL(" AND o.id <> p.id") if records._name == self._name else SQL(),
                CONTACTS_READ,
                tuple(records.ids),
            )
            for rank, match in enumerate(signs, 1)
        )
        return SQL(
            "SELECT id, other_id, owner_id, MIN(rank)"
            " FROM (%s) t (id, other_id, owner_id, rank, many)"
            " WHERE many < %s GROUP BY id, other_id, owner_id",
            found,
            TOO_MANY,
        )
