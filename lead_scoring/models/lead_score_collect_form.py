from odoo import models
from odoo.tools import SQL


class LeadScoreCollectForm(models.AbstractModel):
    """Leads that came in by a form of the website; it links them to the visitor."""

    _name = "lead.score.collect.form"
    _inherit = "lead.score.collect"
    _description = "Collector of Web Forms"

    _apps = ("website_crm",)

    def _found(self, collector, since, until):
        # A live chat links its lead to the visitor, too.
        chatted = SQL("FALSE")
        if self._has_column("crm.lead", "origin_channel_id"):
            chatted = SQL("x.origin_channel_id IS NOT NULL")
        source = SQL(
            """
              FROM crm_lead x
             WHERE x.create_date > %s AND NOT %s
               AND EXISTS (
                   SELECT FROM crm_lead_website_visitor_rel r WHERE r.crm_lead_id = x.id
               )
            """,
            since, chatted,
        )  # fmt: skip
        return [self._select("web_form", "crm.lead", source, date="x.create_date", lead="x.id")]
