from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestQualification(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.resource_calendar_id = False
        cls.rep = new_test_user(cls.env, "qual_rep", groups="sales_team.group_sale_salesman")
        cls.leader = new_test_user(cls.env, "qual_lead", groups="sales_team.group_sale_manager")
        cls.team = cls.env["crm.team"].create({"name": "Qual", "user_id": cls.leader.id})
        cls.reason = cls.env.ref("lead_scoring.reject_reason_no_budget")
        cls.card = cls.env["lead.score.card"].create({"name": "Qual", "accept_hours": 8})
        cls.lead = cls._lead()

    @classmethod
    def _lead(cls, **values):
        return cls.env["crm.lead"].create(
            {"name": "Qual", "user_id": cls.rep.id, "team_id": cls.team.id, **values}
        )

    def _score(self, lead, level, before="none"):
        """Put a score of a level on the lead, and tell as the engine would."""
        self._put(lead, level)
        lead._score_changed({lead.id: {"score": 0, "level": before}})

    def _put(self, lead, level):
        points = {"none": 10, "mql": 50, "sql": 90}
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO lead_score (id, card_id, score, level) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET score = EXCLUDED.score, level = EXCLUDED.level,"
            " card_id = EXCLUDED.card_id",
            [lead.id, self.card.id, points[level], level],
        )
        self.env.invalidate_all()

    def test_few_leads_have_earned_what_they_would_have_earned_among_many(self):
        leads = self.env["crm.lead"]
        states = (False, "raw", "mql", "accepted", "rejected", "sql")
        for level in ("none", "mql", "sql"):
            for state in states:
                for active in (True, False):
                    lead = self._lead()
                    self._put(lead, level)
                    self.env.cr.execute(
                        "UPDATE crm_lead SET qualification = %s, active = %s WHERE id = %s",
                        [state or None, active, lead.id],
                    )
                    leads |= lead
        self.env.invalidate_all()
        for automatic in (False, True):
            self.card.sql_auto = automatic
            among_many = leads._qualification_earned()
            alone = [row for lead in leads for row in lead._qualification_earned()]
            self.assertEqual(sorted(alone), sorted(among_many))
            self.assertEqual(len(alone), 8 if automatic else 6)

    def test_the_whole_way_with_dates_and_names(self):
        self._score(self.lead, "mql")
        self.assertEqual(self.lead.qualification, "mql")
        self.assertTrue(self.lead.qualification_mql_date)
        self.assertFalse(self.lead.qualification_mql_user_id)
        lead = self.lead.with_user(self.rep)
        lead.action_accept()
        self.assertEqual(lead.qualification, "accepted")
        self.assertEqual(lead.qualification_accepted_user_id, self.rep)
        lead.action_sql()
        self.assertEqual(lead.qualification, "sql")
        self.assertEqual(lead.qualification_sql_user_id, self.rep)
        self.assertFalse(self.lead.qualification_mql_user_id)
        history = self.lead.score_history_ids.filtered("qualification").sorted("id")
        self.assertEqual(history.mapped("qualification"), ["mql", "accepted", "sql"])
        self.assertEqual(history.mapped("qualification_before"), ["raw", "mql", "accepted"])

    def test_one_chatter_line_per_step(self):
        count = len(self.lead.message_ids)
        self.lead.action_mql()
        self.assertEqual(len(self.lead.message_ids), count + 1)
        self.assertIn("Raw → Marketing qualified", self.lead.message_ids[0].body)

    def test_a_job_writes_into_the_chatter_in_the_salespersons_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.rep.lang = "zh_CN"
        lead = self.lead.with_context(lang=False)
        self._score(lead, "mql")
        self.assertIn("由评分决定", lead.message_ids[0].body)
        other = self._lead(user_id=self.leader.id).with_context(lang=False)
        self._score(other, "mql")
        self.assertIn("by its score", other.message_ids[0].body)

    def test_a_lead_accepted_straight_away_has_passed_mql(self):
        self.lead.action_accept()
        self.assertEqual(self.lead.qualification_mql_date, self.lead.qualification_accepted_date)

    def test_rejection_needs_a_reason_that_exists(self):
        self.lead.action_mql()
        for bad in (False, None, 987654321):
            with self.assertRaises(UserError):
                self.lead.action_reject(bad)
        self.lead.with_user(self.rep).action_reject(self.reason.id, "Asked twice")
        self.assertRecordValues(
            self.lead,
            [
                {
                    "qualification": "rejected",
                    "qualification_reason_id": self.reason.id,
                    "qualification_note": "Asked twice",
                    "qualification_rejected_user_id": self.rep.id,
                    "qualification_due_date": False,
                }
            ],
        )

    def test_a_plain_write_is_judged_like_a_click(self):
        lead = self.lead.with_user(self.rep)
        lead.write({"qualification": "mql", "name": "Renamed"})
        self.assertEqual(self.lead.name, "Renamed")
        self.assertTrue(self.lead.qualification_mql_date)
        with self.assertRaises(UserError):
            lead.write({"qualification": "rejected"})
        with self.assertRaises(UserError):
            lead.write({"qualification": "raw"})
        with self.assertRaises(UserError):
            lead.write({"qualification_mql_date": "2020-01-01"})
        with self.assertRaises(UserError):
            lead.write({"qualification_recycle_count": 7})
        with self.assertRaises(UserError):
            lead.write({"qualification": False})
        lead.write({"qualification": "rejected", "qualification_reason_id": self.reason.id})
        self.assertEqual(self.lead.qualification, "rejected")

    def test_a_context_from_outside_does_not_open_the_guard(self):
        lead = self.lead.with_user(self.rep).with_context(score_qualify=True)
        with self.assertRaises(UserError):
            lead.write({"qualification_mql_date": "2020-01-01"})

    def test_only_a_manager_takes_a_step_back(self):
        self.lead.action_accept()
        with self.assertRaisesRegex(UserError, "Only a sales manager"):
            self.lead.with_user(self.rep).action_mql()
        self.lead.with_user(self.leader).action_mql()
        self.assertEqual(self.lead.qualification, "mql")
        self.assertFalse(self.lead.qualification_accepted_date)

    def test_one_refusal_leaves_all_as_they_were(self):
        other = self._lead()
        self.lead.action_accept()
        self.lead.action_sql()
        with self.assertRaises(UserError):
            (self.lead | other).with_user(self.rep).action_accept()
        self.assertEqual(other.qualification, "raw")

    def test_accepting_again_changes_nothing(self):
        self.lead.action_accept()
        date = self.lead.qualification_accepted_date
        count = len(self.lead.message_ids)
        self.lead.action_accept()
        self.assertEqual(self.lead.qualification_accepted_date, date)
        self.assertEqual(len(self.lead.message_ids), count)

    def test_many_at_once_from_the_list(self):
        leads = self.lead | self._lead() | self._lead(user_id=False)
        leads.with_user(self.rep).action_accept()
        self.assertEqual(set(leads.mapped("qualification")), {"accepted"})
        self.assertEqual(leads.user_id, self.rep)

    def test_leads_of_others_are_out_of_reach(self):
        other = new_test_user(self.env, "qual_other", groups="sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self.lead.with_user(other).action_accept()
        with self.assertRaises(AccessError):
            self.lead.with_user(other).action_reject(self.reason.id)

    def test_the_score_never_takes_a_lead_back(self):
        self._score(self.lead, "sql")
        self.assertEqual(self.lead.qualification, "mql")
        self._score(self.lead, "none", "sql")
        self.assertEqual(self.lead.qualification, "mql")

    def test_the_score_makes_sql_only_if_the_card_says_so(self):
        self._score(self.lead, "sql")
        self.lead.action_accept()
        self._score(self.lead, "sql", "mql")
        self.assertEqual(self.lead.qualification, "accepted")
        self.card.sql_auto = True
        self._score(self.lead, "sql", "mql")
        self.assertEqual(self.lead.qualification, "sql")
        self.assertFalse(self.lead.qualification_sql_user_id)

    def test_a_rejected_lead_comes_back_when_its_score_fell_and_rose(self):
        self._score(self.lead, "mql")
        self.lead.action_reject(self.reason.id)
        self._score(self.lead, "sql", "mql")
        self.assertEqual(self.lead.qualification, "rejected", "its score was high all the time")
        self._score(self.lead, "none", "mql")
        self._score(self.lead, "mql", "none")
        self.assertEqual(self.lead.qualification, "mql")
        self.assertEqual(self.lead.qualification_recycle_count, 1)
        self.assertTrue(self.lead.qualification_recycle_date)
        self.assertEqual(self.lead.qualification_reason_id, self.reason, "marketing may want it")

    def test_closed_leads_are_left_alone_by_the_score(self):
        self.lead.action_set_lost()
        self._score(self.lead, "mql")
        self.assertEqual(self.lead.qualification, "raw")

    def test_copies_start_raw(self):
        self.lead.action_accept()
        copy = self.lead.copy()
        self.assertEqual(copy.qualification, "raw")
        self.assertFalse(copy.qualification_mql_date)

    def test_conversion_keeps_what_sales_decided(self):
        lead = self._lead(type="lead")
        lead.action_accept()
        lead.convert_opportunity(self.env["res.partner"])
        self.assertEqual(lead.qualification, "accepted")
        self.assertTrue(lead.qualification_mql_date)

    def test_merge_keeps_the_furthest(self):
        other = self._lead(type="opportunity")
        self.lead.write({"type": "opportunity", "priority": "3"})
        self.lead.action_mql()
        self.lead.action_reject(self.reason.id)
        other.with_user(self.rep).action_accept()
        merged = (self.lead | other).merge_opportunity()
        self.assertEqual(merged.qualification, "accepted")
        self.assertEqual(merged.qualification_accepted_user_id, self.rep)
        self.assertEqual(merged.qualification_reason_id, self.reason)

    def test_born_qualified_by_import(self):
        lead = self._lead(qualification="accepted")
        self.assertTrue(lead.qualification_mql_date)
        self.assertTrue(lead.qualification_accepted_date)
        with self.assertRaises(UserError):
            self._lead(qualification="rejected")

    def test_born_mql_has_a_time_to_decide_a_history_and_triggers(self):
        trigger = self.env["lead.score.trigger"].create(
            {"name": "MQL", "watch": "qualification", "to_qualification": "mql",
             "notify_leader": True}
        )  # fmt: skip
        # Judged by a card that gives eight hours.
        card = self.card.copy({"sequence": -1, "domain": "[('referred', '=', 'born')]"})
        card.rule_ids = [(0, 0, {"name": "Any", "domain": "[]", "points": 1})]
        card.action_publish()
        leads = self.env["crm.lead"].with_user(self.rep)
        lead = leads.create({"name": "Born", "referred": "born", "qualification": "mql",
                             "team_id": self.team.id})  # fmt: skip
        due = fields.Datetime.now() + timedelta(hours=8)
        self.assertAlmostEqual(lead.qualification_due_date, due, delta=timedelta(minutes=5))
        self.assertEqual(lead.qualification_alarm_date, lead.qualification_due_date)
        row = lead.score_history_ids.filtered(lambda row: row.reason == "qualification")
        self.assertEqual((row.qualification_before, row.qualification), ("raw", "mql"))
        self.assertEqual(row.user_id, self.rep)
        self.env.cr.flush()
        self.assertEqual(trigger.log_ids.lead_id.id, lead.id)

    def test_an_empty_qualification_of_an_import_is_raw(self):
        lead = self._lead(qualification=False)
        self.assertEqual(lead.qualification, "raw")
        lead.write({"qualification": False})
        lead.action_mql()
        with self.assertRaises(UserError):
            lead.with_user(self.rep).write({"qualification": ""})

    def test_the_reason_of_a_rejection_changes_with_a_trace_and_is_never_empty(self):
        lead = self.lead.with_user(self.rep)
        lead.action_reject(self.reason.id, "Too small")
        with self.assertRaises(UserError):
            lead.write({"qualification_reason_id": False})
        messages = len(lead.message_ids)
        lead.write({"qualification_reason_id": self.reason.id})
        self.assertEqual(len(lead.message_ids), messages)
        lead.write({"qualification_note": "Far too small"})
        self.assertEqual(len(lead.message_ids), messages + 1)
        self.assertIn("Far too small", lead.message_ids[0].body)
        self.assertIn("Far too small", lead.score_history_ids[0].note)
        for wrong in ([self.reason.id], "x", True, None, 10**12):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                self._lead().action_reject(wrong)
        with self.assertRaises(UserError):
            self._lead().action_reject(self.reason.id, 5)

    def test_a_step_back_keeps_who_accepted(self):
        self.lead.with_user(self.rep).action_mql()
        self.lead.with_user(self.rep).action_accept()
        accepted = self.lead.qualification_accepted_date
        self.lead.with_user(self.rep).action_sql()
        self.lead.with_user(self.leader).write({"qualification": "accepted"})
        self.assertEqual(self.lead.qualification_accepted_user_id, self.rep)
        self.assertEqual(self.lead.qualification_accepted_date, accepted)
        self.assertFalse(self.lead.qualification_sql_date)

    def test_qualifying_and_handing_over_in_one_go(self):
        other = new_test_user(self.env, "qual_other", groups="sales_team.group_sale_salesman")
        self.lead.with_user(self.rep).write({"qualification": "mql", "user_id": other.id})
        self.assertEqual((self.lead.qualification, self.lead.user_id), ("mql", other))

    def test_nobody_forges_dates_with_a_new_lead(self):
        leads = self.env["crm.lead"].with_user(self.rep)
        with self.assertRaises(UserError):
            leads.create({"name": "Forged", "qualification_mql_date": "2020-01-01"})
        history = {"qualification": "mql", "qualification_mql_date": "2020-01-01 10:00:00"}
        lead = leads.with_user(self.leader).create({"name": "Imported", **history})
        self.assertEqual(lead.qualification_mql_date, datetime(2020, 1, 1, 10))
        with self.assertRaises(ValueError):
            leads.create({"name": "Nonsense", "qualification": "nonsense"})
        self.assertFalse(leads.create({"name": "None", "qualification": False}).qualification_date)

    def test_no_default_and_no_value_makes_a_lead_that_nobody_accepted(self):
        leads = self.env["crm.lead"].with_user(self.rep)
        for name, value in (
            ("qualification", "sql"),
            ("qualification_sql_date", "2020-01-01 10:00:00"),
            ("qualification_mql_date", "2020-01-01 10:00:00"),
            ("qualification_accepted_user_id", self.rep.id),
        ):
            with self.subTest(name), self.assertRaises(UserError), self.cr.savepoint():
                leads.create({"name": "Forged", name: value})
            forged = leads.with_context(**{f"default_{name}": value})
            with self.subTest(default=name), self.assertRaises(UserError), self.cr.savepoint():
                forged.create({"name": "Forged"})
        born = leads.with_context(default_qualification="mql").create({"name": "Born"})
        self.assertTrue(born.qualification_mql_date)
        self.assertTrue(born.score_history_ids.filtered(lambda row: row.reason == "qualification"))

    def test_no_default_publishes_a_scorecard(self):
        cards = self.env["lead.score.card"].with_user(self.leader)
        for name, value in (("state", "published"), ("version", 7)):
            forged = cards.with_context(**{f"default_{name}": value})
            with self.subTest(name), self.assertRaises(UserError), self.cr.savepoint():
                forged.create({"name": "Forged"})

    def test_wizard_rejects_a_selection(self):
        leads = self.lead | self._lead()
        leads.action_mql()
        action = leads.with_user(self.rep).action_reject_open()
        wizard = (
            self.env["lead.score.reject"]
            .with_user(self.rep)
            .with_context(**action["context"])
            .create({"reason_id": self.reason.id})
        )
        said = wizard.action_reject()["params"]
        self.assertEqual(set(leads.mapped("qualification")), {"rejected"})
        self.assertIn(self.reason.name, said["message"])

    # Time to decide

    def _remind(self):
        with self.enter_registry_test_mode():
            self.env.ref("lead_scoring.ir_cron_qualification_remind").method_direct_trigger()

    def _reminders(self):
        return self.lead.activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id == self.env.ref("lead_scoring.mail_activity_decide")
            )
        )

    def test_salesperson_then_leader_are_reminded_and_then_nobody(self):
        self._score(self.lead, "mql")
        due = self.lead.qualification_due_date
        self.assertAlmostEqual(
            due, fields.Datetime.now() + timedelta(hours=8), delta=timedelta(minutes=1)
        )
        self._remind()
        self.assertFalse(self._reminders())
        self._pass_time()
        self._remind()
        self.assertEqual(self._reminders().user_id, self.rep)
        self._remind()
        self.assertEqual(len(self._reminders()), 1)
        self.lead._write({"qualification_alarm_date": datetime(2020, 1, 2)})
        self.lead.invalidate_recordset()
        self._remind()
        self.assertEqual(self._reminders().user_id, self.rep | self.leader)
        self.assertFalse(self.lead.qualification_alarm_date)

    def _pass_time(self):
        past = datetime(2020, 1, 1)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET qualification_due_date = %s, qualification_alarm_date = %s"
            " WHERE id = %s",
            [past, past, self.lead.id],
        )
        self.env.invalidate_all()

    def test_a_decision_ends_the_reminders(self):
        self._score(self.lead, "mql")
        self._pass_time()
        self._remind()
        self.assertTrue(self._reminders())
        self.lead.action_accept()
        self.assertFalse(self._reminders())
        self.assertFalse(self.lead.qualification_alarm_date)

    def test_a_lead_of_nobody_is_its_leaders_business(self):
        self.lead.user_id = False
        self._score(self.lead, "mql")
        self._pass_time()
        self._remind()
        self.assertEqual(self._reminders().user_id, self.leader)

    def test_working_hours_of_the_company_count(self):
        self.env.company.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "Office", "tz": "UTC"}
        )
        friday = datetime(2026, 3, 6, 15, 0)
        due = self.card._decide_by(friday, self.env.company)
        self.assertEqual(due.date(), datetime(2026, 3, 9).date())

    def test_no_time_no_reminder(self):
        self.card.accept_hours = 0
        self._score(self.lead, "mql")
        self.assertFalse(self.lead.qualification_due_date)

    def test_a_card_with_automatic_sql_takes_a_raw_lead_all_the_way(self):
        self.card.sql_auto = True
        self._score(self.lead, "sql")
        self.assertEqual(self.lead.qualification, "sql")
        history = self.lead.score_history_ids.filtered("qualification").sorted("id")
        self.assertEqual(history.mapped("qualification"), ["mql", "sql"])

    def test_a_user_without_rights_on_the_lead_does_not_keep_the_score_from_it(self):
        other = new_test_user(self.env, "qual_stranger", groups="base.group_user")
        self._put(self.lead, "mql")
        before = {self.lead.id: {"score": 0, "level": "none"}}
        self.lead.with_user(other)._score_changed(before)
        self.assertEqual(self.lead.qualification, "mql")

    def test_a_person_who_put_it_back_to_raw_is_not_overruled(self):
        self._score(self.lead, "mql")
        self.lead.with_user(self.leader).write({"qualification": "raw"})
        self._score(self.lead, "sql", "mql")
        self.assertEqual(self.lead.qualification, "raw")
        self._score(self.lead, "none", "sql")
        self._score(self.lead, "mql", "none")
        self.assertEqual(self.lead.qualification, "mql")

    def test_a_new_scorecard_qualifies_many_in_the_background(self):
        leads = self.lead | self._lead() | self._lead()
        for lead in leads:
            self._put(lead, "mql")
        leads[1].with_user(self.leader).action_mql()
        leads[1].with_user(self.leader).write({"qualification": "raw"})
        count = len(leads[0].message_ids)
        with patch("odoo.addons.lead_scoring.models.lead_score_sla.FEW", 1):
            leads.with_context(score_reason="rules")._score_changed({})
        self.assertEqual(set(leads.mapped("qualification")), {"raw"})
        with self.enter_registry_test_mode():
            self.env.ref("lead_scoring.ir_cron_qualify").method_direct_trigger()
        self.assertEqual(leads.mapped("qualification"), ["mql", "raw", "mql"])
        self.assertEqual(len(leads[0].message_ids), count, "the history tells it, not the chatter")
        self.assertTrue(leads[0].score_history_ids.filtered("qualification"))
        self.assertTrue(leads[0].qualification_due_date)

    def test_a_lead_loaded_past_odoo_counts_as_raw(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET qualification = NULL WHERE id = %s", [self.lead.id]
        )
        self.lead.invalidate_recordset()
        self._score(self.lead, "mql")
        self.assertEqual(self.lead.qualification, "mql")
