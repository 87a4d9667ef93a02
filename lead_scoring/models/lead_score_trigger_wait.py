from odoo import fields, models


class LeadScoreTriggerWait(models.Model):
    """A lead whose score is under the limit of a trigger, and until when it may stay there."""

    _name = "lead.score.trigger.wait"
    _description = "Lead under a Limit"
    _order = "due_date, id"
    _rec_name = "lead_id"
    _log_access = False

    trigger_id = fields.Many2one(
        "lead.score.trigger",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The trigger that waits.",
    )
    lead_id = fields.Many2one(
        "crm.lead",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The lead that the trigger will act on.",
    )
    due_date = fields.Datetime(
        required=True,
        readonly=True,
        index=True,
        help="When the trigger will act, if the lead has not changed by then.",
    )

    _once = models.UniqueIndex("(trigger_id, lead_id)")
