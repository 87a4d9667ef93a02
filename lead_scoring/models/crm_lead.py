from odoo import models


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["lead.score.profile", "crm.lead"]
