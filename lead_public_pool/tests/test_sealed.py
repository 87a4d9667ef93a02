from odoo.tests import tagged

from .common_sealed import EMAIL, PHONE, SealedCase


@tagged("post_install", "-at_install")
class TestNothingGivenAway(SealedCase):
    """No way in gives a contact detail away before the claim."""

    def _everybody(self):
        for user in self.members:
            with self.subTest(user=user.login):
                self.env.invalidate_all()
                yield user

    def test_read_search_group_export_and_names(self):
        for user in self._everybody():
            lead = self.lead.with_user(user)
            leads = lead.browse()
            self.assertFalse(leads.search([("phone", "ilike", "99887766")]))
            self.assertFalse(leads.search([("email_from", "ilike", "hans")]))
            self.assertEqual(leads.search_count([("id", "=", lead.id)]), 0)
            self.assertFalse(leads.name_search("99887766"))
            self.assertFalse(
                leads.formatted_read_group([("id", "=", lead.id)], ["email_from"], ["__count"])
            )
            for function in (
                lambda lead=lead: lead.read(),
                lambda lead=lead: lead.web_read({"phone": {}, "email_from": {}}),
                lambda lead=lead: lead.export_data(["name", "phone", "email_from"]),
                lambda lead=lead: lead.read(["display_name"]),
                lambda lead=lead: lead.copy().read(),
                lambda lead=lead: lead.get_formview_action(),
                lambda lead=lead: (
                    lead.message_get_suggested_recipients()
                    if hasattr(lead, "message_get_suggested_recipients")
                    else None
                ),
            ):
                self.assertNothingGivenAway(function)

    def test_errors_of_moves_and_of_debug_mode(self):
        self.sealed.daily_limit = 1
        for user in self._everybody():
            self._claim(self._create_leads(1, pool=self.sealed), user)
            user.group_ids |= self.env.ref("base.group_no_one")
            lead = self.lead.with_user(user)
            for function in (
                lambda lead=lead, user=user: lead.write({"user_id": user.id}),
                lambda lead=lead: lead.write({"name": "x"}),
                lambda lead=lead: lead.unlink(),
                lambda lead=lead: lead.merge_opportunity(),
                lambda lead=lead: lead.action_pool_claim(),
                lambda lead=lead: lead.pool_assign(self.other.id),
                lambda lead=lead: lead.check_access("write"),
            ):
                self.assertNothingGivenAway(function)

    def test_chatter_followers_attachments(self):
        held = self._claim(self.lead)
        for user in self.members:
            held.message_subscribe(user.partner_id.ids)
        held.with_user(self.rep).message_post(
            body=f"Wrote to {EMAIL}, rang {PHONE}", partner_ids=self.seller_all.partner_id.ids
        )
        self.env["ir.attachment"].with_user(self.rep).create(
            {"name": f"{EMAIL}.txt", "raw": b"x", "res_model": "crm.lead", "res_id": held.id}
        )
        held.with_user(self.rep).pool_release()
        self.env.flush_all()
        document = [("model", "=", "crm.lead"), ("res_id", "=", self.lead.id)]
        of_record = [("res_model", "=", "crm.lead"), ("res_id", "=", self.lead.id)]
        for user in self._everybody():
            self.assertFalse(self.env["mail.message"].with_user(user).search(document))
            self.assertFalse(self.env["ir.attachment"].with_user(user).search(of_record))
            self.assertFalse(self.env["mail.followers"].with_user(user).search(of_record))
            messages = self.env["mail.message"].sudo().search(document).with_user(user)
            self.assertNothingGivenAway(lambda messages=messages: messages.read(["body"]))
        self.assertFalse(self.lead.message_partner_ids & (self.rep | self.seller_all).partner_id)
        self._claim(self.lead, self.other)
        messages = self.env["mail.message"].with_user(self.other).search(document)
        self.assertIn(EMAIL, str(messages.mapped("body")))

    def test_activities_of_the_former_owner(self):
        for policy in ("cancel", "keep"):
            self.sealed.activity_policy = policy
            held = self._claim(self.lead)
            activity = held.with_user(self.rep).activity_schedule(
                "mail.mail_activity_data_call", summary=f"Ring {PHONE}", user_id=self.rep.id
            )
            foreign = held.activity_schedule(
                "mail.mail_activity_data_call", summary=EMAIL, user_id=self.seller_all.id
            )
            held.with_user(self.rep).pool_release()
            for user in self._everybody():
                found = self.env["mail.activity"].with_user(user)
                self.assertFalse(
                    found.search([("res_model", "=", "crm.lead"), ("res_id", "=", held.id)])
                )
                self.assertNothingGivenAway(
                    lambda user=user, activity=activity: activity.with_user(user).read(["summary"])
                )
            self.assertEqual(bool((activity | foreign).exists()), policy == "keep", policy)
            self._claim(self.lead, self.other)
            if policy == "keep":
                self.assertEqual((activity | foreign).user_id, self.other)
            self.lead.with_user(self.other).pool_release()

    def test_calendar_and_activity_report(self):
        held = self._claim(self.lead)
        event = self.env["calendar.event"].create(
            {
                "name": f"Ring {PHONE}",
                "user_id": self.other.id,
                "start": "2030-01-01 10:00:00",
                "stop": "2030-01-01 11:00:00",
                "opportunity_id": held.id,
            }
        )
        held.with_user(self.rep).activity_schedule(
            "mail.mail_activity_data_call", user_id=self.rep.id
        ).action_feedback(feedback=f"Reached {EMAIL}")
        held.with_user(self.rep).pool_release()
        self.env.flush_all()
        for user in self._everybody():
            self.assertFalse(
                self.env["calendar.event"].with_user(user).search([("id", "=", event.id)])
            )
            report = self.env["crm.activity.report"].with_user(user)
            self.assertFalse(report.search([("lead_id", "=", held.id)]))
        own = event.with_user(self.other)
        self.assertTrue(own.search([("id", "=", event.id)]))
        self.assertNothingGivenAway(lambda: own.read(["opportunity_id"]))

    def test_links_of_other_records_show_masked_names(self):
        self.sealed.mask_name = True
        event = self.env["calendar.event"].create(
            {
                "name": "Mine",
                "start": "2030-01-01 10:00:00",
                "stop": "2030-01-01 11:00:00",
                "user_id": self.rep.id,
                "opportunity_id": self.lead.id,
            }
        )
        (values,) = event.with_user(self.rep).read(["opportunity_id"])
        self.assertEqual(values["opportunity_id"][1], "C•••")
        (values,) = event.with_user(self.lead_manager).read(["opportunity_id"])
        self.assertEqual(values["opportunity_id"][1], self.lead.name)

    def test_duplicates_and_own_leads(self):
        for user in self._everybody():
            mine = (
                self.env["crm.lead"]
                .with_user(user)
                .create({"name": "Mine", "email_from": EMAIL.replace("hans.secret", "other")})
            )
            fields = {"display_name": {}, "email_from": {}}
            [found] = mine.web_read({"duplicate_lead_ids": {"fields": fields}})
            ids = [row["id"] for row in found["duplicate_lead_ids"]]
            # What he typed himself he may read.
            self.assertIn(mine.id, ids)
            self.assertNotIn(self.lead.id, ids)

    def test_ledger_and_paths_through_links(self):
        self._claim(self.lead).with_user(self.rep).pool_release(note=f"Rang {PHONE}")
        for user in self._everybody():
            moves = self.env["lead.pool.move"].with_user(user)
            self.assertFalse(moves.search([("lead_id", "=", self.lead.id)]))
            self.assertFalse(moves.search([("lead_id.phone", "ilike", "99887766")]))
            self.assertNothingGivenAway(
                lambda moves=moves: moves.formatted_read_group([], ["record_name"], ["__count"])
            )
        self._claim(self.lead, self.other)
        mine = (
            self.env["lead.pool.move"]
            .with_user(self.other)
            .search([("lead_id", "=", self.lead.id)])
        )
        self.assertIn(self.lead.name, mine.mapped("record_name"))

    def test_pool_that_becomes_sealed_loses_its_traces(self):
        pool = self._create_pool("Opened")
        lead = self._create_leads(1, pool=pool)
        lead.message_subscribe(self.rep.partner_id.ids)
        lead.activity_schedule("mail.mail_activity_data_call", user_id=self.rep.id)
        pool.visibility = "sealed"
        self.assertNotIn(self.rep.partner_id, lead.message_partner_ids)
        self.assertFalse(lead.activity_ids)
        self.assertFalse(lead.with_user(self.rep).search([("id", "=", lead.id)]))
