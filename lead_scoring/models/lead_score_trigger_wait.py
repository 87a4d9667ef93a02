from odoo import fields, models


class LeadScoreTriggerWait(models.Model):
    """A lead whose score is under the limit of a trigger, and until when it may stay there."""

    _name = "lead.score.trigger.wait"
    _description = "Lead under a Limit"
    _order = "due_date, id"
    _rec_name = "lead_id"
    _log_access = False

    trigger_id = fields.Many2one(
        "lead.score.trigger", required=True, readonly=True, ondelete="cascade"
    )
    lead_id = fields.Many2one(
        "crm.lead", required=True, readonly=True, index=True, ondelete="cascade"
    )
    due_date = fields.Datetime(required=True, readonly=True, index=True)

    _once = models.UniqueIndex("(trigger_id, lead_id)")
