"""Runs belong to a company; what earlier ones wrote down about several at once is nobody's."""

from odoo.tools import SQL


def migrate(cr, version):
    """Give each run the company of its pool or of its moves, if that is one."""
    cr.execute(
        SQL(
            """
            UPDATE lead_pool_run r SET company_id = c.company_id
              FROM (SELECT r.id, MIN(p.company_id) AS company_id
                      FROM lead_pool_run r
                      LEFT JOIN lead_pool_move m ON m.run_id = r.id
                      JOIN lead_pool p ON p.id = COALESCE(r.pool_id, m.pool_from_id)
                     GROUP BY r.id
                    HAVING MIN(p.company_id) = MAX(p.company_id)) c
             WHERE c.id = r.id AND r.company_id IS NULL
            """
        )
    )
    # With one company there is nobody to keep a report from.
    cr.execute(SQL("SELECT min(id), count(*) FROM res_company"))
    company_id, companies = cr.fetchone()
    if companies == 1:
        cr.execute(
            SQL("UPDATE lead_pool_run SET company_id = %s WHERE company_id IS NULL", company_id)
        )
    cr.execute(
        SQL(
            "UPDATE lead_pool_run SET failure_log = NULL, filter_log = NULL, undo_report = NULL"
            " WHERE company_id IS NULL"
        )
    )
