from odoo import models


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead.lifecycle", "crm.lead.playbook", "crm.lead"]
