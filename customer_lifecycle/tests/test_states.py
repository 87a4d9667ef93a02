import random
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TODAY, LifecycleCase


def ahead(days):
    return TODAY + timedelta(days=days)


@tagged("post_install", "-at_install")
class TestStates(LifecycleCase):
    """A purchase, a refund and time move a customer; nothing else does."""

    def later(self, row, days):
        """Decide as the run would, so many days later."""
        self.Lifecycle._lifecycle_apply(self.company, row.ids, ahead(days))
        return row.state

    def test_each_state_by_what_was_bought_and_when(self):
        for days_ago, state in (
            ((), "prospect"),
            ((5,), "new"),
            ((60,), "new"),
            ((60, 5), "active"),
            ((200, 120, 60, 5), "loyal"),
            ((100,), "dormant"),
            ((400, 300), "dormant"),
            ((400,), "churned"),
        ):
            with self.subTest(days_ago=days_ago):
                partner = self.customer(*days_ago)
                if not days_ago:
                    self.order(partner, confirm=False)
                self.assertEqual(partner.lifecycle_state, state)

    def test_dates_of_the_state(self):
        row = self.row(self.customer(60, 40))
        self.assertEqual(row.state, "active")
        self.assertTrue(row.at_risk)
        self.assertEqual(row.last_order_date, ahead(-40))
        self.assertEqual(row.due_date, ahead(50))
        self.assertEqual(row.order_count, 2)
        self.assertEqual(row.amount_total, 200)

    def test_time_moves_and_a_purchase_brings_back(self):
        partner = self.customer(60, 0)
        row = self.row(partner)
        self.assertEqual(self.later(row, 89), "active")
        self.assertTrue(row.at_risk)
        self.assertEqual(self.later(row, 90), "dormant")
        self.assertFalse(row.at_risk)
        self.assertEqual(row.state_since, ahead(90))
        self.assertEqual(self.later(row, 365), "churned")
        self.assertFalse(row.due_date)
        self.order(partner, days_ago=-400)
        self.assertEqual(self.later(row, 400), "active")
        self.assertTrue(row.recovered)
        self.assertEqual(row.recovered_until, ahead(490))
        self.later(row, 489)
        self.assertTrue(row.recovered)
        history = row.transition_ids.filtered(lambda t: t.kind == "state").sorted("id")
        self.assertEqual(
            history.mapped("state_to"),
            ["prospect", "new", "active", "dormant", "churned", "active"],
        )
        self.assertEqual(history[-1].recovered, True)
        self.assertEqual(history[3].days, 275)
        self.assertEqual(history[:-1].mapped("date_left"), history[1:].mapped("date_entered"))

    def test_first_quotation_makes_a_prospect_and_its_order_a_customer(self):
        partner = self.customer()
        self.assertFalse(partner.lifecycle_state)
        order = self.order(partner, confirm=False)
        self.assertEqual(partner.lifecycle_state, "prospect")
        order.action_confirm()
        self.assertEqual(partner.lifecycle_state, "new")

    def test_a_lead_makes_a_prospect(self):
        partner = self.customer()
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": partner.id})
        self.env["crm.lead"].create({"name": "Interested", "partner_id": contact.id})
        self.assertEqual(partner.lifecycle_state, "prospect")

    def test_a_lost_lead_makes_nobody(self):
        partner = self.customer()
        lead = self.env["crm.lead"].create({"name": "No"})
        lead.action_set_lost()
        lead.partner_id = partner
        self.assertFalse(partner.lifecycle_state)

    def test_cancelling_the_only_order_takes_the_customer_back(self):
        partner = self.customer()
        order = self.order(partner)
        order._action_cancel()
        self.assertEqual(partner.lifecycle_state, "prospect")
        last = self.row(partner).transition_ids.filtered(lambda t: t.kind == "state")[0]
        self.assertEqual(last.reason, "refund")

    def test_order_moved_to_another_customer_moves_both(self):
        first, second = self.customer(), self.customer()
        order = self.order(first)
        order.partner_id = second
        self.assertEqual(first.lifecycle_state, "prospect")
        self.assertEqual(second.lifecycle_state, "new")

    def test_an_order_in_the_future_waits_for_its_day(self):
        partner = self.customer(-10)
        row = self.row(partner)
        self.assertEqual(row.state, "prospect")
        self.assertEqual(row.check_date, ahead(10))
        self.assertEqual(self.later(row, 10), "new")

    def test_negative_and_empty_orders_are_no_purchases(self):
        partner = self.customer(10, amount=0.0)
        self.assertEqual(partner.lifecycle_state, "prospect")
        self.order(partner, amount=-50.0)
        self.assertEqual(partner.lifecycle_state, "prospect")
        self.order(partner, amount=80.0, days_ago=1)
        self.assertEqual(partner.lifecycle_state, "new")
        self.assertEqual(self.row(partner).amount_total, 30)

    def test_two_orders_on_one_day_are_one_purchase(self):
        partner = self.customer(3, 3)
        self.assertEqual(self.row(partner).order_count, 1)
        self.assertEqual(self.row(partner).amount_total, 200)

    def test_contacts_share_the_lifecycle_of_their_company(self):
        partner = self.customer()
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": partner.id})
        self.order(contact)
        self.assertEqual(partner.lifecycle_state, "new")
        self.assertEqual(contact.lifecycle_state, "new")
        self.assertFalse(self.Lifecycle.search([("partner_id", "=", contact.id)]))

    def test_a_contact_that_joins_a_company_brings_its_orders(self):
        person = self.customer(40, 20, is_company=False)
        company = self.customer(100)
        person.parent_id = company
        self.assertEqual(self.row(company).order_count, 3)
        self.assertEqual(company.lifecycle_state, "active")
        self.assertFalse(self.Lifecycle.search([("partner_id", "=", person.id)]))
        person.parent_id = False
        self.assertEqual(self.row(company).order_count, 1)
        self.assertEqual(self.row(person).order_count, 2)

    def test_by_hand_beats_the_machine_until_its_lock_ends(self):
        partner = self.customer(5)
        row = self.row(partner)
        closed = self.env.ref("customer_lifecycle.churn_reason_closed")
        row.action_close(closed.id, "Closed their shop.", ahead(10), lock_until_order=False)
        self.assertEqual(row.state, "churned")
        self.assertIn("Closed their shop", row.explanation)
        self.order(partner)
        self.assertEqual(row.state, "churned")
        self.assertEqual(row.check_date, ahead(11))
        self.assertEqual(self.later(row, 10), "churned")
        self.assertEqual(self.later(row, 11), "active" if row.order_count > 2 else "new")
        self.assertFalse(row.manual_state)
        self.assertTrue(partner.active)

    def test_a_purchase_ends_a_lock_that_waits_for_it(self):
        partner = self.customer(50, 5)
        row = self.row(partner)
        row.action_close(self.env.ref("customer_lifecycle.churn_reason_contract").id)
        self.assertEqual(row.state, "churned")
        self.order(partner)
        self.assertEqual(row.state, "active")
        self.assertTrue(row.recovered)

    def test_released_by_hand_the_machine_decides(self):
        row = self.row(self.customer(50, 5))
        row.action_set_state("not_tracked", "A test customer")
        self.assertEqual(row.state, "not_tracked")
        row.action_release_state()
        self.assertEqual(row.state, "active")

    def test_by_hand_needs_a_reason_and_a_day_that_is_not_over(self):
        row = self.row(self.customer(5))
        for arguments in (("churned", " "), ("asleep", "Why"), ("churned", "Why", ahead(-1))):
            with self.subTest(arguments=arguments), self.assertRaises(UserError):
                row.action_set_state(*arguments)

    def test_once_dormant_a_new_rule_may_wake_but_a_contact_may_not(self):
        self.profile.contact_days = 60
        partner = self.customer(100, 95)
        row = self.row(partner)
        self.assertEqual(row.state, "dormant")
        partner.message_post(body="Called", message_type="comment")
        self.env.flush_all()
        row._lifecycle_refresh()
        self.assertEqual(row.state, "dormant")
        self.profile.write({"dormant_days": 200})
        row._lifecycle_refresh()
        self.assertEqual(row.state, "active")

    def test_who_is_in_contact_is_not_dormant(self):
        self.profile.contact_days = 60
        partner = self.customer(89, 88)
        row = self.row(partner)
        self.assertEqual(row.state, "active")
        message = partner.message_post(body="We talked", message_type="comment")
        message.date = "2026-06-20 10:00:00"
        self.env.flush_all()
        self.assertEqual(self.later(row, 10), "active")
        self.assertEqual(row.last_contact_date, ahead(-10))
        self.assertEqual(row.check_date, ahead(50))
        self.assertEqual(self.later(row, 50), "dormant")

    def test_an_automatic_mail_is_no_contact(self):
        self.profile.contact_days = 60
        partner = self.customer(89, 88)
        row = self.row(partner)
        message = partner.message_post(body="Out of office", message_type="email")
        message.write({"date": "2026-06-20 10:00:00", "lifecycle_automatic": True})
        self.env.flush_all()
        self.assertEqual(self.later(row, 10), "dormant")

    def test_loyal_stays_loyal_when_more_is_asked_of_others(self):
        row = self.row(self.customer(200, 120, 60, 5))
        self.assertEqual(row.state, "loyal")
        self.env.cr.execute(
            "UPDATE customer_lifecycle_profile SET loyal_orders = 9 WHERE id = %s",
            [self.profile.id],
        )
        self.env.invalidate_all()
        row._lifecycle_refresh()
        self.assertEqual(row.state, "loyal")
        self.profile.loyal_orders = 8
        row._lifecycle_refresh()
        self.assertEqual(row.state, "active")

    def test_rules_that_another_worker_has_changed_hold_at_once(self):
        row = self.row(self.customer(100))
        self.assertEqual(row.state, "dormant")
        self.env.cr.execute(
            "UPDATE customer_lifecycle_profile SET dormant_days = 200, version = version + 1"
            " WHERE id = %s",
            [self.profile.id],
        )
        self.Lifecycle._lifecycle_apply(self.company, row.ids)
        self.assertEqual(row.state, "new")

    def test_one_order_is_one_decision(self):
        partner = self.customer(100)
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": partner.id})
        order = self.order(contact, confirm=False)
        decide, decided = type(self.Lifecycle)._lifecycle_decide, []

        def count(records, company, ids, *options):
            decided.append(list(ids))
            return decide(records, company, ids, *options)

        self.patch(self.env.registry["customer.lifecycle"], "_lifecycle_decide", count)
        order.action_confirm()
        self.env.flush_all()
        self.assertEqual(decided, [self.row(partner).ids])

    def test_python_and_sql_decide_alike(self):
        chance = random.Random(19)
        self.profile.write({"engine": "curve"})
        self.env["customer.lifecycle.threshold"].create(
            [
                {
                    "profile_id": self.profile.id,
                    "min_orders": least,
                    "risk_days": risk,
                    "dormant_days": dormant,
                    "churn_days": churn,
                }
                for least, risk, dormant, churn in ((1, 20, 60, 200), (3, 30, 90, 300))
            ]
        )
        partners = self.env["res.partner"]
        for _number in range(25):
            days = [chance.randrange(0, 500) for _ in range(chance.randrange(1, 8))]
            partners += self.customer(*days)
        for engine in ("curve", "p_buy", "fixed"):
            self.profile.engine = engine
            rows = self.Lifecycle.search([("partner_id", "in", partners.ids)])
            rows._lifecycle_refresh()
            for row in rows:
                with self.subTest(engine=engine, days=row.last_order_date):
                    self.assertEqual(row.state, row._lifecycle_state_in_python())
                    self.assertTrue(row.explanation)

    def test_extreme_customers_stop_nobody(self):
        ancient = self.customer(365 * 20)
        busy = self.customer(1)
        self.env.cr.execute(
            """INSERT INTO sale_order (name, partner_id, partner_invoice_id, partner_shipping_id,
                    company_id, state, date_order, amount_untaxed, currency_id, currency_rate)
               SELECT 'X' || n, %(p)s, %(p)s, %(p)s, %(c)s, 'sale',
                      '2026-06-29'::timestamp - n * interval '1 day', 10, %(cur)s, 1
                 FROM generate_series(1, 5000) n""",
            {"p": busy.id, "c": self.company.id, "cur": self.company.currency_id.id},
        )
        for engine in ("p_buy", "fixed"):
            self.profile.engine = engine
            (self.row(busy) | self.row(ancient))._lifecycle_refresh()
            self.assertEqual(self.row(busy).order_count, 5001)
            self.assertEqual(busy.lifecycle_state, "loyal")
            self.assertEqual(ancient.lifecycle_state, "churned")

    def test_29_february_has_a_next_year(self):
        partner = self.customer()
        order = self.order(partner)
        order.date_order = "2024-02-29 12:00:00"
        row = self.row(partner)
        self.assertEqual(row.churn_date.isoformat(), "2025-02-28")
        self.assertEqual(row.state, "churned")
