from odoo import fields, models


class LeadScoreSignalSource(models.AbstractModel):
    """Where a signal comes from, shown on the signal."""

    _name = "lead.score.signal.source"
    _description = "Source of a Signal"

    collector_id = fields.Many2one(
        "lead.score.collector",
        ondelete="set null",
        index="btree_not_null",
        help="Who finds it by itself. Empty if other programs report it.",
    )
    collector_state = fields.Selection(
        related="collector_id.state", string="State of the collector"
    )
    collector_missing_apps = fields.Char(related="collector_id.missing_apps")
    collector_last_run = fields.Datetime(related="collector_id.last_run")
    collector_last_error = fields.Text(related="collector_id.last_error")
    event_count = fields.Integer(
        string="Counted",
        compute="_compute_event_count",
        help="How often it was reported within the last 30 days.",
    )

    def _compute_event_count(self):
        since = fields.Datetime.subtract(fields.Datetime.now(), days=30)
        counts = dict(
            self.env["lead.score.event"]
            .sudo()
            ._read_group(
                [("signal_id", "in", self.ids), ("date", ">=", since)], ["signal_id"], ["__count"]
            )
        )
        for signal in self:
            signal.event_count = counts.get(signal, 0)
