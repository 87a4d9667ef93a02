from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestTraces(PoolCase):
    """Who loses a record keeps nothing to do on it, and hears why he lost it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool.undo_minutes = 60

    def _messages(self, user):
        return self.env["mail.message"].search(
            [("partner_ids", "in", user.partner_id.ids), ("message_type", "=", "user_notification")]
        )

    def _held(self):
        lead = self._claim(self._create_leads())
        activity = lead.activity_schedule("mail.mail_activity_data_call", user_id=self.rep.id)
        return lead, activity

    def test_open_activities_follow_the_policy_in_every_kind_of_move(self):
        moves = {
            "handover": lambda lead: lead.with_user(self.rep).write({"user_id": self.other.id}),
            "assign": lambda lead: lead.with_user(self.lead_manager).pool_assign(self.other.id),
            "split": lambda lead: lead.with_user(self.lead_manager).pool_split([self.other.id]),
            "release": lambda lead: lead.with_user(self.rep).pool_release(),
            "undo": lambda lead: lead.with_user(self.rep).pool_undo_claim(),
            "owner left": lambda lead: self.pool._member(self.rep).unlink(),
        }
        for policy in ("cancel", "keep"):
            self.pool.activity_policy = policy
            for name, move in moves.items():
                with self.subTest(policy=policy, move=name):
                    lead, activity = self._held()
                    theirs = lead.activity_schedule(
                        "mail.mail_activity_data_todo", user_id=self.lead_manager.id
                    )
                    move(lead)
                    self.assertNotEqual(lead.user_id, self.rep)
                    self.assertEqual(bool(activity.exists()), policy == "keep")
                    self.assertTrue(theirs.exists())
                    if policy == "keep":
                        self.assertEqual(activity.user_id, lead.user_id)
            self.pool.member_ids = [(0, 0, {"user_id": self.rep.id})]

    def test_activities_of_who_loses_his_lead_by_a_merge(self):
        for policy in ("cancel", "keep"):
            with self.subTest(policy):
                self.pool.activity_policy = policy
                lead, activity = self._held()
                other = self._claim(self._create_leads(type="opportunity"), self.other)
                survivor = (other | lead)._merge_opportunity(auto_unlink=False)
                self.assertEqual(survivor.user_id, self.other)
                self.assertEqual(bool(activity.exists()), policy == "keep")
                if policy == "keep":
                    self.assertEqual(activity.user_id, self.other)
                    self.assertEqual(activity.res_id, survivor.id)

    def test_a_transfer_and_leaving_the_pools_change_no_activity(self):
        lead, activity = self._held()
        lead.with_user(self.lead_manager).pool_transfer(self._create_pool("Second").id)
        self.assertEqual(activity.user_id, self.rep)
        lead.with_user(self.lead_manager).pool_id = False
        self.assertEqual(activity.user_id, self.rep)

    def test_who_leaves_one_team_hears_why_he_lost_his_records_and_so_do_the_managers(self):
        team = self.env["crm.team"].create({"name": "North", "member_ids": self.stranger.ids})
        self.pool.team_ids = team
        leads = self._claim(self._create_leads(2), self.stranger)
        team.member_ids = False
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertPooled(leads[0])
        for user in (self.stranger, self.lead_manager):
            message = self._messages(user)
            self.assertEqual(len(message), 1)
            self.assertIn("no longer in a sales team", message.body)
            self.assertIn(leads[1].name, message.body)
        self.assertFalse(self._messages(self.other))
        self.assertIn("sales team", self._moves(leads[0])[-1].note)
        self.assertIn("sales team", leads[0].message_ids[0].body)

    def test_the_message_gives_no_sealed_name_away(self):
        self.pool.write({"visibility": "sealed", "mask_name": True})
        lead = self._create_leads()
        lead.name = "Very Secret Ltd"
        self._claim(lead)
        self.pool._member(self.rep).unlink()
        self.assertNotIn("Secret", self._messages(self.rep).body)
        self.assertIn("Secret", self._messages(self.lead_manager).body)

    def test_managers_hear_of_what_an_archived_colleague_held(self):
        self._claim(self._create_leads(2))
        self.rep.action_archive()
        self.assertIn("no longer a user", self._messages(self.lead_manager).body)
        self.assertFalse(self._messages(self.rep))

    def test_who_held_nothing_hears_nothing(self):
        self.pool._member(self.rep).unlink()
        self.assertFalse(self._messages(self.rep) | self._messages(self.lead_manager))
