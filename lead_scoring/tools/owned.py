"""Rows that are a part of their record."""

from odoo import fields


class Owned(fields.One2many):
    """Who may read the record reads its rows: the rows have no rules but the record's own.

    Odoo would ask those rules once more, and join the record to do so.
    """

    def read(self, records):
        """See `Field.read`; the record has been checked by whoever asks for a field of it."""
        return super().read(records.sudo())
