from odoo import fields, models

from .lead_score_history import CLASSES, LooseMany2one

POINTS = {"readonly": True, "aggregator": "avg"}


class LeadScore(models.Model):
    """The score of a lead: one narrow row per lead, with the same id as the lead.

    It is a table of its own because a row of `crm_lead` costs about 80 µs to rewrite (over twenty
    indexes) and a row of this one less than 10. `crm.lead` shows its columns as ordinary fields
    that can be searched, sorted and grouped by. Written by the engine only, in SQL.
    """

    _name = "lead.score"
    _description = "Lead Score"
    _order = "score desc, id desc"
    _log_access = False
    _allow_sudo_commands = False

    card_id = LooseMany2one(
        "lead.score.card", readonly=True, help="Scorecard by which the lead is judged."
    )
    card_version = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Version of the scorecard by which the lead was judged.",
    )
    score = fields.Float(
        **POINTS, help="From 0 to 100: whom to call first. Set by hand or counted."
    )
    computed = fields.Float(**POINTS, help="The score that the rules give.")
    fit = fields.Float(**POINTS, help="How well the lead suits us.")
    need = fields.Float(**POINTS, help="How much the lead needs what we sell.")
    budget = fields.Float(**POINTS, help="Whether the lead has the money.")
    authority = fields.Float(**POINTS, help="Whether we talk to who decides.")
    timing = fields.Float(**POINTS, help="Whether the lead will buy soon.")
    engagement = fields.Float(**POINTS, help="How much the lead does.")
    negative = fields.Float(**POINTS, help="What speaks against the lead.")
    grade = fields.Selection(
        CLASSES["grade"], readonly=True, help="How well the lead suits us, from A (best) to D."
    )
    temperature = fields.Selection(
        CLASSES["temperature"], readonly=True, help="How promising the lead is, by its score."
    )
    intent = fields.Selection(
        CLASSES["intent"],
        readonly=True,
        help="How much the lead wants it now, by need, timing and engagement.",
    )
    level = fields.Selection(
        CLASSES["level"],
        readonly=True,
        help="Whether the score reaches the threshold of an MQL or an SQL.",
    )
    matrix = fields.Char(
        readonly=True, help="Grade of fit and intent: A1 suits us best and wants it most, D3 least."
    )
    activity_day = fields.Date(
        readonly=True, help="Day on which the lead last did something that counts."
    )
    day = fields.Date(readonly=True, help="Day on which the score last changed.")
    due_date = fields.Datetime(
        readonly=True, help="When the passing of time alone will next change a class of the lead."
    )
    next_date = fields.Datetime(
        readonly=True, index="btree_not_null", help="When the score will next be worked out again."
    )
    failure = fields.Char(
        readonly=True,
        help="Why the score could not be worked out last time. It is tried again each day.",
    )
    override_score = fields.Float(
        digits=(6, 2),
        readonly=True,
        aggregator=None,
        help="Score that a person set; the counted one is kept beside it.",
    )
    override_set = fields.Boolean(readonly=True, help="Whether a person set the score.")
    override_until = fields.Date(
        readonly=True, help="Last day on which the score set by hand holds."
    )
    override_reason = fields.Char(readonly=True, help="Why the score was set by hand.")
    override_user_id = fields.Many2one(
        "res.users", readonly=True, help="Who set the score by hand."
    )

    _lead_fkey = models.Constraint("FOREIGN KEY (id) REFERENCES crm_lead (id) ON DELETE CASCADE")
    _score_index = models.Index("(score DESC NULLS LAST, id DESC)")
