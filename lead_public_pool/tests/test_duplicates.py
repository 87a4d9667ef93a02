from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .common import PoolCase
from .common_sealed import EMAIL, PHONE, SealedCase


@tagged("post_install", "-at_install")
class TestDuplicates(PoolCase):
    """Duplicates that others hold are named before a claim, and with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.facts = {"email_from": "jo@acme-works.example", "partner_name": "Acme Works"}

    def _held(self, user=None, **values):
        return self._claim(self._create_leads(**values), user or self.other)

    def _message(self, lead, user=None):
        self.env.flush_all()
        [answer] = lead.with_user(user or self.rep).pool_claim_check()
        self.assertTrue(answer["ok"], answer)
        return answer["message"]

    def test_count_for_all_and_names_for_who_may_read(self):
        self._held(**self.facts)
        self._held(email_from="ann@acme-works.example")
        lead = self._create_leads(**self.facts)
        text = self._message(lead)
        self.assertIn("2 possible duplicates are held by others", text)
        self.assertNotIn("Otto", text)
        self.assertNotIn("acme", text.lower())
        self.lead_manager.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        self.assertIn("among them Otto Other", self._message(lead, self.lead_manager))

    def test_each_sign_counts(self):
        partner = self.env["res.partner"].create({"name": "Company", "is_company": True})
        person = self.env["res.partner"].create({"name": "Person", "parent_id": partner.id})
        signs = (
            ({"email_from": "a@sign-domain.example"}, {"email_from": "b@sign-domain.example"}),
            ({"email_from": "same@gmail.com"}, {"email_from": "Same@GMAIL.com"}),
            ({"phone": "+32 2 290 34 90"}, {"phone": "+32 2 290 34 90"}),
            ({"partner_name": "Some Works"}, {"partner_name": "SOME works"}),
            ({"email_from": "d@gmail.com"}, {"email_from": "c@gmail.com, d@gmail.com"}),
            ({"partner_id": partner.id}, {"partner_id": person.id}),
        )
        for mine, theirs in signs:
            with self.subTest(mine):
                lead = self._create_leads(**mine)
                self.assertFalse(self._message(lead))
                self._held(**theirs)
                self.assertEqual(
                    self._message(lead), "A possible duplicate is held by somebody else."
                )

    def test_free_mail_of_another_person_is_no_duplicate(self):
        self._held(email_from="one@gmail.com")
        self.assertFalse(self._message(self._create_leads(email_from="two@gmail.com")))

    def test_what_waits_is_mine_or_is_closed_is_no_duplicate_of_others(self):
        lead = self._create_leads(**self.facts)
        self._create_leads(**self.facts)
        self._held(self.rep, **self.facts)
        self._held(**self.facts).action_set_lost()
        self.assertFalse(self._message(lead))

    def test_what_so_many_share_says_nothing(self):
        self._claim(self._create_leads(21, phone="+32 2 290 34 90"), self.other)
        self.assertFalse(self._message(self._create_leads(phone="+32 2 290 34 90")))

    def test_the_answer_of_a_claim_says_it_too_and_the_pool_can_be_silent(self):
        self._held(**self.facts)
        first, second = self._create_leads(2, **self.facts)
        [answer] = first.with_user(self.rep).pool_claim()
        self.assertIn("duplicate", answer["message"])
        self.assertEqual(first.user_id, self.rep)
        self.pool.duplicate_notice = False
        [answer] = second.with_user(self.rep).pool_claim()
        self.assertFalse(answer["message"])

    def test_form_warns_and_does_not_say_that_it_cannot_be_claimed(self):
        self._held(**self.facts)
        lead = self._create_leads(**self.facts).with_user(self.rep)
        self.env.flush_all()
        self.assertTrue(lead.pool_can_claim)
        self.assertFalse(lead.pool_claim_message)
        self.assertIn("Work starts with a claim. A possible duplicate", lead.pool_notice)

    def test_claimer_may_wait_for_the_duplicate(self):
        held = self._held(**self.facts)
        lead = self._create_leads(name="Mine to be", **self.facts)
        [answer] = lead.with_user(self.rep).pool_wait_duplicates()
        self.assertTrue(answer["ok"])
        wait = self.env["lead.pool.wait"].search([("lead_id", "=", held.id)])
        self.assertEqual((wait.user_id, wait.name), (self.rep, "Mine to be"))
        with self.assertRaises(AccessError):
            held.with_user(self.rep).read(["name"])
        action = lead.with_user(self.rep).action_pool_wait_duplicates()
        self.assertEqual(action["params"]["type"], "success")

    def test_many_records_cost_few_queries(self):
        self._held(**self.facts)

        def queries(leads):
            leads.with_user(self.rep).pool_claim_check()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            leads.with_user(self.rep).pool_claim_check()
            return self.env.cr.sql_log_count - before

        few = queries(self._create_leads(3, **self.facts))
        self.assertLessEqual(queries(self._create_leads(60, **self.facts)), few + 2)

    def test_customers_have_duplicates_too(self):
        pool = self._create_pool("Customers", kind="customer")
        partners = self.env["res.partner"]
        partners.create({"name": "Twin Works", "is_company": True, "user_id": self.other.id})
        customer = partners.create({"name": "TWIN works", "is_company": True, "pool_id": pool.id})
        self.assertIn("A possible duplicate is held by Otto Other", self._message(customer))


@tagged("post_install", "-at_install")
class TestOwnerGuardOfCustomers(PoolCase):
    """The same company twice: whoever looks after one has a say about the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_pool(
            "Customers", kind="customer", owner_guard="block", duplicate_notice=False
        )

    def _customer(self, **values):
        return self.env["res.partner"].create({"name": "A", "is_company": True, **values})

    def _answer(self, customer, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return customer.with_user(user or self.rep).pool_claim_check()[0]

    def test_each_sign_of_the_same_company(self):
        signs = (
            ({"vat": "BE0477472701"}, {"vat": "BE0477472701"}),
            ({"name": "Same Works"}, {"name": "same works"}),
            ({"email": "a@same-company.example"}, {"email": "b@same-company.example"}),
            ({"phone": "+32 2 290 34 90"}, {"phone": "+32 2 290 34 90"}),
        )
        for number, (mine, theirs) in enumerate(signs):
            with self.subTest(mine):
                waiting = self._customer(
                    **{"name": f"W{number}", "pool_id": self.customers.id, **mine}
                )
                self.assertEqual(self._answer(waiting)["code"], "ok")
                self._customer(**{"name": f"O{number}", "user_id": self.other.id, **theirs})
                answer = self._answer(waiting)
                self.assertEqual(answer["code"], "owner_guard")
                self.assertIn("Otto Other looks after the same company", answer["message"])
                self.assertEqual(self._answer(waiting, self.other)["code"], "ok")

    def test_free_mail_slashes_and_colleagues_are_no_company(self):
        waiting = self._customer(
            vat="/", email="x@gmail.com", is_company=False, pool_id=self.customers.id
        )
        self._customer(vat="/", name="B", email="y@gmail.com", user_id=self.other.id)
        self._customer(is_company=False, user_id=self.other.id)
        self.assertEqual(self._answer(waiting)["code"], "ok")

    def test_modes(self):
        owned = self._customer(vat="BE0477472701", user_id=self.other.id)
        waiting = self._customer(name="B", vat="BE0477472701", pool_id=self.customers.id)
        self.customers.owner_guard = "warn"
        answer = self._answer(waiting)
        self.assertTrue(answer["ok"])
        self.assertIn("Otto Other looks after", answer["message"])
        self.customers.owner_guard = "off"
        self.assertFalse(self._answer(waiting)["message"])
        self.customers.owner_guard = "route"
        self.assertEqual(self._answer(waiting)["code"], "owner_guard")
        routed = self._customer(name="C", vat="BE0477472701", pool_id=self.customers.id)
        self.assertOwned(routed, self.other, self.customers)
        self.assertEqual(owned.user_id, self.other)

    def test_another_company_of_ours_does_not_count(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self._customer(vat="BE0477472701", user_id=self.other.id, company_id=elsewhere.id)
        waiting = self._customer(name="B", vat="BE0477472701", pool_id=self.customers.id)
        self.assertEqual(self._answer(waiting)["code"], "ok")

    def test_who_holds_one_of_them_himself_may_have_the_other(self):
        self._customer(vat="BE0477472701", user_id=self.other.id)
        self._customer(name="M", vat="BE0477472701", user_id=self.rep.id)
        waiting = self._customer(name="B", vat="BE0477472701", pool_id=self.customers.id)
        self.assertEqual(self._answer(waiting)["code"], "ok")

    def test_a_plain_write_is_refused_as_well(self):
        self._customer(vat="BE0477472701", user_id=self.other.id)
        waiting = self._customer(name="B", vat="BE0477472701", pool_id=self.customers.id)
        self.env.flush_all()
        with self.assertRaisesRegex(Exception, "looks after the same company"):
            waiting.with_user(self.rep).write({"user_id": self.rep.id})

    def test_many_cost_one_query(self):
        self._customer(vat="BE0477472701", user_id=self.other.id)
        customers = self.env["res.partner"].concat(
            *(
                self._customer(name=f"B{n}", vat="BE0477472701", pool_id=self.customers.id)
                for n in range(30)
            )
        )
        self.env.flush_all()
        self.env.invalidate_all()
        customers.mapped("user_id")
        before = self.env.cr.sql_log_count
        customers.sudo().mapped("pool_guard_user_ids")
        self.assertLessEqual(self.env.cr.sql_log_count - before, 2)

    def _many(self, record, **values):
        """Twenty thousand copies of a record, each with its own `i`."""
        table = SQL.identifier(record._table)
        rows = self.env.execute_query(
            SQL(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = %s AND table_schema = current_schema"
                " AND column_name <> 'id'",
                record._table,
            )
        )
        names = [name for (name,) in rows]
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s r, generate_series(1, 20000) i"
                " WHERE r.id = %s",
                table,
                SQL(", ").join(SQL.identifier(name) for name in names),
                SQL(", ").join(values.get(name, SQL.identifier("r", name)) for name in names),
                table,
                record.id,
            )
        )
        self.env.cr.execute(SQL("ANALYZE %s", table))

    def _plan(self, record):
        rows = self.env.execute_query(SQL("EXPLAIN %s", record._pool_twin_query()))
        return "\n".join(row[0] for row in rows)

    def test_no_sign_reads_all_records(self):
        """Each sign has an index; without one, each claim would read a million contacts."""
        customer = self._customer(name="B", vat="BE0477472701", pool_id=self.customers.id)
        lead = self._create_leads(partner_name="X", partner_id=customer.id)
        self.env.flush_all()
        held = {"user_id": SQL("%s", self.other.id), "pool_state": SQL("'outside'")}
        held |= {"pool_id": SQL("NULL"), "phone_sanitized": SQL("'+32' || i")}
        self._many(
            customer,
            **held,
            pool_name_key=SQL("'n' || i"),
            vat=SQL("'v' || i"),
            email_normalized=SQL("'a@d' || i || '.example'"),
        )
        self._many(
            lead,
            **held,
            partner_id=SQL("NULL"),
            pool_name_key=SQL("'n' || i"),
            email_domain_criterion=SQL("'@d' || i"),
        )
        for record, indexes in (
            (customer, ("vat_index", "name_key_index", "held_email_index", "held_phone_index")),
            (lead, ("criterion_index", "phone_sanitized_index", "name_key_index")),
        ):
            plan = self._plan(record)
            for index in indexes:
                self.assertTrue(index in plan, f"{index} is not used:\n{plan}")
            self.assertNotRegex(plan, "Seq Scan on (crm_lead|res_partner)")


