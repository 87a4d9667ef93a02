from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestRelease(PoolCase):
    def test_owner_gives_back_with_reason(self):
        lead = self._claim(self._create_leads())
        result = lead.with_user(self.rep).pool_release(reason_id=self.reason.id, note="Call in May")
        self.assertEqual(self._codes(result), ["ok"])
        self.assertPooled(lead)
        self.assertRecordValues(
            lead, [{"pool_former_user_id": self.rep.id, "pool_round": 1, "pool_due_date": False}]
        )
        self.assertRecordValues(
            self._moves(lead)[-1],
            [
                {
                    "kind": "release",
                    "reason_id": self.reason.id,
                    "note": "Call in May",
                    "user_from_id": self.rep.id,
                    "actor_id": self.rep.id,
                }
            ],
        )

    def test_required_reason_is_required_by_every_way_in(self):
        self.pool.release_reason_required = True
        lead = self._claim(self._create_leads())
        with self.assertRaisesRegex(UserError, "reason"):
            lead.with_user(self.rep).pool_release()
        with self.assertRaisesRegex(UserError, "reason"):
            lead.with_user(self.rep).write({"user_id": False})
        self.assertOwned(lead, self.rep)

    def test_colleague_cannot_give_back_what_is_not_his(self):
        self.other.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        lead = self._claim(self._create_leads())
        result = lead.with_user(self.other).pool_release()
        self.assertEqual(self._codes(result), ["not_member"])
        self.assertOwned(lead, self.rep)

    def test_manager_of_the_pool_takes_back_by_hand(self):
        self.lead_manager.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        lead = self._claim(self._create_leads())
        self.assertEqual(self._codes(lead.with_user(self.lead_manager).pool_release()), ["ok"])
        self.assertEqual(self._moves(lead)[-1].actor_id, self.lead_manager)

    def test_won_lead_cannot_be_given_back_to_a_pool_nobody_could_claim_it_from(self):
        lead = self._claim(self._create_leads())
        lead.action_set_won()
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_release()), ["closed"])
        self.assertOwned(lead, self.rep)

    def test_target_pool_can_be_chosen(self):
        sleeping = self._create_pool("Sleeping")
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).pool_release(pool_id=sleeping.id)
        self.assertPooled(lead, sleeping)

    def test_release_of_what_lies_in_the_pool_is_taken(self):
        lead = self._create_leads()
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_release()), ["taken"])

    def test_unknown_reason_and_pool_are_clear_errors(self):
        lead = self._claim(self._create_leads())
        customers = self._create_pool("Customers", kind="customer")
        for arguments in (
            {"reason_id": 2**31 - 5},
            {"reason_id": "no answer"},
            {"pool_id": 2**31 - 5},
            {"pool_id": True},
            {"pool_id": customers.id},
        ):
            with self.subTest(arguments), self.assertRaises(UserError):
                lead.with_user(self.rep).pool_release(**arguments)
        self.assertOwned(lead, self.rep)

    def test_former_owner_stops_following(self):
        lead = self._create_leads().with_context(tracking_disable=False)
        self._claim(lead)
        lead.message_subscribe(partner_ids=self.rep.partner_id.ids)
        lead.with_user(self.rep).pool_release()
        self.assertNotIn(self.rep.partner_id, lead.message_partner_ids)

    def test_former_owner_goes_on_following_where_the_pool_says_so(self):
        self.pool.follower_policy = "none"
        lead = self._claim(self._create_leads())
        lead.message_subscribe(partner_ids=self.rep.partner_id.ids)
        lead.with_user(self.rep).pool_release()
        self.assertIn(self.rep.partner_id, lead.message_partner_ids)

    def _followed_lead(self):
        """A held lead with a customer, a colleague and a manager among its followers."""
        lead = self._claim(self._create_leads())
        self.customer = self.env["res.partner"].create({"name": "Carla Customer"})
        self.portal = new_test_user(self.env, "pool_portal", groups="base.group_portal")
        people = (
            self.customer | (self.rep | self.other | self.lead_manager | self.portal).partner_id
        )
        lead.message_subscribe(partner_ids=people.ids)
        return lead

    def test_all_colleagues_stop_following_where_the_pool_says_so(self):
        self.pool.follower_policy = "internal"
        lead = self._followed_lead()
        lead.with_user(self.rep).pool_release()
        self.assertEqual(
            lead.message_partner_ids,
            self.customer | self.portal.partner_id | self.lead_manager.partner_id,
        )

    def test_colleagues_stay_where_only_the_former_owner_leaves(self):
        lead = self._followed_lead()
        lead.with_user(self.rep).pool_release()
        self.assertIn(self.other.partner_id, lead.message_partner_ids)
        self.assertNotIn(self.rep.partner_id, lead.message_partner_ids)

    def test_activities_of_colleagues_go_with_them(self):
        lead = self._claim(self._create_leads())
        for user in (self.other, self.lead_manager):
            lead.activity_schedule("mail.mail_activity_data_todo", user_id=user.id)
        lead.with_user(self.rep).pool_release()
        self.assertEqual(lead.activity_ids.user_id, self.other | self.lead_manager)
        self._claim(lead, self.other)
        self.pool.follower_policy = "internal"
        lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.rep.id)
        lead.with_user(self.other).pool_release()
        self.assertEqual(lead.activity_ids.user_id, self.lead_manager)
