from odoo import fields, models


class LeadScoreTriggerLog(models.Model):
    """What a trigger did with a lead, and what went wrong."""

    _name = "lead.score.trigger.log"
    _description = "Log of Triggers"
    _order = "id desc"
    _rec_name = "trigger_id"
    _log_access = False

    trigger_id = fields.Many2one(
        "lead.score.trigger", required=True, readonly=True, ondelete="cascade", help="Which one."
    )
    lead_id = fields.Many2one(
        "crm.lead", required=True, readonly=True, index=True, ondelete="cascade", help="For whom."
    )
    date = fields.Datetime(required=True, readonly=True, help="When.")
    state = fields.Selection(
        [("done", "Done"), ("failed", "Failed"), ("stopped", "Stopped")],
        required=True,
        readonly=True,
        help="Stopped: it would have gone round in a circle with this lead.",
    )
    note = fields.Char(readonly=True, help="What it did, or what went wrong.")

    _trigger_lead_index = models.Index("(trigger_id, lead_id, date)")
