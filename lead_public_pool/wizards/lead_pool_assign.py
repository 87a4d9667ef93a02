from odoo import fields, models

from ..tools.arguments import checked


class LeadPoolAssign(models.TransientModel):
    """Hand records out to a member; for managers."""

    _name = "lead.pool.assign"
    _inherit = ["lead.pool.dialog"]
    _description = "Assign Records"

    user_ids = fields.Many2many(
        "res.users",
        string="Salespeople",
        required=True,
        domain="[('share', '=', False)]",
        help="Who receives the records; several get as many as each other. They must be members "
        "of the pool.",
    )

    @checked(one=True)
    def action_assign(self):
        """Hand the records out and show what happened to each.

        :return: action
        """
        model = self.env.context.get("active_model")
        if model not in ("crm.lead", "res.partner"):
            model = "crm.lead"
        records = self.env[model].browse(self.env.context.get("active_ids", []))
        results = records.pool_split(self.user_ids.ids)
        names = ", ".join(self.user_ids.mapped("name"))
        done = self.env._("Assigned to %s.", names)
        return records._pool_show_results(results, self.env._("Assign"), done)
