import ast

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

from ..tools.arguments import checked
from ..tools.jobs import CONFLICTS
from ..tools.qualification import RANK, STATES
from .lead_score_history import CLASSES

# From worst to best, as numbers; a lead that was never scored counts as worst.
ORDER = {
    "temperature": {"cold": 0, "warm": 1, "hot": 2},
    "grade": {"D": 0, "C": 1, "B": 2, "A": 3},
    "intent": {"low": 0, "medium": 1, "high": 2},
    "qualification": RANK,
}
STAY = "stay"
WATCHES = [
    ("temperature", "Temperature"),
    ("grade", "Grade"),
    ("intent", "Intent"),
    ("qualification", "Qualification"),
    ("score", "Score"),
    (STAY, "Score stays under a limit"),
]


class LeadScoreTrigger(models.Model):
    """What happens with a lead when one of its classes changes. How is in the inherited parts."""

    _name = "lead.score.trigger"
    _inherit = ["lead.score.bounded", "lead.score.trigger.action", "lead.score.trigger.queue"]
    _description = "Action on a Class Change"
    _order = "sequence, id"
    _check_company_auto = True
    _kept_fields = ("apply_from_id", "applying", "planned", "last_error", "last_date")
    _placed_by = ("company_id", "card_id")
    _stored_filters = ("domain",)

    name = fields.Char(required=True, translate=True, help="What it is for, in a few words.")
    sequence = fields.Integer(default=10, help="Order in which they act on a lead.")
    active = fields.Boolean(default=True, help="Archived ones do nothing.")
    company_id = fields.Many2one(
        "res.company", help="Only leads of this company. Empty for all companies.", index=True
    )
    card_id = fields.Many2one(
        "lead.score.card",
        string="Scorecard",
        ondelete="cascade",
        index="btree_not_null",
        help="Only leads judged by this scorecard. Empty for all.",
    )
    domain = fields.Char(
        string="Filter", default="[]", help="Only leads that match when their class changes."
    )
    watch = fields.Selection(
        WATCHES,
        string="When",
        required=True,
        default="temperature",
        help="What has to change. It is looked at when the change is saved for good: what a score "
        "only passes on the way does not count.",
    )
    direction = fields.Selection(
        [("up", "rises"), ("down", "falls"), ("any", "changes")],
        required=True,
        default="up",
        help="Rises: it gets better. Falls: it gets worse.",
    )
    to_temperature = fields.Selection(
        CLASSES["temperature"],
        string="To temperature",
        help="Only when it gets there. Empty for any change.",
    )
    to_grade = fields.Selection(
        CLASSES["grade"], string="To grade", help="Only when it gets there. Empty for any change."
    )
    to_intent = fields.Selection(
        CLASSES["intent"], string="To intent", help="Only when it gets there. Empty for any change."
    )
    to_qualification = fields.Selection(
        STATES, string="To state", help="Only when it gets there. Empty for any change."
    )
    threshold = fields.Float(
        string="Limit", default=50.0, help="Score that is passed, or under which it stays."
    )
    stay_days = fields.Integer(
        string="For days", default=30, help="How many days the score has to stay under the limit."
    )
    frequency = fields.Selection(
        [("once", "Once per lead"), ("always", "Each time")],
        required=True,
        default="once",
        help="Once per lead: a lead that gets there again is left alone.",
    )

    _threshold_range = models.Constraint(
        "CHECK (threshold BETWEEN 0 AND 100)", "The limit is a score from 0 to 100."
    )
    _stay_days_range = models.Constraint(
        "CHECK (stay_days BETWEEN 1 AND 3650)", "The time under the limit is 1 to 3650 days."
    )

    @api.constrains("domain")
    def _check_domain(self):
        for trigger in self:
            try:
                leads = self.env["crm.lead"]
                leads.search(trigger._lead_domain(), limit=1)
            except CONFLICTS:
                raise
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "The filter of “%(name)s” cannot be used: %(error)s",
                        name=trigger.name,
                        error=error,
                    )
                ) from error

    def _lead_domain(self):
        """Leads that this one is for, whatever their classes."""
        self.ensure_one()
        domain = Domain(ast.literal_eval(self.domain or "[]"))
        if self.company_id:
            domain &= Domain("company_id", "in", [self.company_id.id, False])
        if self.card_id:
            domain &= Domain("score_card_id", "=", self.card_id.id)
        return domain & Domain("won_status", "=", "pending")

    @api.model
    @ormcache()
    def _live(self):
        """What is watched by any trigger: most companies have few, and leads change often."""
        return frozenset(self.sudo().search([("active", "=", True)]).mapped("watch"))

    # ------------------------------------------------------------------
    # Whether it happened
    # ------------------------------------------------------------------

    def _target(self):
        return self[f"to_{self.watch}"] if self.watch in ORDER else False

    def _happened(self, before, now):
        """Whether a lead has just done what this trigger waits for.

        :param before: class or score before, False if there was none
        :param now: class or score now
        :rtype: bool
        """
        self.ensure_one()
        if self.watch == "score":
            old, new = (before or 0.0) >= self.threshold, (now or 0.0) >= self.threshold
            return old != new and self._direction_fits(int(old), int(new))
        order = ORDER[self.watch]
        old, new = order.get(before, 0), order.get(now, 0)
        if old == new or not self._direction_fits(old, new):
            return False
        if not (target := self._target()):
            return True
        if self.watch == "qualification" or self.direction == "any":
            return now == target
        limit = order[target]
        return old < limit <= new if new > old else new <= limit < old

    def _direction_fits(self, old, new):
        return self.direction == "any" or (self.direction == "up") == (new > old)

    # ------------------------------------------------------------------
    # Existing leads
    # ------------------------------------------------------------------

    def _present_domain(self):
        """Leads that are now where this trigger waits for them to get."""
        self.ensure_one()
        domain = self._lead_domain()
        if self.watch in ("score", STAY):
            above = self.watch == "score" and self.direction != "down"
            judged = Domain("score_card_id", "!=", False)
            return domain & judged & Domain("score", ">=" if above else "<", self.threshold)
        if not (target := self._target()):
            raise UserError(
                self.env._(
                    "“%s” waits for any change. To apply it to existing leads, say which class "
                    "they should have.",
                    self.name,
                )
            )
        field_name = "qualification" if self.watch == "qualification" else f"score_{self.watch}"
        return domain & Domain(field_name, "=", target)

    @checked()
    def action_apply(self):
        """Have it act on the leads that are there already; the work is done in the background."""
        self.check_access("write")
        count = 0
        for trigger in self:
            count += self.env["crm.lead"].search_count(trigger._present_domain())
            trigger._queue_existing()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("%s leads are there now and will be worked on.", count),
            },
        }

    @checked(one=True)
    def action_log(self):
        """Show what it did."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring.lead_score_trigger_log_action"
        )
        return {**action, "domain": [("trigger_id", "=", self.id)]}
