"""Contacts that are known by leads in a pool alone are covered by that pool."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

AT_ONCE = 5000


def migrate(cr, version):
    """Work out the cover of the contacts of all leads that wait in a pool."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    query = SQL(
        "SELECT DISTINCT partner_id FROM crm_lead"
        " WHERE pool_state = 'pooled' AND partner_id IS NOT NULL ORDER BY partner_id"
    )
    ids = [partner_id for (partner_id,) in env.execute_query(query)]
    partners = env["res.partner"]
    for start in range(0, len(ids), AT_ONCE):
        some = partners.browse(ids[start : start + AT_ONCE])
        env.add_to_compute(partners._fields["pool_cover_id"], some)
        some.flush_recordset(["pool_cover_id"])
        env.invalidate_all()
