from odoo import api, fields, models
from odoo.fields import Domain


class LeadPoolMixin(models.AbstractModel):
    """A record that has exactly one of two homes: a salesperson or a public pool."""

    _name = "lead.pool.mixin"
    _description = "Record with a Home"
    _inherit = [
        "lead.pool.twin",
        "lead.pool.waitlist",
        "lead.pool.seal",
        "lead.pool.turn",
        "lead.pool.speed",
        "lead.pool.touch",
        "lead.pool.api",
        "lead.pool.engine",
        "lead.pool.clock",
        "lead.pool.warning",
        "lead.pool.hold",
        "lead.pool.lock",
        "lead.pool.offer",
        "lead.pool.notice",
    ]

    # Kind of pool for records of the concrete model.
    _pool_kind = None

    pool_id = fields.Many2one(
        "lead.pool",
        ondelete="restrict",
        copy=False,
        tracking=True,
        groups="sales_team.group_sale_salesman",
        help="Home pool: where the record lies, or where it goes back to. A copy of a record has "
        "none: it is like one typed by hand, and comes into a pool by its filter.",
    )
    pool_state = fields.Selection(
        [("outside", "Outside"), ("pooled", "In the pool"), ("owned", "With a salesperson")],
        string="Home",
        default="outside",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="In the pool: any member may claim it. With a salesperson: it comes back by the "
        "rules of its pool. Outside: it does not circulate.",
    )
    pool_enter_date = fields.Datetime(
        string="In the pool since",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="When it last came into the pool.",
    )
    pool_own_date = fields.Datetime(
        string="Held since",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="When the present salesperson received it.",
    )
    pool_touch_date = fields.Datetime(
        string="Last worked",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="When the present salesperson last did an activity, wrote or changed the stage.",
    )
    pool_due_date = fields.Datetime(
        string="Returns",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="When it goes back to the pool unless it is worked.",
    )
    pool_due_rule_id = fields.Many2one(
        "lead.pool.rule",
        string="Returns by",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups="sales_team.group_sale_salesman",
        help="Rule by which it goes back to the pool.",
    )
    pool_due_label = fields.Char(
        string="Countdown",
        compute="_compute_pool_due_label",
        groups="sales_team.group_sale_salesman",
        help="Time left, in words.",
    )
    pool_due_urgency = fields.Selection(
        [("now", "Within a day"), ("soon", "Within three days"), ("later", "Later")],
        string="Urgency",
        compute="_compute_pool_due_label",
        groups="sales_team.group_sale_salesman",
        help="How soon it goes back to the pool.",
    )
    pool_notice = fields.Char(
        string="Where it stands",
        compute="_compute_pool_notice",
        groups="sales_team.group_sale_salesman",
        help="In one sentence: who may claim it, or when and why it goes back to the pool.",
    )
    pool_priority = fields.Integer(
        string="Pool order",
        copy=False,
        default=0,
        groups="sales_team.group_sale_salesman",
        help="Records with a higher number stand first in the pool.",
    )
    pool_former_user_id = fields.Many2one(
        "res.users",
        string="Former salesperson",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Who held it before it came back to the pool.",
    )
    pool_round = fields.Integer(
        string="Rounds",
        readonly=True,
        copy=False,
        default=0,
        groups="sales_team.group_sale_salesman",
        help="How often it came back to the pool.",
    )
    pool_can_claim = fields.Boolean(
        compute="_compute_pool_claim",
        groups="sales_team.group_sale_salesman",
        help="Whether you may claim it now.",
    )
    pool_claim_message = fields.Char(
        string="Why not",
        compute="_compute_pool_claim",
        groups="sales_team.group_sale_salesman",
        help="Why you may not claim it now, and when you may.",
    )
    pool_ask_state = fields.Selection(
        [("ask", "Ask for it"), ("asked", "Asked")],
        string="Request",
        compute="_compute_pool_claim",
        groups="sales_team.group_sale_salesman",
        help="Where managers agree to claims: whether you may ask for it, or have asked already.",
    )
    pool_claim_hint = fields.Char(
        string="Mind before you claim",
        compute="_compute_pool_claim",
        groups="sales_team.group_sale_salesman",
        help="What to know before you claim it: whose customer it is, and who holds duplicates.",
    )
    pool_can_release = fields.Boolean(
        compute="_compute_pool_claim",
        groups="sales_team.group_sale_salesman",
        help="Whether you may give this record back to the pool.",
    )

    _pool_one_home = models.Constraint(
        "CHECK(pool_state = CASE WHEN pool_id IS NULL THEN 'outside'"
        " WHEN user_id IS NULL THEN 'pooled' ELSE 'owned' END)",
        "A record has exactly one home: a salesperson or a pool.",
    )
    _pool_due_index = models.Index("(pool_due_date) WHERE pool_due_date IS NOT NULL")
    _pool_window_index = models.Index(
        "(pool_id, pool_priority DESC, id DESC) WHERE pool_state = 'pooled'"
    )
    _pool_all_index = models.Index("(pool_priority DESC, id DESC) WHERE pool_state = 'pooled'")
    _pool_owned_index = models.Index("(pool_id, user_id) WHERE pool_state = 'owned'")

    @api.depends("pool_due_date", "pool_state")
    @api.depends_context("lang")
    def _compute_pool_due_label(self):
        now = self.env.cr.now()
        for record in self:
            due = record.pool_due_date
            if not due or record.pool_state != "owned":
                record.pool_due_label = record.pool_due_urgency = False
                continue
            hours = (due - now).total_seconds() / 3600
            record.pool_due_urgency = "now" if hours <= 24 else "soon" if hours <= 72 else "later"
            if hours <= 0:
                label = self.env._("returns now")
            elif hours < 24:
                label = self.env._("returns in %s h", max(1, round(hours)))
            elif hours < 36:
                label = self.env._("returns in a day")
            else:
                label = self.env._("returns in %s days", round(hours / 24))
            record.pool_due_label = label

    @api.depends("pool_due_label", "pool_claim_message", "pool_claim_hint", "pool_can_claim")
    @api.depends_context("uid", "tz", "lang")
    def _compute_pool_notice(self):
        for record in self:
            pool = record.sudo().pool_id.name
            if record.pool_ask_state:
                notice = self.env._("It waits in the pool “%s”.", pool)
                record.pool_notice = f"{notice} {record.pool_claim_message}"
            elif record.pool_state == "pooled" and record.pool_claim_message:
                record.pool_notice = self.env._(
                    "It waits in the pool “%(pool)s”, but you cannot claim it now: %(why)s",
                    pool=pool,
                    why=record.pool_claim_message,
                )
            elif record.pool_state == "pooled":
                notice = self.env._("It waits in the pool “%s”. Work starts with a claim.", pool)
                record.pool_notice = " ".join(filter(None, [notice, record.pool_claim_hint]))
            elif record.pool_due_date:
                record.pool_notice = self.env._(
                    "Unless it is worked, it %(when)s (%(date)s) to the pool “%(pool)s”. "
                    "Rule: %(rule)s.",
                    when=record.pool_due_label,
                    date=record._pool_local(record.pool_due_date),
                    pool=pool,
                    rule=record.sudo().pool_due_rule_id.name,
                )
            else:
                record.pool_notice = False

    @api.depends("pool_state", "pool_id", "user_id", "active")
    @api.depends_context("uid", "tz", "lang")
    def _compute_pool_claim(self):
        # In a list, nobody reads about duplicates; on a form he should.
        answers = {
            answer["id"]: answer
            for answer in self._origin._pool_claim_check(duplicates=len(self) == 1)
        }
        states = self._origin._pool_ask_states(answers)
        for record in self:
            answer = answers.get(record._origin.id)
            pooled = record.pool_state == "pooled"
            record.pool_ask_state = states.get(record._origin.id, False)
            record.pool_can_claim = bool(answer and answer["ok"])
            refused = answer and pooled and not answer["ok"]
            record.pool_claim_message = answer["message"] if refused else False
            hint = answer and pooled and answer["ok"]
            record.pool_claim_hint = answer["message"] if hint else False
            record.pool_can_release = record.pool_state == "owned" and (
                record.user_id == self.env.user
                or record.sudo().pool_id._is_managed_by(self.env.user)
            )

    @api.model
    def _pool_open_domain(self):
        """Records that circulate: neither closed nor archived."""
        return Domain("active", "=", True)

    def _pool_is_closed(self):
        """Whether a record no longer circulates; the counterpart of `_pool_open_domain`."""
        self.ensure_one()
        return not self.active
