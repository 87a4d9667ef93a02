from odoo import models
from odoo.tools import SQL


class LeadScoreCollectWebsite(models.AbstractModel):
    """Tracked pages that a visitor saw, and days on which he came.

    A visitor is known by his account, or by the lead that he sent with a form; what he looked at
    before he sent it is found then.
    """

    _name = "lead.score.collect.website"
    _inherit = "lead.score.collect"
    _description = "Collector of Website Visits"

    _apps = ("website",)

    def _found(self, collector, since, until):
        selects = self._found_views(
            SQL("JOIN website_visitor v ON v.id = t.visitor_id AND v.partner_id IS NOT NULL"),
            since,
            mark="t.visit_datetime",
            partner="v.partner_id",
        )
        if self._has_column("website.visitor", "lead_ids"):
            selects += self._found_views(
                SQL(
                    "JOIN crm_lead_website_visitor_rel r ON r.website_visitor_id = t.visitor_id"
                    " JOIN crm_lead l ON l.id = r.crm_lead_id"
                ),
                since,
                mark="GREATEST(t.visit_datetime, l.create_date)",
                lead="l.id",
            )
        return selects

    def _found_views(self, joins, since, mark, **who):
        pages = SQL("FROM website_track t %s WHERE %s > %s", joins, SQL(mark), since)
        names = ", ".join(f"{sql} AS {name}_id" for name, sql in who.items())
        days = SQL(
            "FROM (SELECT t.visitor_id AS id, MIN(t.visit_datetime) AS date, MIN(%s) AS mark,"
            " %s FROM website_track t %s WHERE %s > %s GROUP BY t.visitor_id,"
            " t.visit_datetime::date, %s) x",
            SQL(mark), SQL(names), joins, SQL(mark), since, SQL(", ".join(who.values())),
        )  # fmt: skip
        of_day = {name: f"x.{name}_id" for name in who}
        return [
            self._select(
                "page_viewed", "website.track", pages,
                date="t.visit_datetime", mark=mark, ref_id="t.id", **who,
            ),
            self._select(
                "website_visit", "website.visitor", days,
                date="x.date", mark="x.mark", suffix="',' || x.date::date", **of_day,
            ),
        ]  # fmt: skip
