from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ScoreCase


@tagged("post_install", "-at_install")
class TestLead(ScoreCase):
    def setUp(self):
        super().setUp()
        self.card = self._create_card(
            [self._attribute(30, dimension="fit"), self._signal_rule(40, half_life=10)],
            hot_threshold=60,
            sql_threshold=90,
            warm_threshold=30,
        )
        self.lead = self._create_leads(function="Boss")

    def _changes(self):
        """Record the calls of the hook."""
        calls = []
        leads = type(self.env["crm.lead"])

        def keep(leads, before):
            calls.append((leads, before, leads.env.context["score_reason"]))

        self.startPatcher(patch.object(leads, "_score_changed", keep))
        return calls

    # --- fields ---------------------------------------------------------------------------------

    def test_fields_can_be_searched_sorted_and_grouped(self):
        low = self._create_leads()
        leads = self.env["crm.lead"].search([("referred", "=", "score-test")], order="score desc")
        self.assertEqual(leads, self.lead | low)
        mine = [("referred", "=", "score-test")]
        self.assertEqual(leads.search([*mine, ("score_grade", "in", ["A", "B"])]), self.lead)
        self.assertEqual(leads.search([*mine, ("score_grade", "not in", ["A", "B"])]), low)
        self.assertEqual(leads.search([*mine, ("score", ">=", 30)]), self.lead)
        self.assertEqual(leads.search([*mine, ("score_card_id", "=", self.card.id)]), leads)
        self.assertEqual(leads.filtered_domain([("score_grade", "=", "A")]), self.lead)
        groups = leads._read_group(mine, ["score_grade"], ["__count", "score:max"])
        self.assertEqual(groups, [("A", 1, 30.0), ("D", 1, 0.0)])
        shown = leads.with_user(self.boss).web_search_read(
            mine, {"score": {}, "score_temperature": {}, "score_trend": {}}, order="score desc"
        )
        self.assertEqual([row["score"] for row in shown["records"]], [30, 0])

    def test_odoos_assignment_hands_a_team_what_has_the_score(self):
        good, poor = self._create_leads(2, user_id=False, team_id=False)
        good.function = "Boss"
        team = self.env["crm.team"].create(
            {
                "name": "Good leads",
                "use_leads": True,
                "assignment_domain": "[('score', '>=', 20), ('score_grade', '=', 'A')]",
                "crm_team_member_ids": [(0, 0, {"user_id": self.rep.id, "assignment_max": 30})],
            }
        )
        team._allocate_leads()
        self.assertEqual(good.team_id, team)
        self.assertFalse(poor.team_id)

    def test_lead_without_a_score_comes_last(self):
        lead = self._create_leads()
        self.env.cr.execute("DELETE FROM lead_score WHERE id = %s", (lead.id,))
        self.env.invalidate_all()
        leads = self.env["crm.lead"].search([("referred", "=", "score-test")], order="score desc")
        self.assertEqual(leads[-1], lead)
        self.assertEqual((lead.score, lead.score_grade), (0, False))
        self.assertIn(lead, leads.search([("score_grade", "=", False)]))
        lead.score_refresh()
        self.assertEqual(lead.score_grade, "D")

    def test_matrix_joins_grade_and_intent(self):
        self.assertEqual(self.lead.score_matrix, "A3")
        self.lead.score_signal("t_ask")
        self.assertEqual((self.lead.score_matrix, self.lead.score_intent), ("A1", "high"))

    def test_probability_of_odoo_is_never_written(self):
        before = self.lead.probability, self.lead.automated_probability, self.lead.write_date
        self.lead.score_signal("t_ask")
        self.env["crm.lead"]._score_refresh_all()
        self.env.invalidate_all()
        lead = self.lead
        self.assertEqual((lead.probability, lead.automated_probability, lead.write_date), before)

    # --- time -----------------------------------------------------------------------------------

    def test_lead_turns_hot_by_a_reply_and_cold_by_time(self):
        self.lead.score_signal("t_ask")
        self.assertEqual((self.lead.score, self.lead.score_temperature), (70, "hot"))
        # 30 + 40 / 2^(t / 10) is below 60 from the fifth day on.
        start = self.env.cr.now()
        self.assertEqual(self.lead.score_due_date.date(), start.date() + timedelta(days=5))
        self._set_clock(start + timedelta(days=4))
        self._run_cron()
        self.assertEqual(self.lead.score_temperature, "hot")
        self._set_clock(start + timedelta(days=5))
        calls = self._changes()
        self._run_cron()
        self.assertEqual((self.lead.score_temperature, self.lead.score), ("warm", 58.28))
        self.assertEqual(calls[0][2], "time")
        self.assertEqual(calls[0][1][self.lead.id]["temperature"], "hot")
        self.assertEqual(self.lead.score_history_ids[0].reason, "time")
        self.assertEqual(self.lead.score_trend, "up", "compared with a week ago")
        self._set_clock(start + timedelta(days=12))
        self.lead.score_refresh()
        self.assertEqual(self.lead.score_trend, "down")

    def test_trend_is_searched_and_grouped_by_as_it_is_shown(self):
        start = self.env.cr.now()
        falling, rising, steady, twice = self.lead, *self._create_leads(3)
        falling.score_signal("t_ask")
        self._set_clock(start + timedelta(days=12))
        young = self._create_leads(function="Boss")
        rising.function = "Boss"
        # Up and down again within the week is where it was.
        twice.function = "Boss"
        twice.function = False
        leads = falling | rising | steady | twice | young
        leads.score_refresh()
        leads.invalidate_recordset()
        self.assertEqual(
            leads.mapped("score_trend"), ["down", "up", "steady", "steady", young.score_trend]
        )
        mine = [("id", "in", leads.ids)]
        for trend in ("up", "down", "steady"):
            shown = leads.filtered(lambda lead, trend=trend: lead.score_trend == trend)
            for same in (
                [("score_trend", "=", trend)],
                [("score_trend", "in", [trend])],
                [("score_trend", "not in", list({"up", "down", "steady"} - {trend}))],
            ):
                self.assertEqual(leads.search([*mine, *same]), shown, same)
            self.assertEqual(leads.filtered_domain([("score_trend", "=", trend)]), shown)
        self.assertEqual(
            leads.search([*mine, ("score_trend", "!=", "steady")]),
            leads.filtered(lambda lead: lead.score_trend != "steady"),
        )
        groups = leads.with_user(self.boss).formatted_read_group(mine, ["score_trend"], ["__count"])
        counts = {group["score_trend"]: group["__count"] for group in groups}
        expected = {t: leads.mapped("score_trend").count(t) for t in ("up", "down", "steady")}
        self.assertEqual(counts, {trend: count for trend, count in expected.items() if count})
        self.assertEqual(
            self.env["crm.lead"].with_user(self.other).search([*mine, ("score_trend", "=", "up")]),
            self.env["crm.lead"],
            "a salesperson finds only leads that he may read",
        )

    def test_nothing_due_costs_nothing(self):
        self._run_cron()
        self.env.cr.execute("SELECT count(*) FROM lead_score_history")
        before = self.env.cr.fetchone()
        self._run_cron()
        self.env.cr.execute("SELECT count(*) FROM lead_score_history")
        self.assertEqual(self.env.cr.fetchone(), before)

    def test_poison_lead_waits_and_the_others_go_on(self):
        leads = self._create_leads(3, function="Boss")
        leads.score_signal("t_ask")
        self._set_clock(self.env.cr.now() + timedelta(days=6))
        poison, run = leads[1], type(leads)._score_run

        def fail(model, reason, ids=None):
            if ids and poison.id in ids:
                raise ValueError("poison")
            return run(model, reason, ids)

        logger = "odoo.addons.lead_scoring.models.lead_score_jobs"
        with patch.object(type(leads), "_score_run", fail), mute_logger(logger):
            self._run_cron()
        self.assertEqual(leads.mapped("score_temperature"), ["warm", "hot", "warm"])
        self.assertEqual(self.env["crm.lead"]._score_due_count(), 0)
        self._set_clock(self.env.cr.now() + timedelta(days=1))
        self._run_cron()
        self.assertEqual(poison.score_temperature, "warm")

    def test_closed_lead_keeps_its_score_and_reopening_scores_it(self):
        self.lead.score_signal("t_ask")
        self.lead.action_set_lost()
        self._set_clock(self.env.cr.now() + timedelta(days=20))
        self._run_cron()
        self.assertEqual(self.lead.score, 70)
        self.assertEqual(self.env["crm.lead"]._score_due_count(), 0)
        self.lead.action_unarchive()
        self.assertEqual(self.lead.score, 40)
        won = self._create_leads(function="Boss")
        won.action_set_won()
        won.function = False
        self.assertEqual(won.score, 30)

    def test_reopened_lead_gets_its_due_date_again(self):
        self.lead.score_signal("t_ask")
        due = self.lead.score_due_date
        self.lead.action_set_lost()
        self._set_clock(self.env.cr.now() + timedelta(days=1))
        self._run_cron()
        self._set_clock(self.env.cr.now() + timedelta(days=1))
        self._run_cron()
        self.assertFalse(self.lead.score_due_date)
        self.lead.action_unarchive()
        self.assertEqual(self.lead.score_due_date, due)

    # --- hook and history -----------------------------------------------------------------------

    def test_hook_is_called_once_per_batch_with_the_classes_before(self):
        calls = self._changes()
        leads = self._create_leads(3, function="Boss")
        self.assertEqual(len(calls), 1)
        changed, before, reason = calls.pop()
        self.assertEqual((changed, reason), (leads, "create"))
        self.assertFalse(any(before[leads[0].id].values()))
        leads.score_signal("t_ask")
        self.assertEqual(len(calls), 1)
        self.assertEqual(calls[0][1][leads[0].id]["temperature"], "warm")
        calls.clear()
        leads.write({"city": "Ulm"})
        self.env["crm.lead"]._score_refresh_all()
        self.assertFalse(calls)

    def test_history_has_one_row_per_change(self):
        self.assertEqual(len(self.lead.score_history_ids), 1)
        self.lead.write({"city": "Ulm"})
        self.lead.score_refresh()
        self.assertEqual(len(self.lead.score_history_ids), 1)
        self.lead.function = False
        row = self.lead.score_history_ids[0]
        self.assertEqual((row.score_before, row.score, row.reason), (30, 0, "edit"))
        self.assertEqual((row.grade_before, row.grade), ("A", "D"))
        self.assertEqual((row.card_id, row.card_version), (self.card, 1))
        with self.assertRaises(AccessError):
            row.write({"score": 99})
        self.lead._score_log({self.lead.id: {"reason": "qualification", "qualification": "mql"}})
        self.assertEqual(self.lead.score_history_ids[0].qualification, "mql")

    def test_history_outlives_who_caused_it(self):
        temp = new_test_user(
            self.env, "score_temp", groups="base.group_user,sales_team.group_sale_manager"
        )
        lead = self.lead.with_user(temp)
        lead.function = False
        lead.function = "Buyer"
        by_temp = self.lead.score_history_ids.filtered(lambda row: row.user_id == temp)
        self.assertTrue(by_temp)
        count = len(self.lead.score_history_ids)
        temp.unlink()
        self.assertFalse(by_temp.user_id)
        self.assertEqual(len(self.lead.score_history_ids), count)
        self.env.cr.execute("SELECT user_id FROM lead_score_history WHERE id IN %s", [by_temp._ids])
        self.assertEqual({row[0] for row in self.env.cr.fetchall()}, {None})

    def test_the_last_rows_are_read_together_by_who_may_read_the_lead(self):
        for number in range(12):
            self.lead.score_signal("t_ask", number + 1, date=self._days_ago(12 - number))
        self.lead.action_accept()
        rows = self.lead.with_user(self.rep).score_rows()
        self.assertEqual([row["quantity"] for row in rows["events"]], list(range(12, 2, -1)))
        self.assertEqual(rows["events"][0]["name"], "Asked")
        self.assertEqual(rows["history"][0]["qualification"], "Accepted by sales")
        row = rows["history"][1]
        self.assertEqual((row["reason"], row["score"]), ("Something the lead did", self.lead.score))
        self.assertLess(row["score_before"], row["score"])
        with self.assertRaises(AccessError):
            self.lead.with_user(self.other).score_rows()

    # --- explanation and override ---------------------------------------------------------------

    def test_explanation_adds_up_and_names_the_documents(self):
        partner = self.env["res.partner"].create({"name": "Fair in Ulm"})
        for _number in range(2):
            self.lead.score_signal(
                "t_ask", date=self._days_ago(10), ref=f"res.partner,{partner.id}"
            )
        lines = self.lead.score_explain()
        self.assertEqual(sum(line["points"] for line in lines), self.lead.score)
        kinds = [line["kind"] for line in lines]
        self.assertEqual(kinds, ["attribute", "signal"])
        signal = lines[1]
        self.assertEqual((signal["points"], signal["full_points"]), (40, 80))
        self.assertEqual(signal["documents"][0]["left"], 50)
        self.assertIn("Fair in Ulm", signal["documents"][0]["name"])
        self.lead.score_signal("t_ask")
        lines = self.lead.score_explain()
        self.assertEqual([line["kind"] for line in lines], ["attribute", "signal", "limit"])
        self.assertEqual(sum(line["points"] for line in lines), self.lead.score)
        # Three scores, and that the last but one made it marketing qualified.
        self.assertEqual(len(self.lead.score_story()["history"]), 4)

    def test_the_story_shows_formula_and_history_for_the_popover(self):
        self.lead.score_signal("t_ask")
        story = self.lead.with_user(self.rep).score_story()
        self.assertEqual((story["score"], story["card"]), (70, "Test card"))
        scores = [score for _date, score in story["history"]]
        self.assertEqual((scores[0], scores[1], scores[-1]), (30, 70, 70), "oldest first")
        for words in ("Score = the sum", "Fit: the points of its rules", "at most 100"):
            self.assertIn(words, story["formula"])

    def test_rep_reads_the_explanation_of_his_leads_only(self):
        self.assertTrue(self.lead.with_user(self.rep).score_explain())
        with self.assertRaises(AccessError):
            self.lead.with_user(self.other).score_explain()

    def test_score_set_by_hand_stands_apart_and_expires(self):
        until = self.env["crm.lead"]._score_today() + timedelta(days=3)
        self.lead.with_user(self.rep).score_set(80, "They called me", until)
        self.assertEqual((self.lead.score, self.lead.score_computed), (80, 30))
        self.assertEqual((self.lead.score_temperature, self.lead.score_grade), ("hot", "A"))
        self.assertEqual(self.lead.score_override_user_id, self.rep)
        lines = self.lead.score_explain()
        self.assertEqual(lines[-1]["kind"], "override")
        self.assertEqual(sum(line["points"] for line in lines), 80)
        self.assertEqual(self.lead.score_due_date.date(), until + timedelta(days=1))
        self._set_clock(self.env.cr.now() + timedelta(days=4))
        self._run_cron()
        self.assertEqual((self.lead.score, self.lead.score_temperature), (30, "warm"))

    def test_score_set_by_hand_is_checked_and_taken_back(self):
        for values in (
            (101, "x", None),
            (-1, "x", None),
            (float("nan"), "x", None),
            (50, " ", None),
            (50, "x", date(2000, 1, 1)),
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.lead.score_set(*values)
        with self.assertRaises(AccessError):
            self.lead.with_user(self.other).score_set(50, "x")
        wizard = self.env["lead.score.override"].create(
            {"lead_ids": self.lead.ids, "score": 5, "reason": "No money"}
        )
        wizard.action_apply()
        self.assertEqual(self.lead.score, 5)
        self.lead.score_unset()
        self.assertEqual((self.lead.score, self.lead.score_override_set), (30, False))

    # --- merge, conversion, company -------------------------------------------------------------

    def test_merge_and_conversion_keep_events_and_history(self):
        other = self._create_leads(function="Boss")
        self.lead.score_signal("t_ask", key="same")
        other.score_signal("t_ask", key="same")
        other.score_signal("t_ask", key="more", date=self._days_ago(10))
        merged = (self.lead | other).merge_opportunity()
        self.assertEqual(sorted(merged.score_event_ids.mapped("key")), ["more", "same"])
        self.assertGreaterEqual(len(merged.score_history_ids), 4)
        self.assertEqual(merged.score, 70)
        merged.type = "lead"
        merged.convert_opportunity(False)
        self.assertEqual((merged.type, len(merged.score_event_ids)), ("opportunity", 2))

    def test_company_rolls_up_the_scores_of_its_contacts(self):
        company = self.env["res.partner"].create({"name": "Big", "is_company": True})
        contacts = self.env["res.partner"].create(
            [{"name": f"C{n}", "parent_id": company.id} for n in range(2)]
        )
        leads = self._create_leads(2, function="Boss")
        for lead, contact in zip(leads, contacts, strict=True):
            lead.partner_id = contact
            lead.function = "Boss"
        leads[0].score_signal("t_ask")
        self.assertEqual((company.score_best, company.score_sum), (70, 100))
        self.assertEqual((company.score_engaged_count, contacts[0].score_best), (1, 70))
        found = self.env["res.partner"].search([("score_best", ">=", 70)])
        self.assertEqual(found, company | contacts)
        none = self.env["res.partner"].create({"name": "None"})
        self.assertIn(none, none.search([("score_best", "=", 0)]))
        self.assertIn(none, none.search([("score_best", "<", 5)]))
        self.assertNotIn(company, none.search([("score_best", "<", 5)]))
