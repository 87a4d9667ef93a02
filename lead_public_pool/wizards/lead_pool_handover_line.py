from odoo import fields, models
from odoo.exceptions import UserError

# Groups in which a leaving colleague's records are handed over; each record is in the first that
# fits it.
GROUPS = [
    ("quotation", "With an open quotation"),
    ("overdue", "With something overdue"),
    ("opportunity", "Opportunities"),
    ("lead", "Leads"),
    ("customer", "Customers"),
    # Written down only: what was handed over all at once.
    ("all_leads", "All leads at once"),
    ("all_customers", "All customers at once"),
]
WAYS = [
    ("leave", "Leave for now"),
    ("users", "To colleagues, evenly"),
    ("team", "To a sales team, evenly"),
    ("pool", "Back to the pools"),
]


class LeadPoolHandoverLine(models.TransientModel):
    """One group of records that somebody holds, and what becomes of it."""

    _name = "lead.pool.handover.line"
    _inherit = ["lead.pool.dialog"]
    _description = "Group of Records to Hand Over"

    handover_id = fields.Many2one(
        "lead.pool.handover",
        required=True,
        ondelete="cascade",
        help="The hand-over that this line belongs to.",
    )
    user_id = fields.Many2one(related="handover_id.user_id")
    group = fields.Selection(
        GROUPS, required=True, readonly=True, help="Each record is in the first group that fits."
    )
    record_count = fields.Integer(
        string="Records", readonly=True, help="Records of the group that he still holds."
    )
    how = fields.Selection(
        WAYS,
        string="Where to",
        required=True,
        default="leave",
        help="What happens to this group now. What is left for now can be handed over later.",
    )
    receiver_ids = fields.Many2many(
        "res.users",
        string="Colleagues",
        domain="[('share', '=', False), ('id', '!=', user_id)]",
        help="Who receives them: one colleague, or several in equal parts.",
    )
    team_id = fields.Many2one("crm.team", help="Its members receive them in equal parts.")

    def _run(self):
        """Do what was decided for this group, and write it down.

        :return: row of the report (`lead.pool.handover.stage`), none if the group is left
        :raise UserError: if nobody is named who receives
        """
        self.ensure_one()
        records = self.handover_id._group_records()[self.group]
        if self.how == "leave" or not records:
            return self.env["lead.pool.handover.stage"]
        receivers = self._receivers()
        if self.how == "pool":
            results = records._pool_move("owner_left")
        else:
            results = records._pool_split(receivers)
        return self.env["lead.pool.handover.stage"]._note(self, receivers, results)

    def _receivers(self):
        leaving = self.handover_id.user_id
        if self.how == "pool":
            return self.env["res.users"]
        receivers = self.receiver_ids if self.how == "users" else self.team_id.sudo().member_ids
        receivers = receivers.filtered("active") - leaving
        if not receivers:
            labels = dict(self._fields["group"]._description_selection(self.env))
            raise UserError(self.env._("%s: choose who receives the records.", labels[self.group]))
        return receivers.sudo(False)
