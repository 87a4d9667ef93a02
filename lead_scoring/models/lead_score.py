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

    card_id = LooseMany2one("lead.score.card", readonly=True)
    card_version = fields.Integer(readonly=True, aggregator=None)
    score = fields.Float(**POINTS)
    computed = fields.Float(**POINTS)
    fit = fields.Float(**POINTS)
    need = fields.Float(**POINTS)
    budget = fields.Float(**POINTS)
    authority = fields.Float(**POINTS)
    timing = fields.Float(**POINTS)
    engagement = fields.Float(**POINTS)
    negative = fields.Float(**POINTS)
    grade = fields.Selection(CLASSES["grade"], readonly=True)
    temperature = fields.Selection(CLASSES["temperature"], readonly=True)
    intent = fields.Selection(CLASSES["intent"], readonly=True)
    level = fields.Selection(CLASSES["level"], readonly=True)
    matrix = fields.Char(readonly=True)
    activity_day = fields.Date(readonly=True)
    day = fields.Date(readonly=True)
    due_date = fields.Datetime(readonly=True)
    next_date = fields.Datetime(readonly=True, index="btree_not_null")
    override_score = fields.Float(digits=(6, 2), readonly=True, aggregator=None)
    override_set = fields.Boolean(readonly=True)
    override_until = fields.Date(readonly=True)
    override_reason = fields.Char(readonly=True)
    override_user_id = fields.Many2one("res.users", readonly=True)

    _lead_fkey = models.Constraint("FOREIGN KEY (id) REFERENCES crm_lead (id) ON DELETE CASCADE")
    _score_index = models.Index("(score DESC NULLS LAST, id DESC)")
