from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestSettings(PoolCase):
    def test_switch_stops_and_starts_the_reclaim_job(self):
        cron = self.env.ref("lead_public_pool.ir_cron_reclaim")
        for active in (False, True):
            self.env["res.config.settings"].create({"pool_reclaim_active": active}).execute()
            self.assertEqual(cron.active, active)
            self.assertEqual(self.env["res.config.settings"].create({}).pool_reclaim_active, active)
