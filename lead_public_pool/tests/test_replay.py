from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE
from odoo.addons.lead_public_pool.tools.replay import taken_at
from odoo.addons.lead_public_pool.wizards import lead_pool_replay

from .common import PoolCase

START = datetime(2026, 3, 1)


def day(number):
    return START + timedelta(days=number)


@tagged("post_install", "-at_install")
class TestReplayArithmetic(BaseCase):
    def _taken(self, clock, touches=(), end=30, delay=7, floor=0, created=-5):
        return taken_at(
            clock,
            START,
            [day(touch) for touch in touches],
            day(end),
            day(created),
            lambda moment: moment + timedelta(days=delay),
            day(floor),
        )

    def test_clocks(self):
        self.assertEqual(self._taken("claim"), day(7))
        self.assertIsNone(self._taken("claim", end=6))
        self.assertEqual(self._taken("create"), day(2))
        self.assertEqual(self._taken("create", floor=3), day(3))
        self.assertEqual(self._taken("first_touch"), day(7))
        self.assertIsNone(self._taken("first_touch", touches=[3]))
        self.assertEqual(self._taken("first_touch", touches=[9]), day(7))

    def test_untouched_for_the_first_time(self):
        self.assertEqual(self._taken("touch"), day(7))
        self.assertEqual(self._taken("touch", touches=[5, 11, 25]), day(18))
        self.assertIsNone(self._taken("touch", touches=[5, 11, 17, 23], end=28))
        self.assertEqual(self._taken("touch", floor=10), day(10))
        self.assertEqual(self._taken("touch", touches=[8], floor=10), day(15))


