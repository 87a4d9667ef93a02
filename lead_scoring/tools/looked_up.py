"""A field that shows what lies in other tables."""

from odoo import fields


class LookedUp(fields.Json):
    """What the database looks up while it reads the record; no column of the table.

    It comes with the other fields of the record, in the same statement, which saves the way to the
    database and back. Whoever changes those other tables has to invalidate it.

    The method `lookup` of the model is given the SQL of the record's id, and returns the SQL of
    something in JSON. The value is not to be changed.
    """

    lookup = None

    def update_db(self, model, columns):
        """There is no column."""
        return False

    def to_sql(self, model, alias):
        """See `Field.to_sql`."""
        return getattr(model, self.lookup)(model._fields["id"].to_sql(model, alias))

    def convert_to_record(self, value, record):
        """See `Field.convert_to_record`; a copy of the value would take longer than to fetch it."""
        return False if value is None else value
