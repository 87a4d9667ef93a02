from datetime import date, timedelta
from itertools import pairwise

from odoo.tests import new_test_user, tagged

from .common import TODAY, LifecycleCase


@tagged("post_install", "-at_install")
class TestMerge(LifecycleCase):
    """Merging contacts with Odoo's wizard loses nothing that is known about them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.price, cls.closed = cls.env["customer.churn.reason"].create(
            [{"name": "Merge price"}, {"name": "Merge closed"}]
        )
        cls.first = cls.customer(500, 400, 20, name="First")
        cls.second = cls.customer(480, 450, name="Second")

    def merge(self, *partners, into=None):
        into = into or partners[0]
        union = self.env["res.partner"].union(*partners)
        self.env["base.partner.merge.automatic.wizard"]._merge(union.ids, into, extra_checks=False)
        self.env.invalidate_all()

    def states(self, row):
        return [
            (change.state_to, change.date_entered, change.date_left)
            for change in row.transition_ids.filtered(lambda c: c.kind == "state").sorted(
                lambda c: (c.date_entered, c.id)
            )
        ]

    def assertOneStory(self, row):
        """Each entry of the history begins when the one before ended."""
        story = self.states(row)
        for (_state, _begun, ended), (_next, begun, _left) in pairwise(story):
            self.assertEqual(ended, begun, story)
        self.assertIsNot(story[-1][2], None)
        self.assertFalse(story[-1][2], story)
        self.assertEqual(story[-1][0], row.state)

    # Churn

    def test_reason_that_a_rep_gave_goes_with_the_customer_who_is_lost(self):
        lost = self.customer(700, 600, name="Lost")
        row = self.row(lost)
        row.action_rebuild()
        self.assertEqual(row.state, "churned")
        row.action_close(self.price.id)
        row.action_release_state()
        self.assertEqual((row.state, row.churn_reason_id), ("churned", self.price))
        double = self.customer(620, name="Lost double")
        self.merge(double, lost)
        row = self.row(double)
        self.assertEqual((row.state, row.churn_reason_id), ("churned", self.price))
        last = row.transition_ids.filtered(lambda c: c.kind == "state" and not c.date_left)
        self.assertEqual(last.churn_reason_id, self.price)
        self.assertOneStory(row)

    def test_reason_goes_when_the_double_still_buys(self):
        lost = self.customer(700, 600, name="Lost")
        self.row(lost).action_rebuild()
        self.row(lost).action_close(self.price.id)
        self.row(lost).manual_date = TODAY - timedelta(days=9)
        buyer = self.customer(0, name="Buys")
        self.merge(buyer, lost)
        row = self.row(buyer)
        self.assertEqual(row.state, "new" if row.order_count == 1 else "active")
        self.assertFalse(row.churn_reason_id)
        self.assertOneStory(row)

    def test_latest_manual_state_goes_along(self):
        self.row(self.second).action_set_state("not_tracked", "Competitor", lock_date="2026-12-31")
        self.merge(self.first, self.second)
        row = self.row(self.first)
        self.assertEqual(
            (row.state, row.manual_reason, row.lock_date),
            ("not_tracked", "Competitor", date(2026, 12, 31)),
        )
        self.assertOneStory(row)

    def test_own_manual_state_beats_that_of_the_double(self):
        self.row(self.first).action_set_state("loyal", "Old friend")
        self.row(self.second).action_set_state("dormant", "Silent")
        self.merge(self.first, self.second)
        self.assertEqual(self.row(self.first).manual_state, "loyal")

    def test_closed_customer_whose_double_is_merged_stays_closed(self):
        self.row(self.first).action_close(self.closed.id, "Bankrupt", lock_until_order=False)
        self.merge(self.first, self.second)
        row = self.row(self.first)
        self.assertEqual((row.state, row.churn_reason_id), ("churned", self.closed))
        self.assertOneStory(row)
        report = self.env["customer.churn.report"].search([("partner_id", "=", self.first.id)])
        self.assertIn(self.closed, report.churn_reason_id)

    def test_double_without_a_row_on_the_target_gives_its_own(self):
        stays = self.env["res.partner"].create({"name": "Never bought", "is_company": True})
        self.row(self.second).action_set_state("loyal", "By hand")
        self.merge(stays, self.second)
        row = self.row(stays)
        self.assertEqual((row.state, row.order_count), ("loyal", 2))

    def test_customer_merged_into_a_contact_gives_his_history_to_the_company(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.first.id})
        single = self.env["res.partner"].create({"name": "Ann again"})
        self.order(single, 10)
        self.row(single)
        visit = self.env["customer.visit"].create({"partner_id": single.id})
        self.merge(contact, single)
        self.assertEqual(self.row(self.first).order_count, 4)
        self.assertFalse(self.Lifecycle.search([("partner_id", "=", contact.id)]))
        self.assertEqual((visit.partner_id, visit.contact_id), (self.first, contact))

    def test_changes_of_tier_and_risk_are_kept(self):
        row = self.row(self.second)
        row.env["customer.lifecycle.transition"].create(
            {
                "lifecycle_id": row.id,
                "partner_id": self.second.id,
                "company_id": self.company.id,
                "kind": "tier",
                "from_value": "A",
                "to_value": "B",
                "date_entered": TODAY - timedelta(days=9),
            }
        )
        self.merge(self.first, self.second)
        kept = self.row(self.first).transition_ids.filtered(lambda change: change.kind == "tier")
        self.assertIn(("A", "B"), [(change.from_value, change.to_value) for change in kept])
        self.assertEqual(kept.partner_id, self.first)

    # Rebuilding is the same thing without a merge

    def test_rebuilt_history_keeps_closings_and_reasons(self):
        customer = self.customer(900, 870, name="Came back")
        row = self.row(customer)
        row.action_rebuild()
        machine = row.transition_ids.filtered(
            lambda change: change.state_to == "churned" and change.date_left is not None
        )
        self.assertTrue(machine)
        row.action_close(self.price.id)
        row.action_release_state()
        self.order(customer, 100)
        row.action_rebuild()
        lost = row.transition_ids.filtered(lambda change: change.state_to == "churned")
        self.assertEqual(lost.churn_reason_id, self.price)
        self.assertFalse(row.churn_reason_id)
        self.assertOneStory(row)

    def test_closing_of_an_active_customer_stays_in_his_history_until_he_buys(self):
        customer = self.customer(60, 50, 40, name="Closed early")
        row = self.row(customer)
        row.action_close(self.closed.id)
        closing = row.transition_ids.filtered("churn_reason_id")
        closing.date_entered = TODAY - timedelta(days=30)
        self.env.flush_all()
        self.order(customer, 10)
        row.action_rebuild()
        story = self.states(row)
        self.assertIn(("churned", TODAY - timedelta(days=30), TODAY - timedelta(days=10)), story)
        self.assertOneStory(row)
        back = row.transition_ids.filtered(
            lambda change: change.kind == "state" and not change.date_left
        )
        self.assertTrue(back.recovered)

    # Visits, roles, playbooks, referrals

    def test_visits_go_along_and_one_planned_visit_of_a_plan_stays(self):
        plan = self.env.ref("customer_lifecycle.visit_plan_quarter")
        visits = self.env["customer.visit"].create(
            [
                {"partner_id": self.second.id, "satisfaction": "2", "feedback": "Late"},
                {"partner_id": self.first.id, "plan_id": plan.id},
                {"partner_id": self.second.id, "plan_id": plan.id},
            ]
        )
        visits[0].action_done()
        self.merge(self.first, self.second)
        self.assertEqual(visits.partner_id, self.first)
        self.assertEqual(visits[0].feedback, "Late")
        self.assertEqual(sorted(visits.mapped("state")), ["cancelled", "done", "planned"])
        self.assertEqual(self.first.visit_satisfaction, 2)

    def test_roles_of_merged_persons_and_companies_go_along(self):
        people = self.env["res.partner"].create(
            [
                {"name": "Pia", "parent_id": self.first.id},
                {"name": "Pia P.", "parent_id": self.second.id},
                {"name": "Tom", "parent_id": self.second.id},
            ]
        )
        pia, double, tom = people
        roles = self.env["customer.contact.role"]
        mine = {"role": "business", "is_primary": True}
        roles.create({"customer_id": self.first.id, "partner_id": pia.id, **mine})
        roles.create(
            {
                "customer_id": self.second.id,
                "partner_id": double.id,
                "stance": "supporter",
                "note": "Likes golf",
                **mine,
            }
        )
        roles.create({"customer_id": self.second.id, "partner_id": tom.id, "role": "technical"})
        self.merge(self.first, self.second)
        self.assertEqual(len(self.first.contact_role_ids), 3)
        self.assertEqual(len(self.first.contact_role_ids.filtered("is_primary")), 1)
        self.merge(pia, double)
        left = self.first.contact_role_ids
        self.assertEqual(left.partner_id, pia | tom)
        business = left.filtered(lambda role: role.role == "business")
        self.assertEqual((business.partner_id, business.is_primary), (pia, True))
        self.assertEqual((business.stance, business.note), ("supporter", "Likes golf"))

    def test_finished_and_running_passages_go_along(self):
        step = {
            "kind": "activity",
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
        }
        playbook = self.env["customer.playbook"].create(
            {"name": "Merge", "control_percent": 0, "step_ids": [(0, 0, step)]}
        )
        other = playbook.copy()
        rows = self.env["customer.playbook.enrolment"].create(
            [
                {
                    "playbook_id": book.id,
                    "company_id": self.company.id,
                    "partner_id": partner.id,
                    "state": state,
                    "step_id": book.step_ids.id,
                    "date_start": "2026-06-01 10:00:00",
                }
                for book, partner, state in (
                    (playbook, self.first, "running"),
                    (playbook, self.second, "running"),
                    (other, self.second, "done"),
                    (playbook, self.second, "stopped"),
                )
            ]
        )
        self.merge(self.first, self.second)
        self.assertEqual(rows.exists(), rows)
        self.assertEqual(rows.partner_id, self.first)
        self.assertEqual(rows.mapped("state"), ["running", "stopped", "done", "stopped"])

    def test_referrals_go_along_and_nobody_brings_in_himself(self):
        friend = self.env["res.partner"].create(
            {"name": "Friend", "referred_by_id": self.second.id}
        )
        self.first.referred_by_id = self.second
        self.merge(self.first, self.second)
        self.assertEqual(friend.referred_by_id, self.first)
        self.assertEqual(self.first.referral_count, 1)
        self.assertFalse(self.first.referred_by_id)
        helper = self.env["res.partner"].create({"name": "Helper"})
        third = self.customer(30, name="Third", referred_by_id=helper.id)
        self.merge(self.first, third)
        self.assertEqual(self.first.referred_by_id, helper)

    def test_each_company_keeps_its_own_story(self):
        company = self.env["res.company"].create({"name": "Merge sister"})
        self.env["customer.lifecycle.profile"].search([]).company_id = False
        self.order(self.second, 5, company_id=company.id)
        self.merge(self.first, self.second)
        self.assertEqual(self.row(self.first).order_count, 5)
        self.assertEqual(self.row(self.first, company).order_count, 1)

    def test_a_salesperson_with_the_right_to_merge_may(self):
        user = new_test_user(
            self.env,
            "merger",
            groups="base.group_user,base.group_partner_manager,sales_team.group_sale_salesman",
        )
        self.merge_as(user)
        self.assertEqual(self.row(self.first).order_count, 5)

    def merge_as(self, user):
        partners = self.first | self.second
        partners.email = "same@example.com"
        self.env["base.partner.merge.automatic.wizard"].with_user(user)._merge(
            partners.ids, self.first.with_user(user)
        )
        self.env.invalidate_all()
