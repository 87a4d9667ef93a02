from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    win_min_closed = fields.Integer(
        string="Least won and lost leads",
        default=40,
        help="A win probability is learned from at least so many won and so many lost leads.",
    )
    win_window_days = fields.Integer(
        string="Days to look back",
        default=730,
        help="Leads that were closed within so many days are learned from.",
    )
    win_leak_auc = fields.Float(
        string="Too good to be true from",
        default=0.95,
        help="A field that tells won from lost so well all by itself (1 is perfect, 0.5 is chance) "
        "probably knows the outcome, and is left out.",
    )
    win_retrain = fields.Boolean(
        string="Learn anew each week",
        default=True,
        help="Each week a new version is trained. It replaces the current one only if it is better "
        "on leads that were closed after the current one was trained.",
    )

    _win_min_closed_range = models.Constraint(
        "CHECK(win_min_closed >= 10)", "At least 10 won and 10 lost leads are needed to learn."
    )
    _win_window_days_range = models.Constraint(
        "CHECK(win_window_days >= 1)", "The number of days to look back must be at least 1."
    )
    _win_leak_auc_range = models.Constraint(
        "CHECK(win_leak_auc > 0.5 AND win_leak_auc <= 1)",
        "The limit for a field that knows too much lies above 0.5 and is at most 1.",
    )
