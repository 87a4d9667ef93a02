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

    def test_won_and_lost_leads_stay_his_in_the_books(self):
        won, lost = leads = self._claim(self._create_leads(2))
        won.action_set_won()
        lost.action_set_lost()
        self.pool._member(self.rep).unlink()
        self.rep.action_archive()
        self.assertEqual(leads.mapped("pool_state"), ["owned", "owned"])
        self.assertEqual(leads.user_id, self.rep)

    def test_deleted_user_leaves_his_won_leads_outside(self):
        won = self._claim(self._create_leads())
        won.action_set_won()
        self.rep.unlink()
        self.env.invalidate_all()
        self.assertRecordValues(won, [{"pool_state": "outside", "user_id": False}])

    def test_records_outside_pools_stay_with_him(self):
        lead = self.env["crm.lead"].create({"name": "Outside", "user_id": self.rep.id})
        self.rep.action_archive()
        self.assertEqual(lead.user_id, self.rep)

    def test_archiving_nobody_is_no_error(self):
        self.assertTrue(self.env["res.users"].write({"active": False}))


@tagged("post_install", "-at_install")
class TestReopenedWithoutOwner(PoolCase):
    """What is opened again whose owner has left comes back to its pool, by every way in."""

    def test_restored_unarchived_and_taken_back_from_won(self):
        won, lost, archived, here = self._claim(self._create_leads(4))
        stage = won.stage_id
        won.action_set_won()
        lost.action_set_lost()
        archived.action_archive()
        here.user_id = self.other
        here.action_archive()
        self.rep.action_archive()
        for lead in (won, lost, archived):
            self.assertOwned(lead, self.rep)
        won.with_user(self.admin).write({"stage_id": stage.id, "probability": 10})
        lost.with_user(self.admin).action_restore()
        archived.with_user(self.admin).write({"active": True})
        here.action_unarchive()
        for lead in (won, lost, archived):
            self.assertPooled(lead)
            self.assertEqual(self._moves(lead)[-1].kind, "owner_left")
        self.assertOwned(here, self.other)
