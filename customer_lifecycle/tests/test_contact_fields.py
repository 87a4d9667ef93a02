from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestContactFields(TransactionCase):
    """The lifecycle of the current company reads, searches, groups and sorts like columns."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Partner = cls.env["res.partner"]
        cls.asleep, cls.unknown = cls.Partner.create([{"name": "Asleep"}, {"name": "Unknown"}])
        cls.contact = cls.Partner.create({"name": "Contact", "parent_id": cls.asleep.id})
        cls.group = cls.env["customer.lifecycle.group"].create({"name": "Sleeping giants"})
        cls.row = (
            cls.env["customer.lifecycle"]
            .sudo()
            .create(
                {
                    "partner_id": cls.asleep.id,
                    "company_id": cls.env.company.id,
                    "state": "dormant",
                    "tier": "A",
                    "p_buy": 0.3,
                    "group_id": cls.group.id,
                    "last_order_date": "2026-01-01",
                }
            )
        )
        cls.env.flush_all()
        cls.all = cls.asleep + cls.contact + cls.unknown

    def found(self, *condition, **kwargs):
        return self.Partner.search([("id", "in", self.all.ids), condition], **kwargs)

    def test_contacts_show_what_their_company_has(self):
        self.assertEqual(self.contact.lifecycle_state, "dormant")
        self.assertEqual(self.contact.lifecycle_group, self.group)
        self.assertFalse(self.unknown.lifecycle_state)

    def test_every_field_works_in_a_domain(self):
        customer = self.asleep + self.contact
        for condition, expected in (
            (("lifecycle_state", "=", "dormant"), customer),
            (("lifecycle_state", "!=", "dormant"), self.unknown),
            (("lifecycle_state", "=", False), self.unknown),
            (("lifecycle_state", "!=", False), customer),
            (("lifecycle_state", "in", ["dormant", False]), self.all),
            (("lifecycle_tier", "=", "A"), customer),
            (("lifecycle_p_buy", "<", 0.5), self.all),
            (("lifecycle_p_buy", ">", 0.2), customer),
            (("lifecycle_last_order", "<", "2026-02-01"), customer),
            (("lifecycle_group", "=", "Sleeping giants"), customer),
            (("lifecycle_group", "ilike", "giants"), customer),
            (("lifecycle_group.name", "=", "Sleeping giants"), customer),
            (("lifecycle_at_risk", "=", False), self.all),
            (("lifecycle_at_risk", "=", True), self.Partner),
            (("lifecycle_order_count", "=", 0), self.all),
            (("lifecycle_id.state", "=", "dormant"), customer),
        ):
            with self.subTest(condition=condition):
                self.assertEqual(self.found(*condition), expected)
                if "." not in condition[0] and "ilike" not in condition:
                    self.assertEqual(self.all.filtered_domain([condition]), expected)

    def test_domains_of_other_models_reach_them(self):
        lead = self.env["crm.lead"].create({"name": "Again", "partner_id": self.contact.id})
        domain = [("id", "=", lead.id), ("partner_id.lifecycle_state", "=", "dormant")]
        self.assertEqual(self.env["crm.lead"].search(domain), lead)

    def test_they_group_and_sort(self):
        domain = [("id", "in", self.all.ids)]
        self.assertEqual(
            self.Partner._read_group(domain, ["lifecycle_state"], ["__count"]),
            [("dormant", 2), (False, 1)],
        )
        self.assertEqual(
            self.Partner._read_group(domain, ["lifecycle_group"], ["__count"]),
            [(self.group, 2), (self.group.browse(), 1)],
        )
        described = self.Partner.fields_get(["lifecycle_state"], ["groupable", "sortable"])
        self.assertEqual(described["lifecycle_state"], {"groupable": True, "sortable": True})
        latest = self.Partner.search(domain, order="lifecycle_last_order nulls first, id")
        self.assertEqual(latest[0], self.unknown)

    def test_another_company_sees_nothing_of_it(self):
        other = self.env["res.company"].create({"name": "Other"})
        there = self.Partner.with_company(other)
        self.assertFalse(self.asleep.with_company(other).lifecycle_state)
        self.assertFalse(
            there.search([("id", "in", self.all.ids), ("lifecycle_state", "=", "dormant")])
        )

    def test_rep_reads_the_rows_of_customers_he_may_read(self):
        rep = new_test_user(self.env, "life_rep", groups="sales_team.group_sale_salesman")
        rows = self.env["customer.lifecycle"].with_user(rep)
        self.assertEqual(rows.search([("partner_id", "=", self.asleep.id)]), self.row)
        other = self.env["res.company"].create({"name": "Other"})
        self.asleep.company_id = other
        self.env.flush_all()
        self.assertFalse(rows.search([("partner_id", "=", self.asleep.id)]))
        self.assertFalse(self.row.with_user(rep).has_access("read"))
