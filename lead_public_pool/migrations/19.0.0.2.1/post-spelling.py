"""Records are found in any spelling, and what waits in a pool has its masks."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

from odoo.addons.lead_public_pool.hooks import fill_spellings

AT_ONCE = 5000


def migrate(cr, version):
    """Fill in the columns that `pre-spelling` has added."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    fill_spellings(env)
    for model in ("crm.lead", "res.partner"):
        _mask(env[model])


def _mask(records):
    query = SQL(
        "SELECT id FROM %s WHERE pool_state = 'pooled' AND pool_masked IS NULL",
        SQL.identifier(records._table),
    )
    ids = [record_id for (record_id,) in records.env.execute_query(query)]
    for start in range(0, len(ids), AT_ONCE):
        waiting = records.browse(ids[start : start + AT_ONCE])
        records.env.add_to_compute(records._fields["pool_masked"], waiting)
        waiting.flush_recordset(["pool_masked"])
        records.env.invalidate_all()
