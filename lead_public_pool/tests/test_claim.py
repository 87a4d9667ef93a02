from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestClaim(PoolCase):
    def test_member_claims_and_owns(self):
        lead = self._create_leads()
        self._claim(lead)
        self.assertOwned(lead, self.rep)
        self.assertEqual(lead.pool_own_date, self.env.cr.now())
        self.assertEqual(self._moves(lead).mapped("kind"), ["enter", "claim"])

    def test_second_claimer_gets_taken_not_a_traceback(self):
        lead = self._create_leads(user_id=False)
        self._claim(lead)
        # The other rep no longer sees the lead, yet saw it wait: he learns that he was too late.
        result = lead.with_user(self.other).pool_claim()
        self.assertEqual(self._codes(result), ["taken"])
        # Who never saw it is told nothing about it.
        result = lead.with_user(self.stranger).pool_claim()
        self.assertEqual(self._codes(result), ["not_pooled"])
        # Who may still see it is told that it is taken.
        self.other.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        result = lead.with_user(self.other).pool_claim()
        self.assertEqual(self._codes(result), ["taken"])

    def test_own_lead_cannot_be_claimed_twice(self):
        lead = self._claim(self._create_leads())
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_claim()), ["taken"])
        self.assertEqual(len(self._moves(lead)), 2)

    def test_stranger_sees_and_claims_nothing(self):
        lead = self._create_leads()
        self.assertFalse(
            self.env["crm.lead"].with_user(self.stranger).search([("id", "=", lead.id)])
        )
        self.assertEqual(self._codes(lead.with_user(self.stranger).pool_claim()), ["not_pooled"])
        self.assertPooled(lead)

    def test_administrator_sees_the_lead_but_is_not_a_member(self):
        lead = self._create_leads()
        result = lead.with_user(self.admin).pool_claim()
        self.assertEqual(self._codes(result), ["not_member"])
        self.assertIn(self.pool.name, result[0]["message"])

    def test_lead_outside_pools_is_not_pooled(self):
        lead = self.env["crm.lead"].create({"name": "Free", "user_id": False})
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_claim()), ["not_pooled"])

    def test_lost_and_archived_leads_are_closed(self):
        lost, archived = self._create_leads(2)
        lost.action_set_lost()
        archived.probability = 20
        archived.active = False
        results = (lost | archived).with_user(self.rep).pool_claim()
        self.assertEqual(self._codes(results), ["closed", "closed"])

    def test_daily_limit_answers_record_by_record(self):
        self.pool.daily_limit = 2
        leads = self._create_leads(3)
        results = leads.with_user(self.rep).pool_claim()
        self.assertEqual(self._codes(results), ["ok", "ok", "daily_limit"])
        self.assertPooled(leads[2])
        tomorrow = fields.Datetime.to_datetime(results[2]["available_at"])
        self.assertTrue(timedelta(0) < tomorrow - self.env.cr.now() <= timedelta(days=1))

    def test_release_and_reclaim_do_not_refund_the_daily_limit(self):
        self.pool.daily_limit = 1
        first, second = self._create_leads(2)
        self._claim(first)
        first.with_user(self.rep).pool_release()
        self.assertEqual(self._codes(second.with_user(self.rep).pool_claim()), ["daily_limit"])

    def test_assigned_records_do_not_count_as_claims(self):
        self.pool.daily_limit = 1
        first, second = self._create_leads(2)
        first.with_user(self.lead_manager).pool_assign(self.rep.id)
        self._claim(second)

    def test_holding_limit_counts_open_records_only(self):
        self.pool.holding_limit = 1
        first, second, third = self._create_leads(3)
        self._claim(first)
        self.assertEqual(self._codes(second.with_user(self.rep).pool_claim()), ["holding_limit"])
        first.action_set_lost()
        self._claim(second)
        second.write(
            {"stage_id": self.env["crm.stage"].search([("is_won", "=", True)], limit=1).id}
        )
        self._claim(third)

    def test_own_limits_of_a_member_replace_those_of_the_pool(self):
        self.pool.write({"holding_limit": 1, "daily_limit": 1})
        member = self.pool._member(self.rep)
        member.write({"own_limits": True, "holding_limit": 2, "daily_limit": 0})
        results = self._create_leads(3).with_user(self.rep).pool_claim()
        self.assertEqual(self._codes(results), ["ok", "ok", "holding_limit"])
        self.assertEqual((member.holding_count, member.claimed_today), (2, 2))

    def test_former_owner_waits_whatever_the_cause(self):
        self.pool.cooldown_days = 3
        released, reclaimed = leads = self._claim(self._create_leads(2))
        released.with_user(self.rep).pool_release()
        reclaimed.sudo()._pool_move("reclaim")
        results = leads.with_user(self.rep).pool_claim()
        self.assertEqual(self._codes(results), ["cooldown", "cooldown"])
        self.assertEqual(
            fields.Datetime.to_datetime(results[0]["available_at"]),
            self.env.cr.now().replace(microsecond=0) + timedelta(days=3),
        )
        self._claim(leads, self.other)

    def test_cooldown_ends(self):
        self.pool.cooldown_days = 3
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).pool_release()
        now = self.env.cr.now() + timedelta(days=3, seconds=1)
        self.patch(self.env.cr, "now", lambda: now)
        self._claim(lead)

    def test_earlier_owner_still_cools_down_after_another_had_it(self):
        self.pool.cooldown_days = 3
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).pool_release()
        self._claim(lead, self.other)
        lead.with_user(self.other).pool_release()
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_claim()), ["cooldown"])

    def test_same_key_answers_the_same_and_counts_once(self):
        self.pool.daily_limit = 1
        lead = self._create_leads()
        first = lead.with_user(self.rep).pool_claim(key="tap-1")
        again = lead.with_user(self.rep).pool_claim(key="tap-1")
        self.assertEqual(first, again)
        self.assertEqual(self._moves(lead).mapped("kind"), ["enter", "claim"])

    def test_check_says_why_not_and_changes_nothing(self):
        self.pool.write({"daily_limit": 1})
        first, second = self._create_leads(2)
        self.assertEqual(
            self._codes((first | second).with_user(self.rep).pool_claim_check()), ["ok", "ok"]
        )
        self._claim(first)
        answer = second.with_user(self.rep).pool_claim_check()[0]
        self.assertEqual(answer["code"], "daily_limit")
        self.assertEqual(answer, second.with_user(self.rep).pool_claim()[0])
        self.assertFalse(second.with_user(self.rep).pool_can_claim)
        self.assertEqual(second.with_user(self.rep).pool_claim_message, answer["message"])

    def test_deleted_and_unknown_ids_are_answered_beside_good_ones(self):
        lead = self._create_leads()
        ids = [lead.id, 2**31 - 5]
        results = self.env["crm.lead"].with_user(self.rep).browse(ids).pool_claim()
        self.assertEqual([result["id"] for result in results], ids)
        self.assertEqual(self._codes(results), ["ok", "not_pooled"])

    def test_name_instead_of_id_is_a_clear_error(self):
        with self.assertRaisesRegex(UserError, "number"):
            self.env["crm.lead"].with_user(self.rep).browse(["Acme"]).pool_claim()

    def test_claim_cost_does_not_grow_with_the_number_of_records_checked(self):
        few, many = self._create_leads(5), self._create_leads(50)
        self.env.flush_all()
        counts = []
        for leads in (few, many):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads.with_user(self.rep).pool_claim_check()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
