from datetime import datetime, timedelta

from odoo.fields import Domain
from odoo.tests import BaseCase, new_test_user, tagged

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE
from odoo.addons.lead_public_pool.tools.gini import gini

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestGini(BaseCase):
    def test_gini_of_hand_computed_values(self):
        # All alike; one of four has everything: (n - 1) / n; 1, 2, 3: 2 * 14 / 18 - 4 / 3.
        self.assertAlmostEqual(gini([5, 5, 5]), 0.0)
        self.assertAlmostEqual(gini([0, 0, 0, 8]), 0.75)
        self.assertAlmostEqual(gini([3, 1, 2]), 2 / 9)
        self.assertEqual(gini([0, 0]), 0.0)
        self.assertEqual(gini([]), 0.0)

    def test_gini_equals_the_mean_of_differences(self):
        amounts = [0, 1, 1, 4, 9, 20]
        differences = sum(abs(a - b) for a in amounts for b in amounts)
        self.assertAlmostEqual(gini(amounts), differences / (2 * len(amounts) * sum(amounts)))


class ReportCase(PoolCase):
    def setUp(self):
        super().setUp()
        self.start = datetime(2026, 6, 1, 8)
        self._at(hours=0)

    def _at(self, **delta):
        """Let it be so long after the start of the story."""
        moment = self.start + timedelta(**delta)
        self.patch(self.env.cr, "now", lambda: moment)
        return moment

    def _touch(self, lead, user=None):
        lead.with_user(user or self.rep).message_post(body="I called", message_type="comment")

    def _win(self, lead, user, **delta):
        lead.with_user(user).action_set_won()
        lead.sudo().date_closed = self._at(**delta)

    def _report(self, lead, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return (
            self.env["lead.pool.report"]
            .with_user(user or self.env.user)
            .search([("lead_id", "=", lead.id)], order="id")
        )


@tagged("post_install", "-at_install")
class TestMedian(ReportCase):
    def test_median_of_hours_to_first_contact_is_not_drawn_by_one_late_record(self):
        leads = self._create_leads(4)
        leads.with_user(self.rep).pool_claim()
        hours = (1, 2, 3, 70)
        for lead, after in zip(leads, hours, strict=True):
            self._at(hours=after)
            self._touch(lead)
        self.env.flush_all()
        report = self.env["lead.pool.report"]
        domain = Domain("lead_id", "in", leads.ids)
        worked = sorted(report.search(domain).mapped("first_touch_hours"))
        measures = ["first_touch_median:avg", "first_touch_hours:avg"]
        [(median, mean)] = report._read_group(domain, [], measures)
        self.assertAlmostEqual(median, (worked[1] + worked[2]) / 2)
        self.assertAlmostEqual(mean, sum(worked) / 4)
        self.assertGreater(mean, median)

    def test_median_by_group_and_of_nothing(self):
        report = self.env["lead.pool.report"]
        nothing = Domain("id", "=", 0)
        self.assertEqual(report._read_group(nothing, ["user_id"], ["first_touch_median:avg"]), [])
        [(median,)] = report._read_group(nothing, [], ["first_touch_median:avg"])
        self.assertFalse(median)


@tagged("post_install", "-at_install")
class TestReport(ReportCase):
    def test_one_row_per_holding_from_gain_to_return(self):
        lead = self._create_leads(country_id=self.env.ref("base.fr").id)
        self._at(hours=5)
        self._claim(lead)
        self._at(hours=7)
        self._touch(lead)
        self._at(hours=29)
        lead.with_user(self.rep).pool_release(reason_id=self.reason.id)
        self._at(hours=30)
        lead.with_user(self.lead_manager).pool_assign(self.other.id)
        first, second = self._report(lead)
        self.assertRecordValues(
            first,
            [
                {
                    "kind": "lead",
                    "user_id": self.rep.id,
                    "pool_id": self.pool.id,
                    "company_id": self.pool.company_id.id,
                    "gain": "claim",
                    "outcome": "release",
                    "reason_id": self.reason.id,
                    "country_id": self.env.ref("base.fr").id,
                    "hours_waiting": 5.0,
                    "hours_held": 24.0,
                    "first_touch_delay": 2.0,
                    "is_touched": True,
                    "touch_rate": 100.0,
                    "round": 0,
                    "date_start": self.start + timedelta(hours=5),
                    "date_end": self.start + timedelta(hours=29),
                }
            ],
        )
        self.assertRecordValues(
            second,
            [
                {
                    "user_id": self.other.id,
                    "gain": "assign",
                    "outcome": "held",
                    "hours_waiting": 1.0,
                    "round": 1,
                    "is_touched": False,
                    "date_end": False,
                }
            ],
        )

    def test_reclaim_names_its_rule(self):
        rule = self._create_rule()
        lead = self._claim(self._create_leads())
        self._at(days=8)
        lead.sudo()._pool_move("reclaim", rule=rule)
        self.assertRecordValues(
            self._report(lead), [{"outcome": "reclaim", "rule_id": rule.id, "hours_held": 192.0}]
        )

    def test_a_run_that_was_undone_ends_no_holding(self):
        rule = self._create_rule()
        lead = self._claim(self._create_leads())
        run = self.env["lead.pool.run"].create({"date_start": self.start})
        self._at(days=8)
        lead.sudo()._pool_move("reclaim", rule=rule, run=run)
        self.assertEqual(self._report(lead).outcome, "reclaim")
        self._at(days=9)
        run.sudo()._undo()
        self.assertRecordValues(
            self._report(lead), [{"outcome": "held", "gain": "claim", "date_end": False}]
        )
        lead.with_user(self.rep).pool_release()
        self.assertRecordValues(
            self._report(lead), [{"outcome": "release", "hours_held": 9 * 24.0}]
        )

    def test_transfer_with_owner_does_not_end_a_holding(self):
        lead = self._claim(self._create_leads())
        target = self._create_pool("Another pool")
        lead.with_user(self.lead_manager).pool_transfer(target.id)
        self.assertRecordValues(self._report(lead), [{"outcome": "held", "pool_id": self.pool.id}])

    def test_handover_ends_one_holding_and_begins_another(self):
        lead = self._claim(self._create_leads())
        self._at(hours=1)
        lead.with_user(self.rep).user_id = self.other
        self.assertEqual(self._report(lead).mapped("outcome"), ["handover", "held"])
        self.assertEqual(self._report(lead).user_id, self.rep | self.other)

    def test_owner_who_enters_with_his_lead_holds_it(self):
        lead = self.env["crm.lead"].create({"name": "Own", "user_id": self.rep.id})
        lead._pool_move("enter", pool=self.pool)
        self.assertRecordValues(
            self._report(lead), [{"gain": "enter", "outcome": "held", "user_id": self.rep.id}]
        )
        lead.with_user(self.admin).pool_id = False
        self.assertEqual(self._report(lead).outcome, "leave")

    def test_win_ends_the_holding_and_counts_for_its_owner(self):
        lead = self._claim(self._create_leads())
        self._win(lead, self.rep, hours=48)
        self.assertRecordValues(
            self._report(lead),
            [
                {
                    "outcome": "won",
                    "is_won": True,
                    "won_count": 1,
                    "win_rate": 100.0,
                    "won_date": self.start + timedelta(hours=48),
                    "won_user_id": self.rep.id,
                    "hours_held": 48.0,
                    "is_regret": False,
                }
            ],
        )

    def test_regret_is_what_another_wins_after_it_came_back(self):
        lead = self._claim(self._create_leads())
        self._at(hours=10)
        lead.with_user(self.rep).pool_release()
        self._at(hours=20)
        self._claim(lead, self.other)
        self._win(lead, self.other, hours=30)
        self.assertRecordValues(
            self._report(lead),
            [
                {"is_regret": True, "is_won": False, "won_user_id": self.other.id},
                {"is_regret": False, "is_won": True, "won_user_id": self.other.id},
            ],
        )

    def test_no_regret_for_who_wins_it_himself_in_the_end(self):
        lead = self._claim(self._create_leads())
        self._at(hours=10)
        lead.with_user(self.rep).pool_release()
        self._at(hours=20)
        self._claim(lead)
        self._win(lead, self.rep, hours=30)
        self.assertEqual(self._report(lead).mapped("is_regret"), [False, False])

    def test_lost_leads_end_their_holding(self):
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).action_set_lost()
        self.assertEqual(self._report(lead).outcome, "lost")

    def test_hoarded_is_what_lay_untouched_longer_than_the_pool_allows(self):
        self.pool.hoard_days = 3
        hoarded, late, good = self._claim(self._create_leads(3))
        self._at(days=2)
        self._touch(good)
        self._at(days=4)
        self._touch(late)
        (hoarded | late | good).with_user(self.rep).pool_release()
        self.assertTrue(self._report(hoarded).is_hoarded)
        self.assertTrue(self._report(late).is_hoarded)
        self.assertFalse(self._report(good).is_hoarded)

    def test_fast_is_within_one_working_hour(self):
        fast, slow, never = self._claim(self._create_leads(3))
        self._at(minutes=30)
        self._touch(fast)
        self._at(hours=3)
        self._touch(slow)
        rates = [self._report(lead).fast_rate for lead in (fast, slow, never)]
        self.assertEqual(rates, [100.0, 0.0, 0.0])

    def test_averages_ignore_what_never_was_touched(self):
        touched, untouched = self._claim(self._create_leads(2))
        self._at(hours=4)
        self._touch(touched)
        self.env.flush_all()
        delay, rate = self.env["lead.pool.report"]._read_group(
            [("lead_id", "in", (touched | untouched).ids)],
            [],
            ["first_touch_delay:avg", "touch_rate:avg"],
        )[0]
        self.assertEqual((delay, rate), (4.0, 50.0))

    def test_merged_and_deleted_leads_are_not_held_for_ever(self):
        kept, merged, deleted = self._claim(self._create_leads(3))
        ids = (kept | merged | deleted).ids
        (kept | merged).sudo().merge_opportunity(auto_unlink=True)
        deleted.sudo().unlink()
        self.env.flush_all()
        moves = self.env["lead.pool.move"].search(
            [("res_model", "=", "crm.lead"), ("res_id", "in", ids), ("kind", "=", "claim")]
        )
        reports = self.env["lead.pool.report"].browse(moves.ids)
        outcomes = [report.outcome for report in reports]
        self.assertEqual(outcomes.count("gone"), 2)
        self.assertEqual(outcomes.count("held"), 1)

    def test_customers_are_reported_too(self):
        pool = self._create_pool("Customers", kind="customer")
        customer = self.env["res.partner"].create({"name": "Shop", "pool_id": pool.id})
        customer.with_user(self.rep).pool_claim()
        self.env.flush_all()
        report = self.env["lead.pool.report"].search([("partner_id", "=", customer.id)])
        self.assertRecordValues(
            report, [{"kind": "customer", "outcome": "held", "pool_id": pool.id}]
        )


