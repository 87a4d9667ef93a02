from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_sealed import EMAIL, PHONE, SECRETS, SealedCase


@tagged("post_install", "-at_install")
class TestWait(SealedCase):
    """Being told when a record comes back, or when one may claim it."""

    def _waits(self, record):
        return self.env["lead.pool.wait"].search([(record._pool_move_link, "=", record.id)])

    def _wait(self, record, user):
        """Wait as a rep who may not read the record, by what he knows of it."""
        results = record.with_user(user).sudo()._pool_wait_add(label="what I asked for")
        self.assertEqual(self._codes(results), ["ok"] * len(record), results)

    def _messages(self, user):
        return self.env["mail.message"].search(
            [
                ("partner_ids", "in", user.partner_id.ids),
                ("message_type", "=", "user_notification"),
            ],
            order="id",
        )

    def test_who_waits_is_told_in_order_when_it_comes_back(self):
        third = self.seller_all
        self.env["lead.pool.member"].create({"pool_id": self.pool.id, "user_id": third.id})
        lead = self._claim(self._create_leads(name="Sought after"))
        for user in (third, self.other):
            self._wait(lead, user)
        lead.with_user(self.rep).pool_release()
        first, second = self._messages(third), self._messages(self.other)
        self.assertLess(first.id, second.id)
        self.assertIn("Sought after (you are number 1 of 2", first.body)
        self.assertIn("number 2 of 2", second.body)
        self.assertEqual(set(self._waits(lead).mapped("state")), {"told"})
        # Told once: the next return is another wait.
        self._claim(lead, third)
        lead.with_user(third).pool_release()
        self.assertEqual(self._messages(self.other), second)

    def test_taken_back_by_a_rule_tells_too(self):
        self._create_rule()
        lead = self._claim(self._create_leads())
        self._wait(lead, self.other)
        self._make_older(lead, days=8)
        self._run_cron()
        self.assertPooled(lead)
        self.assertEqual(self._waits(lead).state, "told")

    def test_sealed_record_gives_nothing_away(self):
        self._claim(self.lead, self.rep)
        self.env.flush_all()
        [answer] = self.env["lead.pool"].with_user(self.stranger).pool_lookup_wait(phone=PHONE)
        self.assertEqual(answer["code"], "not_pooled", "He is no member of the pool.")
        self.env["lead.pool.member"].create(
            {"pool_id": self.sealed.id, "user_id": self.stranger.id}
        )
        self.env.flush_all()
        [answer] = self.env["lead.pool"].with_user(self.stranger).pool_lookup_wait(email=EMAIL)
        self.assertEqual(set(answer), {"ok", "code", "message"})
        self.assertTrue(answer["ok"])
        wait = self._waits(self.lead).with_user(self.stranger)
        self.assertEqual(wait.name, EMAIL)
        with self.assertRaises(AccessError):
            wait.read(["lead_id"])
        self.assertNotIn("lead_id", wait.fields_get())
        self.lead.with_user(self.rep).pool_release()
        message = self._messages(self.stranger)
        self.assertTrue(message)
        for secret in SECRETS:
            self.assertNotIn(secret, message.body)

    def test_cool_down_reminds_when_it_is_over(self):
        self.pool.cooldown_days = 2
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).pool_release()
        self.assertTrue(lead.with_user(self.rep).pool_can_wait)
        [result] = lead.with_user(self.rep).pool_wait()
        self.assertTrue(result["ok"])
        wait = self._waits(lead)
        self.assertEqual(wait.remind_date.date(), (self.env.cr.now() + timedelta(days=2)).date())
        self._run_cron("warn")
        self.assertEqual(wait.state, "waiting")
        self._set_clock(self.env.cr.now() + timedelta(days=2, minutes=1))
        self._run_cron("warn")
        self.assertEqual(wait.state, "told")
        self.assertIn(lead.name, self._messages(self.rep)[-1].body)

    def test_reminder_of_what_was_taken_meanwhile_waits_for_its_return(self):
        self.pool.cooldown_days = 2
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).pool_release()
        lead.with_user(self.rep).pool_wait()
        self._claim(lead, self.other)
        self._set_clock(self.env.cr.now() + timedelta(days=3))
        self._run_cron("warn")
        wait = self._waits(lead)
        self.assertRecordValues(wait, [{"state": "waiting", "remind_date": False}])
        lead.with_user(self.other).pool_release()
        self.assertEqual(wait.state, "told")

    def test_limit_per_user_and_pool(self):
        self.pool.wait_limit = 2
        leads = self._claim(self._create_leads(3))
        results = leads.with_user(self.other).sudo()._pool_wait_add(label="x")
        self.assertEqual(self._codes(results), ["ok", "ok", "holding_limit"])
        self.pool.wait_limit = 0
        results = leads.with_user(self.stranger).sudo()._pool_wait_add(label="x")
        self.assertEqual(set(self._codes(results)), {"not_pooled"})
        results = leads.with_user(self.lead_manager).sudo()._pool_wait_add(label="x")
        self.assertEqual(set(self._codes(results)), {"locked"})

    def test_asking_twice_waits_once_and_what_is_free_needs_no_wait(self):
        held, free = self._create_leads(2)
        self._claim(held)
        self._wait(held, self.other)
        self._wait(held, self.other)
        self.assertEqual(len(self._waits(held)), 1)
        self.assertEqual(self._codes(free.with_user(self.other).pool_wait()), ["locked"])
        self.assertEqual(self._codes(held.with_user(self.rep).pool_wait()), ["taken"])

    def test_who_waits_can_stop(self):
        lead = self._claim(self._create_leads())
        self._wait(lead, self.other)
        wait = self._waits(lead)
        with self.assertRaises(AccessError):
            wait.with_user(self.rep).action_cancel()
        wait.with_user(self.other).action_cancel()
        self.assertEqual(wait.state, "cancelled")
        lead.with_user(self.rep).pool_release()
        self.assertFalse(self._messages(self.other))

    def test_buttons_of_the_form(self):
        lead = self._claim(self._create_leads())
        mine = lead.with_user(self.seller_all)
        self.assertFalse(mine.pool_can_wait, "He is no member of this pool.")
        self.env["lead.pool.member"].create(
            {"pool_id": self.pool.id, "user_id": self.seller_all.id}
        )
        self.env.invalidate_all()
        self.assertTrue(mine.pool_can_wait)
        self.assertEqual(mine.action_pool_wait()["params"]["type"], "success")
        self.env.invalidate_all()
        self.assertTrue(mine.pool_is_waiting)
        self.assertFalse(mine.pool_can_wait)
        mine.action_pool_wait_cancel()
        self.assertEqual(self._waits(lead).state, "cancelled")

    def test_an_entry_of_the_window_reminds(self):
        self.sealed.cooldown_days = 1
        self._claim(self.lead)
        self.lead.with_user(self.rep).pool_release()
        self.env.flush_all()
        action = self._entry(self.lead).action_pool_wait()
        self.assertEqual(action["params"]["type"], "success")
        self.assertTrue(self._waits(self.lead).remind_date)
        self.assertNotIn(PHONE, self._waits(self.lead).name)

    def test_waits_are_each_ones_own(self):
        lead = self._claim(self._create_leads())
        self._wait(lead, self.other)
        wait = self._waits(lead)
        for user in (self.rep, self.lead_manager):
            self.assertFalse(self.env["lead.pool.wait"].with_user(user).search([]))
            with self.assertRaises(AccessError):
                wait.with_user(user).read(["name"])
        self.assertEqual(self.env["lead.pool.wait"].with_user(self.admin).search([]), wait)

    def test_who_leaves_the_pool_waits_no_longer(self):
        lead = self._claim(self._create_leads())
        self._wait(lead, self.other)
        self.pool._member(self.other).unlink()
        self.assertFalse(self._waits(lead))

    def test_hidden_pool_tells_nobody_but_its_managers(self):
        lead = self._claim(self._create_leads())
        self._wait(lead, self.other)
        self._wait(lead, self.lead_manager)
        self.pool.visibility = "hidden"
        lead.with_user(self.rep).pool_release()
        self.assertFalse(self._messages(self.other))
        self.assertTrue(self._messages(self.lead_manager))

    def test_merged_record_keeps_who_waits(self):
        _kept, gone = leads = self._claim(self._create_leads(2))
        self._wait(gone, self.other)
        self._wait(leads, self.lead_manager)
        merged = leads.with_user(self.env.user).merge_opportunity()
        waits = self._waits(merged)
        self.assertEqual(waits.user_id, self.other | self.lead_manager)
        self.assertEqual(len(waits), 2)

    def test_waits_end_by_themselves(self):
        lead, got = self._claim(self._create_leads(2))
        self._wait(lead | got, self.other)
        got.with_user(self.admin).write({"user_id": self.other.id})
        self._set_clock(self.env.cr.now() + timedelta(days=1))
        self.env["lead.pool.wait"]._gc_waits()
        self.assertEqual(self._waits(got).state, "over")
        self.assertEqual(self._waits(lead).state, "waiting")
        self._set_clock(self.env.cr.now() + timedelta(days=61))
        self.env["lead.pool.wait"]._gc_waits()
        self.assertEqual(self._waits(lead).state, "over")

    def test_many_returns_cost_few_queries(self):
        leads = self._claim(self._create_leads(30))
        self._wait(leads[:20], self.other)
        before = self.env.cr.sql_log_count
        leads[20:]._pool_tell_waiting()
        self.assertLessEqual(self.env.cr.sql_log_count - before, 3)
        leads.with_user(self.rep).pool_release()
        self.assertEqual(len(self._messages(self.other)), 1)

    def test_dialog_of_the_lookup_puts_me_on_the_list(self):
        self._claim(self.lead, self.rep)
        self.env.flush_all()
        dialog = self.env["lead.pool.lookup"].with_user(self.other).create({"phone": PHONE})
        dialog.action_lookup()
        dialog.action_lookup()
        self.assertTrue(dialog.can_wait)
        action = dialog.action_wait()
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(self._waits(self.lead).name, PHONE)
        unknown = self.env["lead.pool.lookup"].with_user(self.other).create({"name": "Nobody"})
        unknown.action_lookup()
        self.assertFalse(unknown.can_wait)
