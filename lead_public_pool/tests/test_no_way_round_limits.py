from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestUndoInSealedPools(PoolCase):
    """A claim shows the details of a masked record; undoing it hides them, not what was read."""

    def setUp(self):
        super().setUp()
        self.pool.visibility = "sealed"

    def _claim_and_undo(self, leads, user=None):
        """Records that could be claimed and given up again, one after the other."""
        seen = leads.browse()
        for lead in leads:
            as_rep = lead.with_user(user or self.rep)
            if as_rep.pool_claim()[0]["ok"]:
                seen |= lead
                self.assertEqual(self._codes(as_rep.pool_undo_claim()), ["ok"])
        return seen

    def test_undo_pays_back_no_daily_limit(self):
        self.pool.write({"daily_limit": 2, "undo_minutes": 10})
        self.assertEqual(len(self._claim_and_undo(self._create_leads(5))), 2)

    def test_undo_pays_back_no_place_of_the_holding_limit_that_day(self):
        self.pool.write({"holding_limit": 2, "undo_minutes": 10})
        leads = self._create_leads(5)
        self.assertEqual(len(self._claim_and_undo(leads)), 2)
        tomorrow = self.env.cr.now() + timedelta(days=2)
        self._set_clock(tomorrow)
        self._claim(leads[0])

    def test_an_undone_claim_counts_as_a_look_and_alarms(self):
        self.pool.write({"daily_view_limit": 3, "view_alert": 1, "undo_minutes": 10})
        leads = self._create_leads(5)
        self.assertEqual(len(self._claim_and_undo(leads)), 3)
        looks = self.env["lead.pool.view"].search([("user_id", "=", self.rep.id)])
        self.assertEqual(set(looks.mapped("res_id")), set(leads[:3].ids))
        alert = self.env["mail.message"].search(
            [("subject", "like", "opens many entries"), ("body", "like", self.rep.name)]
        )
        self.assertEqual(len(alert), 1)

    def test_a_manager_of_the_pool_may_undo_without_being_counted(self):
        self.pool.write({"daily_view_limit": 1, "undo_minutes": 10})
        self._claim_and_undo(self._create_leads(2), self.lead_manager)
        self.assertFalse(self.env["lead.pool.view"].search([("pool_id", "=", self.pool.id)]))


