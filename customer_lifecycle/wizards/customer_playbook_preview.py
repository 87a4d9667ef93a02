from odoo import api, fields, models

# Examples shown; the counts are of all.
SAMPLE = 20


class CustomerPlaybookPreview(models.TransientModel):
    """Who would enter a playbook today. Looking changes nothing."""

    _name = "customer.playbook.preview"
    _inherit = ["customer.lifecycle.dialog"]
    _description = "Preview of a Playbook"

    playbook_id = fields.Many2one(
        "customer.playbook", required=True, ondelete="cascade", help="The playbook."
    )
    match_count = fields.Integer(
        string="It applies to", readonly=True, help="Records that match the situation now."
    )
    blocked_count = fields.Integer(
        string="Not again yet",
        readonly=True,
        help="Of these, records that have been through it and may not enter again now.",
    )
    enter_count = fields.Integer(
        string="Would enter today", readonly=True, help="Records that the brake lets in today."
    )
    control_count = fields.Integer(
        string="Of these, left alone", readonly=True, help="Records of the control group."
    )
    waiting_count = fields.Integer(
        string="Would wait", readonly=True, help="Records that the brake leaves for other days."
    )
    line_ids = fields.One2many(
        "customer.playbook.preview.line",
        "preview_id",
        readonly=True,
        help="Who would enter the playbook now.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        previews = super().create(vals_list)
        for preview in previews:
            preview._look()
        return previews

    def _look(self):
        """Count with the same questions that the entry asks."""
        playbook = self.playbook_id
        playbook.check_access("write")
        # As the job that lets records in: it sees all customers, whoever owns them.
        playbook = playbook.sudo()
        records, target = playbook._records(), playbook._target_domain()
        matches = records.search_count(target)
        free = records.search_count(target & ~playbook._blocked_domain())
        left = playbook._entries_left()
        entering = free if left is None else min(free, left)
        first = playbook._candidates(limit=entering) if entering else records.browse()
        self.write(
            {
                "match_count": matches,
                "blocked_count": matches - free,
                "enter_count": entering,
                "waiting_count": free - entering,
                "control_count": sum(playbook._is_control(record) for record in first),
                "line_ids": [
                    fields.Command.create(self._line_values(playbook, record))
                    for record in first[:SAMPLE]
                ],
            }
        )

    def _line_values(self, playbook, record):
        step = playbook.step_ids.sorted()[:1]
        mail = playbook.step_ids.filtered(lambda step: step.kind == "email")[:1]
        return {
            "name": record.display_name,
            "user_id": record.user_id.id,
            "is_control": playbook._is_control(record),
            "step_due": step._due_after(self.env.cr.now()),
            "obstacle": mail._mail_refusal(record) if mail else False,
        }

    def _show(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who would enter today"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
