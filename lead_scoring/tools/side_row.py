"""Narrow tables beside the leads: a row has the id of its lead, so the link to it is not stored."""

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL


class SideRow(fields.Many2one):
    """Link of a record to its row in a narrow table, which has the same id."""

    def to_sql(self, model, alias):
        """See `Field.to_sql`: the id itself serves in joins and conditions."""
        return SQL.identifier(alias, "id")


def link(records, name, condition=Domain.TRUE):
    """Compute a field that is a `SideRow`, and read the rows, for which the field is asked.

    :param str name: of the field
    :param Domain condition: which rows count
    """
    rows = records.env[records._fields[name].comodel_name].sudo()
    ids = [record_id for record_id in records._origin._ids if record_id]
    known = set(rows.search_fetch(Domain("id", "in", ids) & condition, order="id")._ids)
    for record in records:
        origin = record._origin.id
        record[name] = origin if origin in known else False


def search(rows, operator, value, condition=Domain.TRUE):
    """Search by a field that is a `SideRow`.

    :param rows: the model of the narrow table
    :param Domain condition: which rows count
    :return: domain of the records
    """
    rows = rows.sudo()
    if operator in ("any", "any!"):
        return Domain("id", "in", rows._search(value) if isinstance(value, Domain) else value)
    if operator != "in":
        return NotImplemented
    domain = Domain("id", "in", [row_id for row_id in value if row_id])
    if False in value:
        domain |= Domain("id", "not in", rows._search(condition))
    return domain