@tagged("post_install", "-at_install")
class TestNoWayRoundLimits(PoolCase):
    def _code(self, lead, user=None):
        return lead.with_user(user or self.rep).pool_claim_check()[0]["code"]

    def _later(self, **delta):
        self._set_clock(self.env.cr.now() + timedelta(**delta))

    # ------------------------------------------------------------------
    # Undo
    # ------------------------------------------------------------------

    def test_a_claim_before_midnight_undone_after_it_counts_on_neither_day(self):
        self.pool.write({"daily_limit": 1, "undo_minutes": 10})
        first, second, third = self._create_leads(3)
        self._set_clock(datetime(2026, 3, 4, 22, 59))
        for resource in self.rep.resource_ids:
            resource.calendar_id.tz = "Europe/Brussels"
        self.env.company.resource_calendar_id.tz = "Europe/Brussels"
        self._claim(first)
        self._later(minutes=2)
        self.assertEqual(self._codes(first.with_user(self.rep).pool_undo_claim()), ["ok"])
        member = self.pool._member(self.rep)
        self.assertEqual(member.claimed_today, 0)
        self._claim(second)
        self.assertEqual(self._code(third), "daily_limit")

    # ------------------------------------------------------------------
    # Opening what was closed
    # ------------------------------------------------------------------

    def test_opening_an_archived_lead_again_counts_towards_the_holding_limit(self):
        self.pool.holding_limit = 3
        first, *others = self._create_leads(4)
        self._claim(first)
        first.with_user(self.rep).active = False
        self._claim(self.env["crm.lead"].union(*others))
        with self.assertRaisesRegex(UserError, "already holds 4 of 3"):
            first.with_user(self.rep).active = True

    def test_restoring_a_lost_lead_counts_towards_the_holding_limit(self):
        self.pool.holding_limit = 2
        leads = self._claim(self._create_leads(2))
        leads.with_user(self.rep).action_set_lost()
        self._claim(self._create_leads(1))
        with self.assertRaisesRegex(UserError, "already holds"):
            leads.with_user(self.rep).action_unarchive()
        leads[0].with_user(self.rep).action_unarchive()

    def test_a_won_lead_that_is_opened_again_counts_towards_the_holding_limit(self):
        self.pool.holding_limit = 1
        first, second = self._create_leads(2, type="opportunity")
        self._claim(first)
        stage = first.stage_id
        first.with_user(self.rep).action_set_won()
        self._claim(second)
        with self.assertRaisesRegex(UserError, "already holds"):
            first.with_user(self.rep).stage_id = stage

    def test_an_archived_customer_counts_again_too_and_in_the_limit_of_the_company(self):
        pool = self._create_pool("Customers", kind="customer")
        self.env.company.pool_holding_limit = 1
        first, second = self.env["res.partner"].create(
            [{"name": name, "pool_id": pool.id} for name in ("Ada Ltd", "Bob Ltd")]
        )
        self._claim(first)
        first.active = False
        self._claim(second)
        with self.assertRaisesRegex(UserError, "from all pools together"):
            first.with_user(self.lead_manager).active = True

    def test_what_did_not_count_cannot_be_made_to_count_beyond_the_limit(self):
        self.pool.write({"holding_limit": 1, "uncounted_domain": "[('city', '=', 'Signed')]"})
        first, second = self._create_leads(2)
        self._claim(first)
        first.with_user(self.rep).city = "Signed"
        self._claim(second)
        with self.assertRaisesRegex(UserError, "already holds"):
            first.with_user(self.rep).city = "Open again"

    def test_what_a_machine_opens_beyond_the_limit_goes_to_the_pool(self):
        self.pool.holding_limit = 1
        first, second = self._create_leads(2)
        self._claim(first)
        first.active = False
        self._claim(second)
        first.active = True
        self.assertPooled(first)

    def test_opening_within_the_limit_is_nobodys_business(self):
        self.pool.holding_limit = 1
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).active = False
        lead.with_user(self.rep).active = True
        self.assertOwned(lead, self.rep)

    # ------------------------------------------------------------------
    # Friends
    # ------------------------------------------------------------------

    def test_a_colleague_cannot_claim_for_me_during_my_cool_down(self):
        self.pool.cooldown_days = 30
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).pool_release()
        self._claim(lead, self.other)
        with self.assertRaisesRegex(UserError, "You had it until"):
            lead.with_user(self.other).user_id = self.rep
        # A manager may decide so.
        lead.with_user(self.lead_manager).user_id = self.rep
        self.assertOwned(lead, self.rep)

    def test_a_colleague_cannot_claim_for_me_beyond_my_daily_limit(self):
        self.pool.daily_limit = 2
        own, given = self._create_leads(2), self._create_leads(2)
        self._claim(own)
        self._claim(given, self.other)
        with self.assertRaisesRegex(UserError, "2 of 2 records"):
            given.with_user(self.other).write({"user_id": self.rep.id})

    def test_what_a_colleague_claimed_for_me_uses_up_my_daily_limit(self):
        self.pool.daily_limit = 1
        given, more = self._create_leads(2)
        self._claim(given, self.other)
        given.with_user(self.other).user_id = self.rep
        self.assertEqual(self._code(more), "daily_limit")

    def test_a_deputy_hands_back_what_he_held_for_me(self):
        self.pool.write({"cooldown_days": 30, "daily_limit": 1})
        lead = self._claim(self._create_leads())
        self._make_older(lead, days=3)
        lead.with_user(self.rep).user_id = self.other
        self._later(days=3)
        lead.with_user(self.other).user_id = self.rep
        self.assertOwned(lead, self.rep)

    def test_another_pool_shortens_no_cool_down(self):
        self.pool.cooldown_days = 30
        second = self._create_pool("Second")
        lead = self._claim(self._create_leads())
        self.assertEqual(
            self._codes(lead.with_user(self.rep).pool_release(pool_id=second.id)), ["ok"]
        )
        self.assertEqual(self._code(lead), "cooldown")
        self.assertEqual(self._code(lead, self.other), "ok")
        self._later(days=31)
        self.assertEqual(self._code(lead), "ok")

    def test_nobody_releases_into_a_pool_of_others_unless_it_says_so(self):
        foreign = self.env["lead.pool"].create(
            {"name": "Friends", "member_ids": [(0, 0, {"user_id": self.stranger.id})]}
        )
        lead = self._claim(self._create_leads())
        as_rep = lead.with_user(self.rep)
        self.assertEqual(self._codes(as_rep.pool_release(pool_id=foreign.id)), ["not_member"])
        with self.assertRaisesRegex(UserError, "not a member"):
            as_rep.write({"user_id": False, "pool_id": foreign.id})
        foreign.release_by_others = True
        self.assertEqual(self._codes(as_rep.pool_release(pool_id=foreign.id)), ["ok"])
        self.assertPooled(lead, foreign)

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------

    def test_a_repeated_claim_does_not_say_that_i_hold_what_i_gave_back(self):
        lead = self._create_leads()
        as_rep = lead.with_user(self.rep)
        self.assertEqual(self._codes(as_rep.pool_claim(key="tap")), ["ok"])
        self.assertEqual(self._codes(as_rep.pool_claim(key="tap")), ["ok"])
        as_rep.pool_release()
        self.assertEqual(self._codes(as_rep.pool_claim(key="tap")), ["locked"])
        self._claim(lead, self.other)
        self.assertEqual(self._codes(as_rep.pool_claim(key="tap")), ["taken"])
        self.assertEqual(len(self._moves(lead).filtered(lambda m: m.kind == "claim")), 2)

    def test_ids_are_folded_and_bounded(self):
        lead = self._create_leads()
        many = self.env["crm.lead"].with_user(self.rep).browse(lead.ids * 1000)
        self.assertEqual(self._codes(many.pool_claim()), ["ok"])
        self.assertEqual(self._codes(many.pool_claim_check()), ["taken"])
        with self.assertRaisesRegex(UserError, "At most 10000 records"):
            many.browse(range(1, 10002)).pool_claim()
        with self.assertRaisesRegex(UserError, "At most 10000 records"):
            lead.with_user(self.lead_manager).pool_split(list(range(1, 10002)))

    def test_users_named_twice_receive_no_double_share(self):
        leads = self._create_leads(6)
        users = [self.rep.id, self.rep.id, self.other.id]
        results = leads.with_user(self.lead_manager).pool_split(users)
        self.assertEqual(self._codes(results), ["ok"] * 6)
        self.assertEqual(len(leads.filtered(lambda lead: lead.user_id == self.rep)), 3)

    def test_one_record_outside_all_pools_stops_no_other(self):
        self._create_rule()
        self.pool.write({"extension_days": 3, "extension_limit": 1})
        lead = self._claim(self._create_leads())
        outside = self.env["crm.lead"].create({"name": "Outside", "user_id": self.rep.id})
        both = (lead | outside).with_user(self.rep)
        self.assertEqual(self._codes(both.pool_extend()), ["ok", "not_pooled"])
        self.assertEqual(self._codes(both.pool_wait()), ["taken", "not_pooled"])

    # ------------------------------------------------------------------
    # Numbers
    # ------------------------------------------------------------------

    def _settings(self):
        """Every number that somebody sets, as (record, field name)."""
        rule = self._create_rule()
        member = self.pool._member(self.rep)
        for record in (self.pool, member, rule, self.env.company):
            for name in record._bounded_names():
                yield record, name

    def test_no_setting_takes_a_number_that_breaks_every_later_claim(self):
        count = 0
        for record, name in self._settings():
            count += 1
            for value in (2_000_000_000, 1_000_001):
                with (
                    self.subTest(field=f"{record._name}.{name}", value=value),
                    self.assertRaises(ValidationError),
                    self.env.cr.savepoint(),
                ):
                    record.write({name: value})
        self.assertGreater(count, 35)

    def test_a_number_that_no_column_holds_is_refused_in_words(self):
        for value in (10**12, float("inf")):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.env["lead.pool"].create({"name": "Huge", "holding_limit": value})

    def test_a_delay_beyond_ten_years_is_refused_whatever_its_unit(self):
        rule = self._create_rule(delay=1000, unit="hour")
        for unit, delay in (("month", 121), ("week", 521), ("day", 3651), ("workday", 2601)):
            with self.subTest(unit), self.assertRaises(ValidationError), self.env.cr.savepoint():
                rule.write({"delay": delay, "unit": unit})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            rule.unit = "month"
        rule.write({"delay": 120, "unit": "month"})
        self.pool.write({"warn_steps": "7, 3"})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.pool.write({"warn_steps": "nan"})

    # ------------------------------------------------------------------
    # Protection, history
    # ------------------------------------------------------------------

    def test_protecting_a_record_is_not_receiving_one(self):
        self.pool.protected_limit = 2
        lead = self._claim(self._create_leads())
        member = self.pool._member(self.rep)
        before = member.gain_count
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_protect()), ["ok"])
        self.env.invalidate_all()
        self.assertEqual(member.gain_count, before)

    def test_the_history_names_who_and_what_was_deleted(self):
        pool = self._create_pool("Short-lived")
        lead = self._claim(self._create_leads(pool=pool))
        move = self._moves(lead)[-1]
        lead.with_user(self.lead_manager).pool_transfer(self.pool.id)
        pool.unlink()
        self.rep.unlink()
        self.env.invalidate_all()
        self.assertFalse(move.user_to_id or move.pool_to_id)
        for name in ("Rita Rep", "Short-lived"):
            self.assertIn(name, move.deleted_names)
        with self.assertRaises(AccessError):
            move.with_user(self.admin).deleted_names = "Somebody else"


