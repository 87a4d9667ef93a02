from odoo import models
from odoo.tools import SQL


class LifecycleOrder(models.AbstractModel):
    """Reports show states in the order in which customers go through them, not by the alphabet."""

    _name = "customer.lifecycle.order"
    _description = "Order of States in Reports"

    def _read_group_orderby(self, order, groupby_terms, query):
        ordered = {
            term: self._lifecycle_place(term, column) for term, column in groupby_terms.items()
        }
        places = {term for term, place in ordered.items() if place is not groupby_terms[term]}
        result = super()._read_group_orderby(order, ordered, query)
        # Ordering by a relation adds columns to what is grouped by.
        groupby_terms.update(
            {term: column for term, column in ordered.items() if term not in places}
        )
        return result

    def _lifecycle_place(self, term, column):
        """Place of a choice among the choices of its field; anything else is its own place."""
        field = self._fields.get(term)
        if field is None or field.type != "selection":
            return column
        return SQL("array_position(%s::text[], %s::text)", field.get_values(self.env), column)
