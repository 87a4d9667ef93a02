from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools.caches import forget
from ..tools.clock import add_days
from .lead_pool_warning import ACTIVITY_TYPE


class LeadPoolReturning(models.AbstractModel):
    """How records come back to a pool: what counts as work, exemptions, warnings, age."""

    _name = "lead.pool.returning"
    _inherit = ["lead.pool.filter"]
    _description = "How Records Come Back to a Pool"

    # What counts as work
    touch_activity = fields.Boolean(
        string="A done activity",
        default=True,
        help="Marking an activity as done counts as work. One that the owner planned for himself "
        "a moment before counts only with a feedback of the minimum length.",
    )
    touch_activity_type_ids = fields.Many2many(
        "mail.activity.type",
        string="Only these activities",
        domain="[('res_model', 'in', (False, model_name))]",
        help="Empty means that every type of activity counts.",
    )
    touch_mail = fields.Boolean(
        string="A message to the customer",
        default=True,
        help="A message or e-mail of the owner counts as work if it goes to somebody outside the "
        "house. The same text to the same people counts once, an out-of-office reply never.",
    )
    touch_reply = fields.Boolean(
        string="An answer of the customer",
        help="An e-mail that comes in from the customer or his company counts as work; one of a "
        "stranger or a machine does not.",
    )
    touch_note = fields.Boolean(
        string="A note",
        default=True,
        help="An internal note of the owner counts as work. The same text again does not.",
    )
    touch_minimum = fields.Integer(
        string="Minimum length (characters)",
        default=5,
        help="Notes and feedbacks with fewer letters and digits do not count, so that a dot resets "
        "no clock; what is only repeated counts once.",
    )
    touch_meeting = fields.Boolean(
        string="A meeting held",
        default=True,
        help="A meeting with the lead counts as work once it has taken place, "
        "not when it is planned.",
    )
    touch_stage = fields.Boolean(
        string="A change of stage",
        default=True,
        help="Moving to a stage in which the salesperson did not have the lead yet counts as work. "
        "Going back within a day takes that away.",
    )

    # Warnings
    warn_steps = fields.Char(
        string="Warn so many days before",
        default="3, 1",
        help="Days before the return on which the owner is warned, for example 7, 3, 1. "
        "Empty means no warning.",
    )
    warn_message = fields.Boolean(
        string="By a message",
        default=True,
        help="The owner gets one message for all his records that are due at that step.",
    )
    warn_activity = fields.Boolean(
        string="By an activity", help="Each record gets an activity for the day of its return."
    )
    warn_digest = fields.Boolean(
        string="By one e-mail a day",
        help="Once a day, one e-mail lists all records that go back within the longest step.",
    )
    warn_manager = fields.Boolean(
        string="Managers too", help="At the last step the managers of the pool are told as well."
    )

    contacts_follow = fields.Boolean(
        string="Contacts follow their company",
        default=True,
        help="When a customer changes hands, the contacts that had the same salesperson do too.",
    )

    # Exemptions and age
    exempt_domain = fields.Char(
        string="Never take back",
        default="[('id', '=', 0)]",
        help="Held records that match this filter are never taken back, for example those with "
        "an open quotation or a recent order.",
    )
    rule_grace_days = fields.Integer(
        string="Grace period after rule changes (days)",
        help="For so many days after a rule is made or changed it takes nothing back, "
        "so that salespeople can adapt; 0 means it is in force at once.",
    )
    round_limit = fields.Integer(
        string="Maximum rounds",
        help="A record that comes back so many times goes on to the next pool, or is closed when "
        "there is none; 0 means it may come back for ever.",
    )
    next_pool_id = fields.Many2one(
        "lead.pool",
        string="Next pool",
        ondelete="restrict",
        check_company=True,
        domain="[('kind', '=', kind), ('company_id', '=', company_id), ('id', '!=', id)]",
        help="Pool for records that have had all their rounds here.",
    )
    lost_reason_id = fields.Many2one(
        "crm.lost.reason",
        string="Lost reason",
        help="Reason of loss for leads that have had all their rounds and go to no other pool.",
    )

    _rounds_not_negative = models.Constraint(
        "CHECK(round_limit >= 0 AND touch_minimum >= 0 AND rule_grace_days >= 0)",
        "A limit cannot be negative. Write 0 for no limit.",
    )

    @api.constrains("warn_steps")
    def _check_warn_steps(self):
        for pool in self:
            try:
                steps = pool._warn_days()
            except ValueError:
                steps = [-1]
            if not all(0 <= days <= 365 for days in steps):
                raise ValidationError(
                    self.env._(
                        "%s: write the days of the warnings as numbers, for example 7, 3, 1.",
                        pool.name,
                    )
                )

    def _counts_activity(self, activity_type):
        """Whether doing an activity of this type counts as work; a warning never does."""
        types = self.touch_activity_type_ids
        warning = self.env.ref(ACTIVITY_TYPE, raise_if_not_found=False)
        return (
            self.touch_activity
            and (not activity_type or activity_type != warning)
            and (not types or activity_type in types)
        )

    def _warn_days(self):
        """Days before the return on which an owner is warned, longest first."""
        parts = (self.warn_steps or "").replace("，", ",").split(",")
        return sorted((float(part) for part in parts if part.strip()), reverse=True)

    @api.constrains("exempt_domain", "kind")
    def _check_exempt_domain(self):
        for pool in self:
            pool._check_record_domain(pool.exempt_domain, pool.name)

    @api.constrains("next_pool_id")
    def _check_next_pool(self):
        if self._has_cycle("next_pool_id"):
            raise ValidationError(
                self.env._("The chain of pools comes back to itself; records would never leave it.")
            )
        for pool in self.filtered("next_pool_id"):
            if pool.sudo().next_pool_id.company_id != pool.company_id:
                raise ValidationError(
                    self.env._("The pool %s belongs to another company.", pool.next_pool_id.name)
                )
            if pool.next_pool_id.kind != pool.kind:
                raise ValidationError(
                    self.env._("The pool %s holds another kind of records.", pool.next_pool_id.name)
                )

    def write(self, vals):
        result = super().write(vals)
        if "next_pool_id" in vals:
            self.next_pool_id._check_may_fill()
        if {"exempt_domain", "warn_steps"} & vals.keys():
            # What the filters look at is known by heart, and is to be learnt anew first.
            forget(self.env)
            self._schedule_due_refresh()
        return result

    def _days_later(self, moment, days):
        """So many days later (or earlier, below 0), at the same time of the company's day."""
        return add_days(moment, days, self.company_id._pool_tz())

    def _filter_rests(self, name):
        result = super()._filter_rests(name)
        if name == "exempt_domain":
            self._refresh_when_mended()
        return result

    def _exempt_domain(self):
        """What no rule takes back. While the filter is broken that is everything: nobody may lose
        a record that should have been spared."""
        return self._with_filter("exempt_domain", lambda domain: domain, Domain.TRUE)

    def _own_dues_error(self):
        """Why no rule of the pool takes anything back, False if that is not so."""
        if error := self._filter_trouble("exempt_domain"):
            label = self._fields["exempt_domain"]._description_string(self.env)
            return self.env._("%(filter)s: %(error)s", filter=label, error=error)
        return False

    def _not_exempt(self, records):
        """Those of these records that rules may take back."""
        return self._not_matching("exempt_domain", records)

    # ------------------------------------------------------------------
    # Working days
    # ------------------------------------------------------------------

    @api.model
    def _working_days_changed(self, users=None, companies=None):
        """Leave, holidays or working hours have changed: put right what was counted by them.

        :param users: whose working days (`res.users`); none for everybody
        :param companies: only in these companies (`res.company`); none for all
        """
        rules = self.env["lead.pool.rule"].sudo()
        domain, held = Domain("unit", "=", "workday"), Domain.TRUE
        if companies:
            domain &= Domain("company_id", "in", companies.ids)
            held &= Domain("pool_id.company_id", "in", companies.ids)
        if users is not None:
            held &= Domain("user_id", "in", users.ids)
        rules.search(domain).pool_id._schedule_due_refresh(users)
        for model_name in ("crm.lead", "res.partner"):
            self.env[model_name]._pool_first_touches_changed(held)