@tagged("post_install", "-at_install")
class TestFairShares(PoolCase):
    def _held(self, leads):
        return [
            len(leads.filtered(lambda lead, user=user: lead.user_id == user))
            for user in (self.rep, self.other)
        ]

    def test_splitting_one_record_a_call_is_fair_over_the_calls(self):
        leads = self._create_leads(6)
        users = (self.rep | self.other).ids
        for lead in leads:
            lead.with_user(self.lead_manager).pool_split(users)
        self.assertEqual(self._held(leads), [3, 3])

    def test_many_small_calls_of_odd_size_are_fair_too(self):
        leads = self._create_leads(12)
        for start in range(0, 12, 3):
            part = leads[start : start + 3]
            part.with_user(self.lead_manager).pool_split((self.other | self.rep).ids)
        self.assertEqual(self._held(leads), [6, 6])

    def test_equal_loads_take_turns(self):
        self.pool.assign_strategy = "load"
        self.pool._member(self.lead_manager).assign_active = False
        leads = self._create_leads(6)
        for lead in leads:
            self.pool._assign_records(lead)
            # Worked off before the next one comes, so that nobody has any load.
            lead.active = False
        self.assertEqual(self._held(leads), [3, 3])

    def test_lowest_load_still_comes_first(self):
        self.pool.assign_strategy = "load"
        self.pool._member(self.lead_manager).assign_active = False
        self._claim(self._create_leads(3))
        leads = self._create_leads(3)
        self.pool._assign_records(leads)
        self.assertEqual(self._held(leads), [0, 3])