@tagged("post_install", "-at_install")
class TestReplay(PoolCase):
    """What a rule would have done, told from the ledger and the chatter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._create_rule(clock="touch", delay=7)
        cls.rule.active = False

    def _held_since(self, days, user=None, **values):
        """A lead that was received so many days ago."""
        lead = self._claim(self._create_leads(**values), user)
        moment = self.env.cr.now() - timedelta(days=days)
        self._moves(lead)[-1].with_context(pool_engine=ENGINE).date = moment
        lead.with_context(pool_engine=ENGINE).pool_own_date = moment
        return lead

    def _worked(self, lead, days_ago):
        """Work that the chatter knows of."""
        message = lead.with_user(lead.user_id).message_post(
            body="Called them today", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        message.date = self.env.cr.now() - timedelta(days=days_ago)
        move = self._moves(lead).filtered("first_touch_date")
        move.with_context(pool_engine=ENGINE).first_touch_date = message.date

    def _replay(self, user=None, **values):
        self.env.flush_all()
        action = self.rule.with_user(user or self.lead_manager).action_replay()
        replay = self.env["lead.pool.replay"].with_user(user or self.lead_manager)
        replay = replay.browse(action["res_id"])
        if values:
            replay.write(values)
            replay.action_play()
        return replay

    def _line(self, replay, user=None):
        return replay.line_ids.filtered(lambda line: line.user_id == (user or self.rep))

    def test_counts_what_would_have_been_taken_and_the_harm(self):
        idle, late, diligent = (self._held_since(20) for _number in range(3))
        self._worked(late, 5)
        for days_ago in (15, 10, 5, 1):
            self._worked(diligent, days_ago)
        self._held_since(3)
        self._held_since(20, self.other)
        replay = self._replay()
        self.assertRecordValues(
            self._line(replay),
            [
                {
                    "holding_count": 4,
                    "really_count": 0,
                    "today_taken_count": 2,
                    "today_touched_count": 1,
                    "today_won_count": 0,
                    "draft_taken_count": 2,
                }
            ],
        )
        self.assertEqual(self._line(replay, self.other).draft_taken_count, 1)
        self.assertIn("3 of 5 taken back", replay.summary)
        self.assertEqual(idle.user_id, self.rep, "A replay changes nothing.")

    def test_draft_beside_the_rule_of_today(self):
        self._held_since(20)
        self._held_since(10)
        line = self._line(self._replay(delay=15))
        self.assertEqual((line.today_taken_count, line.draft_taken_count), (2, 1))
        line = self._line(self._replay(domain="[('city', '=', 'Nowhere')]"))
        self.assertEqual((line.today_taken_count, line.draft_taken_count), (2, 0))
        self.assertEqual(self.rule.delay, 7, "The rule itself stays as it is.")

    def test_won_later_by_the_same_salesperson_is_harm(self):
        lead = self._held_since(20)
        lead.action_set_won()
        line = self._line(self._replay())
        self.assertEqual((line.today_taken_count, line.today_won_count), (1, 1))

    def test_what_ended_before_it_was_due_is_not_taken(self):
        lead = self._held_since(20)
        lead.with_user(self.rep).pool_release()
        self._moves(lead)[-1].with_context(pool_engine=ENGINE).date = self.env.cr.now() - timedelta(
            days=15
        )
        self.assertEqual(self._line(self._replay()).today_taken_count, 0)

    def test_really_taken_back_is_shown_beside(self):
        lead = self._held_since(20)
        self.rule.active = True
        self._run_cron()
        self.assertPooled(lead)
        self.assertEqual(self._line(self._replay()).really_count, 1)

    def test_period_protection_and_exemptions(self):
        self._held_since(20)
        self.assertFalse(self._replay(days=10).line_ids)
        self.pool.protect_days = 30
        self.assertEqual(self._line(self._replay()).today_taken_count, 0)
        self.pool.write({"protect_days": 0, "exempt_domain": "[]"})
        self.assertEqual(self._line(self._replay()).today_taken_count, 0)

    def test_working_days(self):
        self._held_since(20)
        line = self._line(self._replay(unit="workday", delay=3))
        self.assertEqual(line.draft_taken_count, 1)

    def test_a_clock_without_a_past_says_so(self):
        self.rule.clock = "stage"
        self._held_since(20)
        replay = self._replay()
        self.assertIn("cannot be replayed", replay.summary)
        self.assertEqual(self._line(replay).today_taken_count, 0)
        self.assertEqual(self._line(replay).draft_taken_count, 1)

    def test_only_managers_of_the_pool_and_only_usable_drafts(self):
        with self.assertRaises(AccessError):
            self._replay(self.rep)
        with self.assertRaisesRegex(ValidationError, "the draft"):
            self._replay(domain="[('nonsense', '=', 1)]")

    def test_customers_are_played_too(self):
        pool = self._create_pool("Customers", kind="customer")
        self.rule = self._create_rule(pool_id=pool.id, clock="claim", delay=5)
        customer = self.env["res.partner"].create({"name": "A", "pool_id": pool.id})
        self._claim(customer)
        self._moves(customer)[-1].with_context(pool_engine=ENGINE).date = (
            self.env.cr.now() - timedelta(days=9)
        )
        self.assertEqual(self._line(self._replay()).today_taken_count, 1)

    def test_many_records_cost_few_queries(self):
        def queries(count):
            for _number in range(count):
                self._held_since(20)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._replay()
            return self.env.cr.sql_log_count - before

        few = queries(3)
        self.assertLessEqual(queries(30), few + 5)

    def test_messages_are_judged_in_portions_and_none_is_lost(self):
        lead = self._held_since(20)
        for day in (15, 10, 5):
            message = lead.with_user(self.rep).message_post(
                body="A note that is work", message_type="comment"
            )
            message.sudo().date = self.env.cr.now() - timedelta(days=day)
        replay = self.env["lead.pool.replay"].create({"rule_id": self.rule.id, "days": 90})
        holdings = replay._holdings(self.pool)
        whole = replay._touches(self.pool, holdings)
        self.assertGreaterEqual(len(whole[lead.id, self.rep.id]), 3)
        with patch.object(lead_pool_replay, "MESSAGES_AT_ONCE", 1):
            self.assertEqual(replay._touches(self.pool, holdings), whole)

    def test_a_draft_is_played_beside_a_rule_whose_filter_is_broken(self):
        self._held_since(20)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE lead_pool_rule SET domain = %s WHERE id = %s",
            ["[('x_gone', '=', 1)]", self.rule.id],
        )
        self.env.invalidate_all()
        values = {"rule_id": self.rule.id, "clock": "claim", "delay": 5}
        replay = self.env["lead.pool.replay"].with_user(self.lead_manager).create(values)
        with mute_logger("odoo.addons.lead_public_pool.models.lead_pool_filter"):
            replay.action_play()
        self.assertEqual(sum(replay.line_ids.mapped("draft_taken_count")), 1)
        self.assertEqual(sum(replay.line_ids.mapped("today_taken_count")), 0)
