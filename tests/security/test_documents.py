"""No document of any app tells what is known of a customer or lead in a masked pool.

The cases are made from the registry: every model with a field that points to a contact or a lead,
the documents made by a member of the pool and by a stranger, and those that were there before.
"""

from psycopg2 import Error

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import mute_logger

from ..common import requires, top_level

LINKED = ("res.partner", "crm.lead")
PHONE = "+49 30 99887766"
EMAIL = "hans.secret@hidden-company.example"
STREET = "Zsecret Road 7"
SECRETS = ("99887766", "9988 7766", "hans.secret", "zsecret road")
REFUSED = (UserError, Error, ValueError, KeyError, TypeError, AttributeError)
# Groups of apps that a salesperson may well have too, where the app is there.
GROUPS = (
    "sales_team.group_sale_salesman_all_leads",
    "base.group_partner_manager",
    "account.group_account_invoice",
    "project.group_project_user",
    "event.group_event_user",
    "mass_mailing.group_mass_mailing_user",
    "survey.group_survey_user",
)


@top_level
class TestDocuments(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_public_pool")
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        groups = ",".join(group for group in GROUPS if cls.env.ref(group, raise_if_not_found=False))
        cls.users = [
            new_test_user(cls.env, f"document_{who}", groups=f"base.group_user,{groups}")
            for who in ("member", "stranger")
        ]
        member = [Command.create({"user_id": cls.users[0].id})]
        details = {"email": EMAIL, "phone": PHONE, "street": STREET}
        leads, customers = cls.env["lead.pool"].create(
            [
                {"name": kind, "kind": kind, "visibility": "sealed", "member_ids": member}
                for kind in ("lead", "customer")
            ]
        )
        customer = cls.env["res.partner"].create(
            {"name": "Zcorp", "pool_id": customers.id, **details}
        )
        known = cls.env["res.partner"].create({"name": "Zperson", **details})
        lead = cls.env["crm.lead"].create(
            {
                "name": "Zlead",
                "user_id": False,
                "pool_id": leads.id,
                "email_from": EMAIL,
                "phone": PHONE,
                "street": STREET,
                "partner_id": known.id,
            }
        )
        cls.masked = {"res.partner": customer | known, "crm.lead": lead}

    def _links(self):
        """(model name, field) by which a user can make a row point to a contact or a lead."""
        for name, model in sorted(self.env.registry.items()):
            if model._abstract or not model._auto:
                continue
            for field in model._fields.values():
                if (
                    field.type in ("many2one", "many2many")
                    and field.comodel_name in LINKED
                    and field.store
                    and not (field.readonly and (field.compute or field.related))
                ):
                    yield name, field

    def _values(self, name, target):
        """The least that a row of this model needs."""
        values = {}
        for field in self.env[name]._fields.values():
            if field.required and field.store and not field.default and not field.compute:
                values[field.name] = self._value(field, target)
        return values

    def _value(self, field, target):
        match field.type:
            case "many2one":
                return self.env[field.comodel_name].search([], limit=1).id
            case "selection":
                return (field.get_values(self.env) or [False])[0]
            case "datetime":
                return "2026-12-01 10:00:00"
            case "date":
                return "2026-12-01"
            case "many2one_reference":
                return target.id
            case "char" if field.name in ("model", "res_model"):
                return target._name
            case "char" | "text" | "html":
                return "x"
        return 1

    def _told(self, records, link):
        """All that a user learns of these rows: fields, names, the far end of a link."""
        yield lambda: records.read()
        yield lambda: records.mapped("display_name")
        yield lambda: records.web_read({link: {"fields": {"display_name": {}, "phone": {}}}})
        yield lambda: records.mapped(f"{link}.phone")
        if hasattr(records, "get_portal_url"):
            yield lambda: records.with_context(active_test=False).get_base_url()

    def _gives_away(self, records, link):
        for tell in self._told(records, link):
            self.env.invalidate_all()
            try:
                with self.env.cr.savepoint():
                    answer = str(tell()).lower()
            except REFUSED as error:
                answer = str(error).lower()
            for secret in SECRETS:
                if secret in answer:
                    return secret
        return None

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.models.unlink")
    def test_no_new_document_tells_of_a_masked_customer(self):
        tried = 0
        for name, field in self._links():
            for target in self.masked[field.comodel_name]:
                value = target.id if field.type == "many2one" else [Command.link(target.id)]
                values = {**self._values(name, target), field.name: value}
                for user in self.users:
                    tried += 1
                    with self.subTest(model=name, field=field.name, user=user.login):
                        self.assertFalse(self._made(name, user, values, field))
        self.assertGreater(tried, 300)

    def _made(self, name, user, values, field):
        """What a new row gives away; None if it cannot be made."""
        found = None
        try:
            with self.env.cr.savepoint(flush=False) as savepoint:
                record = self.env[name].with_user(user).create([values])
                self.env.flush_all()
                found = self._gives_away(record, field.name)
                savepoint.rollback()
        except REFUSED as error:
            found = next((secret for secret in SECRETS if secret in str(error).lower()), None)
        self.env.clear()
        return found

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def test_no_search_goes_on_to_what_is_masked(self):
        """A row that was there before: neither a search nor a form by its link says yes or no."""
        tried = 0
        for name, field in self._links():
            far = "phone"
            for user in self.users:
                records = self.env[name].with_user(user)
                if not records.has_access("read"):
                    continue
                tried += 1
                with self.subTest(model=name, field=field.name, user=user.login):
                    self.env.invalidate_all()
                    found = records.browse()
                    try:
                        with self.env.cr.savepoint():
                            found = records.search([(f"{field.name}.{far}", "ilike", "99887766")])
                    except REFUSED:
                        self.env.clear()
                    self.assertFalse(found)
        self.assertGreater(tried, 100)
