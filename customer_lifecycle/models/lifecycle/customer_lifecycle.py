from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.arguments import checked, day, flag, text

STATES = [
    ("prospect", "Prospect"),
    ("new", "New"),
    ("active", "Active"),
    ("loyal", "Loyal"),
    ("dormant", "Dormant"),
    ("churned", "Churned"),
    ("not_tracked", "Not tracked"),
]
TIERS = [("A", "A"), ("B", "B"), ("C", "C"), ("D", "D")]


class CustomerLifecycle(models.Model):
    """Where a customer stands with one company, on which facts, and when that will change.

    One row per commercial partner and company, written by the engine (`customer.lifecycle.run`
    and the events of orders, invoices and leads) in SQL, and by a person only through
    `action_set_state` and `action_release_state`.
    """

    _name = "customer.lifecycle"
    _description = "Customer Lifecycle"
    _inherit = ["customer.lifecycle.reader", "customer.lifecycle.order", "customer.lifecycle.facts"]
    _order = "state_since desc, id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The customer as a whole: contacts share the lifecycle of their company.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The company of ours whose orders are looked at.",
    )
    profile_id = fields.Many2one(
        "customer.lifecycle.profile",
        readonly=True,
        ondelete="set null",
        help="The class of customers that decides after how long a silence the state changes.",
    )
    profile_version = fields.Integer(
        readonly=True,
        export_string_translation=False,
        help="Version of the profile by which the customer was last judged.",
    )

    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        default="prospect",
        group_expand=True,
        help="Where this customer stands, by what was bought and how long ago.",
    )
    state_since = fields.Date(
        string="In State Since", readonly=True, help="The day on which this state began."
    )
    previous_state = fields.Selection(
        STATES, readonly=True, help="The state before the present one."
    )
    due_date = fields.Date(
        string="Next Change",
        readonly=True,
        help="The day on which time alone will change the state, if nothing is bought until then.",
    )
    check_date = fields.Date(
        string="Next Look",
        readonly=True,
        help="The day on which the nightly run looks at this customer again.",
    )
    at_risk = fields.Boolean(
        readonly=True,
        help="Silent for longer than is usual for customers like this, but not dormant yet.",
    )
    risk_date = fields.Date(readonly=True, help="From this day on the customer is at risk.")
    dormant_date = fields.Date(readonly=True, help="From this day on the customer is dormant.")
    churn_date = fields.Date(
        string="Churned From",
        readonly=True,
        help="From this day on the customer is counted as lost.",
    )
    recovered = fields.Boolean(
        readonly=True, help="Bought again after having been dormant or churned."
    )
    recovered_until = fields.Date(
        readonly=True, help="Until this day the customer is shown as recovered."
    )

    order_count = fields.Integer(
        string="Purchase Days",
        readonly=True,
        help="On how many days something was bought that was not given back.",
    )
    first_order_date = fields.Date(
        string="First Purchase", readonly=True, help="Day of the first purchase that counts."
    )
    last_order_date = fields.Date(
        string="Last Purchase", readonly=True, help="Day of the latest purchase that counts."
    )
    amount_total = fields.Float(
        string="Spent",
        readonly=True,
        help="All purchases less credit notes, untaxed, in the company's currency.",
    )
    amount_year = fields.Float(
        string="Spent in 12 Months",
        readonly=True,
        help="The last 365 days, untaxed, in the company's currency. The tier is made of it.",
    )
    last_contact_date = fields.Date(
        string="Last Contact",
        readonly=True,
        help="The last e-mail, call, meeting or completed activity. Looked up where the profile "
        "says that a customer who is in contact is not dormant.",
    )

    r_score = fields.Integer(
        string="Recency Score",
        readonly=True,
        aggregator="avg",
        help="1 to 5 among the customers of the company; 5 bought most recently.",
    )
    f_score = fields.Integer(
        string="Frequency Score",
        readonly=True,
        aggregator="avg",
        help="1 to 5 among the customers of the company; 5 bought most often.",
    )
    m_score = fields.Integer(
        string="Money Score",
        readonly=True,
        aggregator="avg",
        help="1 to 5 among the customers of the company; 5 spent most.",
    )
    group_id = fields.Many2one(
        "customer.lifecycle.group",
        string="RFM Group",
        readonly=True,
        ondelete="set null",
        help="The first group whose ranges of scores fit this customer. Scores compare him with "
        "the others, the state with his own habit: the two may differ.",
    )
    previous_group_id = fields.Many2one(
        "customer.lifecycle.group",
        string="Previous RFM Group",
        readonly=True,
        ondelete="set null",
        help="The group before the present one.",
    )
    tier = fields.Selection(
        TIERS, readonly=True, help="Value of the customer by what was spent in a year."
    )
    previous_tier = fields.Selection(
        TIERS, readonly=True, help="The value tier before the present one."
    )
    p_buy = fields.Float(
        string="Chance to Buy",
        readonly=True,
        aggregator="avg",
        help="How likely an order within the horizon of the profile is, by the purchase model.",
    )

    manual_state = fields.Selection(
        STATES, readonly=True, help="A state that somebody set by hand; it beats the machine."
    )
    manual_reason = fields.Char(readonly=True, help="Why the state was set by hand.")
    manual_user_id = fields.Many2one(
        "res.users", string="Set by", readonly=True, help="Who set the state by hand."
    )
    manual_date = fields.Date(
        string="Set on", readonly=True, help="Day on which the state was set by hand."
    )
    lock_date = fields.Date(
        string="Locked Until",
        readonly=True,
        help="The state set by hand holds until the end of this day; without a day it holds until "
        "somebody releases it.",
    )
    lock_until_order = fields.Boolean(
        string="Until the Next Purchase",
        readonly=True,
        help="The state set by hand also ends when the customer buys.",
    )
    failure = fields.Char(
        string="Set Aside Because",
        readonly=True,
        help="What went wrong when this customer was last decided about, or when his salesperson "
        "should have been told. The nightly run looks at him again.",
    )

    user_id = fields.Many2one(
        related="partner_id.user_id", string="Salesperson", help="Of the customer."
    )
    currency_id = fields.Many2one(
        related="company_id.currency_id",
        export_string_translation=False,
        help="The currency of the company.",
    )
    partner_active = fields.Boolean(
        related="partner_id.active",
        string="Customer Is Active",
        export_string_translation=False,
        help="Whether the contact is not archived.",
    )
    transition_ids = fields.One2many(
        "customer.lifecycle.transition",
        "lifecycle_id",
        readonly=True,
        help="Every change of the state, with its reason.",
    )
    days_in_state = fields.Integer(
        compute="_compute_days_in_state", help="How long the customer has been in this state."
    )
    days_silent = fields.Integer(
        compute="_compute_days_in_state", help="How long ago the last purchase was."
    )
    explanation = fields.Text(
        compute="_compute_explanation", help="Why the customer is in this state, in words."
    )

    # A run may change every row, and each index is written again then: these few find all.
    _partner_company_uniq = models.UniqueIndex(
        "(partner_id, company_id)", "This customer already has a lifecycle in this company."
    )
    _state_idx = models.Index("(company_id, state, partner_id)")
    _check_idx = models.Index("(company_id, check_date)")

    @checked(one=True)
    def action_open_partner(self):
        """Open the contact.

        :return: window action
        """
        return self.partner_id.get_formview_action()

    def _compute_days_in_state(self):
        for row in self:
            today = row._lifecycle_today(row.company_id)
            row.days_in_state = (today - row.state_since).days if row.state_since else 0
            row.days_silent = (today - row.last_order_date).days if row.last_order_date else 0

    @api.model
    def _lifecycle_rows(self, partners, company=None):
        """Rows of commercial partners with a company (the current one).

        :return: row by id of the partner; who has none is missing
        :rtype: dict
        """
        rows = self.search(
            [
                ("company_id", "=", (company or self.env.company).id),
                ("partner_id", "in", partners.ids),
            ],
            order="id",
        )
        return {row.partner_id.id: row for row in rows}

    @api.model
    def _lifecycle_changed(self, transition_ids):
        """Called once per batch after customers changed their state, tier, group or risk.

        Extend it to act on changes (playbooks, notices). The transitions are written already;
        the call runs in the transaction of the batch. Not called when history is filled in from
        past orders.

        :param transition_ids: ids of `customer.lifecycle.transition`, see its `kind`,
            `from_value` and `to_value`
        """

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @checked(state=text, reason=text, lock_date=day, lock_until_order=flag)
    def action_set_state(self, state, reason, lock_date=None, lock_until_order=False):
        """Set the state by hand. It beats the machine until it is released or its lock ends.

        :param str state: a key of `STATES`
        :param str reason: why; required
        :param lock_date: last day (date or ISO text) on which it holds, None for no end
        :param bool lock_until_order: whether a purchase ends it too
        :raise UserError: without a reason, for an unknown state or a lock that is over already
        """
        self._lifecycle_check_manual(state, reason, lock_date)
        self._lifecycle_check_may_set()
        for company, rows in self.sudo().grouped("company_id").items():
            rows.write(
                {
                    "manual_state": state,
                    "manual_reason": reason.strip(),
                    "manual_user_id": self.env.uid,
                    # Purchases are compared with it, by the day of the company.
                    "manual_date": self._lifecycle_today(company),
                    "lock_date": lock_date or False,
                    "lock_until_order": lock_until_order,
                }
            )
        self._lifecycle_refresh()

    @checked()
    def action_release_state(self):
        """Let the machine decide again."""
        self._lifecycle_check_may_set()
        self.sudo().write(
            {
                "manual_state": False,
                "manual_reason": False,
                "manual_user_id": False,
                "manual_date": False,
                "lock_date": False,
                "lock_until_order": False,
                # A machine that starts afresh may move in any direction.
                "profile_version": 0,
            }
        )
        self._lifecycle_refresh()

    @checked()
    def action_rebuild(self):
        """Replay the rules over past orders: history and state of these customers are made anew."""
        self.check_access("read")
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            raise AccessError(self.env._("Only a sales manager may rebuild histories."))
        self._lifecycle_flush()
        for company, rows in self.sudo().grouped("company_id").items():
            rows._lifecycle_replay(company, rows.ids)
            rows._lifecycle_decide(company, rows.ids)
            rows._lifecycle_align_reasons(rows.ids)
        self._lifecycle_forget()

    @api.model
    def action_rebuild_all(self):
        """Rebuild the histories of all customers of the current companies."""
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            raise AccessError(self.env._("Only a sales manager may rebuild histories."))
        self.sudo()._lifecycle_rebuild_all(self.env.companies)

    def _lifecycle_check_may_set(self):
        """Whoever may edit the customer may set his state."""
        self.check_access("read")
        self.partner_id.check_access("write")

    def _lifecycle_check_manual(self, state, reason, lock_date):
        if state not in dict(STATES):
            raise UserError(self.env._("There is no lifecycle state “%s”.", state))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why you set the state by hand."))
        lock_date = fields.Date.to_date(lock_date or False)
        days = [self._lifecycle_today(company) for company in self.sudo().company_id]
        if lock_date and any(lock_date < day for day in days):
            raise UserError(
                self.env._("The state cannot be locked until %s, which is over.", lock_date)
            )
