from odoo import fields, models


class CrmLeadPlaybook(models.AbstractModel):
    """Playbooks for leads: nurturing from generation to conversion."""

    _name = "crm.lead.playbook"
    _description = "Playbooks of a Lead"

    playbook_enrolment_ids = fields.One2many(
        "customer.playbook.enrolment",
        "lead_id",
        string="Playbooks",
        copy=False,
        groups="sales_team.group_sale_salesman",
    )

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        author = message.author_id
        if message.message_type == "email" and (not author or author.partner_share):
            self.env["customer.playbook.enrolment"]._replied(self)
        return result

    def _merge_dependences(self, opportunities):
        """Passages of merged leads go on with the lead that stays, unless it has its own."""
        result = super()._merge_dependences(opportunities)
        rows = opportunities.sudo().playbook_enrolment_ids
        own = self.sudo().playbook_enrolment_ids.filtered(lambda row: row.state == "running")
        for row in rows.sorted("id"):
            if row.state == "running" and row.playbook_id in own.playbook_id:
                row._stop("gone")
            row.lead_id = self.id
            if row.state == "running":
                own |= row
        return result
