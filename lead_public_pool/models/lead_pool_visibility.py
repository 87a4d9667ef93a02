from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.arguments import checked

# Pools whose waiting records nobody reads but their managers.
SEALED = ("sealed", "hidden")


class LeadPoolVisibility(models.AbstractModel):
    """Who sees what lies in a pool, and how much of it."""

    _name = "lead.pool.visibility"
    _description = "Visibility of a Pool"

    visibility = fields.Selection(
        [("open", "Open"), ("sealed", "Sealed"), ("hidden", "Hidden")],
        required=True,
        default="open",
        help="Open: members read waiting records in full. Sealed: they see masked entries and "
        "read the rest once they have claimed. Hidden: only managers see waiting records and "
        "assign them.",
    )
    mask_contact = fields.Boolean(
        string="Mask e-mail and phone",
        default=True,
        help="E-mail address and phone are masked until the record is claimed, also where they "
        "were typed into its name.",
    )
    mask_name = fields.Boolean(
        string="Mask the name", help="Only the first letter of the record's name is shown."
    )
    mask_company = fields.Boolean(
        string="Mask the company", help="Only the first letter of the company's name is shown."
    )
    mask_city = fields.Boolean(
        string="Mask the city", help="Only the first letter of the city is shown."
    )
    activity_policy = fields.Selection(
        [("cancel", "Cancel them"), ("keep", "Keep them for the next owner")],
        string="Open activities",
        required=True,
        default="cancel",
        help="What happens to planned activities of the former owner when a record comes back or "
        "goes to a colleague. Kept activities go to whoever gets the record next.",
    )
    daily_view_limit = fields.Integer(
        help="How many different entries of this sealed pool a member may open in a day; "
        "0 means no limit. The list itself is not limited.",
    )
    view_alert = fields.Integer(
        string="Alert above",
        help="The managers of the pool get a message when a member opens more than so many "
        "different entries in a day; 0 means never.",
    )

    _view_limits_not_negative = models.Constraint(
        "CHECK(daily_view_limit >= 0 AND view_alert >= 0)",
        "A limit cannot be negative. Write 0 for no limit.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("visibility") in SEALED:
            for pool in self.sudo():
                pool._seal_waiting()
        return result

    def _seal_again(self, people):
        """People who may no longer read what waits in these pools leave it alone.

        :param people: who may have been managers of the pools, or of all pools (`res.users`)
        """
        for pool in self.sudo().exists():
            if pool.visibility in SEALED:
                pool._seal_waiting(people.sudo())

    def _seal_waiting(self, people=None):
        """What waits in a sealed pool has no followers and activities of others than insiders.

        :param people: see `_pool_seal_traces`
        """
        self.ensure_one()
        records = self.env[self._record_model_name()].with_context(active_test=False)
        waiting = records._search([("pool_state", "=", "pooled"), ("pool_id", "=", self.id)])
        records._pool_seal_traces(waiting, self, people)

    @checked(one=True)
    def action_open_pooled(self):
        """Open the window of this pool.

        :return: window action
        """
        action = self.env["ir.actions.actions"]._for_xml_id(
            f"lead_public_pool.lead_pool_entry_action_{self.kind}"
        )
        action["name"] = self.env._("In the pool %s", self.name)
        action["context"] = {"search_default_pool_id": self.id, "pool_kind": self.kind}
        return action

    @checked(one=True)
    def action_open_records(self):
        """Open the full records that wait in this pool; for its managers.

        :return: window action
        :raise UserError: for anybody else
        """
        if not self._is_managed_by(self.env.user):
            raise UserError(self.env._("Only a manager of the pool %s may do this.", self.name))
        return self._action_open_records("pooled", self.env._("In the pool %s", self.name))

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _insiders(self):
        """Users who read everything that waits in this pool."""
        self.ensure_one()
        managers = self.sudo().member_ids.filtered(lambda member: member.role == "manager")
        admins = self.env.ref("lead_public_pool.group_pool_admin").sudo().all_user_ids
        return (managers.user_id | admins).filtered(lambda user: user.active and not user.share)

    def _drop_activities(self, activities):
        """Cancel activities whose owner lost the record, or keep them without a person."""
        self.ensure_one()
        if not activities:
            return
        if self.sudo().activity_policy == "keep":
            activities.write({"user_id": False})
        else:
            activities.unlink()
