from odoo.tools import SQL
from odoo.tools.sql import column_exists


def pre_init_hook(env):
    """Give each existing record its home "outside" without rewriting the table.

    A column added with a constant default costs PostgreSQL nothing per row; letting the ORM fill
    it in would rewrite a million leads at install.
    """
    if not column_exists(env.cr, "res_partner", "pool_cover_id"):
        # Nobody's company waits in a pool yet, so there is nothing to compute.
        env.cr.execute(SQL("ALTER TABLE res_partner ADD COLUMN pool_cover_id int4"))
    for table in ("crm_lead", "res_partner"):
        if column_exists(env.cr, table, "pool_state"):
            continue
        name = SQL.identifier(table)
        env.cr.execute(SQL("ALTER TABLE %s ADD COLUMN pool_state varchar DEFAULT 'outside'", name))
        env.cr.execute(SQL("ALTER TABLE %s ADD COLUMN pool_round int4 DEFAULT 0", name))
        env.cr.execute(SQL("ALTER TABLE %s ALTER COLUMN pool_state DROP DEFAULT", name))
        env.cr.execute(SQL("ALTER TABLE %s ALTER COLUMN pool_round DROP DEFAULT", name))
