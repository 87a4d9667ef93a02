"""Columns for spellings and masks, filled after the update; lookups numbered over companies."""

from odoo.tools import SQL
from odoo.tools.sql import table_exists

from odoo.addons.lead_public_pool.hooks import add_empty_columns


def migrate(cr, version):
    """Add the columns before the ORM would fill them record by record."""
    add_empty_columns(cr)
    if table_exists(cr, "lead_pool_lookup_log"):
        _number_over_companies(cr)


def _number_over_companies(cr):
    """A second company is no second quota: the lookups of a day are numbered in one row."""
    cr.execute(SQL("DROP INDEX IF EXISTS lead_pool_lookup_log_numbered"))
    cr.execute(
        SQL(
            """
            UPDATE lead_pool_lookup_log l SET number = n.number
              FROM (SELECT id, row_number() OVER (PARTITION BY user_id, day ORDER BY id) AS number
                      FROM lead_pool_lookup_log) n
             WHERE n.id = l.id AND n.number <> l.number
            """
        )
    )
