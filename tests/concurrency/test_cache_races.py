from odoo import SUPERUSER_ID, api

from ..common import committed, top_level
from .common import RaceCase


@top_level
class TestCacheRaces(RaceCase):
    def test_a_member_thrown_out_reads_on_in_no_other_request(self):
        """Another request remembers the pools of a member just before that is committed."""
        pool, [rep], _leads = self._prepare(leads=1)

        def windows(env):
            user = env["res.users"].browse(rep)
            return user._pool_window_ids(env.companies.ids)

        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["lead.pool"].browse(pool).member_ids.unlink()
            env.flush_all()
            with committed(self.registry) as other:
                self.assertIn(pool, windows(other))
        with committed(self.registry) as other:
            self.assertNotIn(pool, windows(other))
