from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_report import ReportCase


@tagged("post_install", "-at_install")
class TestGoals(ReportCase):
    """Goals reward what comes of a record, not how many somebody takes."""

    def _goal_value(self, name, user=None, days=(0, 30)):
        self.env.flush_all()
        goal = self.env["gamification.goal"].create(
            {
                "definition_id": self.env.ref(f"lead_public_pool.goal_definition_{name}").id,
                "user_id": (user or self.rep).id,
                "start_date": fields.Date.to_date(self.start + timedelta(days=days[0])),
                "end_date": fields.Date.to_date(self.start + timedelta(days=days[1])),
                "target_goal": 100,
                "state": "inprogress",
            }
        )
        goal.update_goal()
        return goal.current

    def test_fast_counts_claims_contacted_within_an_hour(self):
        fast, slow, _never = self._claim(self._create_leads(3))
        given = self._create_leads()
        given.with_user(self.lead_manager).pool_assign(self.rep.id)
        self._at(minutes=30)
        self._touch(fast | given)
        self._at(hours=3)
        self._touch(slow)
        self.assertEqual(self._goal_value("fast"), 1)
        self.assertEqual(self._goal_value("fast", self.other), 0)
        self.assertEqual(self._goal_value("fast", days=(1, 30)), 0)

    def test_claiming_alone_earns_nothing(self):
        self._claim(self._create_leads(20))
        for name in ("fast", "won", "second_wind", "worked"):
            self.assertEqual(self._goal_value(name), 0, name)

    def test_won_counts_for_the_winner_on_the_day_of_the_win(self):
        first, second = self._claim(self._create_leads(2))
        self._claim(self._create_leads(), self.other)
        self._win(first, self.rep, days=3)
        self._win(second, self.rep, days=30)
        self.assertEqual(self._goal_value("won"), 2)
        self.assertEqual(self._goal_value("won", days=(0, 10)), 1)
        self.assertEqual(self._goal_value("won", self.other), 0)

    def test_second_wind_needs_a_lead_that_came_back(self):
        fresh, tried = self._create_leads(2)
        self._claim(tried, self.other)
        tried.with_user(self.other).pool_release()
        self._claim(fresh | tried)
        self._win(fresh | tried, self.rep, days=1)
        self.assertEqual(self._goal_value("second_wind"), 1)

    def test_worked_is_the_share_of_what_was_received(self):
        leads = self._claim(self._create_leads(4))
        self._touch(leads[:3])
        self.assertEqual(self._goal_value("worked"), 75)
        self.assertEqual(self._goal_value("worked", self.stranger), 0)

    def test_challenges_are_suggestions_with_a_leaderboard(self):
        for name in ("first_mover", "second_wind"):
            challenge = self.env.ref(f"lead_public_pool.challenge_{name}")
            self.assertEqual(challenge.state, "draft")
            self.assertEqual(challenge.visibility_mode, "ranking")
            self.assertEqual(challenge.reward_id, self.env.ref(f"lead_public_pool.badge_{name}"))

    def test_started_challenge_gives_its_badge(self):
        challenge = self.env.ref("lead_public_pool.challenge_second_wind").copy(
            {
                "period": "once",
                "start_date": "2026-05-01",
                "end_date": "2099-12-31",
                "user_domain": f"[('id', '=', {self.rep.id})]",
            }
        )
        lead = self._create_leads()
        self._claim(lead, self.other)
        lead.with_user(self.other).pool_release()
        self._claim(lead)
        self._win(lead, self.rep, days=1)
        self.env.flush_all()
        challenge.action_start()
        challenge._update_all()
        badge = self.env.ref("lead_public_pool.badge_second_wind")
        self.assertIn(self.rep, badge.owner_ids.user_id)

    def _touch(self, leads, user=None):
        for lead in leads:
            super()._touch(lead, user)

    def _win(self, leads, user, **delta):
        for lead in leads:
            super()._win(lead, user, **delta)
