from odoo import api, models
from odoo.tools import SQL

from odoo.addons.iap.tools.iap_tools import _MAIL_DOMAIN_BLACKLIST

from .lead_pool_twin import TOO_MANY

DOMAIN = SQL("split_part(p.email_normalized, '@', 2)")
OTHER_DOMAIN = SQL("split_part(o.email_normalized, '@', 2)")


class ResPartner(models.Model):
    """Customers that are the same company as one that a salesperson holds."""

    _name = "res.partner"
    _inherit = ["res.partner"]

    # Those that somebody holds, by what makes them the same company; few among all contacts.
    _pool_held_name_index = models.Index(
        "(lower(name)) WHERE user_id IS NOT NULL AND parent_id IS NULL"
    )
    _pool_held_email_index = models.Index(
        "(split_part(email_normalized, '@', 2), email_normalized)"
        " WHERE user_id IS NOT NULL AND parent_id IS NULL"
    )
    _pool_held_phone_index = models.Index(
        "(phone_sanitized) WHERE user_id IS NOT NULL AND parent_id IS NULL"
    )

    @api.depends("vat", "name", "is_company", "email_normalized", "pool_id", "user_id")
    def _compute_pool_guard_user_ids(self):
        owners = {}
        for customer_id, _other_id, owner_id in self._origin._pool_twins():
            owners.setdefault(customer_id, []).append(owner_id)
        for customer in self:
            found = owners.get(customer._origin.id, [])
            customer.pool_guard_user_ids = self.env["res.users"].browse(dict.fromkeys(found))

    def _pool_twin_signs(self):
        """Conditions under which customer `o` is the same company as `p`, the surest first."""
        free_mail = tuple(sorted(_MAIL_DOMAIN_BLACKLIST))
        return (
            SQL("o.vat = p.vat AND length(p.vat) > 1"),
            SQL("lower(o.name) = lower(p.name) AND o.is_company AND p.is_company"),
            SQL("%s = %s AND %s NOT IN %s", OTHER_DOMAIN, DOMAIN, DOMAIN, free_mail),
            SQL(
                "%s = %s AND o.email_normalized = p.email_normalized AND %s IN %s",
                OTHER_DOMAIN,
                DOMAIN,
                DOMAIN,
                free_mail,
            ),
            SQL("o.phone_sanitized = p.phone_sanitized"),
        )

    def _pool_twin_query(self):
        self.flush_model(
            [
                "vat",
                "name",
                "is_company",
                "email_normalized",
                "phone_sanitized",
                "user_id",
                "active",
                "parent_id",
                "partner_share",
                "company_id",
                "pool_id",
            ]
        )
        found = SQL(" UNION ALL ").join(
            SQL(
                """
                (SELECT p.id, o.id, o.user_id, %s, COUNT(*) OVER (PARTITION BY p.id)
                   FROM res_partner p
                   LEFT JOIN lead_pool l ON l.id = p.pool_id
                  CROSS JOIN LATERAL (
                      SELECT o.id, o.user_id
                        FROM res_partner o
                        JOIN res_users u ON u.id = o.user_id AND u.active
                       WHERE %s AND o.id <> p.id
                         AND o.user_id IS NOT NULL AND o.parent_id IS NULL
                         AND o.active AND o.partner_share
                         AND (o.company_id IS NULL
                              OR o.company_id = COALESCE(p.company_id, l.company_id, o.company_id))
                       LIMIT %s
                  ) o
                  WHERE p.id IN %s)
                """,
                rank,
                match,
                TOO_MANY,
                tuple(self.ids),
            )
            for rank, match in enumerate(self._pool_twin_signs(), 1)
        )
        return SQL(
            "SELECT id, other_id, owner_id, MIN(rank)"
            " FROM (%s) t (id, other_id, owner_id, rank, many)"
            " WHERE many < %s GROUP BY id, other_id, owner_id",
            found,
            TOO_MANY,
        )
