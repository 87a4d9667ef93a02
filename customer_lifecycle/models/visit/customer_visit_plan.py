import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools.arguments import checked
from ...tools.filters import read_filter
from .customer_visit import CHANNELS

_logger = logging.getLogger(__name__)
DOMAIN_ERRORS = (ValueError, SyntaxError, TypeError, KeyError, UserError, psycopg2.DataError)


class CustomerVisitPlan(models.Model):
    """Plans revisits by itself: some days after an order, or every so many days."""

    _name = "customer.visit.plan"
    _description = "Revisit Plan"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(
        required=True, translate=True, help="For example: a week after each delivery."
    )
    sequence = fields.Integer(default=10, help="Order of the plans in the list.")
    active = fields.Boolean("In use", default=True, help="An archived plan makes no more revisits.")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="Company whose customers are visited.",
    )
    trigger = fields.Selection(
        [("order", "After an order"), ("interval", "At regular intervals")],
        required=True,
        default="order",
        help="After an order: once for each order. At regular intervals: again and again, counted "
        "from the last revisit.",
    )
    basis = fields.Selection(
        [("confirmation", "its confirmation"), ("delivery", "its delivery")],
        required=True,
        default="delivery",
        help="What the days are counted from. The delivery is the day on which the goods went "
        "out where Inventory is installed, otherwise the promised date, otherwise the "
        "confirmation.",
    )
    days = fields.Integer(
        required=True, default=7, help="Days after the order, or between two revisits."
    )
    domain = fields.Char(
        string="Customers",
        required=True,
        default="[]",
        help="Which customers are visited, for example those of one tier.",
    )
    order_domain = fields.Char(
        string="Orders",
        required=True,
        default="[]",
        help="Which orders lead to a revisit, for example those above an amount.",
    )
    date_from = fields.Date(
        string="Orders since",
        required=True,
        default=fields.Date.context_today,
        help="Older orders lead to no revisit, so that switching a plan on does not flood anybody.",
    )
    channel = fields.Selection(
        CHANNELS,
        required=True,
        default="phone",
        help="How the customers are contacted. Where an e-mail would not arrive, the plan takes "
        "the phone instead.",
    )
    visitor = fields.Selection(
        [
            ("owner", "Salesperson of the customer"),
            ("order", "Salesperson of the order"),
            ("user", "One colleague"),
        ],
        required=True,
        default="owner",
        help="Who visits the customer.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Colleague",
        domain=[("share", "=", False)],
        help="Who visits the customer, or who steps in where there is no salesperson.",
    )
    topic = fields.Char(translate=True, help="What to talk about; copied to each revisit.")
    hour = fields.Float(
        string="Time of day", default=9.0, help="Time of the revisit, in the visitor's time zone."
    )
    per_day = fields.Integer(
        string="Per visitor and day",
        default=5,
        help="At most so many planned revisits per visitor and day; the rest moves to the next "
        "working days. 0 means no limit.",
    )
    with_activity = fields.Boolean(
        string="Plan an activity", default=True, help="The visitor finds it among his activities."
    )
    with_event = fields.Boolean(
        string="Put it into the calendar", help="The visitor finds it among his meetings."
    )
    error = fields.Char(
        readonly=True, copy=False, help="Why the plan could not make revisits the last time."
    )
    visit_count = fields.Integer(
        compute="_compute_visit_count", help="Revisits that this plan has made."
    )

    _days_positive = models.Constraint("CHECK(days > 0)", "A plan needs at least one day.")
    _hour_range = models.Constraint(
        "CHECK(hour >= 0 AND hour < 24)", "The time of day lies between 0:00 and 23:59."
    )
    _per_day_positive = models.Constraint(
        "CHECK(per_day >= 0)", "The number of revisits per day cannot be negative."
    )

    def _compute_visit_count(self):
        counts = dict(
            self.env["customer.visit"]._read_group(
                [("plan_id", "in", self.ids)], ["plan_id"], ["__count"]
            )
        )
        for plan in self:
            plan.visit_count = counts.get(plan, 0)

    @api.constrains("domain", "order_domain", "trigger")
    def _check_domains(self):
        for plan in self:
            checks = [("res.partner", plan.domain)]
            if plan.trigger == "order":
                checks.append(("sale.order", plan.order_domain))
            for model, domain in checks:
                try:
                    self.env[model].search_count(plan._parse(domain), limit=1)
                except DOMAIN_ERRORS as error:
                    raise ValidationError(
                        self.env._(
                            "The filter of %(plan)s cannot be used: %(error)s",
                            plan=plan.name,
                            error=str(error),
                        )
                    ) from error

    @api.constrains("visitor", "user_id", "trigger")
    def _check_visitor(self):
        for plan in self:
            if plan.visitor == "user" and not plan.user_id:
                raise ValidationError(self.env._("Choose the colleague who visits the customers."))
            if plan.visitor == "order" and plan.trigger != "order":
                raise ValidationError(
                    self.env._("Revisits at regular intervals have no order to take anybody from.")
                )

    @api.model
    def _parse(self, domain):
        return read_filter(domain)

    @checked(one=True)
    def action_visits(self):
        """Show the revisits that this plan has made.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_lifecycle.customer_visit_action"
        )
        return {**action, "domain": [("plan_id", "=", self.id)], "context": {}}

    @checked()
    def action_plan_now(self):
        """Make the revisits that are due now instead of tonight.

        :return: notification with the number of revisits
        """
        self.check_access("write")
        count = sum(len(plan._plan_visits()) for plan in self)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if count else "info",
                "message": self.env._("%s revisits were planned.", count),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_plan(self):
        """Plan what is due in all companies, and cancel what has lost its reason."""
        commit = self.env["ir.cron"]._commit_progress
        plans = self.search([("active", "=", True)])
        commit(remaining=len(plans) + 1)
        self.env["customer.visit"]._cancel_obsolete()
        time_left = commit(1)
        for plan in plans:
            if not time_left:
                break
            plan._plan_safely()
            time_left = commit(1)

    def _plan_safely(self):
        """A plan that fails says why, and the others go on."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._plan_visits()
            error = False
        except psycopg2.OperationalError:
            raise
        except Exception as failure:
            _logger.info("revisit plan %s failed", self.id, exc_info=True)
            error = str(failure)
        if self.error != error:
            self.error = error
