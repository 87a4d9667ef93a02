from odoo import models
from odoo.tools import SQL

# Nobody reads so fast: who follows two links of one e-mail within this time is a program.
AT_ONCE = SQL("interval '3 seconds'")


def by_a_person(click):
    """Condition that a click on a link of a mailing is not that of a security program.

    Mail servers let such programs follow all links of an e-mail before they deliver it.

    :param str click: alias of the row of `link_tracker_click`
    :rtype: SQL
    """
    return SQL(
        "NOT EXISTS (SELECT FROM link_tracker_click other"
        " WHERE other.mailing_trace_id = %(click)s.mailing_trace_id"
        " AND other.link_id <> %(click)s.link_id"
        " AND other.create_date BETWEEN %(click)s.create_date - %(at_once)s"
        " AND %(click)s.create_date + %(at_once)s)",
        click=SQL.identifier(click),
        at_once=AT_ONCE,
    )


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
             WHERE x.create_date > %s AND t.is_test_trace IS NOT TRUE AND %s
            """,
            since,
            by_a_person("x"),
        )
        return [
            self._select(
                "link_clicked", "link.tracker.click", source,
                date="x.create_date", email="t.email",
                lead="CASE WHEN t.model = 'crm.lead' THEN t.res_id END",
                partner="CASE WHEN t.model = 'res.partner' THEN t.res_id END",
            )
        ]  # fmt: skip
