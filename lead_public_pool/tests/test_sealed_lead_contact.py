from pathlib import Path

from odoo.modules.migration import load_script
from odoo.tests import tagged

from .common_sealed import EMAIL, PHONE, SealedCase


@tagged("post_install", "-at_install")
class TestContactOfSealedLead(SealedCase):
    """Whoever is known by a sealed lead alone is sealed with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.env["res.partner"].create(
            {"name": "Hans Hidden", "email": EMAIL, "phone": PHONE, "street": "Secret Road 1"}
        )
        cls.lead.partner_id = cls.person

    def assertSealed(self, person, *users):
        for user in users:
            mine = person.with_user(user)
            self.env.invalidate_all()
            self.assertFalse(mine.search([("id", "=", person.id)]), user.login)
            self.assertFalse(mine.search([("phone", "ilike", "99887766")]), user.login)
            self.assertFalse(mine.name_search("Hans Hidden"), user.login)
            self.assertFalse(mine.name_search(EMAIL), user.login)
            self.assertNothingGivenAway(lambda mine=mine: mine.read())
            self.assertNothingGivenAway(lambda mine=mine: mine.get_mention_suggestions("Hans"))

    def assertSeen(self, person, *users):
        self.env.invalidate_all()
        for user in users:
            self.assertEqual(person.with_user(user).phone, PHONE, user.login)

    def test_members_and_strangers_learn_nothing_of_the_contact_until_they_claim(self):
        self.assertSealed(self.person, *self.members, self.stranger)
        self.assertSeen(self.person, self.lead_manager)
        self._claim(self.lead)
        self.assertSeen(self.person, self.rep, self.stranger)
        self.lead.with_user(self.rep).pool_release()
        self.assertSealed(self.person, *self.members, self.stranger)

    def test_every_way_into_the_pool_covers_the_contact(self):
        other = self.person.copy()
        late = self.env["crm.lead"].create({"name": "Late", "user_id": False})
        late.partner_id = other
        self.assertFalse(other.pool_cover_id)
        late.pool_id = self.sealed
        self.assertEqual(other.pool_cover_id, self.sealed)
        late.pool_id = False
        self.assertFalse(other.pool_cover_id)
        late.partner_id = False
        self._create_leads(1, pool=self.sealed, partner_id=other.id)
        self.assertEqual(other.pool_cover_id, self.sealed)

    def test_who_is_known_otherwise_stays_to_be_seen(self):
        ways = {
            "another lead": lambda person: self.env["crm.lead"].create(
                {"name": "Mine", "partner_id": person.id, "user_id": self.stranger.id}
            ),
            "a salesperson": lambda person: person.write({"user_id": self.other.id}),
            "an open pool": lambda person: self._create_leads(1, partner_id=person.id),
        }
        for name, known in ways.items():
            with self.subTest(name):
                person = self.person.copy()
                self._create_leads(1, pool=self.sealed, partner_id=person.id)
                self.assertEqual(person.pool_cover_id, self.sealed)
                known(person)
                self.assertNotEqual(person.pool_cover_id, self.sealed)
                self.assertSeen(person, self.rep)

    def test_people_of_a_covered_company_are_covered(self):
        self.person.is_company = True
        child = self.env["res.partner"].create(
            {"name": "Jo Hidden", "parent_id": self.person.id, "phone": PHONE, "email": EMAIL}
        )
        self.assertEqual(child.pool_cover_id, self.sealed)
        self.assertSealed(child, self.rep, self.stranger)

    def test_a_meeting_with_somebody_sealed_is_out_of_sight(self):
        event = self.env["calendar.event"].create(
            {
                "name": f"Call {PHONE}",
                "description": f"Contact details: {PHONE} {EMAIL}",
                "partner_ids": [(4, self.person.id), (4, self.lead_manager.partner_id.id)],
                "user_id": self.lead_manager.id,
                "start": "2026-12-01 10:00:00",
                "stop": "2026-12-01 11:00:00",
            }
        )
        attendees = event.attendee_ids
        file = self.env["ir.attachment"].create(
            {"name": "invitation.ics", "raw": PHONE, "res_model": event._name, "res_id": event.id}
        )
        for user in (self.rep, self.seller_all, self.stranger):
            for records in (event, attendees, file):
                mine = records.with_user(user)
                self.assertFalse(mine.search([("id", "in", records.ids)]), (user.login, records))
                self.assertNothingGivenAway(lambda mine=mine: mine.read())
        self.assertTrue(event.with_user(self.lead_manager).search([("id", "=", event.id)]))

    def test_notifications_about_a_sealed_lead_are_out_of_sight(self):
        message = self.lead.message_notify(
            partner_ids=self.lead_manager.partner_id.ids, subject=PHONE, body=PHONE
        )
        told = message.sudo().notification_ids
        self.assertTrue(told)
        for user in (self.rep, self.stranger):
            mine = told.with_user(user)
            self.assertFalse(mine.search([("id", "in", told.ids)]))
            self.assertNothingGivenAway(lambda mine=mine: mine.read())
        self.assertTrue(told.with_user(self.lead_manager).search([("id", "in", told.ids)]))

    def test_a_database_of_the_version_before_gets_its_covers(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET pool_cover_id = NULL")
        self.env.invalidate_all()
        folder = Path(__file__).parents[1] / "migrations"
        [script] = folder.glob("*/post-cover.py")
        load_script(str(script), "post_cover").migrate(self.env.cr, "19.0.0.1.0")
        self.env.invalidate_all()
        self.assertEqual(self.person.pool_cover_id, self.sealed)

    def test_what_has_just_gone_into_the_pool_is_out_of_sight_in_the_same_request(self):
        self._claim(self.lead)
        event = self.env["calendar.event"].create(
            {
                "name": "Call",
                "partner_ids": [(6, 0, self.person.ids)],
                "user_id": self.lead_manager.id,
                "start": "2026-12-01 10:00:00",
                "stop": "2026-12-01 11:00:00",
            }
        )
        mine = event.with_user(self.stranger)
        self.assertTrue(mine.search([("id", "=", event.id)]))
        self.lead.with_user(self.rep).pool_release()
        self.assertFalse(mine.search([("id", "=", event.id)]))
