from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestCustomer(PoolCase):
    """The same engine keeps customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_pool("Customers", kind="customer", cooldown_days=2)

    def _create_customer(self, **values):
        return self.env["res.partner"].create(
            {"name": "Acme", "is_company": True, "pool_id": self.customers.id, **values}
        )

    def test_customer_circulates(self):
        rule = self.env["lead.pool.rule"].create(
            {"name": "Not worked", "pool_id": self.customers.id, "delay": 3, "unit": "day"}
        )
        customer = self._create_customer()
        self.assertPooled(customer, self.customers)
        self._claim(customer)
        self.assertOwned(customer, self.rep, self.customers)
        self.assertEqual(customer.pool_due_rule_id, rule)
        self._make_older(customer, days=4)
        self._run_cron()
        self.assertPooled(customer, self.customers)
        self.assertEqual(self._codes(customer.with_user(self.rep).pool_claim()), ["cooldown"])
        self.assertEqual(
            customer.pool_move_ids.sorted("id").mapped("kind"), ["enter", "claim", "reclaim"]
        )

    def test_contacts_follow_their_company(self):
        company = self._create_customer()
        jo, mo = self.env["res.partner"].create(
            [{"name": "Jo", "parent_id": company.id}, {"name": "Mo", "parent_id": company.id}]
        )
        mo.user_id = self.other
        self._claim(company)
        self.assertEqual((jo.user_id, mo.user_id), (self.rep, self.other))
        company.with_user(self.rep).pool_release()
        self.assertEqual((jo.user_id, mo.user_id), (self.env["res.users"], self.other))
        self.customers.contacts_follow = False
        self._claim(company, self.other)
        self.assertFalse(jo.user_id)

    def test_plain_write_is_judged(self):
        self.customers.holding_limit = 1
        first, second = self._create_customer(), self._create_customer()
        first.with_user(self.rep).user_id = self.rep
        self.assertOwned(first, self.rep, self.customers)
        with self.assertRaisesRegex(Exception, "1 of 1"):
            second.with_user(self.rep).user_id = self.rep

    def test_pooled_customer_is_read_only_for_salespeople_only(self):
        customer = self._create_customer()
        with self.assertRaises(AccessError):
            customer.with_user(self.rep).write({"name": "Changed"})
        clerk = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "pool_clerk",
                "group_ids": [
                    (
                        6,
                        0,
                        (
                            self.env.ref("base.group_user")
                            | self.env.ref("base.group_partner_manager")
                        ).ids,
                    )
                ],
            }
        )
        customer.with_user(clerk).write({"comment": "Invoice by post"})

    def test_contacts_and_colleagues_do_not_enter_by_themselves(self):
        self.customers.write({"entry_auto": True, "entry_domain": "[]"})
        company = self._create_customer(pool_id=False)
        contact = self.env["res.partner"].create({"name": "Jo", "parent_id": company.id})
        user = self.env["res.users"].create({"name": "New Colleague", "login": "pool_colleague"})
        self.assertPooled(company, self.customers)
        self.assertEqual(contact.pool_state, "outside")
        self.assertEqual(user.partner_id.pool_state, "outside")

    def test_customer_that_becomes_a_contact_leaves_the_pool(self):
        company = self.env["res.partner"].create(
            {"name": "Group", "is_company": True, "user_id": self.other.id}
        )
        person = self._create_customer(is_company=False)
        person.parent_id = company
        self.assertEqual(person.pool_state, "outside")
        self.assertEqual(person.pool_move_ids.sorted("id").mapped("kind"), ["enter", "leave"])

    def test_merge_of_contacts_keeps_the_history(self):
        keep, gone = (
            self._create_customer(email="a@example.com"),
            self._create_customer(email="a@example.com"),
        )
        self._claim(keep)
        moves = gone.pool_move_ids
        self.env["base.partner.merge.automatic.wizard"]._merge((keep | gone).ids, keep)
        self.assertFalse(gone.exists())
        self.assertOwned(keep, self.rep, self.customers)
        self.assertEqual(moves.partner_id, keep)

    def test_message_of_the_owner_touches_the_customer(self):
        self.env["lead.pool.rule"].create(
            {"name": "Not worked", "pool_id": self.customers.id, "delay": 3, "unit": "day"}
        )
        customer = self._claim(self._create_customer())
        self._make_older(customer, days=2)
        customer.with_user(self.rep).message_post(body="Visited", message_type="comment")
        self.assertEqual(customer.pool_touch_date, self.env.cr.now())
