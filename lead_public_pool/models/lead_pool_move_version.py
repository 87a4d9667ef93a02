from odoo import fields, models


class LeadPoolMove(models.Model):
    """Which version of a rule decided."""

    _name = "lead.pool.move"
    _inherit = ["lead.pool.move"]

    rule_version_id = fields.Many2one(
        "lead.pool.rule.version",
        string="What the rule said",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The rule as it was when it took the record back.",
    )


class LeadPoolSpeed(models.AbstractModel):
    _inherit = "lead.pool.speed"

    def _pool_ledger_values(self, *args, **kwargs):
        rows = super()._pool_ledger_values(*args, **kwargs)
        if rule := kwargs.get("rule"):
            version = (
                self.env["lead.pool.rule.version"]
                .sudo()
                .search([("rule_id", "=", rule.id), ("version", "=", rule.version)], limit=1)
            )
            for row in rows:
                row["rule_version_id"] = version.id
        return rows
