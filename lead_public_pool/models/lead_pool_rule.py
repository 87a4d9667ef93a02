from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools.clock import due_date

# A change of one of these changes what the rule decides, and so starts a new version.
DECIDING_FIELDS = {"clock", "delay", "unit", "domain", "active", "pool_id", "target_pool_id"}


class LeadPoolRule(models.Model):
    """When a record goes back to the pool."""

    _name = "lead.pool.rule"
    _description = "Reclaim Rule"
    _order = "pool_id, sequence, id"
    _check_company_auto = True

    name = fields.Char(
        required=True,
        translate=True,
        help="How the rule is called where it is given as the reason.",
    )
    pool_id = fields.Many2one(
        "lead.pool",
        required=True,
        ondelete="cascade",
        index=True,
        help="The rule watches the records whose home is this pool.",
    )
    kind = fields.Selection(related="pool_id.kind")
    company_id = fields.Many2one(related="pool_id.company_id", store=True)
    sequence = fields.Integer(
        default=10, help="Of two rules that fall due at the same moment, the first is named."
    )
    active = fields.Boolean(default=True, help="Archived rules take nothing back.")
    clock = fields.Selection(
        [("claim", "Since it was received"), ("touch", "Since it was last worked")],
        required=True,
        default="touch",
        help="Since it was received: the clock starts when a salesperson gets the record. "
        "Since it was last worked: a done activity, a message or e-mail by the owner, or a "
        "change of stage starts the clock again.",
    )
    delay = fields.Integer(
        default=7, help="After how many hours or days the record goes back to the pool."
    )
    unit = fields.Selection(
        [("hour", "Hours"), ("day", "Days")],
        required=True,
        default="day",
        help="A day is 24 hours.",
    )
    domain = fields.Char(
        default="[]", help="Only records that match this filter are taken back by the rule."
    )
    model_name = fields.Char(compute="_compute_model_name")
    target_pool_id = fields.Many2one(
        "lead.pool",
        string="Goes to",
        ondelete="restrict",
        check_company=True,
        domain="[('kind', '=', kind), ('company_id', '=', company_id)]",
        help="Pool that receives the record; empty means its own pool.",
    )
    version = fields.Integer(
        default=1,
        readonly=True,
        copy=False,
        help="Raised by each change of what the rule decides. The history names the version "
        "that took a record back.",
    )

    _delay_positive = models.Constraint(
        "CHECK(delay > 0)", "A rule needs a delay of at least one hour or day."
    )

    @api.depends("pool_id.kind")
    def _compute_model_name(self):
        for rule in self:
            rule.model_name = rule.pool_id._record_model_name() if rule.pool_id.kind else False

    @api.constrains("domain", "pool_id")
    def _check_domain(self):
        for rule in self:
            rule.pool_id._check_record_domain(rule.domain, rule.name)

    @api.constrains("target_pool_id", "pool_id")
    def _check_target(self):
        for rule in self.filtered("target_pool_id"):
            if rule.target_pool_id.kind != rule.pool_id.kind:
                raise ValidationError(
                    self.env._(
                        "The rule %(rule)s sends records to a pool of another kind.",
                        rule=rule.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self._rules_changed(rules.pool_id)
        return rules

    def write(self, vals):
        pools = self.pool_id
        if changed := DECIDING_FIELDS & vals.keys():
            vals = dict(vals)
            for rule in self:
                super(LeadPoolRule, rule).write({**vals, "version": rule.version + 1})
        else:
            super().write(vals)
        if changed or "sequence" in vals:
            self._rules_changed(pools | self.pool_id)
        return True

    def unlink(self):
        pools = self.pool_id
        result = super().unlink()
        self._rules_changed(pools.exists())
        return result

    @api.model
    def _rules_changed(self, pools):
        self.env.registry.clear_cache()
        pools._schedule_due_refresh()

    def _domain(self):
        self.ensure_one()
        return Domain(literal_eval(self.domain or "[]"))

    def _clock_base(self, record):
        """Moment at which the rule's clock last started on an owned record, naive UTC."""
        self.ensure_one()
        owned = record.pool_own_date
        if self.clock == "touch" and record.pool_touch_date:
            return max(owned, record.pool_touch_date)
        return owned

    def _due(self, record):
        """When the rule takes a record back; its domain is judged elsewhere, in batch."""
        return due_date(self._clock_base(record), self.delay, self.unit)

    def _facts(self, record):
        """What the rule saw on a record, as plain values for the ledger."""
        self.ensure_one()
        return {
            "rule": self.name,
            "clock": self.clock,
            "since": fields.Datetime.to_string(self._clock_base(record)),
            "delay": self.delay,
            "unit": self.unit,
            "domain": self.domain or "[]",
            "due": fields.Datetime.to_string(self._due(record)),
        }
