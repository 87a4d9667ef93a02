from odoo import fields, models


class LeadPoolLookup(models.TransientModel):
    """Ask whether a company is known before calling it."""

    _name = "lead.pool.lookup"
    _description = "Is It Known?"

    phone = fields.Char(help="The whole number, in any notation.")
    email = fields.Char(string="E-mail", help="The whole address.")
    name = fields.Char(string="Company", help="The whole name, in upper or lower case.")
    asked = fields.Boolean(readonly=True)
    line_ids = fields.One2many("lead.pool.lookup.line", "lookup_id", readonly=True)

    def action_lookup(self):
        """Look it up and show the answers in the same dialog.

        :return: window action
        """
        self.ensure_one()
        answers = self.env["lead.pool"].pool_lookup(
            phone=self.phone, email=self.email, name=self.name
        )
        self.line_ids = [
            fields.Command.clear(),
            *(
                fields.Command.create(
                    {
                        "kind": answer["kind"],
                        "state": answer["state"],
                        "pool_name": answer["pool"],
                        "claimable": answer["claimable"],
                        "owner": answer["owner"],
                    }
                )
                for answer in answers
            ),
        ]
        self.asked = True
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Is it known?"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
