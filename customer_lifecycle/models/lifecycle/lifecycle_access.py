from odoo import models
from odoo.fields import Domain


class LifecycleReader(models.AbstractModel):
    """Rows about a customer are for whoever may read the customer himself.

    Record rules of contacts (also those that other addons bring) hold for these rows as well. A
    rule on this model could not say so, since domains of rules are evaluated without rules.
    """

    _name = "customer.lifecycle.reader"
    _description = "Lifecycle Reader"

    def _search(
        self, domain, offset=0, limit=None, order=None, *, active_test=True, bypass_access=False
    ):
        if not (self.env.su or bypass_access):
            partners = self.env["res.partner"].with_context(active_test=False)._search([])
            if partners.where_clause:
                domain = Domain(domain) & Domain("partner_id", "in", partners.subselect())
        return super()._search(
            domain,
            offset,
            limit,
            order,
            active_test=active_test,
            bypass_access=bypass_access,
        )

    def _check_access(self, operation):
        if result := super()._check_access(operation):
            return result
        if self.env.su or not any(self._ids):
            return None
        partners = self.sudo().partner_id.sudo(False)
        allowed = set(partners._filtered_access("read")._ids)
        forbidden = self.filtered(lambda row: row.sudo().partner_id.id not in allowed)
        if not forbidden:
            return None
        return forbidden, lambda: self.env["ir.rule"]._make_access_error(operation, forbidden)
