from odoo.tools import config

from odoo.addons.lead_public_pool.models import lead_pool_transferring

from ..common import committed, top_level
from .common import RaceCase
from .crash import killed_after


@top_level
class TestTransferCrash(RaceCase):
    def test_a_killed_transfer_goes_on_where_it_was_and_moves_nothing_twice(self):
        source, _users, leads = self._prepare(leads=9)
        self.patch(lead_pool_transferring, "AT_ONCE", 8)
        with committed(self.registry) as env:
            target = env["lead.pool"].create({"name": "Race target"})
            self.created["lead.pool"] += target.ids
            self.assertEqual(env["lead.pool"].browse(source)._transfer_all(target.id, True)[0], 0)

        killed_after(config["config"], 2, "lead.pool", "_cron_transfer")
        self.assertEqual(self._homes(leads), [target.id] * 6 + [source] * 3)
        with committed(self.registry) as env:
            pool = env["lead.pool"].browse(source)
            self.assertEqual((pool.transfer_left, pool.transfer_moved), (3, 6))

        with committed(self.registry) as env:
            env["lead.pool"]._cron_transfer(batch_size=3)
        self.assertEqual(self._homes(leads), [target.id] * 9)
        with committed(self.registry) as env:
            moves = env["lead.pool.move"].search(
                [("res_id", "in", leads), ("kind", "=", "transfer")]
            )
            self.assertEqual(sorted(moves.mapped("res_id")), sorted(leads))
            pool = env["lead.pool"].browse(source)
            self.assertFalse(pool.active)
            self.assertFalse(pool.transfer_date)
        self.assertBooksBalance()

    def _homes(self, leads):
        with committed(self.registry) as env:
            return [lead.pool_id.id for lead in env["crm.lead"].browse(sorted(leads))]
