from odoo import api, fields, models

from ..tools.arguments import checked


class LeadPoolLookup(models.TransientModel):
    """Ask whether a company is known before calling it."""

    _name = "lead.pool.lookup"
    _inherit = ["lead.pool.dialog"]
    _description = "Look Up a Company"

    phone = fields.Char(help="The whole number, in any notation, with or without its country.")
    email = fields.Char(string="E-mail", help="The whole address.")
    name = fields.Char(
        string="Company", help="The whole name; capitals, accents and legal form do not matter."
    )
    asked = fields.Boolean(readonly=True, help="Whether the search has been made.")
    quota = fields.Char(compute="_compute_quota", help="How many lookups you have left today.")
    line_ids = fields.One2many(
        "lead.pool.lookup.line",
        "lookup_id",
        readonly=True,
        help="What is known about what you typed in.",
    )

    @api.depends("asked", "line_ids")
    @api.depends_context("uid", "company")
    def _compute_quota(self):
        self.quota = self.env["lead.pool.lookup.log"]._quota_text()

    @checked(one=True)
    def action_lookup(self):
        """Look it up and show the answers in the same dialog.

        :return: window action
        """
        found = self.env["lead.pool"]._lookup_found(
            phone=self.phone, email=self.email, name=self.name
        )
        self.line_ids = [
            fields.Command.clear(),
            *(fields.Command.create(self.line_ids._prepare_values(*row)) for row in found),
        ]
        self.asked = True
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Look Up a Company"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
