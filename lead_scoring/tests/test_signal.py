from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ScoreCase


@tagged("post_install", "-at_install")
class TestSignal(ScoreCase):
    def setUp(self):
        super().setUp()
        self.card = self._create_card([self._signal_rule(20, half_life=30)])
        self.lead = self._create_leads()

    def _code(self, **values):
        [result] = self.lead.score_signal("t_ask", **values)
        self.assertEqual(result["ok"], result["code"] == "ok")
        self.assertTrue(result["message"])
        return result["code"]

    def test_signal_scores_the_lead_at_once(self):
        [result] = self.lead.score_signal("t_ask", ref="res.partner,1")
        self.assertEqual((result["id"], result["code"]), (self.lead.id, "ok"))
        self.assertEqual(self.lead.score_engagement, 20)
        event = self.env["lead.score.event"].browse(result["event_id"])
        self.assertEqual((event.ref, event.quantity), ("res.partner,1", 1))

    def test_half_of_the_points_is_left_after_a_half_life(self):
        self.assertEqual(self._code(date=self._days_ago(30)), "ok")
        self.assertEqual(self.lead.score_engagement, 10)

    def test_a_server_action_reports_a_signal(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Called the hotline",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "records.score_signal('t_ask', quantity=2, key='hotline')",
            }
        )
        leads = self.lead | self._create_leads()
        for _twice in range(2):
            action.with_context(active_model="crm.lead", active_ids=leads.ids).run()
        self.assertEqual(leads.mapped("score_engagement"), [40, 40])

    def test_same_key_answers_the_same_and_counts_once(self):
        first = self.lead.score_signal("t_ask", key="a")
        self.assertEqual(self.lead.score_signal("t_ask", key="a"), first)
        self.assertEqual(len(self.lead.score_event_ids), 1)
        twice = self.env["crm.lead"].score_signals(
            [{"lead_id": self.lead.id, "code": "t_ask", "key": "b"}] * 2
        )
        self.assertEqual(twice[0], twice[1])
        self.assertEqual(len(self.lead.score_event_ids), 2)
        self.assertEqual(self.lead.score_signal("t_bounce", key="a")[0]["code"], "duplicate_key")

    def test_bad_reports_are_answered_one_by_one(self):
        now = self.env.cr.now()
        for code, values in [
            ("future", {"date": now + timedelta(hours=1)}),
            ("bad_date", {"date": "yesterday"}),
            ("bad_date", {"date": 12}),
            ("bad_date", {"date": "0001-01-01"}),
            ("bad_quantity", {"quantity": float("nan")}),
            ("bad_quantity", {"quantity": float("inf")}),
            ("bad_quantity", {"quantity": 0}),
            ("bad_quantity", {"quantity": -1}),
            ("bad_quantity", {"quantity": 1e9}),
            ("bad_quantity", {"quantity": "3"}),
            ("bad_quantity", {"quantity": True}),
            ("bad_key", {"key": "x" * 1000}),
            ("bad_key", {"key": 7}),
            ("bad_ref", {"ref": "nothing"}),
            ("ok", {"date": "2026-01-02T03:04:05+08:00"}),
            ("ok", {"date": now + timedelta(seconds=20)}),
        ]:
            with self.subTest(values=values):
                self.assertEqual(self._code(**values), code)
        self.assertEqual(self.lead.score_signal("nonsense")[0]["code"], "unknown_signal")
        self.assertEqual(self.lead.score_signal(None)[0]["code"], "unknown_signal")

    def test_unknown_lead_does_not_stop_the_others(self):
        gone = self._create_leads()
        gone_id = gone.id
        gone.unlink()
        leads = self.env["crm.lead"].browse([gone_id, self.lead.id])
        codes = [result["code"] for result in leads.score_signal("t_ask")]
        self.assertEqual(codes, ["unknown_lead", "ok"])
        results = self.env["crm.lead"].score_signals([{"code": "t_ask"}, {"lead_id": "x"}])
        self.assertEqual([result["code"] for result in results], ["unknown_lead"] * 2)

    def test_who_may_write_the_lead_may_report(self):
        self.assertTrue(self.lead.with_user(self.rep).score_signal("t_ask")[0]["ok"])
        result = self.lead.with_user(self.other).score_signal("t_ask")[0]
        self.assertEqual(result["code"], "unknown_lead")

    def test_events_are_never_changed(self):
        self.lead.score_signal("t_ask")
        event = self.lead.score_event_ids
        for action in (
            lambda: event.write({"quantity": 5}),
            lambda: event.unlink(),
            lambda: event.create({"lead_id": self.lead.id, "signal_id": self.signal.id}),
        ):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError):
            event.with_user(self.boss).with_context(score_engine=True).write({"quantity": 5})

    def test_archived_signal_is_not_collected(self):
        self.signal.action_archive()
        self.assertEqual(self._code(), "unknown_signal")

    def test_event_on_a_closed_lead_is_kept_but_not_scored(self):
        self.lead.action_set_lost()
        self.assertEqual(self._code(), "ok")
        self.assertEqual((len(self.lead.score_event_ids), self.lead.score), (1, 0))

    def test_thousand_leads_in_one_call_take_a_handful_of_statements(self):
        leads = self._create_leads(200)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        results = leads.score_signal("t_ask", key="mass")
        self.assertTrue(all(result["ok"] for result in results))
        self.assertLess(self.env.cr.sql_log_count - before, 25)
        self.assertEqual(set(leads.mapped("score")), {20.0})
