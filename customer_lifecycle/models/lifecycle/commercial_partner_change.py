from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL


class CustomerLifecycle(models.Model):
    """Keeps one row per customer when contacts move between customers."""

    _inherit = "customer.lifecycle"

    def _lifecycle_regroup(self, partners):
        """Drop rows of who is no customer by himself, and make the history of the others anew."""
        self._lifecycle_flush()
        partners = partners.exists()
        gone = partners.filtered(lambda partner: partner.commercial_partner_id != partner)
        for partner in gone:
            rows = self.env["customer.lifecycle"].sudo().search([("partner_id", "=", partner.id)])
            rows._lifecycle_say_given_up(partner.commercial_partner_id)
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
                self._lifecycle_align_reasons(ids)
        self._lifecycle_forget()

    def _lifecycle_prepare_merge(self, sources, target):
        """Before contacts merge: one row per company stays, with what people said about the others.

        :param sources: contacts that will be gone
        :param target: contact that stays; its commercial partner is the customer
        """
        self.env.flush_all()
        target_id = target.commercial_partner_id.id
        keeper = SQL(
            """SELECT DISTINCT ON (company_id) id, company_id FROM customer_lifecycle
                WHERE partner_id = ANY(%(all)s)
                ORDER BY company_id, partner_id = %(target)s DESC, id""",
            all=[target_id, *sources.ids],
            target=target_id,
        )
        self.env.cr.execute(
            SQL(
                """SELECT k.id, array_remove(array_agg(s.id), k.id)
                     FROM (%s) k
                     JOIN customer_lifecycle s ON s.company_id = k.company_id
                          AND s.partner_id = ANY(%s)
                    GROUP BY k.id""",
                keeper,
                [target_id, *sources.ids],
            )
        )
        for keeper_id, gone_ids in self.env.cr.fetchall():
            self._lifecycle_merge_hand(keeper_id, gone_ids)
            self._lifecycle_forget()
            rows = self.env["customer.lifecycle"].sudo()
            kept = rows.browse(keeper_id)
            rows.browse(gone_ids).filtered(
                lambda row, kept=kept: (
                    not row.manual_state
                    or (row.manual_state, row.manual_date, row.manual_reason)
                    != (kept.manual_state, kept.manual_date, kept.manual_reason)
                )
            )._lifecycle_say_given_up(target.commercial_partner_id)
            self.env.flush_all()
            self._lifecycle_merge_history(keeper_id, gone_ids, target_id)
        self._lifecycle_forget()

    def _lifecycle_say_given_up(self, customer):
        """What somebody said about these rows that go is written into the customer's history."""
        states = dict(self._fields["state"]._description_selection(self.env))
        for row in self.filtered("manual_state"):
            customer.sudo().message_post(
                body=self.env._(
                    "%(contact)s belongs to this customer now. That it was “%(state)s” in "
                    "%(company)s, set by %(user)s: “%(reason)s”, does not hold any more.",
                    contact=row.partner_id.name,
                    state=states[row.manual_state],
                    company=row.company_id.name,
                    user=row.manual_user_id.name or "",
                    reason=row.manual_reason or "",
                )
            )

    def _lifecycle_merge_hand(self, keeper_id, gone_ids):
        """The latest state that was set by hand stays, unless a purchase has ended it since."""
        names = ("state", "reason", "user_id", "date")
        columns = [SQL.identifier(f"manual_{name}") for name in names]
        columns += map(SQL.identifier, ("lock_date", "lock_until_order", "churn_reason_id"))
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle l SET (%(columns)s) = (%(values)s)
                     FROM (SELECT * FROM customer_lifecycle
                            WHERE id = ANY(%(gone)s) AND manual_state IS NOT NULL
                            ORDER BY manual_date DESC, id DESC LIMIT 1) s
                    WHERE l.id = %(keeper)s AND l.manual_state IS NULL
                      AND (s.lock_until_order AND l.last_order_date > s.manual_date) IS NOT TRUE""",
                columns=SQL(", ").join(columns),
                values=SQL(", ").join(SQL("s.%s", column) for column in columns),
                gone=gone_ids,
                keeper=keeper_id,
            )
        )

    def _lifecycle_merge_history(self, keeper_id, gone_ids, target_id):
        """Explained losses and changes of tier, group and risk go to the row that stays.

        Its states are made anew from all orders afterwards.
        """
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle_transition SET lifecycle_id = %s, partner_id = %s
                    WHERE lifecycle_id = %s
                       OR lifecycle_id = ANY(%s)
                          AND (kind <> 'state' OR churn_reason_id IS NOT NULL)""",
                keeper_id,
                target_id,
                keeper_id,
                gone_ids,
            )
        )
        self.env.cr.execute(SQL("DELETE FROM customer_lifecycle WHERE id = ANY(%s)", gone_ids))
        self.env.cr.execute(
            SQL("UPDATE customer_lifecycle SET partner_id = %s WHERE id = %s", target_id, keeper_id)
        )
