from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import AccessError

# How far ahead the preview looks.
PREVIEW_DAYS = 7


class LeadPoolPreview(models.TransientModel):
    """What the rules of a pool would take back: now, and within a week."""

    _name = "lead.pool.preview"
    _inherit = ["lead.pool.dialog"]
    _description = "What Would Be Taken Back"

    pool_id = fields.Many2one(
        "lead.pool", readonly=True, help="The pool whose rules are tried out."
    )
    rule_id = fields.Many2one("lead.pool.rule", readonly=True, help="The rule that is tried out.")
    summary = fields.Char(readonly=True, help="How many records, from how many salespeople.")
    filter_error = fields.Text(
        string="Broken filters",
        readonly=True,
        help="Filters that no longer work. What hangs on them rests, and so is not shown here.",
    )
    line_ids = fields.One2many(
        "lead.pool.preview.line",
        "preview_id",
        readonly=True,
        help="What would be taken back, and why.",
    )

    @api.model
    def _open(self, pool, rule=None):
        """Preview of a pool, or of one of its rules alone.

        :return: window action
        :raise AccessError: for anybody but a manager of the pool: it says who would lose how much
        """
        if not pool._is_managed_by(self.env.user):
            raise AccessError(self.env._("Only a manager of the pool %s may do this.", pool.name))
        now = self.env.cr.now()
        until = fields.Datetime.add(now, days=PREVIEW_DAYS)
        due = rule._preview_due(until) if rule else pool._preview_due(until)
        counts = Counter((record.user_id, rule_) for record, _moment, rule_ in due)
        at_once = Counter((record.user_id, rule_) for record, moment, rule_ in due if moment <= now)
        first = {}
        for record, moment, rule_ in due:
            key = (record.user_id, rule_)
            first[key] = min(moment, first.get(key, moment))
        preview = self.create(
            {
                "pool_id": pool.id,
                "rule_id": rule.id if rule else False,
                "filter_error": "\n".join(filter(None, [rule.filter_error, pool._own_dues_error()]))
                if rule
                else pool.filter_error,
                "summary": self.env._(
                    "Now: %(now)s records. Within %(days)s days: %(all)s records from "
                    "%(owners)s salespeople.",
                    now=sum(at_once.values()),
                    days=PREVIEW_DAYS,
                    all=len(due),
                    owners=len({record.user_id for record, _moment, _rule in due}),
                ),
                "line_ids": [
                    fields.Command.create(
                        {
                            "user_id": owner.id,
                            "rule_id": rule_.id,
                            "now_count": at_once[owner, rule_],
                            "week_count": count,
                            "first_date": first[owner, rule_],
                        }
                    )
                    for (owner, rule_), count in counts.most_common()
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What would be taken back"),
            "res_model": self._name,
            "res_id": preview.id,
            "view_mode": "form",
            "target": "new",
        }
