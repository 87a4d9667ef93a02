import re

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .lead_score_fields import SCORE_FIELDS
from .lead_score_history import CLASSES

# Classes from the worst to the best. Grades are letters and sort by themselves.
RANKS = {
    "score_temperature": ["cold", "warm", "hot"],
    "score_intent": ["low", "medium", "high"],
    "score_level": [key for key, _label in CLASSES["level"]],
}
FIRST = re.compile(r"\s*(score|score_temperature)(?:\s+(asc|desc))?\s*(?:,|$)", re.IGNORECASE)


class CrmLead(models.Model):
    """Lists of leads in the order of their scores, quick for any number of leads.

    Leads without a score come last, which takes an outer join, and PostgreSQL has to sort all of
    that. So the first pages are taken from the leads that have a score, in the order of an index;
    only a page on which there are leads without one takes the long way.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **options):
        first = limit and order and FIRST.match(order)
        if not first:
            return super()._search(domain, offset, limit, order, **options)
        name, descending = first[1].lower(), (first[2] or "").lower() == "desc"
        # Equal scores would come in another order on each page.
        if not re.search(r"\bid\b", order):
            order = f"{order}, id desc"
        rest = order[first.end() :].strip(" ,")
        if name == "score":
            # What an index can yield; there are no nulls.
            way = "desc nulls last" if descending else "asc nulls first"
            query = super()._search(domain, offset, limit, f"score {way}, {rest}", **options)
            self._score_join_strictly(query)
        else:
            best = Domain(name, "=", RANKS[name][-1 if descending else 0])
            query = super()._search(Domain(domain) & best, offset, limit, rest, **options)
        rows = self.env.execute_query(query.select()) if not query.is_empty() else []
        if len(rows) == limit:
            return self.browse(row[0] for row in rows)._as_query()
        return super()._search(domain, offset, limit, order, **options)

    def _score_join_strictly(self, query):
        """Take only leads that have a score."""
        strict, table = SQL("JOIN"), SQL.identifier("lead_score")
        for alias, (_kind, joined, condition) in query._joins.items():
            if joined == table:
                query._joins[alias] = (strict, joined, condition)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Leads without a score come last, not first; classes are ordered from cold to hot."""
        if field_name in SCORE_FIELDS and direction.code == "DESC" and not nulls.code:
            nulls = SQL("NULLS LAST")
        if ranks := RANKS.get(field_name):
            value = self._field_to_sql(alias, field_name, query)
            return SQL("array_position(%s::varchar[], %s) %s %s", ranks, value, direction, nulls)
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
