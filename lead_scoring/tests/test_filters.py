from odoo.tests import tagged

from .common import ScoreCase

# What can be asked of a lead in hand.
ASKED = [
    "[]",
    "[('city', '=', 'Ulm')]",
    "[('city', '!=', 'Ulm')]",
    "[('city', 'in', ['Ulm', False])]",
    "[('city', 'not in', ['Ulm', 'Bonn'])]",
    "[('city', 'ilike', 'KÖ')]",
    "[('city', 'not ilike', 'u')]",
    "[('city', '=like', 'U_m')]",
    "['!', ('city', '=ilike', '%n')]",
    "['!', '|', ('city', '=', 'Ulm'), ('priority', '=', '2')]",
    "['|', '&', ('city', '=', 'Bonn'), ('priority', 'in', ['2', '3']), ('user_id', '=', False)]",
    "['&', '|', ('city', '=', 'Bonn'), ('city', '=', False), ('expected_revenue', '<', 1000)]",
    "[('expected_revenue', '>=', 1000), ('city', '!=', False), ('priority', '!=', '0')]",
    "[('expected_revenue', '<=', 0)]",
    "[('user_id', '!=', False)]",
    "[('user_id', 'in', [{rep}, False])]",
    "[('user_id', 'not in', [{rep}])]",
    "[('user_id', '=', {rep})]",
    "[('active', '=', True)]",
    "[('active', '!=', True)]",
    "[('date_deadline', '>', '2026-03-01')]",
    "[('date_deadline', '=', False)]",
]
# What the database alone knows.
UNKNOWN = [
    "[('user_id.login', '=', 'score_rep')]",
    "[('user_id', '>', 3)]",
    "[('city', '>', 'C')]",
    "[('create_date.month_number', '=', 3)]",
    "[('create_date', '>=', '-40d')]",
    "[('city', '=', 'Ulm'), ('tag_ids.name', '=', 'VIP')]",
    "[('expected_revenue', '>=', '1000')]",
]


@tagged("post_install", "-at_install")
class TestFilters(ScoreCase):
    """What a filter says of a lead in hand is what the database says."""

    def test_python_and_the_database_agree(self):
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": "Filtered",
                    "city": city,
                    "user_id": user,
                    "priority": priority,
                    "expected_revenue": revenue,
                    "date_deadline": day,
                }
                for city in ("Ulm", "Bonn", "Köln", False)
                for user in (self.rep.id, self.env.user.id, False)
                for priority, revenue, day in (
                    ("0", 0, False),
                    ("2", 999, "2026-03-01"),
                    ("3", 1000, "2026-03-02"),
                )
            ]
        )
        leads[::5].action_archive()
        judge, rules = self.env["lead.score.judge"], self.env["lead.score.rule"]
        leads = rules._lead_model().browse(leads.ids)
        for text in ASKED:
            text = text.format(rep=self.rep.id)
            with self.subTest(text):
                found = leads.search([("id", "in", leads.ids), *rules._parse(text)])
                test = judge._test(text)
                self.assertEqual({lead.id for lead in leads if test(lead)}, set(found.ids))
        for text in UNKNOWN:
            with self.subTest(text):
                self.assertIsNone(judge._test(text))

    def test_a_filter_on_a_link_is_asked_of_each_lead_alone(self):
        """A function made for a lead without a salesperson must not remember that."""
        judge, rules = self.env["lead.score.judge"], self.env["lead.score.rule"]
        free, held = (
            rules._lead_model().create({"name": "Link", "user_id": user})
            for user in (False, self.rep.id)
        )
        test = judge._test("[('user_id', '=', False)]")
        self.assertEqual([bool(test(lead)) for lead in (free, held, free)], [True, False, True])
        held.user_id = False
        self.assertTrue(test(held))
