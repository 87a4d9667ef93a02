from ast import literal_eval
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.lead_score_qualification import QUALIFY
from .common import ScoreCase


@tagged("post_install", "-at_install")
class TestGuards(ScoreCase):
    """Import and API go through the same rules, and show no more than one may see."""

    def test_a_card_without_a_filter_is_for_all_leads(self):
        self.env["lead.score.card"].search([]).action_archive()
        card = self._create_card([self._attribute()], domain=False)
        lead = self.env["crm.lead"].create({"name": "Any", "function": "Boss"})
        self.assertEqual((lead.score_card_id, lead.score), (card, 10))

    def test_only_publishing_changes_what_counts(self):
        cards = self.env["lead.score.card"].with_user(self.boss)
        with self.assertRaises(UserError):
            cards.create({"name": "Past the preview", "state": "published"})
        card = cards.browse(self._create_card([self._attribute()]).id)
        for name, value in (("state", "draft"), ("definition", {"x": 1}), ("version", 0)):
            with self.subTest(name), self.assertRaises(UserError):
                card.write({name: value})
        card.rule_ids.points = 12
        card.action_publish()
        self.assertEqual((card.state, card.version), ("published", 2))

    def test_an_archived_card_is_not_published_and_an_active_one_stays(self):
        card = self._create_card([self._attribute()])
        card.write({"active": True})
        self.assertEqual(card.state, "published")
        card.write({"active": False})
        self.assertEqual(card.state, "archived")
        with self.assertRaises(UserError):
            card.action_publish()

    def test_people_of_a_lead_are_for_who_may_read_and_write_it(self):
        mine, theirs = self._create_leads(), self._create_leads(user_id=self.other.id)
        person = self.env["lead.score.influencer"].create({"lead_id": theirs.id, "name": "Secret"})
        people = self.env["lead.score.influencer"].with_user(self.rep)
        self.assertFalse(people.search([("lead_id", "=", theirs.id)]))
        for work in (
            lambda: people.create({"lead_id": theirs.id, "name": "Planted"}),
            lambda: person.with_user(self.rep).write({"note": "changed"}),
            lambda: person.with_user(self.rep).unlink(),
            lambda: people.create({"lead_id": mine.id, "name": "Own"}).write(
                {"lead_id": theirs.id}
            ),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                work()

    def test_a_decider_who_is_added_by_himself_counts_at_once(self):
        self._create_card([self._attribute(domain="[('profile_has_decider', '=', True)]")])
        lead = self._create_leads()
        person = self.env["lead.score.influencer"].create(
            {"lead_id": lead.id, "name": "Boss", "role": "decider"}
        )
        self.assertEqual(lead.score, 10)
        person.role = "user"
        self.assertEqual(lead.score, 0)
        person.role = "decider"
        person.unlink()
        self.assertEqual(lead.score, 0)

    def test_the_preview_shows_no_lead_that_one_may_not_read(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self._create_leads(function="Boss", company_id=company.id, user_id=False, team_id=False)
        seen = self._create_leads(function="Boss")
        card = self._create_card([self._attribute()], publish=False)
        action = card.with_user(self.boss).action_simulate()
        simulation = self.env["lead.score.simulation"].browse(action["res_id"])
        self.assertEqual(simulation.lead_ids.lead_id, seen)

    def test_reports_show_no_lead_that_one_may_not_read(self):
        theirs = self._create_leads(user_id=self.other.id)
        own = self._create_leads()
        self.env.flush_all()
        for model in ("lead.score.report", "lead.score.funnel"):
            rows = self.env[model].with_user(self.rep)
            domain = [("lead_id", "in", (own | theirs).ids)]
            self.assertEqual(rows.search(domain).lead_id, own)
            self.assertEqual(
                [lead.id for (lead,) in rows._read_group(domain, ["lead_id"])], own.ids, model
            )

    def test_bad_reports_are_answered_one_by_one(self):
        self._create_card([self._signal_rule()])
        lead = self._create_leads()
        good = {"lead_id": lead.id, "code": "t_ask"}
        events = [
            {**good, "date": "9999-12-31T23:59:59-14:00"},
            {**good, "date": "0001-01-01T00:00:00+14:00"},
            {**good, "quantity": 10**400},
            {**good, "key": "a\ud800b"},
            {**good, "lead_id": [1]},
            {**good, "ref": f"crm.lead,{'9' * 300}"},
            "no report",
            None,
            good,
        ]
        answers = [answer["code"] for answer in lead.score_signals(events)]
        self.assertEqual(answers[:4], ["bad_date", "bad_date", "bad_quantity", "bad_key"])
        self.assertEqual(answers[4:8], ["unknown_lead", "bad_ref", "unknown_lead", "unknown_lead"])
        self.assertEqual((answers[8], len(lead.score_event_ids)), ("ok", 1))
        with self.assertRaises(UserError):
            lead.score_signals({"lead_id": lead.id})

    def test_a_reference_to_what_has_no_table_does_not_break_the_explanation(self):
        self._create_card([self._signal_rule()])
        lead = self._create_leads()
        lead.score_signal("t_ask", ref="mail.thread,1")
        self.assertEqual(sum(line["points"] for line in lead.score_explain()), lead.score)

    def test_merging_keeps_the_last_rejection(self):
        reasons = self.env["lead.score.reject.reason"].create([{"name": "First"}, {"name": "Last"}])
        leads = self._create_leads(2)
        for lead, reason in zip(leads, reasons, strict=True):
            lead.action_mql()
            lead.action_reject(reason.id, reason.name)
        leads[1].with_context(score_qualify=QUALIFY).write(
            {"qualification_rejected_date": self.env.cr.now() + timedelta(hours=1)}
        )
        merged = leads.merge_opportunity()
        self.assertEqual(merged.qualification_reason_id, reasons[1])
        self.assertEqual(merged.qualification_note, "Last")

    def test_merging_keeps_different_things_under_the_same_key(self):
        self._create_card([self._signal_rule(), {**self._signal_rule(15), "name": "Bad",
                                                 "signal_id": self.bad_signal.id}])  # fmt: skip
        one, two = self._create_leads(2)
        one.score_signal("t_ask", key="same")
        two.score_signal("t_bounce", key="same")
        merged = (one | two).merge_opportunity()
        self.assertEqual((len(merged.score_event_ids), merged.score), (2, 35))

    def test_merging_keeps_a_score_that_was_set_by_hand(self):
        self._create_card([self._attribute()])
        keeper, other = self._create_leads(2, type="opportunity")
        keeper.write({"probability": 90, "function": "Boss"})
        other.score_set(77, "The buyer called")
        merged = (keeper | other).merge_opportunity()
        self.assertEqual(merged, keeper)
        self.assertEqual((merged.score, merged.score_computed), (77, 10))
        self.assertEqual(merged.score_override_reason, "The buyer called")
        third = self._create_leads(type="opportunity")
        third.score_set(5, "Nonsense")
        merged = (keeper | third).merge_opportunity()
        self.assertEqual(merged.score, 77 if merged == keeper else 5, "its own holds")

    def test_a_score_is_set_by_hand_only_where_it_counts(self):
        self._create_card([self._attribute()])
        lead, closed = self._create_leads(2)
        closed.action_set_lost()
        stranger = self.env["crm.lead"].create({"name": "Of no card", "referred": "nobody"})
        self.env["lead.score.card"].search([("domain", "=", "[]")]).action_archive()
        for leads in (lead | closed, lead | stranger):
            with self.assertRaises(UserError):
                leads.score_set(50, "Because")
            self.assertFalse(lead.score_override_set)
        for reason, until in ((5, None), (["x"], None), ("Ok", "nonsense"), ("Ok", 7)):
            with self.subTest(reason=reason, until=until), self.assertRaises(UserError):
                lead.score_set(50, reason, until)
        self.assertTrue(lead.score_set(50, "Because", "2999-01-01"))
        self.assertEqual(lead.score, 50)

    def test_contacts_are_not_searched_by_what_is_no_number(self):
        contacts = self.env["res.partner"]
        for operator, value in ((">", "much"), ("=", "much"), ("in", ["x"]), (">", [1])):
            with self.subTest(operator, value=value), self.assertRaises(UserError):
                contacts.search([("score_best", operator, value)])
        self.assertTrue(contacts.search([("score_best", "<", "5")], limit=1))

    def test_the_leave_to_qualify_is_not_handed_on(self):
        lead = self._create_leads()
        model, asked = type(lead), []
        concerned = model._score_concerned

        def listen(leads, vals):
            asked.append(leads.env.context.get("score_qualify"))
            return concerned(leads, vals)

        self.patch(model, "_score_concerned", listen)
        lead.action_mql()
        self.assertTrue(asked)
        self.assertNotIn(QUALIFY, asked)

    def test_a_rejected_lead_is_nobody_to_call(self):
        self._create_card([self._attribute()])
        lead, rejected = self._create_leads(2)
        rejected.action_reject(self.env.ref("lead_scoring.reject_reason_spam").id)
        action = self.env.ref("lead_scoring.crm_lead_action_score")
        found = self.env["crm.lead"].search(literal_eval(action.domain))
        self.assertIn(lead, found)
        self.assertNotIn(rejected, found)