@tagged("post_install", "-at_install")
class TestReportAccess(ReportCase):
    def test_reps_see_what_they_held_managers_their_pools_administrators_all(self):
        mine, theirs = self._create_leads(2)
        self._claim(mine)
        self._claim(theirs, self.other)
        foreign = self.env["lead.pool"].create({"name": "Not Bea's"})
        foreign.member_ids = [(0, 0, {"user_id": self.other.id})]
        elsewhere = self._claim(self._create_leads(pool=foreign), self.other)
        seen = {
            user: [bool(self._report(lead, user)) for lead in (mine, theirs, elsewhere)]
            for user in (self.rep, self.lead_manager, self.admin, self.stranger)
        }
        self.assertEqual(seen[self.rep], [True, False, False])
        self.assertEqual(seen[self.lead_manager], [True, True, False])
        self.assertEqual(seen[self.admin], [True, True, True])
        self.assertEqual(seen[self.stranger], [False, False, False])

    def test_other_companies_see_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "pool_elsewhere",
            groups="base.group_user,lead_public_pool.group_pool_admin",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        lead = self._claim(self._create_leads())
        self.assertFalse(self._report(lead, user))

    def test_views_open_for_a_rep(self):
        self._claim(self._create_leads())
        self.env.flush_all()
        report = self.env["lead.pool.report"].with_user(self.rep)
        for view in ("graph", "pivot", "list", "kanban", "search"):
            report.get_view(view_type=view)
        self.assertTrue(
            report.formatted_read_group([], ["date_start:week", "outcome"], ["__count"])
        )


