from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL


class LifecycleRegroup(models.AbstractModel):
    """Keeps one row per customer when contacts move between customers."""

    _name = "customer.lifecycle.regroup"
    _description = "Lifecycle Rows of Regrouped Contacts"

    def _lifecycle_regroup(self, partners):
        """Drop rows of who is no customer by himself, and make the history of the others anew."""
        self._lifecycle_flush()
        partners = partners.exists()
        self.env.cr.execute(
            SQL(
                """DELETE FROM customer_lifecycle l USING res_partner p
                    WHERE p.id = l.partner_id AND p.commercial_partner_id <> p.id
                      AND l.partner_id = ANY(%s)""",
                partners.ids,
            )
        )
        self._lifecycle_forget()
        for company in self.env["res.company"].sudo().search(Domain.TRUE):
            customers = partners.commercial_partner_id.ids
            self._lifecycle_ensure(company, customers)
            ids = self._lifecycle_ids(company, customers)
            if ids:
                self._lifecycle_replay(company, ids)
                self._lifecycle_decide(company, ids)
        self._lifecycle_forget()

    def _lifecycle_prepare_merge(self, sources, target):
        """Before contacts merge: the row that stays is the target's; a hand's choice is kept."""
        self.env.flush_all()
        source_ids, target_id = sources.ids, target.commercial_partner_id.id
        names = ("state", "reason", "user_id", "date")
        columns = [SQL.identifier(f"manual_{name}") for name in names]
        columns += [SQL.identifier("lock_date"), SQL.identifier("lock_until_order")]
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle l SET (%(columns)s) = (%(values)s)
                     FROM customer_lifecycle s
                    WHERE l.partner_id = %(target)s AND s.partner_id = ANY(%(sources)s)
                      AND s.company_id = l.company_id AND s.manual_state IS NOT NULL
                      AND l.manual_state IS NULL""",
                columns=SQL(", ").join(columns),
                values=SQL(", ").join(SQL("s.%s", column) for column in columns),
                target=target_id,
                sources=source_ids,
            )
        )
        self.env.cr.execute(
            SQL(
                """DELETE FROM customer_lifecycle l
                    WHERE partner_id = ANY(%(sources)s) AND partner_id <> %(target)s
                      AND (company_id IN (SELECT company_id FROM customer_lifecycle
                                           WHERE partner_id = %(target)s)
                           OR EXISTS (SELECT FROM customer_lifecycle o
                                       WHERE o.company_id = l.company_id AND o.id < l.id
                                         AND o.partner_id = ANY(%(sources)s)))""",
                target=target_id,
                sources=source_ids,
            )
        )
        self._lifecycle_forget()
