"""Answers on the scales of Odoo's surveys, beside the stars of a revisit.

Run by test_satisfaction_of_surveys.py, in a database in which that app is installed.
"""

from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestSatisfactionOfSurveys(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rep = new_test_user(cls.env, "survey_rep", groups="sales_team.group_sale_salesman")
        cls.customer = cls.env["res.partner"].create(
            {"name": "Asked", "is_company": True, "user_id": cls.rep.id}
        )
        cls.person = cls.env["res.partner"].create({"name": "Ann", "parent_id": cls.customer.id})

    def _answer(self, value, low=0, high=10, scoring="no_scoring", **values):
        """The person answers a survey with one question on a scale."""
        survey = self.env["survey.survey"].create(
            {
                "title": "How are we?",
                "scoring_type": scoring,
                "question_and_page_ids": [
                    (
                        0,
                        0,
                        {
                            "title": "Would you recommend us?",
                            "question_type": "scale",
                            "scale_min": low,
                            "scale_max": high,
                        },
                    )
                ],
            }
        )
        question = survey.question_ids
        answers = self.env["survey.user_input"].create(
            {"survey_id": survey.id, "partner_id": self.person.id, "state": "done", **values}
        )
        answers._save_lines(question, str(value))
        return answers

    def _satisfaction(self):
        self.env.invalidate_all()
        customer = self.customer.with_user(self.rep)
        return customer.satisfaction, customer.satisfaction_count

    def test_each_scale_becomes_stars(self):
        self._answer(10)
        self.assertEqual(self._satisfaction(), (5, 1))
        self._answer(1, low=1, high=5)
        self.assertEqual(self._satisfaction(), (3, 2))

    def test_revisits_count_beside_surveys(self):
        self._answer(10)
        visit = self.env["customer.visit"].create(
            {"partner_id": self.customer.id, "user_id": self.rep.id, "satisfaction": "2"}
        )
        visit.with_user(self.rep).action_done()
        self.assertEqual(self._satisfaction(), (3.5, 2))

    def test_what_is_no_answer_does_not_count(self):
        self._answer(10, test_entry=True)
        self._answer(10, state="in_progress")
        self._answer(10, scoring="scoring_without_answers")
        self.assertEqual(self._satisfaction(), (0, 0))
