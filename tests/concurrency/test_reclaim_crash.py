from odoo.tools import config

from ..common import committed, top_level
from .common import HOUR_RULE, RaceCase
from .crash import killed_after


@top_level
class TestReclaimCrash(RaceCase):
    def test_a_killed_run_goes_on_where_it_was_and_takes_nothing_twice(self):
        _pool, [holder], leads = self._prepare(leads=9, rules=[HOUR_RULE])
        self._hold_until_due(holder, leads)

        killed_after(config["config"], 2, "lead.pool", "_cron_reclaim")
        self.assertEqual(self._states(leads), ["pooled"] * 6 + ["owned"] * 3)

        with committed(self.registry) as env:
            env["lead.pool"]._cron_reclaim(batch_size=3)
        self.assertEqual(self._states(leads), ["pooled"] * 9)
        with committed(self.registry) as env:
            reclaims = env["lead.pool.move"].search(
                [("res_id", "in", leads), ("kind", "=", "reclaim")]
            )
            self.assertEqual(sorted(reclaims.mapped("res_id")), sorted(leads))
            runs = reclaims.run_id.sorted("id")
            self.assertEqual(runs.mapped("reclaimed_count"), [6, 3])
        self.assertBooksBalance()

    def _states(self, leads):
        with committed(self.registry) as env:
            states = env["crm.lead"].browse(leads).mapped("pool_state")
            return sorted(states, reverse=True)
