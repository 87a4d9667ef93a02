import json
from contextlib import closing
from datetime import timedelta

import psycopg2

from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models import lead_score_collector
from ..models.lead_score_qualification import QUALIFY
from .common_process import ProcessCase

JOBS = "odoo.addons.lead_scoring.models.lead_score_jobs"
LOGGERS = [
    "odoo.sql_db",
    JOBS,
    "odoo.addons.lead_scoring.models.lead_score_sla",
    "odoo.addons.lead_scoring.models.lead_score_collector",
]


@tagged("post_install", "-at_install")
class TestJobs(ProcessCase):
    """One bad lead, rule or scorecard is set aside where it is seen; all others go on."""

    def setUp(self):
        super().setUp()
        self.card = self._create_card(
            [self._signal_rule(60), self._attribute(10)],
            half_life=10,
            mql_threshold=90,
            sql_threshold=95,
        )
        self.leads = self._create_leads(5, function="Boss")
        self.bad = self.leads[2]
        self.good = self.leads - self.bad
        for logger in LOGGERS:
            muted = mute_logger(logger)
            muted.__enter__()
            self.addCleanup(muted.__exit__, None, None, None)

    def _spoil(self, lead=None):
        """What the lead did cannot be counted: no program of ours stores it, another may."""
        self.env.cr.execute(
            SQL(
                "INSERT INTO lead_score_event (lead_id, signal_id, date, quantity)"
                " VALUES (%s, %s, %s, 'NaN')",
                (lead or self.bad).id,
                self.signal.id,
                self.env.cr.now(),
            )
        )
        self.env.invalidate_all()

    def _mend(self):
        self.env.cr.execute("DELETE FROM lead_score_event WHERE quantity = 'NaN'")
        self.env.invalidate_all()

    # Leads

    def test_a_lead_that_cannot_be_scored_says_so_and_time_goes_on_for_the_others(self):
        self.leads.score_signal("t_ask")
        self._spoil()
        self._set_clock(self.env.cr.now() + timedelta(days=40))
        self._run_cron()
        self.env.invalidate_all()
        self.assertTrue(all(lead.score < 30 for lead in self.good))
        self.assertEqual(self.bad.score, 50)
        self.assertTrue(self.bad.score_failure)
        self.assertFalse(any(self.good.mapped("score_failure")))
        self.assertEqual(self.env["crm.lead"].search([("score_failure", "!=", False)]), self.bad)
        self.assertEqual(self.env["crm.lead"]._score_due_count(), 0, "not again and again")
        self._mend()
        self._set_clock(self.env.cr.now() + timedelta(days=1))
        self._run_cron()
        self.env.invalidate_all()
        self.assertLess(self.bad.score, 30)
        self.assertFalse(self.bad.score_failure)

    def test_a_bad_lead_does_not_stop_a_new_scorecard(self):
        self._spoil()
        self.card.rule_ids.filtered(lambda rule: rule.kind == "attribute").points = 20
        self.card.action_publish()
        self.assertEqual(set(self.good.mapped("score")), {20})
        self.assertTrue(self.bad.score_failure)
        self.card.rule_ids.filtered(lambda rule: rule.kind == "attribute").points = 25
        self.env["lead.score.card"].flush_model()
        self.card.sudo().write({"definition": self.card._definition(), "check_date": False})
        self._run_cron("refresh")
        self.env.invalidate_all()
        self.assertEqual(set(self.good.mapped("score")), {25})
        self.assertTrue(self.card.check_date, "the card has been dealt with")

    def test_a_bad_lead_among_many_is_found(self):
        leads = self._create_leads(250, function="Boss")
        self._spoil(leads[100])
        self.card.rule_ids.filtered(lambda rule: rule.kind == "attribute").points = 20
        self.card.action_publish()
        self.assertEqual(set((leads - leads[100]).mapped("score")), {20})
        self.assertEqual(leads.filtered("score_failure"), leads[100])

    def test_a_bad_lead_does_not_stop_a_collector(self):
        self._spoil()
        call = self.env.ref("mail.mail_activity_data_call")
        rule = {"name": "Call", "kind": "signal", "points": 5, "dimension": "engagement"}
        signal = self.env.ref("lead_scoring.signal_call_done")
        self.card.rule_ids = [(0, 0, {**rule, "signal_id": signal.id})]
        self.card.action_publish()
        for lead in self.leads:
            lead.activity_schedule(activity_type_id=call.id, user_id=self.rep.id).action_feedback()
        self._collect("activity")
        for lead in self.leads:
            self.assertTrue(self._found(lead, "call_done"))
        self.assertEqual(self.leads.filtered("score_failure"), self.bad)
        self.assertEqual(set(self.good.mapped("score")), {15})

    def test_a_row_that_cannot_be_stored_does_not_stop_a_collector(self):
        call = self.env.ref("mail.mail_activity_data_call")
        for lead in self.leads:
            lead.activity_schedule(activity_type_id=call.id, user_id=self.rep.id).action_feedback()
        # Another program lets nothing be noted of this lead.
        self.env.cr.execute(
            SQL(
                "ALTER TABLE lead_score_event ADD CONSTRAINT score_never CHECK (lead_id <> %s)",
                self.bad.id,
            )
        )
        collector = self.env.ref("lead_scoring.collector_activity")
        collector._collect_safely()
        for lead in self.good:
            self.assertTrue(self._found(lead, "call_done"))
        self.assertIn(str(self.bad.id), collector.last_error)
        self.assertEqual(collector.state, "failed", "its manager sees it")

    def test_a_lead_that_cannot_be_scored_stops_no_report_for_others(self):
        self._spoil()
        answers = self.leads.score_signal("t_ask")
        self.assertEqual({answer["code"] for answer in answers}, {"ok"})
        self.assertEqual(self.leads.filtered("score_failure"), self.bad)
        self.assertEqual(set(self.good.mapped("score")), {50})
        self.assertEqual(self.bad.score_signal("t_ask")[0]["code"], "ok")

    def test_refused_rows_hide_nothing_that_comes_after_them(self):
        """More than a page of rows that cannot be reported come before the good ones."""
        call = self.env.ref("mail.mail_activity_data_call")
        for lead in [self.bad] * 5 + [self.good[0]]:
            lead.activity_schedule(activity_type_id=call.id, user_id=self.rep.id).action_feedback()
        self.env.cr.execute(
            SQL(
                "ALTER TABLE lead_score_event ADD CONSTRAINT score_never CHECK (lead_id <> %s)",
                self.bad.id,
            )
        )
        self.patch(lead_score_collector, "PAGE", 2)
        self.env.ref("lead_scoring.collector_activity")._collect_safely()
        self.assertTrue(self._found(self.good[0], "call_done"))

    def test_a_lead_that_cannot_be_reminded_of_keeps_nobody_waiting(self):
        self.leads.action_mql()
        moment = self.env.cr.now() - timedelta(hours=1)
        self.leads.with_context(score_qualify=QUALIFY).write(
            {"qualification_due_date": moment, "qualification_alarm_date": moment}
        )
        self.env.flush_all()
        # Another program lets no activity be planned for this lead.
        self.env.cr.execute(
            SQL(
                "ALTER TABLE mail_activity ADD CONSTRAINT score_never"
                " CHECK (res_model <> 'crm.lead' OR res_id <> %s)",
                self.bad.id,
            )
        )
        with self.enter_registry_test_mode():
            self.env.ref("lead_scoring.ir_cron_qualification_remind").method_direct_trigger()
        self.assertTrue(all(self.good.mapped("activity_ids")))
        self.assertFalse(self.bad.qualification_alarm_date)
        self.assertTrue(self.bad.score_failure)

    # Scorecards

    def test_a_scorecard_that_cannot_be_used_any_more_stops_no_other(self):
        """An update may ask for more than what was published long ago holds."""
        other = self._create_card(
            [self._attribute(33)], domain="[('referred', '=', 'other')]", sequence=2
        )
        self.env.cr.execute(
            "UPDATE lead_score_card SET definition = definition - 'grade_a' WHERE id = %s",
            (self.card.id,),
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        lead = self.env["crm.lead"].create({"name": "New", "referred": "other", "function": "Boss"})
        self.assertEqual((lead.score_card_id, lead.score), (other, 33))
        self._create_leads(function="Boss")
        self.leads.write({"function": "Chief"})
        self._run_cron("refresh")
        self._run_cron()
        self.assertIn("grade_a", self.card.broken)
        self.assertFalse(other.broken)
        self.card.action_publish()
        self.assertFalse(self.card.broken)
        self.assertEqual(self.leads[0].score_card_id, self.card)

    # What passes

    def _locked(self, table):
        """Another connection holds a table, and ours does not wait for it."""
        cr = db_connect(self.env.cr.dbname).cursor()
        cr.execute("SET LOCAL lock_timeout = '5s'")
        cr.execute(SQL("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", SQL.identifier(table)))
        self.env.cr.execute("SET LOCAL lock_timeout = '50ms'")
        return closing(cr)

    def test_a_table_that_is_locked_does_not_break_a_filter(self):
        text = "[('lost_reason_id.name', '=', 'Too expensive')]"
        judge = self.env["lead.score.judge"]
        locked = self.assertRaises(psycopg2.errors.LockNotAvailable)
        with self._locked("crm_lost_reason"), locked:
            judge._refusal(text)
        self.assertFalse(judge._refusal(text), "nothing was remembered")

    def test_a_scorecard_is_not_dropped_because_a_table_is_locked(self):
        text = "['!', ('lost_reason_id.name', '=', 'x'), ('referred', '=', 'score-test')]"
        # Past Odoo, or this transaction would use the table already.
        self.env.cr.execute(
            SQL(
                "UPDATE lead_score_card SET definition = definition || %s::jsonb WHERE id = %s",
                json.dumps({"domain": text}),
                self.card.id,
            )
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        with self._locked("crm_lost_reason"):
            for work in (
                lambda: self.env["lead.score.judge"]._live(),
                lambda: self.bad.write({"function": "Chief"}),
                lambda: self.env["crm.lead"]._score_run("refresh"),
            ):
                with self.assertRaises(psycopg2.OperationalError), self.env.cr.savepoint():
                    work()
        self.bad.write({"function": "Chief"})
        self.assertEqual((self.bad.score_card_id, self.bad.score), (self.card, 10))
