from odoo import fields, models


class LeadPoolRun(models.Model):
    """One run that took records back: what it did, skipped and could not do."""

    _name = "lead.pool.run"
    _description = "Reclaim Run"
    _order = "id desc"
    _rec_name = "date_start"

    date_start = fields.Datetime(required=True, readonly=True, help="When the run began.")
    date_end = fields.Datetime(readonly=True, help="When the run finished; empty if it was cut.")
    reclaimed_count = fields.Integer(
        string="Taken back", readonly=True, help="Records that went back to a pool."
    )
    skipped_count = fields.Integer(
        string="Skipped",
        readonly=True,
        help="Records that looked due but, checked again under the lock, were not.",
    )
    failed_count = fields.Integer(
        string="Failed",
        readonly=True,
        help="Records that could not be taken back; the run tries them again a day later.",
    )
    failure_log = fields.Text(readonly=True, help="Which records failed, and why.")
    move_ids = fields.One2many(
        "lead.pool.move", "run_id", readonly=True, help="What this run took back."
    )
