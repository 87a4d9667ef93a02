from odoo import models
from odoo.tools import SQL

from .lead_score_collect_link import by_a_person


class LeadScoreCollectMailing(models.AbstractModel):
    """Mailings that were opened, clicked, bounced or unsubscribed from."""

    _name = "lead.score.collect.mailing"
    _inherit = "lead.score.collect"
    _description = "Collector of Mailings"

    _apps = ("mass_mailing",)

    def _found(self, collector, since, until):
        traces = {
            "mailing_opened": ("x.open_datetime", SQL("x.open_datetime IS NOT NULL")),
            "mailing_clicked": (
                "x.links_click_datetime",
                SQL("x.links_click_datetime IS NOT NULL AND %s", self._clicked_by_a_person()),
            ),
            "mailing_bounced": ("x.write_date", SQL("x.trace_status = 'bounce'")),
        }
        selects = [
            self._select(
                code, "mailing.trace",
                SQL(
                    "FROM mailing_trace x WHERE x.write_date > %s"
                    " AND x.is_test_trace IS NOT TRUE AND %s",
                    since, condition,
                ),
                date=date, mark="x.write_date", email="x.email",
                lead="CASE WHEN x.model = 'crm.lead' THEN x.res_id END",
                partner="CASE WHEN x.model = 'res.partner' THEN x.res_id END",
            )
            for code, (date, condition) in traces.items()
        ]  # fmt: skip
        return [*selects, *self._found_unsubscribed(since)]

    def _clicked_by_a_person(self):
        """Whether of the clicks that are known any is that of a person."""
        clicks = SQL("FROM link_tracker_click c WHERE c.mailing_trace_id = x.id")
        return SQL(
            "(NOT EXISTS (SELECT %(clicks)s) OR EXISTS (SELECT %(clicks)s AND %(person)s))",
            clicks=clicks,
            person=by_a_person("c"),
        )

    def _found_unsubscribed(self, since):
        """Who left a mailing list, and who wants no mailing at all."""
        left = SQL(
            """
              FROM mailing_subscription x
              JOIN mailing_contact c ON c.id = x.contact_id
             WHERE x.opt_out AND COALESCE(x.opt_out_datetime, x.write_date) > %s
            """,
            since,
        )
        blocked = SQL("FROM mail_blacklist x WHERE x.active AND x.write_date > %s", since)
        return [
            self._select(
                "mailing_unsubscribed", "mailing.subscription", left,
                date="COALESCE(x.opt_out_datetime, x.write_date)", email="c.email_normalized",
            ),
            self._select(
                "mailing_unsubscribed", "mail.blacklist", blocked,
                date="x.write_date", email="x.email",
            ),
        ]  # fmt: skip
