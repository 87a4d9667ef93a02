from datetime import datetime, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...tools.filters import read_filter
from ..relation.customer_contact_role import ROLES
from .playbook_entry import DOMAIN_ERRORS

KINDS = [
    ("activity", "Plan an activity"),
    ("plan", "Launch an activity plan"),
    ("email", "Send an e-mail"),
    ("coupon", "Give a coupon"),
    ("tag", "Add tags"),
    ("server", "Run a server action"),
]
# Fields that decide what runs and for which records.
DECIDES = {"server_action_id", "kind", "domain", "playbook_id"}


class CustomerPlaybookStep(models.Model):
    """One step of a playbook: what is done, when, and on what condition."""

    _name = "customer.playbook.step"
    _description = "Playbook Step"
    _order = "playbook_id, sequence, id"

    playbook_id = fields.Many2one(
        "customer.playbook",
        required=True,
        index=True,
        ondelete="cascade",
        help="Playbook to which the step belongs.",
    )
    sequence = fields.Integer(default=10, help="Steps are taken in this order.")
    company_id = fields.Many2one(related="playbook_id.company_id", export_string_translation=False)
    model = fields.Selection(related="playbook_id.model", export_string_translation=False)
    name = fields.Char(translate=True, help="What the step is called in reports.")
    kind = fields.Selection(KINDS, required=True, default="activity", help="What is done.")
    delay = fields.Integer(
        default=0, help="How long after the step before, or after the entry, this one is due."
    )
    unit = fields.Selection(
        [("hour", "hours"), ("day", "days"), ("workday", "working days")],
        required=True,
        default="day",
        help="Working days follow the calendar of the company.",
    )
    condition = fields.Selection(
        [
            ("always", "Always"),
            ("opened", "The last e-mail was opened"),
            ("not_opened", "The last e-mail was not opened"),
            ("answered", "The last e-mail was answered"),
            ("not_answered", "The last e-mail was not answered"),
        ],
        string="If",
        required=True,
        default="always",
        help="Otherwise the step is left out and the next one follows.",
    )
    domain = fields.Char(
        string="And if", required=True, default="[]", help="Any filter on the customer or lead."
    )
    problem = fields.Char(compute="_compute_problem", help="Why the step cannot work.")
    log_ids = fields.One2many(
        "customer.playbook.log",
        "step_id",
        copy=False,
        export_string_translation=False,
        help="What became of this step with each customer.",
    )
    done_count = fields.Integer(
        string="Done", compute="_compute_log_counts", help="How often the step was taken."
    )
    skipped_count = fields.Integer(
        string="Left out", compute="_compute_log_counts", help="How often it was left out."
    )
    failed_count = fields.Integer(
        string="Failed", compute="_compute_log_counts", help="How often it failed or came back."
    )
    sent_count = fields.Integer(
        string="Sent", compute="_compute_log_counts", help="E-mails that the server has sent."
    )
    opened_count = fields.Integer(
        string="Opened",
        compute="_compute_log_counts",
        help="E-mails whose picture was loaded. Many programs hide that, so more were read.",
    )
    answered_count = fields.Integer(
        string="Answered",
        compute="_compute_log_counts",
        help="E-mails after which the customer wrote to us.",
    )

    _delay_positive = models.Constraint(
        "CHECK(delay >= 0 AND delay <= 3650)", "A delay lies between 0 and ten years."
    )
    # With an upper limit, since PostgreSQL takes what is no number for the greatest of all.
    _coupon_points_possible = models.Constraint(
        "CHECK(coupon_points >= 0 AND coupon_points <= 1000000)",
        "The points of a coupon lie between 0 and a million.",
    )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends("name", "kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for step in self:
            step.display_name = step.name or labels.get(step.kind)

    def _compute_log_counts(self):
        counters = self.env["customer.playbook.log"]._count_by_step(self)
        for step in self:
            for name, value in counters[step.id].items():
                step[name] = value

    @api.constrains("domain", "kind", "playbook_id")
    def _check_domain(self):
        for step in self:
            try:
                self.env[step.model].search_count(step._condition_domain(), limit=1)
            except DOMAIN_ERRORS as error:
                raise ValidationError(
                    self.env._(
                        "The condition of %(step)s cannot be used: %(error)s",
                        step=step.display_name,
                        error=str(error),
                    )
                ) from error

    def _condition_domain(self):
        return read_filter(self.domain)

    # ------------------------------------------------------------------
    # Create, write, delete
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        steps._check_may_run_code()
        return steps

    def write(self, vals):
        if not DECIDES.isdisjoint(vals) and vals.get("server_action_id", True):
            # The same code for other records is a new decision; to take it away is none.
            self._check_may_run_code()
        result = super().write(vals)
        if not DECIDES.isdisjoint(vals):
            self._check_may_run_code()
        return result

    def copy_data(self, default=None):
        # A copy runs the same code for other records: that is decided anew.
        self._check_may_run_code()
        return super().copy_data(default)

    def _check_may_run_code(self):
        """Server actions run with all rights, so only who may write them may choose them.

        :raise AccessError: if one of these steps runs one, and the user is no administrator
        """
        if self.env.su or self.env.user.has_group("base.group_system"):
            return
        if self.sudo().server_action_id:
            raise AccessError(
                self.env._("Only an administrator may let a playbook run a server action.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_move_on(self):
        """Whoever waits for a deleted step waits for the next one."""
        waiting = self.env["customer.playbook.enrolment"].sudo()
        for step in self:
            rows = waiting.search([("step_id", "=", step.id)])
            rows.step_id = step._next(excluding=self)

    # ------------------------------------------------------------------
    # Order and time
    # ------------------------------------------------------------------

    def _next(self, excluding=()):
        """The step after this one, empty after the last."""
        self.ensure_one()
        steps = [step for step in self.playbook_id.step_ids.sorted() if step not in excluding]
        later = [step for step in steps if (step.sequence, step.id) > (self.sequence, self.id)]
        return later[0] if later else self.browse()

    def _due_after(self, moment):
        """When this step is due after a moment (UTC); False without a step."""
        if not self:
            return False
        if self.unit == "hour":
            return moment + timedelta(hours=self.delay)
        if self.unit == "day":
            return moment + timedelta(days=self.delay)
        return self._working_days_after(moment)

    def _working_days_after(self, moment):
        """The same time of day, so many working days later."""
        calendar = self.company_id.sudo().resource_calendar_id
        if not (calendar and self.delay):
            return moment + timedelta(days=self.delay)
        zone = pytz.timezone(calendar.tz or "UTC")
        local = pytz.utc.localize(moment).astimezone(zone)
        midnight = zone.localize(
            datetime.combine(local.date() + timedelta(days=1), datetime.min.time())
        )
        day = calendar.plan_days(self.delay, midnight, compute_leaves=True)
        if not day:
            return moment + timedelta(days=self.delay)
        due = zone.localize(datetime.combine(day.date(), local.time()))
        return due.astimezone(pytz.utc).replace(tzinfo=None)

    # ------------------------------------------------------------------
    # Recipient
    # ------------------------------------------------------------------

    recipient_role = fields.Selection(
        ROLES,
        string="To the",
        help="The e-mail goes to the person with this role at the customer, the primary one first. "
        "Empty, or without such a person: to the customer.",
    )

    def _recipient(self, record):
        """The person who gets the e-mail or coupon of a customer or lead."""
        customer = record if record._name == "res.partner" else record.partner_id
        if not (self.recipient_role and customer):
            return customer
        roles = customer.commercial_partner_id.contact_role_ids.filtered(
            lambda role: (
                role.role == self.recipient_role and role.is_current and role.partner_id.active
            )
        )
        return roles.sorted("is_primary", reverse=True)[:1].partner_id or customer
