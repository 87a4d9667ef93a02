from odoo.tools import SQL
from odoo.tools.sql import column_exists


def pre_init_hook(env):
    """Give each existing lead an empty profile without rewriting the table.

    A column added with a constant default costs PostgreSQL nothing per row; letting the ORM fill
    it in would rewrite a million leads at install, and look at the profile of each.
    """
    columns = {
        "qualification": SQL("varchar DEFAULT 'raw'"),
        "profile_currency_id": SQL("int4 DEFAULT %s", env.company.currency_id.id),
        "profile_budget_fit": SQL("varchar"),
        "profile_has_decider": SQL("bool DEFAULT false"),
        "profile_complete": SQL("int4 DEFAULT 0"),
    }
    for column, definition in columns.items():
        if column_exists(env.cr, "crm_lead", column):
            continue
        column = SQL.identifier(column)
        env.cr.execute(SQL("ALTER TABLE crm_lead ADD COLUMN %s %s", column, definition))
        env.cr.execute(SQL("ALTER TABLE crm_lead ALTER COLUMN %s DROP DEFAULT", column))


def uninstall_hook(env):
    """Let go of what holds on to signals and reasons, which Odoo deletes before their tables."""
    env.cr.execute("TRUNCATE lead_score_event")
    env.cr.execute(
        "UPDATE crm_lead SET qualification_reason_id = NULL"
        " WHERE qualification_reason_id IS NOT NULL"
    )
    env.invalidate_all()