@tagged("post_install", "-at_install")
class TestOwnerGuardOfLeads(PoolCase):
    """A lead without a contact belongs to a colleague's customer all the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool.write({"owner_guard": "block", "duplicate_notice": False})
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Frutas del Turia S.L.",
                "is_company": True,
                "user_id": cls.other.id,
                "email": "office@turia.example",
                "phone": "+34 963 555 014",
            }
        )

    def _answer(self, user=None, **values):
        lead = self._create_leads(**values)
        self.env.flush_all()
        self.env.invalidate_all()
        return lead.with_user(user or self.rep).pool_claim_check()[0]

    def test_a_lead_without_a_contact_is_known_by_name_address_and_number(self):
        spain = self.env.ref("base.es").id
        for values in (
            {"partner_name": "frutas  del turia"},
            {"email_from": "ann＠turia.example"},
            {"phone": "+34‑963‑555‑014"},
            {"phone": "９６３ ５５５ ０１４", "country_id": spain},
            {"email_from": "ann@elsewhere.example, office@turia.example"},
        ):
            with self.subTest(values):
                answer = self._answer(**values)
                self.assertEqual(answer["code"], "owner_guard")
                self.assertIn("customer of Otto Other", answer["message"])
                self.assertEqual(self._answer(self.other, **values)["code"], "ok")

    def test_a_contact_of_the_customer_stands_for_it(self):
        person = self.env["res.partner"].create(
            {"name": "Ann", "parent_id": self.customer.id, "email": "ann@private.example"}
        )
        self.assertEqual(self._answer(email_from="bob@private.example")["code"], "owner_guard")
        self.assertEqual(self._answer(partner_name="Ann")["code"], "ok")
        person.email = "a@gmail.com, b@gmail.com"
        self.assertEqual(self._answer(email_from="b@gmail.com")["code"], "owner_guard")
        person.email = "ann@gmail.com"
        self.assertEqual(self._answer(email_from="Ann@gmail.com")["code"], "owner_guard")

    def test_what_strangers_share_says_nothing(self):
        customers = self.env["res.partner"]
        customers.create({"name": "Zed", "email": "zed@gmail.com", "user_id": self.other.id})
        self.assertEqual(self._answer(email_from="yan@gmail.com")["code"], "ok")
        self.assertEqual(self._answer(partner_name="Zed")["code"], "ok", "Zed is a person")
        self.assertEqual(self._answer(partner_name="Frutas")["code"], "ok")
        self.customer.user_id = False
        self.assertEqual(self._answer(email_from="ann@turia.example")["code"], "ok")

    def test_many_contacts_of_one_customer_are_one_customer(self):
        self.env["res.partner"].create(
            [
                {"name": f"P{n}", "parent_id": self.customer.id, "email": f"p{n}@turia.example"}
                for n in range(30)
            ]
        )
        self.assertEqual(self._answer(email_from="new@turia.example")["code"], "owner_guard")

    def test_another_company_of_ours_does_not_count(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.customer.company_id = elsewhere
        self.assertEqual(self._answer(partner_name="Frutas del Turia")["code"], "ok")

    def test_a_pool_that_routes_gives_it_to_the_salesperson_of_the_customer(self):
        self.pool.owner_guard = "route"
        lead = self._create_leads(partner_name="FRUTAS DEL TURIA")
        self.assertOwned(lead, self.other, self.pool)

    def test_many_cost_one_query_and_no_reading_of_all_customers(self):
        leads = self._create_leads(30, partner_name="Frutas del Turia", email_from="a@b.example")
        self.env.flush_all()
        self.env.invalidate_all()
        leads.sudo().mapped("partner_id.commercial_partner_id.user_id")
        before = self.env.cr.sql_log_count
        leads.sudo().mapped("pool_guard_user_ids")
        self.assertLessEqual(self.env.cr.sql_log_count - before, 2)


@tagged("post_install", "-at_install")
class TestNoWayRoundTheLookup(SealedCase):
    """Whether a number exists is a question for the lookup, which is limited and recorded."""

    def setUp(self):
        super().setUp()
        # What is asked for: a lead in a masked pool, and one that a colleague holds.
        self.secret = {"phone": PHONE, "email_from": EMAIL, "partner_name": "Acme"}
        self.held = self._claim(self._create_leads(**self.secret), self.other)
        self.log = self.env["lead.pool.lookup.log"]

    def _mine(self, **values):
        lead = self.env["crm.lead"].with_user(self.rep).create({"name": "Bait", **values})
        self.env.flush_all()
        self.env.invalidate_all()
        return lead

    def test_duplicates_of_my_own_lead_are_those_that_i_may_read(self):
        readable = self._mine(**self.secret)
        for key, value in self.secret.items():
            lead = self._mine(**{key: value})
            if key != "partner_name":
                self.assertEqual(lead.duplicate_lead_count, lead.search_count([
                    ("id", "!=", lead.id),
                    ("user_id", "=", self.rep.id),
                    "|",
                    ("email_domain_criterion", "=", lead.email_domain_criterion or "-"),
                    ("phone_sanitized", "=", lead.phone_sanitized or "-"),
                ]))  # fmt: skip
                self.assertIn(readable, lead.duplicate_lead_ids)
            self.assertFalse(lead.sudo().duplicate_lead_ids & (self.held | self.lead))
            [row] = lead.read(["duplicate_lead_ids", "duplicate_lead_count"])
            self.assertFalse({self.held.id, self.lead.id} & {*row["duplicate_lead_ids"]})
            action = lead.action_show_potential_duplicates()
            self.assertFalse({self.held.id, self.lead.id} & {*action["domain"][0][2]})

    def test_who_may_read_them_is_told_as_before(self):
        lead = self._create_leads(**self.secret).with_user(self.admin)
        self.env.flush_all()
        self.assertLessEqual(self.held | self.lead, lead.duplicate_lead_ids)

    def test_a_form_that_is_not_saved_tells_no_more(self):
        lead = self.env["crm.lead"].with_user(self.rep).new(self.secret)
        self.assertEqual(lead.duplicate_lead_count, 0)

    def test_a_notice_on_a_masked_entry_counts_nothing_that_is_hidden(self):
        self.assertNotIn("duplicate", self._entry(self.lead).pool_claim_message or "")
        [answer] = self.lead.with_user(self.rep).pool_claim_check()
        self.assertNotIn("duplicate", answer["message"] or "")
        [answer] = self.lead.with_user(self.rep).pool_claim()
        self.assertIn("A possible duplicate is held", answer["message"])

    def test_a_notice_on_what_i_typed_myself_counts_nothing_that_is_hidden(self):
        created = self._mine(**self.secret, pool_id=self.pool.id, user_id=False)
        released = self._claim(self._create_leads(name="Former"))
        released.with_user(self.rep).write(self.secret)
        released.with_user(self.rep).pool_release()
        for lead in (created, released):
            self.env.flush_all()
            self.assertEqual(lead.pool_state, "pooled")
            [answer] = lead.with_user(self.rep).pool_claim_check()
            self.assertNotIn("duplicate", answer["message"] or "")
            self.assertNotIn("duplicate", lead.with_user(self.rep).pool_notice or "")

    def test_to_wait_for_duplicates_is_a_lookup(self):
        self.env.company.pool_lookup_limit = 2
        lead = self._mine(**self.secret)
        self.assertTrue(lead.pool_wait_duplicates())
        row = self.log.search([("user_id", "=", self.rep.id)])
        self.assertEqual((row.kind, row.found, row.number), ("several", True, 1))
        self.assertNotIn(PHONE[-6:], str(row.read()))
        self.assertFalse(self._mine(phone="+49 30 111222").pool_wait_duplicates())
        with self.assertRaisesRegex(UserError, "2 companies today"):
            lead.pool_wait_duplicates()

    def test_a_masked_customer_is_not_given_away_by_its_tax_number(self):
        pool = self._create_pool("Customers", kind="customer", visibility="sealed")
        customer = {"name": "Acme", "is_company": True, "vat": "BE0477472701"}
        self.env["res.partner"].create({**customer, "pool_id": pool.id})
        self.rep.group_ids += self.env.ref("base.group_partner_manager")
        bait = self.env["res.partner"].with_user(self.rep).create({**customer, "name": "Bait"})
        self.assertFalse(bait.same_vat_partner_id)
        self.assertTrue(bait.with_user(self.admin).same_vat_partner_id)
