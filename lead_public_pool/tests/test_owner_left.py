from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestOwnerLeft(PoolCase):
    def test_user_archived_by_write_loses_his_records(self):
        leads = self._claim(self._create_leads(2))
        self.rep.write({"active": False})
        for lead in leads:
            self.assertPooled(lead)
            self.assertEqual(self._moves(lead)[-1].kind, "owner_left")

    def test_user_archived_by_action_loses_his_records(self):
        lead = self._claim(self._create_leads())
        self.rep.action_archive()
        self.assertPooled(lead)
        self.assertEqual(lead.pool_former_user_id, self.rep)

    def test_archiving_twice_moves_once(self):
        lead = self._claim(self._create_leads())
        self.rep.action_archive()
        count = len(self._moves(lead))
        self.rep.write({"active": False})
        self.assertEqual(len(self._moves(lead)), count)

    def test_deleted_user_loses_his_records(self):
        lead = self._claim(self._create_leads())
        self.rep.unlink()
        self.assertPooled(lead)

    def test_records_outside_pools_stay_with_him(self):
        lead = self.env["crm.lead"].create({"name": "Outside", "user_id": self.rep.id})
        self.rep.action_archive()
        self.assertEqual(lead.user_id, self.rep)
