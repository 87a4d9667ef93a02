from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import PoolCase

EMAIL = "hans.secret@hidden-company.example"
PHONE = "+49 30 99887766"
SECRETS = ("hans.secret", "hidden-company.example", "99887766", "9988 7766")


class SealedCase(PoolCase):
    """A sealed pool with one lead, seen by an own-documents and an all-documents salesperson."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller_all = new_test_user(
            cls.env,
            "pool_all_docs",
            groups="base.group_user,sales_team.group_sale_salesman_all_leads",
            name="Alla All",
        )
        cls.sealed = cls._create_pool("Sealed", visibility="sealed")
        cls.env["lead.pool.member"].create({"pool_id": cls.sealed.id, "user_id": cls.seller_all.id})
        cls.lead = cls._create_leads(
            1,
            pool=cls.sealed,
            name=f"Call {PHONE} or {EMAIL}",
            partner_name="Acme",
            contact_name="Hans",
            email_from=f"Hans <{EMAIL}>",
            phone=PHONE,
            city="Berlin",
        )
        cls.members = (cls.rep, cls.seller_all)

    def _entry(self, record, user=None):
        kind = 0 if record._name == "crm.lead" else 1
        return self.env["lead.pool.entry"].with_user(user or self.rep).browse(record.id * 2 + kind)

    def _answer(self, function):
        """What a call gives away: its answer, or the text of its error."""
        self.env.invalidate_all()
        try:
            with self.cr.savepoint():
                return str(function())
        except (AccessError, UserError) as error:
            return str(error)

    def assertNothingGivenAway(self, function):
        answer = self._answer(function)
        for secret in SECRETS:
            self.assertNotIn(secret, answer)
