"""A search says yes or no about nothing that its author may not read."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user

from ..common import requires, top_level

ADDONS = ("lead_public_pool", "lead_scoring", "customer_lifecycle")
SECRET = "zq secret 4711"
# Administrators only; a superuser's search would answer it to anybody.
GUARDED = "signup_type"


@top_level
class TestSearchOracles(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, *ADDONS)
        rep = "base.group_user,sales_team.group_sale_salesman"
        cls.users = [
            new_test_user(cls.env, "oracle_rep", groups=rep),
            new_test_user(cls.env, "oracle_clerk", groups="base.group_user"),
            new_test_user(cls.env, "oracle_portal", groups="base.group_portal"),
        ]

    def _own_fields(self):
        """Fields of ours by which a search may go on into another model."""
        for model in self.env.registry.values():
            if model._abstract or model._transient:
                continue
            for name, field in model._fields.items():
                if (
                    set(field._modules) & set(ADDONS)
                    and field.relational
                    and field._description_searchable
                ):
                    yield model._name, name, field

    def test_no_field_of_ours_leads_a_search_on_in_sudo(self):
        """The row itself, then its author, then what only an administrator may read of him."""
        tried = 0
        for user in self.users:
            for model, name, field in self._own_fields():
                records = self.env[model].with_user(user)
                if not records.has_access("read") or not records._has_field_access(field, "read"):
                    continue
                for path in self._ways(field.comodel_name):
                    tried += 1
                    with self.subTest(user=user.login, model=model, path=f"{name}.{path}"):
                        self._refused(records, f"{name}.{path}")
        self.assertGreater(tried, 50)

    def _ways(self, model, steps=2):
        """The ways from a model to a field of a user's contact that only an administrator reads."""
        if model == "res.partner":
            return [GUARDED]
        if model == "res.users":
            return [f"partner_id.{GUARDED}"]
        fields = self.env[model]._fields
        if "create_uid" in fields:
            return [f"create_uid.partner_id.{GUARDED}"]
        onward = [
            name for name, field in fields.items() if field.type == "many2one" and field.store
        ]
        return [
            f"{name}.{way}"
            for name in onward[:steps]
            if steps
            for way in self._ways(fields[name].comodel_name, steps - 1)
        ]

    def _refused(self, records, path):
        """A search by this path is a question for the system, and refused to everybody else."""
        records.sudo().search_count([(path, "=", "x")])
        with self.assertRaises(AccessError), self.cr.savepoint():
            records.search_count([(path, "=", "x")])

    def test_every_field_of_ours_with_a_search_of_its_own_answers_what_a_filter_may_ask(self):
        """Equal, one of, and none of them: an answer or a reason, never a failure."""
        values = {"char": "x", "text": "x", "selection": "x", "boolean": True, "integer": 3}
        values |= {"float": 4.5, "date": "2026-01-01", "datetime": "2026-01-01 00:00:00"}
        tried = 0
        for model in self.env.registry.values():
            if model._abstract or model._transient:
                continue
            for name, field in model._fields.items():
                if not (field.search and set(field._modules) & set(ADDONS)):
                    continue
                value = values.get(field.type, 1)
                records = self.env[model._name]
                for operator, asked in (("=", value), ("!=", value), ("in", [value, False])):
                    with self.subTest(f"{model._name}.{name} {operator}"), self.cr.savepoint():
                        records.search_count([(name, operator, asked)], limit=1)
                    tried += 1
        self.assertGreater(tried, 60)

    def test_what_lies_behind_a_record_rule_is_not_found_by_a_detour(self):
        """Over the tags of an entry and the scorecard of a lead, and back to other leads."""
        rep = self.users[0]
        pool = self.env["lead.pool"].create(
            {"name": "Oracle", "member_ids": [(0, 0, {"user_id": rep.id})]}
        )
        tag = self.env["crm.tag"].create({"name": "Oracle"})
        self.env["crm.lead"].create(
            {"name": "Waits", "user_id": False, "pool_id": pool.id, "tag_ids": [(6, 0, tag.ids)]}
        )
        mine = self.env["crm.lead"].create({"name": "Mine", "user_id": rep.id})
        mine.score_refresh()
        hidden = self.env["crm.lead"].create(
            {
                "name": SECRET,
                "user_id": self.env.user.id,
                "partner_id": tag.create_uid.partner_id.id,
            }
        )
        self.env.flush_all()
        question = [("id", "=", hidden.id), ("name", "=", SECRET)]
        for records, way in (
            (self.env["lead.pool.entry"], "tag_ids.create_uid.partner_id.opportunity_ids"),
            (self.env["crm.lead"], "score_card_id.create_uid.partner_id.opportunity_ids"),
            (self.env["crm.lead"], "lead_score_id.card_id.create_uid.partner_id.opportunity_ids"),
        ):
            with self.subTest(way):
                domain = [(way, "any", question)]
                if records._name == "crm.lead" and not mine.score_card_id:
                    continue
                self.assertEqual(self._count(records.sudo(), domain) > 0, True, "no oracle at all")
                self.assertEqual(self._count(records.with_user(rep), domain), 0)

    def _count(self, records, domain):
        try:
            with self.cr.savepoint():
                return records.search_count(domain)
        except AccessError:
            return 0