@tagged("post_install", "-at_install")
class TestUndoOfRuns(PoolCase):
    def _taken(self, count):
        """Leads that a run took from a rep, and the run."""
        self._create_rule(delay=7)
        leads = self._claim(self._create_leads(count))
        self._make_older(leads, days=30)
        run = self.env["lead.pool.run"].create(
            {"date_start": self.env.cr.now(), "state": "done", "reclaimed_count": count}
        )
        leads.sudo()._pool_move("reclaim", rule=self.pool.rule_ids, run=run)
        self.assertEqual(set(leads.mapped("pool_state")), {"pooled"})
        return leads, run

    def test_undo_of_a_run_gives_nothing_to_who_is_no_member_any_more(self):
        leads, run = self._taken(2)
        self.pool._member(self.rep).unlink()
        run.with_user(self.admin).action_undo()
        self.assertEqual(set(leads.mapped("pool_state")), {"pooled"})
        for lead in leads:
            self.assertIn(f"{lead.name}: Rita Rep is not a member", run.undo_report)

    def test_undo_of_a_run_keeps_to_the_holding_limit(self):
        leads, run = self._taken(3)
        self.pool.holding_limit = 2
        run.with_user(self.admin).action_undo()
        self.assertEqual(sorted(leads.mapped("pool_state")), ["owned", "owned", "pooled"])
        self.assertIn("2 put back; 1 left alone", run.undo_report)
        self.assertIn("already holds 2 of 2", run.undo_report)

    def test_undo_of_a_run_gives_nothing_to_who_lost_his_rights(self):
        leads, run = self._taken(1)
        group = self.env.ref("sales_team.group_sale_salesman")
        self.rep.group_ids -= group
        run.with_user(self.admin).action_undo()
        self.assertPooled(leads)
        self.assertIn("Rita Rep is not a member", run.undo_report)

    def test_undo_of_a_run_survives_its_owner_and_says_so(self):
        leads, run = self._taken(1)
        self.rep.unlink()
        run.with_user(self.admin).action_undo()
        self.assertPooled(leads)
        self.assertIn("no longer exists", run.undo_report)
