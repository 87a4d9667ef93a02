from odoo import api, fields, models
from odoo.exceptions import AccessError

# Only server code can hold this object: a context that arrives over RPC never contains it.
ENGINE = object()


def in_engine(env):
    """Whether the score's own code is at work, the only one that may change what it recorded."""
    return env.context.get("score_engine") is ENGINE


class LeadScoreEvent(models.Model):
    """What a lead did: one row per behaviour reported, never changed.

    Rows are added by `crm.lead.score_signal` and `crm.lead.score_signals` only. Collectors may
    rely on (lead_id, key) being unique.
    """

    _name = "lead.score.event"
    _description = "Lead Score Event"
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
    create_date = fields.Datetime(string="Reported on", readonly=True)
    create_uid = fields.Many2one("res.users", string="Reported by", readonly=True)

    _lead_date_index = models.Index("(lead_id, date DESC)")
    _key_uniq = models.UniqueIndex(
        "(lead_id, key) WHERE key IS NOT NULL", "This has already been reported for this lead."
    )

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Who may read a lead may read what it did, and nobody else."""
        return super()._search(self._visible_domain(domain, kwargs), *args, **kwargs)

    @api.model
    def _visible_domain(self, domain, options):
        domain = fields.Domain(domain)
        if self.env.su or options.get("bypass_access"):
            return domain
        leads = self.env["crm.lead"].with_context(active_test=False)._search([])
        return domain & fields.Domain("lead_id", "in", leads)

    @api.model_create_multi
    def create(self, vals_list):
        self._only_the_engine()
        return super().create(vals_list)

    def write(self, vals):
        self._only_the_engine()
        return super().write(vals)

    def unlink(self):
        self._only_the_engine()
        return super().unlink()

    def _only_the_engine(self):
        if not in_engine(self.env):
            raise AccessError(
                self.env._("What a lead did is recorded by the system and cannot be changed.")
            )
