import random
from collections import Counter
from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from odoo.addons.lead_public_pool.tools.rotation import next_turn

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestRotationArithmetic(BaseCase):
    def _run(self, shares, turns):
        credits, given = {}, Counter()
        for number in range(1, turns + 1):
            chosen, credits = next_turn(shares, credits)
            given[chosen] += 1
            yield number, given

    def test_equal_shares_never_differ_by_more_than_one(self):
        for _number, given in self._run(dict.fromkeys("abcde", 1), 200):
            self.assertLessEqual(max(given.values()) - min(given[who] for who in "abcde"), 1)

    def test_any_weights_stay_within_one_record_of_their_share(self):
        dice = random.Random(7)
        for _case in range(60):
            shares = {who: dice.randint(1, 20) for who in range(dice.randint(2, 9))}
            total = sum(shares.values())
            for number, given in self._run(shares, 300):
                for who, weight in shares.items():
                    self.assertLess(abs(given[who] - number * weight / total), 1)

    def test_one_member_gets_everything(self):
        self.assertEqual([given["a"] for _n, given in self._run({"a": 3}, 4)][-1], 4)


@tagged("post_install", "-at_install")
class TestAutomaticAssignment(PoolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool.assign_strategy = "round_robin"
        cls.pool._member(cls.lead_manager).assign_active = False

    def _assign(self):
        self._run_cron("assign")

    def _owners(self, leads):
        return Counter(lead.user_id for lead in leads)

    def test_in_turn(self):
        leads = self._create_leads(5)
        self._assign()
        self.assertEqual(sorted(self._owners(leads).values()), [2, 3])
        # The next odd record goes to the one who is behind.
        leads |= self._create_leads(1)
        self._assign()
        self.assertEqual(sorted(self._owners(leads).values()), [3, 3])

    def test_by_weight(self):
        self.pool.assign_strategy = "weighted"
        self.pool._member(self.rep).weight = 3
        leads = self._create_leads(8)
        self._assign()
        self.assertEqual(self._owners(leads), {self.rep: 6, self.other: 2})

    def test_to_who_holds_least(self):
        self.pool.assign_strategy = "load"
        self._claim(self._create_leads(4))
        leads = self._create_leads(4)
        self._assign()
        self.assertEqual(self._owners(leads), {self.other: 4})

    def test_best_records_to_the_best_members(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "expected_revenue")
        won = self._claim(self._create_leads(2), self.other)
        won.action_set_won()
        self._claim(self._create_leads(2), self.rep)
        self.pool.write({"assign_strategy": "score", "assign_score_field_id": field.id})
        leads = self._create_leads(4)
        for value, lead in enumerate(leads):
            lead.expected_revenue = value * 100
        self._assign()
        self.assertEqual((leads[2] | leads[3]).user_id, self.other)
        self.assertEqual((leads[0] | leads[1]).user_id, self.rep)

    def test_holding_limit_and_daily_cap_are_respected_and_the_rest_waits(self):
        self.pool.write({"holding_limit": 2, "assign_daily_limit": 1})
        leads = self._create_leads(5)
        self._assign()
        self.assertEqual(self._owners(leads)[self.rep], 1)
        self.assertEqual(self._owners(leads)[self.other], 1)
        self.assertIn("1 of 1", self.pool.assign_blocked_reason)

    def test_absent_members_are_passed_over(self):
        today = self.env.cr.now().date()
        self.pool._member(self.rep).write(
            {"absent_from": today - timedelta(days=1), "absent_until": today + timedelta(days=1)}
        )
        leads = self._create_leads(3)
        self._assign()
        self.assertEqual(self._owners(leads), {self.other: 3})

    def test_territories_are_respected(self):
        self.pool._member(self.rep).skill_domain = "[('city', '=', 'Lyon')]"
        self.pool._member(self.other).skill_domain = "[('city', '=', 'Bonn')]"
        lyon, bonn = self._create_leads(2, city="Lyon"), self._create_leads(1, city="Bonn")
        nowhere = self._create_leads(1, city="Oslo")
        self._assign()
        self.assertEqual(lyon.user_id, self.rep)
        self.assertEqual(bonn.user_id, self.other)
        self.assertPooled(nowhere)

    def test_nothing_is_handed_out_at_night(self):
        self.pool.assign_working_hours = True
        lead = self._create_leads()
        self._set_clock(datetime(2026, 5, 8, 2))
        self._assign()
        self.assertPooled(lead)
        self.assertTrue(self.pool.assign_blocked_reason)
        self._set_clock(datetime(2026, 5, 8, 10))
        self._assign()
        self.assertTrue(lead.user_id)

    def _come_online(self, user, status="online"):
        presence = self.env["mail.presence"].search([("user_id", "=", user.id)])
        presence.unlink()
        self.env["mail.presence"].create({"user_id": user.id, "status": status})

    def test_only_who_is_online_receives_where_the_pool_says_so(self):
        self.pool.assign_online = True
        leads = self._create_leads(3)
        self._assign()
        self.assertEqual(set(leads.mapped("pool_state")), {"pooled"})
        self.assertIn("Rita Rep: is not online", self.pool.assign_blocked_reason)
        self._come_online(self.rep, "away")
        self._come_online(self.other)
        self._assign()
        self.assertEqual(self._owners(leads), {self.other: 3})
        self.assertIn("one of 1 members who were online", self._moves(leads[0])[-1].note)

    def test_who_set_himself_to_busy_receives_nothing(self):
        self.pool.assign_online = True
        self._come_online(self.rep)
        self._come_online(self.other)
        self.rep.manual_im_status = "busy"
        leads = self._create_leads(2)
        self._assign()
        self.assertEqual(self._owners(leads), {self.other: 2})

    def test_without_the_switch_nobody_has_to_be_online(self):
        self._come_online(self.rep, "offline")
        leads = self._create_leads(2)
        self._assign()
        self.assertEqual(self._owners(leads), {self.rep: 1, self.other: 1})

    def test_each_assignment_explains_itself(self):
        lead = self._create_leads()
        self._assign()
        move = self._moves(lead)[-1]
        self.assertEqual(move.kind, "assign")
        self.assertIn("Round robin: one of 2 members", move.note)

    def test_many_records_cost_few_queries(self):
        self._create_leads(5)
        self._assign()
        few = self._queries(self._create_leads(10))
        many = self._queries(self._create_leads(100))
        self.assertLessEqual(many, few + 15)

    def _queries(self, leads):
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.pool._assign_waiting(1000)
        self.env.flush_all()
        self.assertNotIn("pooled", leads.mapped("pool_state"))
        return self.env.cr.sql_log_count - before

    def _hand_out(self, leads, user):
        results = leads.with_user(self.lead_manager).pool_assign(user.id)
        self.assertEqual(set(self._codes(results)), {"ok"})

    def test_what_is_handed_out_by_hand_counts_as_a_turn(self):
        leads = self._create_leads(3)
        self._hand_out(leads, self.rep)
        leads |= self._create_leads(5)
        self._assign()
        self.assertEqual(self._owners(leads), {self.rep: 4, self.other: 4})

    def test_by_hand_counts_only_where_the_pool_says_so(self):
        self.pool.assign_by_hand_counts = False
        self._hand_out(self._create_leads(4), self.rep)
        leads = self._create_leads(4)
        self._assign()
        self.assertEqual(self._owners(leads), {self.rep: 2, self.other: 2})

    def test_a_plain_write_by_a_manager_counts_too(self):
        lead = self._create_leads()
        lead.with_user(self.lead_manager).write({"user_id": self.rep.id})
        leads = lead | self._create_leads(1)
        self._assign()
        self.assertEqual(self._owners(leads), {self.rep: 1, self.other: 1})

    def test_who_is_out_of_the_rotation_and_what_is_moved_on_owe_nothing(self):
        self._hand_out(self._create_leads(2), self.lead_manager)
        moved_on = self._claim(self._create_leads(1))
        moved_on.with_user(self.admin).write({"user_id": self.other.id})
        credits = self.pool.member_ids.mapped("assign_credit")
        self.assertEqual(credits, [0.0] * 3)

    def test_shares_stay_fair_however_hands_and_turns_mix(self):
        """By hand and in turn together, nobody is a whole record off once the turns catch up."""
        self.pool.assign_strategy = "weighted"
        self.pool._member(self.rep).weight = 2
        dice, leads = random.Random(3), self.env["crm.lead"]
        for _round in range(6):
            by_hand = self._create_leads(dice.randint(1, 2))
            self._hand_out(by_hand, dice.choice([self.rep, self.other]))
            leads |= by_hand
        in_turn = self._create_leads(24)
        self._assign()
        leads |= in_turn
        owners = self._owners(leads)
        self.assertLess(abs(owners[self.rep] - len(leads) * 2 / 3), 1)
