from unittest.mock import patch

from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestAssignment(PoolCase):
    def test_manager_hands_out(self):
        leads = self._create_leads(2)
        results = leads.with_user(self.lead_manager).pool_assign(self.rep.id)
        self.assertEqual(self._codes(results), ["ok", "ok"])
        for lead in leads:
            self.assertOwned(lead, self.rep)

    def test_member_cannot_hand_out(self):
        lead = self._create_leads()
        result = lead.with_user(self.rep).pool_assign(self.other.id)
        self.assertEqual(self._codes(result), ["not_member"])
        self.assertPooled(lead)

    def test_receiver_must_be_an_active_member_with_room(self):
        lead = self._create_leads()
        as_boss = lead.with_user(self.lead_manager)
        self.assertEqual(self._codes(as_boss.pool_assign(self.stranger.id)), ["invalid_user"])
        self.assertEqual(self._codes(as_boss.pool_assign(2**31 - 5)), ["invalid_user"])
        self.pool.holding_limit = 1
        self._claim(self._create_leads())
        self.assertEqual(self._codes(as_boss.pool_assign(self.rep.id)), ["holding_limit"])

    def test_manager_of_another_pool_has_no_say(self):
        foreign = self._create_pool("Foreign", member_ids=[(0, 0, {"user_id": self.rep.id})])
        lead = self._create_leads(pool=foreign)
        result = lead.with_user(self.lead_manager).pool_assign(self.rep.id)
        self.assertEqual(self._codes(result), ["not_pooled"])

    def test_transfer_keeps_the_owner(self):
        sleeping = self._create_pool("Sleeping")
        lead = self._claim(self._create_leads())
        self.assertEqual(self._codes(lead.with_user(self.admin).pool_transfer(sleeping.id)), ["ok"])
        self.assertOwned(lead, self.rep, sleeping)

    def test_odoo_assignment_cron_leaves_pooled_leads_alone(self):
        team = self._team()
        pooled = self._create_leads(2, team_id=team.id)
        free = self.env["crm.lead"].create(
            {"name": "Free", "type": "lead", "user_id": False, "team_id": team.id}
        )
        with patch("odoo.modules.module.current_test", self):
            team.with_user(self.env.ref("base.user_admin"))._action_assign_leads(force_quota=True)
        self.assertTrue(free.user_id)
        for lead in pooled:
            self.assertPooled(lead)

    def test_released_lead_is_not_assigned_again_by_odoo(self):
        team = self._team()
        lead = self._claim(self._create_leads(team_id=team.id))
        lead.with_user(self.rep).pool_release()
        with patch("odoo.modules.module.current_test", self):
            team.with_user(self.env.ref("base.user_admin"))._action_assign_leads(force_quota=True)
        self.assertPooled(lead)

    def test_odoo_lead_allocation_neither_takes_nor_merges_pooled_leads(self):
        team = self._team()
        pooled = self._create_leads(team_id=False, email_from="same@example.com")
        free = self.env["crm.lead"].create(
            {
                "name": "Free",
                "type": "lead",
                "user_id": False,
                "team_id": False,
                "email_from": "same@example.com",
            }
        )
        self.env.flush_all()
        now = self.env.cr.now()
        self.patch(self.env.cr, "now", lambda: now.replace(year=now.year + 1))
        with patch("odoo.modules.module.current_test", self):
            team._allocate_leads(creation_delta_days=0)
        self.assertEqual(free.exists().team_id, team)
        self.assertFalse(pooled.exists().team_id)
        self.assertPooled(pooled)

    def _team(self):
        return self.env["crm.team"].create(
            {
                "name": "Assignment team",
                "use_leads": True,
                "assignment_domain": "[('name', 'in', ['Free', 'Lead 0', 'Lead 1'])]",
                "crm_team_member_ids": [(0, 0, {"user_id": self.other.id, "assignment_max": 900})],
            }
        )
