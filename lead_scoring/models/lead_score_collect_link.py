from odoo import models
from odoo.tools import SQL


class LeadScoreCollectLink(models.AbstractModel):
    """Clicks on tracked links. Only a mailing says who clicked, so it takes both apps."""

    _name = "lead.score.collect.link"
    _inherit = "lead.score.collect"
    _description = "Collector of Link Clicks"

    _apps = ("link_tracker", "mass_mailing")

    def _found(self, collector, since, until):
        source = SQL(
            """
              FROM link_tracker_click x
              JOIN mailing_trace t ON t.id = x.mailing_trace_id
             WHERE x.create_date > %s AND t.is_test_trace IS NOT TRUE
            """,
            since,
        )
        return [
            self._select(
                "link_clicked", "link.tracker.click", source,
                date="x.create_date", email="t.email",
                lead="CASE WHEN t.model = 'crm.lead' THEN t.res_id END",
                partner="CASE WHEN t.model = 'res.partner' THEN t.res_id END",
            )
        ]  # fmt: skip
