from odoo import models


class CrmLead(models.Model):
    """Every part of the addon that extends the lead is a mixin in a file of its own, listed here.

    The first of them is asked first; each calls `super()`.
    """

    _name = "crm.lead"
    _inherit = [
        "lead.score.triggering",
        "lead.score.sla",
        "lead.score.qualification",
        "lead.score.listening",
        "lead.score.chatter",
        "lead.score.profile",
        "lead.score.trend",
        "lead.score.listing",
        "lead.score.watching",
        "lead.score.stored",
        "lead.score.mixin",
        "lead.score.signalling",
        "lead.score.explaining",
        "lead.score.jobs",
        "lead.score.engine",
        "lead.win.probability",
        "crm.lead",
    ]
