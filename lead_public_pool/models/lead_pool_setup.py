from odoo import api, models
from odoo.fields import Domain


class LeadPoolSetup(models.AbstractModel):
    """The first steps with pools: what there is to do, and what is done already."""

    _name = "lead.pool.setup"
    _description = "First Steps with Pools"

    @api.model
    @api.readonly
    def pool_setup_steps(self):
        """What is left to do before the pools of the current company work.

        Nothing is stored: a step is done when what it is about exists, whoever made it.

        :return: `steps` for administrators, while one is left: `code`, `title`, `text`, `button`,
            `method` (to call on `lead.pool`, returns an action) and `done`; `message` for others
            who may not claim from any pool
        :rtype: dict
        """
        if not self.env.user.has_group("lead_public_pool.group_pool_admin"):
            return {"steps": [], "message": self._setup_message()}
        steps = self._setup_steps()
        left = not all(step["done"] for step in steps)
        return {"steps": steps if left else [], "message": False}

    @api.model
    def action_setup_members(self):
        """Open the first pool that has no members.

        :return: window action
        """
        return self._setup_open(Domain("member_ids", "not any", [("role", "=", "member")]))

    @api.model
    def action_setup_rules(self):
        """Open the first pool that takes nothing back.

        :return: window action
        """
        return self._setup_open(Domain("rule_ids", "not any", [("active", "=", True)]))

    @api.model
    def action_setup_records(self):
        """Ask which existing records come into which pool.

        :return: window action
        """
        pool = self.search(self._setup_company_domain(), limit=1)
        return pool.action_take_in()

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _setup_steps(self):
        return [
            {
                "code": "pools",
                "title": self.env._("Create your pools"),
                "text": self.env._(
                    "Begin with two suggested pools, one for new leads and one for a second "
                    "chance, or choose New to set up your own."
                ),
                "button": self.env._("Create the suggested pools"),
                "method": "action_quick_start",
                "done": self._setup_has(self._setup_company_domain()),
            },
            {
                "code": "members",
                "title": self.env._("Add the members"),
                "text": self.env._("Salespeople claim from the pools of which they are members."),
                "button": self.env._("Add members"),
                "method": "action_setup_members",
                "done": self._setup_has(Domain("member_ids.role", "=", "member")),
            },
            {
                "code": "rules",
                "title": self.env._("Say what comes back"),
                "text": self.env._(
                    "A rule takes back what nobody works, for example after ten working days. "
                    "See the page “Taking back” of the pool."
                ),
                "button": self.env._("Add a rule"),
                "method": "action_setup_rules",
                "done": self._setup_has(Domain("rule_ids.active", "=", True)),
            },
            {
                "code": "records",
                "title": self.env._("Take in records"),
                "text": self.env._(
                    "Fill a pool with the leads or customers that you have already, and let new "
                    "ones enter by themselves."
                ),
                "button": self.env._("Take in records"),
                "method": "action_setup_records",
                "done": self._setup_has_records(),
            },
        ]

    def _setup_company_domain(self):
        return Domain("company_id", "=", self.env.company.id)

    def _setup_has(self, domain):
        return bool(self.search_count(self._setup_company_domain() & domain, limit=1))

    def _setup_has_records(self):
        pools = self.search(self._setup_company_domain())
        return any(
            self.env[model].sudo().search_count([("pool_id", "in", pools.ids)], limit=1)
            for model in set(pools.mapped("model_name"))
        )

    def _setup_open(self, domain):
        here = self._setup_company_domain()
        pool = self.search(here & domain, limit=1) or self.search(here, limit=1)
        return {
            "type": "ir.actions.act_window",
            "name": pool.name or self.env._("New pool"),
            "res_model": "lead.pool",
            "res_id": pool.id,
            "views": [(False, "form")],
        }

    def _setup_message(self):
        """What a salesperson without any pool should do, or False."""
        user = self.env.user
        pools = self.sudo().search(Domain("company_id", "in", self.env.companies.ids))
        if any(member.user_id == user for member in pools.member_ids):
            return False
        if not pools:
            return self.env._(
                "There is no public pool in your company yet. Your sales manager can set one up "
                "under Public Pool ▸ Pools."
            )
        managers = pools.member_ids.filtered(lambda member: member.role == "manager").user_id
        if not managers:
            return self.env._(
                "You are not a member of any pool yet. Ask your sales manager to add you."
            )
        return self.env._(
            "You are not a member of any pool yet. Ask %s to add you.",
            ", ".join(managers[:3].mapped("name")),
        )
