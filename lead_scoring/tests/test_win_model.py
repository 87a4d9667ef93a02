import base64
import random
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from ..tools import win_file
from .common_win import TrainedCase, WinCase


class TestWinModel(WinCase):
    def test_trained_promoted_predicted_explained(self):
        self._create_leads(300)
        good = self._open_lead(source_id=self.referral.id)
        bad = self._open_lead()
        before = {lead: (lead.probability, lead.automated_probability) for lead in good + bad}
        model = self._train(user=self.boss)
        self.assertEqual(model.state, "challenger", model.reason)
        self.assertGreater(model.auc, 0.75)
        self.assertLess(model.log_loss, 0.6)
        self.assertEqual(model.lead_count, 300)
        self.assertEqual(model.version, 1)
        self.assertTrue(model.figures["cross"]["auc"])
        self.assertFalse(good.win_model_id, "nothing is shown before a version is in use")
        model.with_user(self.boss).action_promote()
        self._run("win_predict")
        self.assertEqual(good.win_model_id, model)
        self.assertEqual(good.win_band, "high")
        self.assertEqual(bad.win_band, "low")
        self.assertGreater(good.win_probability, 60)
        self.assertLess(bad.win_probability, 30)
        self.assertIn("Win referral", good.win_reasons_up)
        self.assertIn("Source", bad.win_reasons_down)
        explained = good.with_user(self.boss).win_explain()[0]
        self.assertAlmostEqual(explained["probability"], good.win_probability, 1)
        self.assertEqual(explained["odoo_probability"], good.automated_probability)
        for lead, values in before.items():
            self.assertEqual((lead.probability, lead.automated_probability), values)
        found = self.env["crm.lead"].search(
            [("win_band", "=", "high"), ("id", "in", (good + bad).ids)]
        )
        self.assertEqual(found, good)
        ordered = self.env["crm.lead"].search(
            [("id", "in", (good + bad).ids)], order="win_probability desc"
        )
        self.assertEqual(list(ordered), [good, bad])

    def test_what_each_value_means_beside_the_average(self):
        leads = self._create_leads(200)
        model = self._train()
        rows = {group["label"]: group["values"] for group in model.with_user(self.boss).value_rows}
        source = {value["label"]: value for value in rows["Source"]}
        for name, of in (("Win referral", self.referral), ("empty", self.env["utm.source"])):
            mine = leads.filtered(lambda lead, of=of: lead.source_id == of)
            won = len(mine.filtered(lambda lead: lead.won_status == "won"))
            self.assertEqual(source[name]["count"], len(mine))
            self.assertAlmostEqual(source[name]["rate"], 100 * won / len(mine))
            self.assertAlmostEqual(source[name]["lift"], 100 * won / len(mine) / model.rate)
        self.assertEqual(sum(value["count"] for value in rows["Source"]), 200)
        self.assertEqual(model.chart_data["fields"][0]["label"], "Source")

    def test_texts_are_shown_as_people_mostly_write_them(self):
        chance, spelled = random.Random(2), ("Oslo", "OSLO", "Oslo ", "Oslo")
        leads = self._create_leads(240)
        for number, lead in enumerate(leads):
            rate = 0.75 if lead.won_status == "won" else 0.4
            lead.city = spelled[number % 4] if chance.random() < rate else "McAllen"
        self.env.flush_all()
        model = self._train(user=self.boss)
        rows = {group["label"]: group["values"] for group in model.with_user(self.boss).value_rows}
        self.assertEqual({value["label"] for value in rows["City"]}, {"Oslo", "McAllen"})
        self.assertEqual(sum(value["count"] for value in rows["City"]), 240)
        # The model itself still reads one value, however it is written.
        read = {row["detail"][0] for row in model.value_rates["city"]}
        self.assertEqual(read, {"oslo", "mcallen"})
        reason = {"name": "city", "kind": "value", "detail": ["mcallen"], "value": "mcallen"}
        self.assertEqual(model.with_user(self.rep)._value_text(reason), "McAllen")

    def test_a_version_that_noted_no_spelling_shows_what_it_reads(self):
        row = {"kind": "value", "detail": ["oslo"], "count": 1, "won": 0}
        model = self.models.create({})
        model.value_rates = {"city": [row]}
        self.assertEqual(model._value_label("city", row), "oslo")

    def test_versions_are_counted_and_speak_the_language_of_who_reads(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        for lead in self._create_leads(200):
            lead.referred = "won by hand" if lead.won_status == "won" else "gone"
        self.env.flush_all()
        draft = self.models.with_user(self.boss).create({})
        self.assertEqual(draft.name, "New Version")
        both = self._train(draft, user=self.boss) + self._train()
        both[0].date_trained -= timedelta(minutes=1)
        both[0].action_measure_drift()
        english, chinese = both.with_context(lang="en_US"), both.with_context(lang="zh_CN")
        self.assertEqual(english.mapped("name"), ["Version 1", "Version 2"])
        self.assertIn("Better than the average", english[0].verdict)
        self.assertIn("平均", chinese[0].verdict)
        self.assertIn("AUC", english[0].left_out)
        self.assertIn("no version in use", english[0].comparison)
        self.assertIn("since the training", english[0].drift_text)
        for name in ("left_out", "comparison", "drift_text"):
            self.assertRegex(chinese[0][name], "[\u4e00-\u9fff]{4}", name)

    def test_what_happened_to_a_version_is_said_in_the_language_of_who_reads(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        model = self.models.create({"version": 7})
        facts = {"count": 2, "text": "out of luck", "user": "Ann", "reason": "I want it"}
        facts |= {"version": 3, "won": 0, "lost": 5, "least": 40}
        for code in [*model._remarks(), "missing"]:
            needed = ("won", "lost", "least") if code == "missing" else facts.keys() - {"won"}
            model.remark = {"code": code, **{name: facts[name] for name in needed}}
            self.assertTrue(model.reason, code)
            self.assertNotRegex(model.reason, r"%\(|[\u4e00-\u9fff]", code)
            if code != "text":
                chinese = model.with_context(lang="zh_CN").reason
                self.assertRegex(chinese, "[\u4e00-\u9fff]{2}", code)

    def test_too_few_leads_says_what_is_missing(self):
        self._create_leads(60)
        with self.assertRaisesRegex(UserError, r"40 won and 40 lost.*Missing: \d+ won, \d+ lost"):
            self.models.create({}).action_train()
        settings = self.env["res.config.settings"].create({"company_id": self.company.id})
        self.assertIn("Missing", settings.win_status)

    def test_the_least_is_settable(self):
        self._create_leads(120)
        self.company.win_min_closed = 10
        model = self._train()
        self.assertIn(model.state, ("challenger",), model.reason)

    def test_noise_shows_nothing(self):
        self._create_leads(240, noise=True)
        model = self._train()
        self.assertEqual(model.algorithm, "base", model.figures)
        self.assertIn("No better than the average", model.verdict)
        with self.assertRaises(UserError):
            model.action_promote("because I want it")
        self.assertFalse(self.models._champion_of(self.company))

    def test_a_field_that_knows_the_outcome_is_left_out_and_named(self):
        leads = self._create_leads(200)
        for lead in leads:
            lead.referred = "won by hand" if lead.won_status == "won" else "gone"
        self.env.flush_all()
        model = self._train()
        self.assertNotIn("referred", model.columns)
        self.assertIn("Referred By", model.left_out)
        self.assertIn("AUC", model.left_out)
        for name in ("probability", "stage_id", "lost_reason_id", "date_closed", "won_status"):
            self.assertNotIn(name, model.columns)

    def test_a_field_filled_by_closing_is_left_out_and_named(self):
        leads = self._create_leads(200)
        leads.write({"city": "Somewhere"})
        for _n in range(60):
            self._open_lead(source_id=self.fair.id)
        model = self._train()
        self.assertEqual(model.state, "challenger", model.reason)
        self.assertNotIn("city", model.columns)
        self.assertIn("City: Closed leads have it", model.left_out)

    def test_what_few_leads_have_and_all_of_them_got_at_closing_is_found(self):
        """Sixty of a hundred and all others without: of those that have it, each got it late."""
        leads = self._create_leads(20)
        late = leads.filtered("date_closed")[:4]
        self.assertTrue(late)
        field = self.env["ir.model.fields"]._get("crm.lead", "email_from")
        change = {"field_id": field.id, "old_value_char": "", "new_value_char": "late@x.example"}
        self.env["mail.message"].create(
            [
                {
                    "model": "crm.lead",
                    "res_id": lead.id,
                    "date": lead.date_closed + timedelta(hours=1),
                    "tracking_value_ids": [Command.create(change)],
                }
                for lead in late
            ]
        )
        self.env.flush_all()
        values = ["late@x.example" if lead in late else None for lead in leads]
        found = self.models.create({})._filled_late({"email_from": ("text", values)}, leads.ids)
        self.assertEqual(found, {"email_from": 1.0})

    def test_outcome_fields_cannot_even_be_chosen(self):
        names = set(self.env["lead.score.model.field"].search([]).mapped("name"))
        self.assertIn("source_id", names)
        self.assertIn("tag_ids", names)
        self.assertFalse(names & {"probability", "stage_id", "won_status", "lost_reason_id"})
        self.assertFalse([name for name in names if name.startswith(("win_", "score"))])

    def test_only_chosen_fields_are_learned_from(self):
        self._create_leads(200)
        choice = self.env["lead.score.model.field"].search([("name", "=", "source_id")])
        model = self._train(self.models.create({"choice_ids": [Command.set(choice.ids)]}))
        self.assertEqual(list(model.columns), ["source_id"])

    def test_closings_in_the_future_are_set_aside_and_counted(self):
        self._create_leads(150)
        late = (
            self.env["crm.lead"]
            .with_context(active_test=False)
            .search([("won_status", "=", "lost"), ("company_id", "=", self.company.id)], limit=3)
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET date_closed = '2099-01-01' WHERE id = ANY(%s)", [late.ids]
        )
        self.env.invalidate_all()
        model = self._train(user=self.boss)
        self.assertEqual((model.lead_count, model.future_count), (147, 3))
        self.assertLess(model.window_end, fields.Datetime.now() + timedelta(minutes=1))
        # One that was trained before this was looked at blocks nobody either.
        model.with_user(self.boss).action_promote()
        model.sudo().window_end = "2099-01-01"
        self.assertEqual(model._learned_until(), model.date_trained)

    def test_one_outcome_is_answered(self):
        self._create_leads(100)
        self.env["crm.lead"].search(
            [("company_id", "=", self.company.id), ("won_status", "=", "won")]
        ).with_context(active_test=False).unlink()
        model = self.models.create({})
        model._queue()
        self._run("win_train")
        self.assertEqual(model.state, "failed")
        self.assertIn("same outcome", model.reason)

    def test_no_leads_at_all(self):
        model = self.models.create({})
        model._queue()
        self._run("win_train")
        self.assertEqual(model.state, "failed")
        self.assertIn("there are 0 won and 0 lost", model.reason)


class TestWinContest(TrainedCase):
    def test_a_lead_is_predicted_again_when_its_contact_changes(self):
        contact = self.env["res.partner"].create({"name": "Carried", "email": "a@example.com"})
        lead = self._open_lead(partner_id=contact.id)
        watched = self.models._watched_fields() | {"email_from"}
        self.patch(type(self.models), "_watched_fields", lambda models: watched)
        self._run("win_predict")
        self.assertFalse(lead.lead_win_id.dirty)
        contact.email = "b@example.com"
        self.env.cr.flush()
        self.env.invalidate_all()
        self.assertEqual(lead.email_from, "b@example.com")
        self.assertTrue(lead.lead_win_id.dirty)

    def test_second_needs_proof_or_a_reason(self):
        second = self._train()
        with self.assertRaisesRegex(UserError, "neither has seen"):
            second.action_promote()
        self.assertEqual(self.first.state, "champion")
        second.action_promote("The new campaign is in it")
        self.assertEqual((self.first.state, second.state), ("retired", "champion"))
        self.assertIn("The new campaign is in it", second.reason)
        self.assertIn("Better than the average", second.verdict)
        # A reason is one version's own: the next in the list does not borrow it.
        third = self._train()
        third.force_reason = "A new price list"
        self.assertFalse(self.first.force_reason)
        with self.assertRaisesRegex(UserError, "Give a reason"), self.cr.savepoint():
            (third | self.first).action_promote()
        self.assertEqual(second.state, "champion")

    def test_better_on_leads_closed_since_is_promoted_without_a_reason(self):
        second = self._train()
        self._create_leads(120, days=0, seed=9)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET date_closed = now() AT TIME ZONE 'UTC'"
            " WHERE id IN (SELECT id FROM crm_lead WHERE company_id = %s"
            " ORDER BY id DESC LIMIT 120)",
            [self.company.id],
        )
        self.env.cr.execute(
            "UPDATE lead_score_model SET window_end = window_end - interval '1 hour',"
            " date_trained = date_trained - interval '1 hour' WHERE company_id = %s",
            [self.company.id],
        )
        self.env.invalidate_all()
        refusal = second._promotion_refusal()
        self.assertIn("as good or better", refusal, "the same data give the same model")
        said = type(self.models)._predict_rows

        def worse(model, table, rows):
            answer = said(model, table, rows)
            return 1 - answer if model == self.first else answer

        with patch.object(type(self.models), "_predict_rows", worse):
            self.assertFalse(second._promotion_refusal())
            second.action_promote()
        self.assertEqual(second.state, "champion")

    def test_roll_back_in_one_click(self):
        second = self._train()
        second.action_promote("try")
        second.action_roll_back()
        self.assertEqual((self.first.state, second.state), ("champion", "retired"))
        self.first.action_retire()
        self.assertFalse(self.models._champion_of(self.company))

    def test_nothing_to_roll_back_to(self):
        with self.assertRaises(UserError):
            self.first.action_roll_back()
        self.assertEqual(self.first.state, "champion")

    def test_a_damaged_file_keeps_the_champion(self):
        lead = self._open_lead(source_id=self.referral.id)
        lead.win_refresh()
        said = lead.win_probability
        second = self._train()
        data = base64.b64decode(second.model_file)
        for broken, text in (
            (data[: len(data) // 2], "damaged"),
            (data[:-5] + b"12345", "damaged"),
            (win_file.dump({"algorithm": "base"}), "damaged"),
            (data.replace(b'"schema": 2', b'"schema": 7', 1), "another version"),
            (b"", "damaged"),
        ):
            second.model_file = base64.b64encode(broken)
            with self.assertRaisesRegex(UserError, text):
                second.action_promote("because")
            self.assertEqual((self.first.state, second.state), ("champion", "challenger"))
        lead.win_refresh()
        self.assertEqual(lead.win_probability, said)

    def test_champion_with_a_broken_file_says_so_and_keeps_what_was_said(self):
        lead = self._open_lead(source_id=self.referral.id)
        lead.win_refresh()
        said = lead.win_probability
        self.first.model_file = base64.b64encode(b"nonsense")
        lead.source_id = False
        self._run("win_predict")
        self.assertEqual(lead.win_probability, said)
        self.assertIn("damaged", self.first.file_error)
        self.assertIn("damaged", self.models._status_lines(self.company)[0])
        self.assertEqual(lead.win_explain(), [])
        self.assertTrue(lead.win_is_stale, "it waits for a version that can be read")

    def test_what_waited_for_a_sound_file_is_predicted_then(self):
        lead = self._open_lead(source_id=self.referral.id)
        lead.win_refresh()
        said, file = lead.win_probability, self.first.model_file
        self.first.model_file = base64.b64encode(b"nonsense")
        lead.source_id = False
        self._run("win_predict")
        self.first.model_file = file
        self._run("win_predict")
        self.assertLess(lead.win_probability, said)
        self.assertFalse(self.first.file_error or lead.win_is_stale)

    def test_changed_leads_are_predicted_by_the_next_run(self):
        lead = self._open_lead(source_id=self.referral.id)
        self._run("win_predict")
        high = lead.win_probability
        lead.source_id = False
        self.assertEqual(lead.win_probability, high)
        self._run("win_predict")
        self.assertLess(lead.win_probability, high)

    def test_unchanged_leads_are_not_written_again(self):
        leads = self.env["crm.lead"].union(*(self._open_lead() for _n in range(5)))
        self.assertEqual(self.models._predict_leads(leads.ids), 5)
        self.assertEqual(self.models._predict_leads(leads.ids), 0)

    def test_a_field_that_is_gone_is_named_and_prediction_goes_on(self):
        self.first.columns = {**self.first.columns, "x_was_renamed": "category"}
        lead = self._open_lead(source_id=self.referral.id)
        lead.win_refresh()
        self.assertTrue(lead.win_probability)
        self.assertIn("x_was_renamed", self.first.missing_fields)

    def test_retired_model_leaves_no_probability(self):
        lead = self._open_lead(source_id=self.referral.id)
        lead.win_refresh()
        self.first.action_retire()
        self.assertFalse(lead.win_model_id)
        self.assertFalse(lead.win_reasons_up)

    def test_leads_of_another_company_are_not_judged(self):
        other = self.env["res.company"].create({"name": "Other Win Company"})
        lead = self._open_lead(company_id=other.id, source_id=self.referral.id)
        lead.win_refresh()
        self.assertFalse(lead.win_model_id)

    def test_leads_merge_with_a_probability(self):
        leads = self._open_lead(source_id=self.referral.id)
        leads += self._open_lead(email_from="a@b.example")
        leads.win_refresh()
        merged = leads.merge_opportunity(auto_unlink=True)
        self._run("win_predict")
        self.assertTrue(merged.win_probability)

    def test_drift_is_told(self):
        self.first.date_trained -= timedelta(minutes=1)
        for _n in range(40):
            self._open_lead(source_id=self.referral.id)
        self.first.action_measure_drift()
        self.assertIn("Source has changed a lot", self.first.drift_text)

    def test_drift_of_a_damaged_file_is_told(self):
        self.first.sudo().model_file = b"bm90IGEgbW9kZWw="
        self.first.action_measure_drift()
        self.assertIn("damaged", self.first.drift_text)

    def test_retraining_each_week(self):
        self.env["res.company"].search([]).win_retrain = False
        self.company.win_retrain = True
        self._run("win_retrain")
        self.assertEqual(self.models.search_count([("state", "=", "queued")]), 0, "too early")
        self.env.cr.execute(
            "UPDATE lead_score_model SET date_trained = date_trained - interval '8 day'"
        )
        self.env.invalidate_all()
        self._run("win_retrain")
        self.assertEqual(self.models.search_count([("state", "=", "queued")]), 1)
        self._run("win_train")
        self.assertEqual(self.first.state, "champion", "no better, so it stays")

    def test_rep_reads_and_does_not_train(self):
        lead = self._open_lead(source_id=self.referral.id, user_id=self.rep.id)
        lead.win_refresh()
        seen = lead.with_user(self.rep)
        self.assertTrue(seen.win_probability)
        self.assertTrue(seen.win_reasons_up)
        self.assertTrue(seen.win_model_id.name)
        model = self.first.with_user(self.rep)
        for call in (model.action_promote, model.action_retire, model.action_roll_back):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaises(AccessError):
            self.models.with_user(self.rep).action_train_now()
        with self.assertRaises(AccessError):
            model.read(["model_file"])

    def test_other_companies_versions_are_not_seen(self):
        other = new_test_user(
            self.env, "win_elsewhere", groups="base.group_user,sales_team.group_sale_manager"
        )
        company = self.env["res.company"].create({"name": "Elsewhere"})
        other.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        found = self.models.with_user(other).with_context(allowed_company_ids=company.ids)
        self.assertFalse(found.search([("id", "=", self.first.id)]))
