from odoo import api, fields, models

from ..tools.arguments import checked


class LeadPoolRelease(models.TransientModel):
    """Ask why, and give records back."""

    _name = "lead.pool.release"
    _inherit = ["lead.pool.dialog"]
    _description = "Give Back to the Pool"

    reason_id = fields.Many2one(
        "lead.pool.reason", help="Why you give it back; the next owner and the manager see it."
    )
    reason_required = fields.Boolean(
        compute="_compute_about", help="Whether a reason must be given."
    )
    note = fields.Text(help="What the next owner should know.")
    about = fields.Char(compute="_compute_about", help="What you give back.")

    @api.depends_context("active_model", "active_ids", "lang")
    def _compute_about(self):
        records = self._records()
        pools = records.sudo().pool_id
        for wizard in self:
            wizard.reason_required = any(pools.mapped("release_reason_required"))
            wizard.about = (
                records.display_name
                if len(records) == 1
                else self.env._("%s records", len(records))
            )

    @checked(one=True)
    def action_release(self):
        """Give the records back and show what happened to each.

        :return: action
        """
        records = self._records()
        results = records.pool_release(reason_id=self.reason_id.id or None, note=self.note)
        done = self.env._("Given back: %s.", self.about)
        return records._pool_show_results(results, self.env._("Give back to the pool"), done)

    def _records(self):
        model = self.env.context.get("active_model")
        if model not in ("crm.lead", "res.partner"):
            return self.env["crm.lead"]
        return self.env[model].browse(self.env.context.get("active_ids", []))
