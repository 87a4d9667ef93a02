"""A stored filter breaks later: it matches nothing, says so, stops nothing, and recovers."""

from psycopg2 import IntegrityError

from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import PoolCase

FILTER = "odoo.addons.lead_public_pool.models.lead_pool_filter"
# A field that is gone, a text that is no filter, and what only the database finds wrong.
BROKEN = (
    "[('x_gone', '>=', 50)]",
    "[('partner_id.x_gone', '=', 'A')]",
    "[('name', '=', 'A'",
    "[('id', '=', uid)]",
    "[('name', 'no such operator', 'A')]",
    "[('create_date', '>', 'no date')]",
    "[('create_date.month_number', '=', 'May')]",
    "{}.__class__",
)


class FilterCase(PoolCase):
    def _store(self, record, name, text):
        """Write a filter past all checks, as if it had become wrong since."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s",
                SQL.identifier(record._table),
                SQL.identifier(name),
                text,
                record.id,
            )
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()


@tagged("post_install", "-at_install")
class TestBrokenFilters(FilterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._create_rule()
        cls.member = cls.pool.member_ids.filtered(lambda member: member.user_id == cls.rep)

    @mute_logger(FILTER)
    def test_a_broken_entry_filter_lets_leads_be_created_and_takes_none_in(self):
        self.pool.entry_auto = True
        for text in BROKEN:
            self._store(self.pool, "entry_domain", text)
            with self.subTest(text):
                lead = self.env["crm.lead"].create({"name": "New", "user_id": False})
                self.assertEqual(lead.pool_state, "outside")

    @mute_logger(FILTER)
    def test_mail_brings_its_lead_although_a_filter_is_broken(self):
        self.pool.entry_auto = True
        self._store(self.pool, "entry_domain", BROKEN[0])
        lead_id = self.env["mail.thread"].message_process(
            "crm.lead",
            "From: a@customer.example\nTo: sales@here.example\nSubject: Offer?\n"
            "Message-Id: <filters@customer.example>\n\nPlease.",
        )
        self.assertEqual(self.env["crm.lead"].browse(lead_id).name, "Offer?")

    @mute_logger(FILTER)
    def test_the_next_pool_takes_in_what_a_broken_one_cannot(self):
        self.pool.write({"entry_auto": True, "sequence": 1})
        second = self._create_pool("Second", entry_auto=True, sequence=2)
        self._store(self.pool, "entry_domain", BROKEN[0])
        lead = self.env["crm.lead"].create({"name": "New", "user_id": False})
        self.assertPooled(lead, second)

    @mute_logger(FILTER)
    def test_a_broken_rule_takes_nothing_back_until_it_is_mended(self):
        for text in BROKEN:
            lead = self._claim(self._create_leads())
            self._store(self.rule, "domain", text)
            self._make_older(lead, days=8)
            with self.subTest(text):
                lead.with_user(self.rep).message_post(
                    body="A note that is work", message_type="comment"
                )
                self._make_older(lead, days=8)
                self._run_cron()
                self.assertOwned(lead, self.rep)
                self._store(self.rule, "domain", "[]")
                self._run_cron()
                self.assertPooled(lead)

    @mute_logger(FILTER)
    def test_a_filter_mended_before_the_next_run_is_not_forgotten(self):
        self._store(self.rule, "domain", BROKEN[0])
        lead = self._claim(self._create_leads())
        self.assertFalse(lead.pool_due_date)
        self._store(self.rule, "domain", "[]")
        self._run_cron()
        self.assertTrue(lead.pool_due_date)

    @mute_logger(FILTER)
    def test_while_a_broken_filter_cannot_spare_records_none_is_taken_back(self):
        for text in BROKEN:
            lead = self._claim(self._create_leads())
            self._make_older(lead, days=8)
            self._store(self.pool, "exempt_domain", text)
            with self.subTest(text):
                self._run_cron()
                self.assertOwned(lead, self.rep)
                self._store(self.pool, "exempt_domain", "[('id', '=', 0)]")
                self._run_cron()
                self.assertPooled(lead)

    @mute_logger(FILTER)
    def test_other_pools_are_served_while_one_has_a_broken_filter(self):
        second = self._create_pool("Second")
        self._create_rule(pool_id=second.id)
        lead = self._claim(self._create_leads(pool=second))
        self._make_older(lead, days=8)
        self._store(self.rule, "domain", BROKEN[0])
        self.pool.due_refresh = True
        self._run_cron()
        self.assertPooled(lead, second)

    @mute_logger(FILTER)
    def test_all_records_count_while_nobody_can_say_which_do_not(self):
        self.pool.holding_limit = 1
        for text in BROKEN:
            self._store(self.pool, "uncounted_domain", text)
            with self.subTest(text):
                leads = self._create_leads(2)
                self.assertEqual(
                    self._codes(leads.with_user(self.rep).pool_claim()), ["ok", "holding_limit"]
                )
                leads[0].with_user(self.rep).pool_release()

    @mute_logger(FILTER)
    def test_a_member_with_a_broken_territory_receives_nothing_and_learns_why(self):
        lead = self._create_leads()
        for text in BROKEN:
            self._store(self.member, "skill_domain", text)
            with self.subTest(text):
                [answer] = lead.with_user(self.rep).pool_claim()
                self.assertEqual(answer["code"], "not_member")
                self.assertIn("mend", answer["message"])
                [answer] = lead.with_user(self.rep).pool_claim_check()
                self.assertEqual(answer["code"], "not_member")
                self.pool.with_user(self.rep).pool_claim_next()
        self._claim(lead, self.other)

    @mute_logger(FILTER)
    def test_the_window_opens_and_others_are_assigned_while_a_territory_is_broken(self):
        self._store(self.member, "skill_domain", BROKEN[0])
        leads = self._create_leads(3)
        entries = self.env["lead.pool.entry"].with_user(self.rep)
        self.assertEqual(len(entries.search([("pool_id", "=", self.pool.id)])), 3)
        entries.search([("pool_id", "=", self.pool.id)]).read()
        self.pool.assign_strategy = "round_robin"
        self._run_cron("assign")
        self.assertNotIn(self.rep, leads.user_id)
        self.assertTrue(all(leads.mapped("user_id")))

    @mute_logger(FILTER)
    def test_deleting_a_field_breaks_its_filters_and_nothing_else(self):
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_tier",
                "model_id": self.env.ref("crm.model_crm_lead").id,
                "ttype": "char",
                "state": "manual",
            }
        )
        text = "[('x_tier', '=', 'A')]"
        self.pool.write({"entry_auto": True, "entry_domain": text, "uncounted_domain": text})
        self.rule.domain = self.member.skill_domain = text
        field.unlink()
        self.assertIn("x_tier", self.pool.filter_error)
        lead = self.env["crm.lead"].create({"name": "New", "user_id": False})
        self.assertEqual(lead.pool_state, "outside")
        self._claim(self._create_leads(), self.other)

    # ------------------------------------------------------------------
    # It says so
    # ------------------------------------------------------------------

    def test_what_is_broken_is_said_on_its_record_and_can_be_searched(self):
        for record, name in (
            (self.pool, "entry_domain"),
            (self.pool, "exempt_domain"),
            (self.pool, "uncounted_domain"),
            (self.rule, "domain"),
            (self.member, "skill_domain"),
        ):
            model = record.browse()
            for text in BROKEN:
                with self.subTest(f"{name} {text}"):
                    self._store(record, name, text)
                    self.assertTrue(record.filter_error)
                    self.assertIn(record, model.search([("filter_error", "!=", False)]))
                    self.assertTrue(self.pool.filter_error)
            self._store(record, name, "[]")
            record.env.invalidate_all()
            self.assertFalse(record.filter_error)
            self.assertNotIn(record, model.search([("filter_error", "!=", False)]))
            self.assertIn(record, model.search([("filter_error", "=", False)]))

    def test_a_broken_filter_of_members_is_said_only_if_it_is_used(self):
        self._store(self.pool, "member_domain", BROKEN[0])
        self.assertFalse(self.pool.filter_error)
        self.pool.flush_recordset()
        self.env.cr.execute(
            "UPDATE lead_pool SET member_by_filter = true WHERE id = %s", [self.pool.id]
        )
        self.env.invalidate_all()
        self.assertIn("x_gone", self.pool.filter_error)
        self._run_cron("members")
        self.assertIn("x_gone", self.pool.member_domain_error)

    @mute_logger(FILTER)
    def test_health_shows_what_is_broken_and_forgets_what_is_mended(self):
        troubles = self.env["lead.pool.trouble"]
        self._store(self.rule, "domain", BROKEN[0])
        troubles.with_user(self.admin).action_open_all()
        [trouble] = troubles.search([("pool_id", "=", self.pool.id)])
        self.assertRecordValues(
            trouble,
            [{"kind": "filter", "res_model": "lead.pool.rule", "res_id": self.rule.id, "count": 1}],
        )
        self.assertIn("x_gone", trouble.message)
        told = self.env["mail.message"].search(
            [("partner_ids", "in", self.lead_manager.partner_id.ids)], order="id desc", limit=1
        )
        self.assertIn("x_gone", told.body)
        self._run_cron()
        self.assertEqual(
            self.env["mail.message"].search(
                [("partner_ids", "in", self.lead_manager.partner_id.ids)], order="id desc", limit=1
            ),
            told,
            "Once is enough.",
        )
        self.assertEqual(trouble.with_user(self.lead_manager).message, trouble.message)
        self._store(self.rule, "domain", "[]")
        troubles.with_user(self.admin).action_open_all()
        self.assertFalse(trouble.exists())

    @mute_logger(FILTER)
    def test_run_and_preview_say_which_filter_rested(self):
        self._create_rule(name="Sound", delay=3)
        lead = self._claim(self._create_leads())
        self._make_older(lead, days=8)
        self._store(self.rule, "domain", BROKEN[0])
        self._run_cron()
        run = self._moves(lead)[-1].run_id
        self.assertIn("x_gone", run.filter_log)
        for record in (self.pool, self.rule):
            action = record.with_user(self.lead_manager).action_preview()
            preview = self.env["lead.pool.preview"].browse(action["res_id"])
            self.assertIn("x_gone", preview.filter_error)

    @mute_logger(FILTER)
    def test_a_replay_counts_nothing_against_a_broken_exemption(self):
        self._claim(self._create_leads())
        self._store(self.pool, "exempt_domain", BROKEN[0])
        self.rule.with_user(self.lead_manager).action_replay()

    def test_a_form_with_a_broken_filter_can_be_mended(self):
        self._store(self.pool, "entry_domain", BROKEN[2])
        self.pool.with_user(self.admin).web_save(
            {"entry_domain": "[]", "member_ids": [Command.update(self.member.id, {"weight": 2})]},
            {"filter_error": {}, "entry_domain": {}},
        )
        self.assertFalse(self.pool.filter_error)

    def test_a_filter_is_judged_while_it_is_typed(self):
        form = Form(self.env["lead.pool"])
        form.name = "Typed"
        form.entry_auto = True
        form.entry_domain = BROKEN[0]
        self.assertIn("x_gone", form.filter_error)
        form.entry_domain = "[]"
        self.assertFalse(form.filter_error)
        form.save()
        self._store(self.pool, "exempt_domain", BROKEN[6])
        with Form(self.pool) as form:
            self.assertIn("May", form.filter_error)
            form.exempt_domain = "[('id', '=', 0)]"
        self.assertFalse(self.pool.filter_error)

    def test_a_rule_whose_date_is_deleted_is_archived_and_its_managers_are_told(self):
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_last_order",
                "field_description": "Last order",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "ttype": "date",
                "state": "manual",
            }
        )
        rule = self._create_rule(clock="field", date_field_id=field.id)
        [lead] = self._claim(self._create_leads())
        field.unlink()
        self.assertTrue(rule.exists())
        self.assertFalse(rule.active)
        self.assertEqual(lead.pool_due_rule_id, self.rule)
        messages = self.env["mail.message"].search(
            [
                ("partner_ids", "in", self.lead_manager.partner_id.ids),
                ("subject", "ilike", rule.name),
            ]
        )
        self.assertEqual(len(messages), 1)
        self.assertTrue(rule.action_preview())
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            rule.active = True
            self.env.flush_all()
