from odoo import fields, models
from odoo.tools import email_normalize_all

from ...tools.arguments import checked


class CrmLead(models.Model):
    """Playbooks for leads: nurturing from generation to conversion."""

    _inherit = "crm.lead"

    playbook_enrolment_ids = fields.One2many(
        "customer.playbook.enrolment",
        "lead_id",
        string="Playbooks",
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="The passages of this lead through playbooks.",
    )

    playbook_count = fields.Integer(
        string="Playbook passages",
        compute="_compute_playbook_count",
        groups="sales_team.group_sale_salesman",
        help="How often this lead has gone through a playbook.",
    )

    def _compute_playbook_count(self):
        counts = dict(
            self.env["customer.playbook.enrolment"]._read_group(
                [("lead_id", "in", self.ids), ("is_control", "=", False)], ["lead_id"], ["__count"]
            )
        )
        for lead in self:
            lead.playbook_count = counts.get(lead, 0)

    @checked(one=True)
    def action_playbooks(self):
        """Show the playbooks that this lead goes, or went, through.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_lifecycle.customer_playbook_enrolment_action"
        )
        return {**action, "domain": [("lead_id", "=", self.id)], "context": {}}

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        if message.message_type == "email":
            wrote = self.filtered(lambda lead: message._lifecycle_is_from(*lead._writers()))
            if wrote:
                self.env["customer.playbook.enrolment"]._replied(wrote)
        return result

    def _writers(self):
        """Who may write as the customer of this lead.

        :return: the contact, and the addresses of the lead
        """
        self.ensure_one()
        return self.partner_id, email_normalize_all(self.email_from)

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
