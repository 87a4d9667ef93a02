from odoo.tools import SQL
from odoo.tools.sql import make_index_name

# Another index finds the same rows, or so many rows share a value that none helps. Odoo keeps what
# a field no longer asks for, and each is written again whenever a customer changes.
NEEDLESS = {
    "customer_lifecycle": (
        "partner_id",
        "company_id",
        "profile_id",
        "state",
        "due_date",
        "group_id",
        "tier",
    ),
    "customer_lifecycle_transition": ("company_id",),
}


def migrate(cr, version):
    """Drop the indexes that slowed the nightly run."""
    for table, columns in NEEDLESS.items():
        for column in columns:
            name = SQL.identifier(make_index_name(table, column))
            cr.execute(SQL("DROP INDEX IF EXISTS %s", name))
