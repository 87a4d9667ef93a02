from odoo import fields, models


class LeadScoreEvent(models.Model):
    """What a lead did: one row per behaviour reported, never changed.

    Rows are added by `crm.lead.score_signal` and `crm.lead.score_signals` only. Collectors may
    rely on (lead_id, key) being unique.
    """

    _name = "lead.score.event"
    _description = "Lead Score Event"
    _inherit = ["lead.score.ledger"]
    _order = "date desc, id desc"
    _rec_name = "signal_id"
    _log_access = False
    _allow_sudo_commands = False

    lead_id = fields.Many2one(
        "crm.lead", required=True, readonly=True, ondelete="cascade", help="Who did it."
    )
    signal_id = fields.Many2one(
        "lead.score.signal",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        help="What the lead did.",
    )
    date = fields.Datetime(required=True, readonly=True, help="When the lead did it.")
    quantity = fields.Float(
        readonly=True,
        default=1,
        help="How often it happened, or how much of it: three pages seen are 3.",
    )
    ref = fields.Char(
        string="Document",
        readonly=True,
        help="The document behind it, as technical name and number: calendar.event,12",
    )
    key = fields.Char(
        readonly=True,
        help="Name that the reporting program gave to it. What is reported twice under the same "
        "name counts once.",
    )
    create_date = fields.Datetime(
        string="Reported on", readonly=True, help="When we learned of it."
    )
    create_uid = fields.Many2one(
        "res.users", string="Reported by", readonly=True, help="Who or which program reported it."
    )

    _lead_date_index = models.Index("(lead_id, date DESC)")
    _key_uniq = models.UniqueIndex(
        "(lead_id, key) WHERE key IS NOT NULL", "This has already been reported for this lead."
    )

    def _why_not(self):
        return self.env._("What a lead did is recorded by the system and cannot be changed.")