@tagged("post_install", "-at_install")
class TestBoard(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_pool("Customers", kind="customer")

    def test_ages_of_what_waits_in_one_query(self):
        leads = self._create_leads(5)
        for lead, days in zip(leads, (0, 2, 6, 20, 40), strict=True):
            lead.with_context(pool_engine=ENGINE).pool_enter_date = self.start - timedelta(
                days=days
            )
        self._create_pool("Empty")
        self.env.flush_all()
        self.env.invalidate_all()
        pools = self.env["lead.pool"].search([("kind", "=", "lead")])
        pools.mapped("kind")
        before = self.env.cr.sql_log_count
        pools.mapped("age_day_count")
        self.assertEqual(self.env.cr.sql_log_count - before, 1)
        self.assertRecordValues(
            self.pool,
            [
                {
                    "age_day_count": 1,
                    "age_week_count": 2,
                    "age_month_count": 1,
                    "age_old_count": 1,
                    "longest_wait_days": 40,
                }
            ],
        )

    def test_a_click_on_an_age_opens_these_records(self):
        young, old = self._create_leads(2)
        old.with_context(pool_engine=ENGINE).pool_enter_date = self.start - timedelta(days=31)
        pool = self.pool.with_user(self.lead_manager)
        found = {
            name: self._found(
                pool.with_context(pool_age=name).action_open_aged(), self.lead_manager
            )
            for name in ("age_day_count", "age_week_count", "age_old_count")
        }
        self.assertEqual(found["age_day_count"].mapped("res_id"), young.ids)
        self.assertFalse(found["age_week_count"])
        self.assertEqual(found["age_old_count"].mapped("res_id"), old.ids)

    def test_a_click_on_an_age_of_customers_opens_them(self):
        customer = self.env["res.partner"].create({"name": "Shop", "pool_id": self.customers.id})
        pool = self.customers.with_user(self.rep).with_context(pool_age="age_day_count")
        found = self._found(pool.action_open_aged(), self.rep)
        self.assertEqual(found.mapped("res_id"), customer.ids)

    def test_a_click_on_due_opens_what_is_due_this_week(self):
        self._create_rule(delay=3)
        self._create_rule(delay=30, domain="[('city', '=', 'Lyon')]")
        soon = self._claim(self._create_leads())
        self.assertEqual(self.pool.due_count, 1)
        action = self.pool.with_user(self.admin).action_open_due()
        self.assertEqual(self._found(action, self.admin), soon)

    def test_fairness_counts_members_who_claimed_nothing(self):
        self._claim(self._create_leads(4))
        # Two members, 4 and 0 claims; the manager, who claims nothing, does not count.
        self.assertAlmostEqual(self.pool._gini_of_claims()[self.pool.id], 0.5)
        self._claim(self._create_leads(4), self.other)
        self.pool.invalidate_recordset()
        self.assertEqual(self.pool.claim_gini, 0.0)

    def test_an_undone_claim_counts_nowhere(self):
        self.pool.undo_minutes = 10
        leads = self._claim(self._create_leads(2))
        leads[0].with_user(self.rep).pool_undo_claim()
        self.assertFalse(self._report(leads[0]))
        self._claim(leads[0], self.other)
        self.assertEqual(self._report(leads[0]).user_id, self.other)
        self.assertEqual(self.pool._gini_of_claims()[self.pool.id], 0.0)

    def test_fairness_looks_at_the_period_only(self):
        self._claim(self._create_leads(4))
        self._at(days=31)
        self.assertEqual(self.pool._gini_of_claims(30)[self.pool.id], 0.0)
        self.assertEqual(self.pool._gini_of_claims(60)[self.pool.id], 0.5)

    def _found(self, action, user):
        return (
            self.env[action["res_model"]]
            .with_user(user)
            .search(
                Domain(action["domain"]) & Domain("pool_id", "in", (self.pool | self.customers).ids)
            )
        )
