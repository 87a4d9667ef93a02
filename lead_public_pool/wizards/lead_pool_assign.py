from odoo import fields, models


class LeadPoolAssign(models.TransientModel):
    """Hand records out to a member; for managers."""

    _name = "lead.pool.assign"
    _description = "Hand Out Records"

    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        required=True,
        domain="[('share', '=', False)]",
        help="Who receives the records. He must be a member of their pool.",
    )

    def action_assign(self):
        """Hand the records out and show what happened to each.

        :return: action
        """
        self.ensure_one()
        model = self.env.context.get("active_model")
        if model not in ("crm.lead", "res.partner"):
            model = "crm.lead"
        records = self.env[model].browse(self.env.context.get("active_ids", []))
        results = records.pool_assign(self.user_id.id)
        done = self.env._("Handed out to %s.", self.user_id.name)
        return records._pool_show_results(results, self.env._("Hand out"), done)
