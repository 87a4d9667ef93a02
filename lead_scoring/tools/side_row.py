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


def shown(model):
    """What records show of their rows in narrow tables.

    Not what somebody else relates to them in another way: further than to a column of the row,
    stored, or by the rights of the user.

    :return: by name of the link, pairs of a field that is related to it and the row's column
    :rtype: dict[str, list[tuple[str, str]]]
    """
    found = {name: [] for name, field in model._fields.items() if isinstance(field, SideRow)}
    for name, field in model._fields.items():
        link, _dot, column = (field.related or "").partition(".")
        if link not in found or field.store or not field.compute_sudo:
            continue
        kept = model.env[model._fields[link].comodel_name]._fields.get(column)
        if kept is not None and kept.store and kept.column_type:
            found[link].append((name, column))
    return found


def show(records, link_name, pairs):
    """Compute all fields that records show of their rows, at once.

    By itself Odoo follows the link for each of them, which takes it several times as long.

    :param list pairs: of `shown`
    """
    links = [record[link_name] for record in records]
    rows = records.env[records._fields[link_name].comodel_name].sudo()
    rows.browse({row.id for row in links if row}).fetch([column for _name, column in pairs])
    for name, column in pairs:
        field, kept = records._fields[name], rows._fields[column]._get_cache(rows.env)
        empty = field.convert_to_cache(False, records)
        field._insert_cache(records, [kept[row.id] if row else empty for row in links])


def search(rows, operator, value, condition=Domain.TRUE):
    """Search by a field that is a `SideRow`.

    The condition may come from anybody and lead on to any model, so it is searched with the rights
    of whoever asks. Only the row itself may be looked at by all (`any!`) where a field that is
    shown to them is related to it. It is searched when the query is written: to an error in here,
    Odoo would answer by asking once more, in `sudo`.

    :param rows: the model of the narrow table
    :param Domain condition: which rows count
    :return: domain of the records
    """
    if operator in ("any", "any!"):
        if not isinstance(value, Domain):
            return Domain("id", "in", value)
        bypass = operator == "any!"
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN %s",
                SQL.identifier(alias, "id"),
                rows._search(value, bypass_access=bypass).subselect(),
            )
        )
    if operator != "in":
        return NotImplemented
    domain = Domain("id", "in", [row_id for row_id in value if row_id])
    if False in value:
        domain |= Domain("id", "not in", rows.sudo()._search(condition))
    return domain
