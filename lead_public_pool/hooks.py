from odoo.tools import SQL
from odoo.tools.sql import column_exists

# Active as long as not all names from before the addon are spelled plainly.
SPELLING_JOB = "lead_public_pool.ir_cron_spelling"

# Columns that have a value on each record from the start, and that value.
COLUMNS = {
    "pool_state": SQL("varchar DEFAULT 'outside'"),
    "pool_round": SQL("int4 DEFAULT 0"),
    "pool_priority": SQL("int4 DEFAULT 0"),
    "pool_weak_count": SQL("int4 DEFAULT 0"),
}
# Columns that are filled in later, and of few records at once.
EMPTY = {
    "pool_masked": SQL("jsonb"),
    "pool_name_key": SQL("varchar"),
    "pool_contact_keys": SQL("varchar"),
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
    add_empty_columns(env.cr)


def add_empty_columns(cr):
    """Add the columns of spellings and masks, so that the ORM does not fill them record by record.

    See `fill_spellings`.
    """
    for table in ("crm_lead", "res_partner"):
        for column, definition in EMPTY.items():
            if not column_exists(cr, table, column):
                cr.execute(
                    SQL(
                        "ALTER TABLE %s ADD COLUMN %s %s",
                        SQL.identifier(table),
                        SQL.identifier(column),
                        definition,
                    )
                )


def post_init_hook(env):
    """Make the records that are there already findable in any spelling."""
    fill_spellings(env)


def fill_spellings(env):
    """Spell plainly what Odoo cannot compare, now; a job does all names, batch by batch."""
    for model in ("crm.lead", "res.partner"):
        env[model]._pool_fill_rare_keys()
    job = env.ref(SPELLING_JOB)
    job.active = True
    job._trigger()
