from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.arguments import checked
from .customer_contact_role import DECISION_MAKERS

# Roles that somebody should fill at every customer.
KEY_ROLES = ("business", "technical", "influencer", "user")


class ResPartner(models.Model):
    """Who is who at a customer, and how his revisits went."""

    _inherit = "res.partner"

    visit_ids = fields.One2many(
        "customer.visit",
        "partner_id",
        string="Revisits",
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Planned and held revisits.",
    )
    visit_count = fields.Integer(
        compute="_compute_visit_count",
        groups="sales_team.group_sale_salesman",
        help="Revisits to this customer that were planned or held.",
    )
    visit_satisfaction = fields.Float(
        string="Satisfaction",
        compute="_compute_visit_count",
        groups="sales_team.group_sale_salesman",
        help="Average of the stars that this customer gave, from 1 to 5; 0 if never asked.",
    )
    contact_role_ids = fields.One2many(
        "customer.contact.role",
        "customer_id",
        string="Roles",
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Who does what at this customer: who decides, who influences, who uses.",
    )
    person_role_ids = fields.One2many(
        "customer.contact.role",
        "partner_id",
        string="Has the roles",
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="The roles of this person, at any customer.",
    )
    role_coverage = fields.Integer(
        string="Account coverage",
        compute="_compute_role_coverage",
        groups="sales_team.group_sale_salesman",
        help="Share of the four most important roles (business and technical decision maker, "
        "influencer, user) that somebody known to us fills and with whom we spoke lately.",
    )
    role_missing = fields.Char(
        string="Missing roles",
        compute="_compute_role_coverage",
        groups="sales_team.group_sale_salesman",
        help="Roles that nobody fills, or only people with whom we have not spoken lately.",
    )
    role_gap = fields.Selection(
        [
            ("none", "No decision maker known"),
            ("silent", "Decision maker silent"),
            ("covered", "Decision maker in contact"),
        ],
        string="Decision maker",
        compute="_compute_role_gap",
        search="_search_role_gap",
        groups="sales_team.group_sale_salesman",
        help="Whether we know who decides at this customer, and speak with him.",
    )

    playbook_enrolment_ids = fields.One2many(
        "customer.playbook.enrolment",
        "partner_id",
        string="Playbooks",
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="The passages of this customer through playbooks.",
    )
    playbook_count = fields.Integer(
        string="Playbook passages",
        compute="_compute_playbook_count",
        groups="sales_team.group_sale_salesman",
        help="How often this customer has gone through a playbook.",
    )

    def _compute_playbook_count(self):
        counts = dict(
            self.env["customer.playbook.enrolment"]._read_group(
                [("partner_id", "in", self.commercial_partner_id.ids), ("is_control", "=", False)],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.playbook_count = counts.get(partner.commercial_partner_id, 0)

    @checked(one=True)
    def action_playbooks(self):
        """Show the playbooks that this customer goes, or went, through.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_lifecycle.customer_playbook_enrolment_action"
        )
        customer = self.commercial_partner_id
        return {**action, "domain": [("partner_id", "=", customer.id)], "context": {}}

    def _compute_visit_count(self):
        held = self.env["customer.visit"]._read_group(
            [("partner_id", "in", self.commercial_partner_id.ids), ("state", "!=", "cancelled")],
            ["partner_id"],
            ["__count", "satisfaction_value:avg"],
        )
        facts = {partner.id: (count, average or 0.0) for partner, count, average in held}
        for partner in self:
            count, average = facts.get(partner.commercial_partner_id.id, (0, 0.0))
            partner.visit_count = count
            partner.visit_satisfaction = average

    @api.depends("contact_role_ids.role", "contact_role_ids.date_to", "contact_role_ids.is_silent")
    def _compute_role_coverage(self):
        role_field = self.env["customer.contact.role"]._fields["role"]
        labels = dict(role_field._description_selection(self.env))
        now = fields.Datetime.now()
        for partner in self:
            days = (partner.company_id or self.env.company).sudo().lifecycle_silent_days
            since = fields.Datetime.subtract(now, days=days or 3650)
            spoken = {
                role.role
                for role in partner.contact_role_ids
                if role.is_current and role.partner_id.active and (role.contact_date or now) > since
            }
            missing = [key for key in KEY_ROLES if key not in spoken]
            partner.role_coverage = round(100 * (1 - len(missing) / len(KEY_ROLES)))
            partner.role_missing = ", ".join(labels[key] for key in missing)

    @api.depends("contact_role_ids.role", "contact_role_ids.is_silent")
    def _compute_role_gap(self):
        for partner in self:
            roles = partner.contact_role_ids._watched()
            partner.role_gap = (
                "none"
                if not roles
                else "silent"
                if all(role.is_silent for role in roles)
                else "covered"
            )

    def _search_role_gap(self, operator, value):
        if operator != "in":
            return NotImplemented
        decides = Domain("role", "in", DECISION_MAKERS) & Domain("is_current", "=", True)
        awake = Domain("contact_role_ids", "any", decides & Domain("is_silent", "=", False))
        known = Domain("contact_role_ids", "any", decides)
        gaps = {"none": ~known, "silent": known & ~awake, "covered": awake}
        return Domain.OR(gaps[key] for key in value if key in gaps)

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        if message.message_type == "email":
            wrote = self.filtered(lambda customer: message._lifecycle_is_from(customer))
            if wrote:
                self.env["customer.playbook.enrolment"]._replied(wrote.commercial_partner_id)
        return result

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False:
            roles = self.env["customer.contact.role"].sudo()
            roles.search([("partner_id", "in", self.ids)])._alert_archived()
        return result

    @checked(one=True)
    def action_visits(self):
        """Show the revisits to this customer.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_lifecycle.customer_visit_action"
        )
        customer = self.commercial_partner_id
        context = {"default_partner_id": customer.id, "default_user_id": self.env.uid}
        if self != customer:
            context["default_contact_id"] = self.id
        return {**action, "domain": [("partner_id", "=", customer.id)], "context": context}
