from odoo.tools import SQL
from odoo.tools.sql import column_exists

# Columns that have a value on each record from the start, and that value.
COLUMNS = {
    "pool_state": SQL("varchar DEFAULT 'outside'"),
    "pool_round": SQL("int4 DEFAULT 0"),
    "pool_priority": SQL("int4 DEFAULT 0"),
    "pool_weak_count": SQL("int4 DEFAULT 0"),
}


def pre_init_hook(env):
    """Give each existing record its home "outside" without rewriting the table.

    A column added with a constant default costs PostgreSQL nothing per row; letting the ORM fill
    it in would rewrite a million leads at install.
    """
    if not column_exists(env.cr, "res_partner", "pool_cover_id"):
        # Nobody's company waits in a pool yet, so there is nothing to compute.
        env.cr.execute(SQL("ALTER TABLE res_partner ADD COLUMN pool_cover_id int4"))
    for table in ("crm_lead", "res_partner"):
        name = SQL.identifier(table)
        for column, definition in COLUMNS.items():
            if column_exists(env.cr, table, column):
                continue
            column = SQL.identifier(column)
            env.cr.execute(SQL("ALTER TABLE %s ADD COLUMN %s %s", name, column, definition))
            env.cr.execute(SQL("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", name, column))
