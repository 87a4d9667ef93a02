"""One bad record, pool or company stops no job, and the front of a queue hides nothing."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE

from .common import PoolCase

MODELS = "odoo.addons.lead_public_pool.models"
TROUBLE = f"{MODELS}.lead_pool_trouble"


class JobCase(PoolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})

    def _sql(self, record, **values):
        """Store values past all checks, as an import or another program may."""
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE id IN %s",
                    SQL.identifier(record._table),
                    SQL.identifier(name),
                    value,
                    tuple(record.ids),
                )
            )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def _troubles(self, kind, record=None):
        found = self.env["lead.pool.trouble"].search([("kind", "=", kind)])
        if record is None:
            return found
        return found.filtered(lambda t: (t.res_model, t.res_id) == (record._name, record.id))


@tagged("post_install", "-at_install")
class TestAssignJob(JobCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool.assign_strategy = "round_robin"

    @mute_logger(TROUBLE)
    def test_a_record_of_another_company_stops_neither_its_pool_nor_others(self):
        second = self._create_pool("Second", assign_strategy="round_robin")
        bad, good = self._create_leads(2)
        other = self._create_leads(pool=second)
        self._sql(bad, company_id=self.company_b.id)
        self._run_cron("assign")
        self.assertTrue(good.user_id)
        self.assertTrue(other.user_id)
        self.assertPooled(bad)
        [trouble] = self._troubles("assign", bad)
        self.assertEqual(trouble.pool_id, self.pool)
        self.assertTrue(trouble.with_user(self.lead_manager).message)
        # It is tried at each run, and stays one line.
        self._run_cron("assign")
        self.assertEqual(self._troubles("assign", bad).count, 2)

    def test_a_member_who_lost_the_company_gets_nothing_and_stops_nobody(self):
        leads = self._create_leads(4)
        self.rep.company_ids |= self.company_b
        self.rep.company_id = self.company_b
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM res_company_users_rel WHERE user_id = %s AND cid = %s",
            [self.rep.id, self.pool.company_id.id],
        )
        self.env.invalidate_all()
        self._run_cron("assign")
        self.assertTrue(all(leads.mapped("user_id")))
        self.assertNotIn(self.rep, leads.user_id)

    def test_a_member_who_lost_the_sales_group_gets_nothing_and_stops_nobody(self):
        leads = self._create_leads(4)
        self.rep.group_ids = self.env.ref("base.group_user")
        self._run_cron("assign")
        self.assertTrue(all(leads.mapped("user_id")))
        self.assertNotIn(self.rep, leads.user_id)

    def test_a_member_who_became_a_portal_user_gets_nothing_and_stops_nobody(self):
        leads = self._create_leads(4)
        self.rep.group_ids = self.env.ref("base.group_portal")
        self._run_cron("assign")
        self.assertTrue(all(leads.mapped("user_id")))
        self.assertNotIn(self.rep, leads.user_id)

    def test_a_pool_with_a_long_queue_keeps_no_other_waiting(self):
        second = self._create_pool("Second", assign_strategy="round_robin", sequence=99)
        self.pool.sequence = 0
        self._create_leads(3)
        other = self._create_leads(pool=second)
        # The time of a run ends after its second batch.
        self.env["lead.pool"].search([("assign_strategy", "!=", "none")]).filtered(
            lambda pool: pool not in self.pool | second
        ).assign_strategy = "none"
        left = [1.0, 0.0]
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: left.pop(0))
        self.env["lead.pool"]._cron_assign(batch_size=1)
        self.assertTrue(other.user_id)

    def test_what_nobody_may_have_hides_nothing_behind_it(self):
        self.pool.member_ids.skill_domain = "[('name', '!=', 'Nobody')]"
        old = self._create_leads()
        for_nobody = self._create_leads(3, name="Nobody")
        with self.enter_registry_test_mode():
            cron = self.env.ref("lead_public_pool.ir_cron_assign")
            cron.sudo().code = "model._cron_assign(batch_size=1)"
            cron.method_direct_trigger()
        self.assertTrue(old.user_id)
        self.assertFalse(for_nobody.user_id)


@tagged("post_install", "-at_install")
class TestClaimQueue(JobCase):
    def test_any_number_of_refused_ones_hides_none_behind_them(self):
        self.pool.write({"claim_mode": "next", "fresh_delay_hours": 1})
        old = self._create_leads(2)
        self._make_older(old, hours=2)
        self._create_leads(130)
        answers = self.pool.with_user(self.rep).pool_claim_next(2)
        self.assertEqual(self._codes(answers), ["ok", "ok"])
        self.assertEqual(old.user_id, self.rep)
        [answer] = self.pool.with_user(self.rep).pool_claim_next()
        self.assertEqual(answer["code"], "fresh_delay")

    @mute_logger(TROUBLE)
    def test_a_bad_record_at_the_front_stops_nobody_who_asks_for_the_next_best(self):
        self.pool.claim_mode = "next"
        good = self._create_leads()
        bad = self._create_leads()
        self._sql(bad, company_id=self.company_b.id)
        [answer] = self.pool.with_user(self.rep).pool_claim_next()
        self.assertEqual((answer["id"], answer["code"]), (good.id, "ok"))
        self.assertPooled(bad)
        self.assertTrue(self._troubles("claim", bad))

    @mute_logger(f"{MODELS}.lead_pool_engine")
    def test_claiming_several_answers_each_although_one_is_of_another_company(self):
        self.pool.visibility = "sealed"
        leads = self._create_leads(3)
        self._sql(leads[1], company_id=self.company_b.id)
        answers = leads.with_user(self.rep).pool_claim()
        self.assertEqual([answer["id"] for answer in answers], leads.ids)
        self.assertEqual([answer["ok"] for answer in answers], [True, False, True])
        self.assertTrue(answers[1]["message"])
        self.assertEqual((leads[0] | leads[2]).user_id, self.rep)

    @mute_logger(f"{MODELS}.lead_pool_engine")
    def test_assigning_several_answers_each_although_one_is_of_another_company(self):
        leads = self._create_leads(3)
        self._sql(leads[1], company_id=self.company_b.id)
        answers = leads.with_user(self.admin).sudo().pool_assign(self.rep.id)
        self.assertEqual([answer["ok"] for answer in answers], [True, False, True])
        self.assertTrue(answers[1]["message"])


@tagged("post_install", "-at_install")
class TestWaysOfManyRecords(JobCase):
    """Calls for several records answer each; what comes in is not lost for one that is bad."""

    @mute_logger(f"{MODELS}.lead_pool_engine")
    def test_transferring_several_answers_each_although_one_is_of_another_company(self):
        target = self._create_pool("Target")
        leads = self._create_leads(3)
        self._sql(leads[1], company_id=self.company_b.id)
        answers = leads.sudo().pool_transfer(target.id)
        self.assertEqual([answer["ok"] for answer in answers], [True, False, True])
        self.assertEqual(leads.mapped("pool_id"), target | self.pool)

    @mute_logger(f"{MODELS}.lead_pool_engine")
    def test_splitting_several_answers_each_although_one_is_of_another_company(self):
        leads = self._create_leads(3)
        self._sql(leads[1], company_id=self.company_b.id)
        answers = leads.sudo().pool_split([self.rep.id])
        self.assertEqual([answer["ok"] for answer in answers], [True, False, True])

    @mute_logger(TROUBLE, f"{MODELS}.lead_pool_engine")
    def test_undoing_a_run_puts_back_the_others(self):
        rule = self._create_rule()
        leads = self._claim(self._create_leads(3))
        self._make_older(leads, days=8)
        self._run_cron()
        run = self._moves(leads[0])[-1].run_id
        rule.active = False
        self._sql(leads[1], company_id=self.company_b.id)
        run.action_undo()
        self.assertEqual(leads.mapped("pool_state"), ["owned", "pooled", "owned"])

    @mute_logger(f"{MODELS}.lead_pool_engine")
    def test_existing_records_come_in_although_one_is_bad(self):
        leads = self.env["crm.lead"].create([{"name": f"Old {n}", "user_id": False} for n in "abc"])
        enter = type(leads)._pool_enter

        def fail(records, *args, **kwargs):
            if leads[1] in records:
                raise ValueError("broken")
            return enter(records, *args, **kwargs)

        self.pool.entry_domain = str([("id", "in", leads.ids)])
        self.pool.entry_auto = True
        with patch.object(type(leads), "_pool_enter", fail):
            self.pool.action_sort_in()
        self.assertEqual(leads.mapped("pool_state"), ["pooled", "outside", "pooled"])

    def test_a_mistake_of_the_call_is_an_error_and_no_answer(self):
        self.pool.release_reason_required = True
        leads = self._claim(self._create_leads(2))
        with self.assertRaisesRegex(UserError, "reason"):
            leads.with_user(self.rep).pool_release()

    @mute_logger(TROUBLE)
    def test_a_lead_comes_in_although_its_salesperson_lost_the_company(self):
        self.pool.write({"entry_auto": True, "owner_guard": "route", "sequence": 0})
        customer = self.env["res.partner"].create(
            {"name": "Known", "is_company": True, "email": "k@known.example"}
        )
        customer.user_id = self.rep
        self.rep.company_ids |= self.company_b
        self.rep.company_id = self.company_b
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM res_company_users_rel WHERE user_id = %s AND cid = %s",
            [self.rep.id, self.pool.company_id.id],
        )
        self.env.invalidate_all()
        lead = self.env["crm.lead"].create(
            {"name": "Again", "user_id": False, "partner_id": customer.id}
        )
        self.assertPooled(lead)

    @mute_logger(TROUBLE, f"{MODELS}.lead_pool_clock")
    def test_a_rule_can_be_changed_although_a_record_is_bad(self):
        rule = self._create_rule()
        bad, good = self._claim(self._create_leads(2))
        self._sql(bad, pool_own_date=None)
        rule.delay = 3
        self.assertEqual(good.pool_due_date, good.pool_own_date + timedelta(days=3))
        self.assertTrue(self._troubles("refresh", bad))


@tagged("post_install", "-at_install")
class TestOtherJobs(JobCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._create_rule()

    @mute_logger(f"{MODELS}.lead_pool_clock")
    def test_a_record_of_another_company_stops_no_return(self):
        self.rule.target_pool_id = self._create_pool("Sleeping")
        leads = self._claim(self._create_leads(3))
        self._make_older(leads, days=8)
        self._sql(leads[1], company_id=self.company_b.id)
        self._run_cron()
        self.assertEqual(leads.mapped("pool_state"), ["pooled", "owned", "pooled"])
        self.assertTrue(self._troubles("reclaim", leads[1]))
        self.assertGreater(leads[1].pool_due_date, self.env.cr.now())

    @mute_logger(f"{MODELS}.lead_pool_clock")
    def test_an_owner_who_cannot_be_told_stops_no_warning(self):
        self.pool.write({"warn_steps": "3", "warn_activity": True})
        bad = self._claim(self._create_leads(), self.rep)
        good = self._claim(self._create_leads(2), self.other)
        self._make_older(bad | good, days=5)
        self._sql(bad | good, pool_warn_date=self.env.cr.now() - timedelta(minutes=1))
        # A language that is no longer there, as after a restored database.
        self._sql(self.rep.partner_id, lang="xx_XX")
        self._run_cron("warn")
        self.assertEqual(len(good.activity_ids), 2)
        self.assertTrue(self._troubles("warn", bad))
        # Tomorrow again, and not at every run.
        self.assertGreater(bad.pool_warn_date, self.env.cr.now())

    @mute_logger(TROUBLE)
    def test_a_reminder_that_fails_stops_no_other_and_no_warning(self):
        self.pool.cooldown_days = 2
        leads = self._claim(self._create_leads(2))
        leads.with_user(self.rep).pool_release()
        other = self._claim(self._create_leads(), self.other)
        other.with_user(self.other).pool_release()
        for lead in leads:
            lead.with_user(self.rep).pool_wait()
        other.with_user(self.other).pool_wait()
        waits = self.env["lead.pool.wait"].search([("pool_id", "=", self.pool.id)], order="id")
        held = self._claim(self._create_leads(), self.other)
        self._make_older(held, days=5)
        past = self.env.cr.now() - timedelta(minutes=1)
        self._sql(held, pool_warn_date=past)
        self._sql(waits, remind_date=past)
        self.pool.cooldown_days = 0
        self.rep.group_ids = self.env.ref("base.group_portal")
        self._run_cron("warn")
        self.assertEqual(waits.filtered(lambda wait: wait.user_id == self.other).state, "told")
        stuck = waits.filtered(lambda wait: wait.user_id == self.rep)
        self.assertTrue(all(not w.remind_date or w.remind_date > past for w in stuck))
        self.assertNotEqual(held.pool_warn_date, past)

    @mute_logger(f"{MODELS}.lead_pool_clock")
    def test_an_offer_that_fails_stops_no_other(self):
        sleeping = self._create_pool("Sleeping")
        self.pool.write(
            {
                "claim_mode": "broadcast",
                "broadcast_minutes": 15,
                "broadcast_fallback": "next_pool",
                "next_pool_id": sleeping.id,
            }
        )
        leads = self._create_leads(3)
        self._sql(leads[1], company_id=self.company_b.id)
        self._sql(leads, pool_offer_until=self.env.cr.now() - timedelta(minutes=1))
        self._run_cron("offers")
        self.assertEqual(leads[0].pool_id | leads[2].pool_id, sleeping)
        self.assertEqual(leads[1].pool_id, self.pool)
        self.assertTrue(self._troubles("offer", leads[1]))

    @mute_logger(TROUBLE)
    def test_an_owner_who_cannot_be_told_stops_no_daily_mail(self):
        self.pool.write({"warn_digest": True, "warn_steps": "3"})
        mine = self._claim(self._create_leads(), self.rep)
        others = self._claim(self._create_leads(), self.other)
        self._make_older(mine | others, days=5)
        self._sql(self.rep.partner_id, lang="xx_XX")
        self._run_cron("warn_digest")
        told = self.pool.member_ids.filtered("digest_date").user_id
        self.assertIn(self.other, told)

    @mute_logger(TROUBLE)
    def test_a_pool_whose_members_cannot_be_worked_out_stops_no_other(self):
        team = self.env["crm.team"].create({"name": "Team", "member_ids": self.stranger.ids})
        second = self._create_pool("Second", sequence=99, team_ids=team.ids)
        self.pool.team_ids = team
        second.member_ids.filtered(lambda row: row.user_id == self.stranger).with_context(
            pool_members=ENGINE
        ).unlink()
        automatic = type(self.pool)._automatic_members

        def fail(pool):
            if pool == self.pool:
                raise ValueError("broken")
            return automatic(pool)

        with patch.object(type(self.pool), "_automatic_members", fail):
            self._run_cron("members")
        self.assertIn(self.stranger, second.member_ids.user_id)
        self.assertTrue(self._troubles("members", self.pool))

    @mute_logger(TROUBLE)
    def test_one_record_stops_no_refresh_after_a_change_of_rules(self):
        leads = self._claim(self._create_leads(2))
        self._sql(leads, pool_due_date=None)
        self._sql(leads[0], pool_own_date=None)
        self.pool.due_refresh = True
        self._run_cron()
        self.assertTrue(leads[1].pool_due_date)
        self.assertFalse(self.pool.due_refresh)


@tagged("post_install", "-at_install")
class TestReopened(JobCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_rule()
        cls.pool.warn_steps = "3, 1"

    def _reopen(self, lead, how):
        if how == "lost":
            lead.action_set_lost()
            self._make_older(lead, days=30)
            lead.action_unarchive()
        elif how == "won":
            stage = lead.stage_id
            lead.action_set_won()
            self._make_older(lead, days=30)
            lead.write({"stage_id": stage.id, "probability": 10})
        else:
            lead.write({"active": False, "probability": 10})
            self._make_older(lead, days=30)
            lead.write({"active": True})

    def test_what_is_reopened_goes_back_only_after_a_fresh_warning(self):
        self.pool.touch_stage = False
        for how in ("lost", "won", "archived"):
            with self.subTest(how):
                lead = self._claim(self._create_leads())
                self._reopen(lead, how)
                now = self.env.cr.now()
                self.assertGreater(lead.pool_due_date, now + timedelta(days=3))
                self.assertGreater(lead.pool_warn_date, now)
                self._run_cron()
                self.assertOwned(lead, self.rep)

    def test_an_archived_customer_that_comes_back_is_warned_about_too(self):
        pool = self._create_pool("Customers", kind="customer")
        self._create_rule(pool_id=pool.id)
        customer = self.env["res.partner"].create({"name": "C", "pool_id": pool.id})
        self._claim(customer)
        customer.active = False
        self._make_older(customer, days=30)
        customer.active = True
        self.assertGreater(customer.pool_due_date, self.env.cr.now() + timedelta(days=1))

    def test_closing_and_reopening_again_keeps_nothing_longer(self):
        lead = self._claim(self._create_leads())
        self._reopen(lead, "lost")
        due = lead.pool_due_date
        self._set_clock(self.env.cr.now() + timedelta(days=2))
        lead.action_set_lost()
        lead.action_unarchive()
        self.assertEqual(lead.pool_due_date, due)

    def test_nobody_writes_the_term_by_hand(self):
        lead = self._claim(self._create_leads())
        with self.assertRaisesRegex(Exception, "kept by the public pool"):
            lead.with_user(self.rep).pool_notice_date = False


@tagged("post_install", "-at_install")
class TestOwnerLeftJob(JobCase):
    def _keep_owner(self, record):
        """A rule of the company's own database that a record may not lose its owner."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "ALTER TABLE crm_lead ADD CONSTRAINT test_keeps_owner"
                " CHECK (user_id IS NOT NULL OR id <> %s)",
                record.id,
            )
        )

    @mute_logger(TROUBLE, "odoo.sql_db")
    def test_a_bad_record_keeps_nobody_from_being_archived(self):
        bad, good = self._claim(self._create_leads(2))
        self._keep_owner(bad)
        self.rep.action_archive()
        self.assertPooled(good)
        self.assertEqual(bad.user_id, self.rep)
        self.assertTrue(self._troubles("owner_left", bad).message)
        # Mended, it goes back a day later.
        self.env.cr.execute("ALTER TABLE crm_lead DROP CONSTRAINT test_keeps_owner")
        self._run_cron("reclaim")
        self.assertEqual(bad.user_id, self.rep)
        self._set_clock(self.env.cr.now() + timedelta(days=1, hours=1))
        self._run_cron("reclaim")
        self.assertPooled(bad)
        self.assertEqual(self._moves(bad)[-1].kind, "owner_left")

    @mute_logger(TROUBLE, "odoo.sql_db")
    def test_a_bad_record_keeps_nobody_in_a_pool(self):
        bad, good = self._claim(self._create_leads(2))
        self._keep_owner(bad)
        self.pool._member(self.rep).unlink()
        self.assertPooled(good)
        self.assertTrue(self._troubles("owner_left", bad))
