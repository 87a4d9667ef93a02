from odoo import models
from odoo.tools import SQL

# After so long without a page a visitor has left; Odoo tracks the same page again after as long.
LEFT = SQL("interval '30 minutes'")


class LeadScoreCollectWebsite(models.AbstractModel):
    """Tracked pages that a visitor saw, days on which he came, and minutes that he stayed.

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
            until,
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
                until,
                mark="GREATEST(t.visit_datetime, l.create_date)",
                lead="l.id",
            )
        return selects

    def _found_views(self, joins, since, until, mark, **who):
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
            self._select(
                "website_time", "website.track", self._visits(joins, since, until, mark),
                date="t.visit_datetime", mark=mark.replace("t.visit_datetime", "t.over"),
                ref_id="t.first_id", quantity="t.minutes", **who,
            ),
        ]  # fmt: skip

    def _visits(self, joins, since, until, mark):
        """Visits that are over, with the minutes from their first tracked page to the last.

        How long somebody looked at the last page is not known to anybody, so a visit lasted at
        least so long; one of a single page lasted an unknown time and is not among them.
        """
        return SQL(
            """
              FROM (
                SELECT visitor_id, MIN(visit_datetime) AS visit_datetime,
                       MAX(visit_datetime) + %(left)s AS over,
                       (array_agg(id ORDER BY visit_datetime, id))[1] AS first_id,
                       round(EXTRACT(epoch FROM MAX(visit_datetime) - MIN(visit_datetime))
                             ::numeric / 60, 1) AS minutes
                  FROM (
                    SELECT *, SUM(is_new) OVER in_order AS visit
                      FROM (
                        SELECT id, visitor_id, visit_datetime,
                               (visit_datetime - lag(visit_datetime) OVER in_order
                                > %(left)s)::int AS is_new
                          FROM website_track
                         WHERE visitor_id IN (
                               SELECT t.visitor_id FROM website_track t %(joins)s
                                WHERE %(mark)s > %(since)s::timestamp - %(left)s)
                        WINDOW in_order AS (PARTITION BY visitor_id ORDER BY visit_datetime, id)
                      ) tracks
                    WINDOW in_order AS (PARTITION BY visitor_id ORDER BY visit_datetime, id)
                  ) numbered
                 GROUP BY visitor_id, COALESCE(visit, 0)
              ) t %(joins)s
             WHERE t.minutes > 0 AND t.over <= %(until)s
            """,
            left=LEFT,
            joins=joins,
            mark=SQL(mark),
            since=since,
            until=until,
        )
