from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestWriteRights(PoolCase):
    """What is sent beside a change of owner or pool is written with the sender's own rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_pool("Customers", kind="customer")
        cls.customer, cls.foreign = cls.env["res.partner"].create(
            [
                {"name": "Mine Ltd", "user_id": cls.rep.id},
                {"name": "Foreign Ltd", "user_id": cls.other.id},
            ]
        )
        cls.customer.pool_id = cls.customers
        cls.bank = cls.env["res.partner.bank"].create(
            {"acc_number": "DE02100100100006820101", "partner_id": cls.foreign.id}
        )
        [cls.lead] = cls._create_leads(1)
        cls.lead.with_user(cls.rep).pool_claim()
        cls.message = cls.env["mail.message"].create(
            {"model": "res.partner", "res_id": cls.foreign.id, "body": "Theirs"}
        )

    def _moves_of(self, record):
        """Values by which the rep, or the manager, moves a record that the rep holds."""
        other_pool = self._create_pool("Other", kind=record.pool_id.kind)
        return {
            "release": (self.rep, {"user_id": False}),
            "handover": (self.rep, {"user_id": self.other.id}),
            "assign": (self.lead_manager, {"user_id": self.other.id}),
            "transfer": (self.lead_manager, {"pool_id": other_pool.id}),
            "leave": (self.lead_manager, {"pool_id": False}),
        }

    def test_no_move_changes_the_bank_account_of_somebody_else(self):
        command = [(1, self.bank.id, {"acc_number": "EVIL"})]
        for kind, (user, move) in self._moves_of(self.customer).items():
            with self.subTest(kind), self.assertRaises(AccessError), self.cr.savepoint():
                self.customer.with_user(user).write({**move, "bank_ids": command})
        self.assertEqual(self.bank.acc_number, "DE02100100100006820101")

    def test_no_move_rewrites_a_message_or_a_meeting_of_somebody_else(self):
        meeting = self.env["calendar.event"].create(
            {
                "name": "Theirs",
                "user_id": self.other.id,
                "privacy": "private",
                "start": "2026-12-01 10:00:00",
                "stop": "2026-12-01 11:00:00",
            }
        )
        attacks = {
            "message_ids": [(1, self.message.id, {"res_id": self.lead.id, "model": "crm.lead"})],
            "calendar_event_ids": [(1, meeting.id, {"name": "Mine"})],
        }
        for field, command in attacks.items():
            for kind, (user, move) in self._moves_of(self.lead).items():
                with (
                    self.subTest(field=field, kind=kind),
                    self.assertRaises(AccessError),
                    self.cr.savepoint(),
                ):
                    self.lead.with_user(user).write({**move, field: command})
        self.assertEqual((self.message.res_id, meeting.name), (self.foreign.id, "Theirs"))

    def test_a_claim_by_writing_brings_no_more_rights_than_the_claim(self):
        [lead] = self._create_leads(1)
        with self.assertRaises(AccessError), self.cr.savepoint():
            lead.with_user(self.rep).write(
                {"user_id": self.rep.id, "message_ids": [(1, self.message.id, {"res_id": lead.id})]}
            )
        self.assertPooled(lead)
        lead.with_user(self.rep).write({"user_id": self.rep.id, "phone": "+49 731 555 0101"})
        self.assertOwned(lead, self.rep)
        self.assertEqual(lead.phone, "+49 731 555 0101")

    def test_what_is_written_beside_a_release_is_kept(self):
        team = self.env["crm.team"].create({"name": "Chosen"})
        self.lead.with_user(self.rep).write(
            {"user_id": False, "description": "Called twice", "team_id": team.id}
        )
        self.assertPooled(self.lead)
        self.assertIn("Called twice", self.lead.description)
        self.assertEqual(self.lead.team_id, team)
