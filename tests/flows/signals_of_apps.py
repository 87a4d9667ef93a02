"""Cases of test_signals_of_apps.py: each app is driven by its own means."""

from datetime import timedelta

from odoo import http
from odoo.fields import Datetime
from odoo.tests import HttpCase, new_test_user

from ..common import top_level


class SignalCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "no_reset_password": True})
        cls.partner = cls.env["res.partner"].create({"name": "Paula", "email": "paula@example.com"})
        cls.lead = cls._lead(partner_id=cls.partner.id)

    @classmethod
    def _lead(cls, **values):
        return cls.env["crm.lead"].create({"name": "Signals", "type": "opportunity", **values})

    def _collect(self):
        """Two runs of all collectors: what the second finds has been counted twice."""
        collectors = self.env["lead.score.collector"].search([])
        self.assertFalse(collectors.filtered("missing_apps"))
        for _run in range(2):
            for collector in collectors:
                collector._collect_safely()
                self.assertFalse(collector.last_error, collector.code)

    def _codes(self, lead=None):
        events = (lead or self.lead).score_event_ids
        return sorted(event.signal_id.code for event in events)


@top_level
class TestMailings(SignalCase):
    def _send(self, **values):
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "News",
                "body_html": '<p>Read <a href="https://www.example.com/news">this</a></p>',
                "mailing_model_id": self.env["ir.model"]._get_id("crm.lead"),
                "mailing_domain": f"[('id', '=', {self.lead.id})]",
                **values,
            }
        )
        mailing.action_send_mail()
        return mailing.mailing_trace_ids

    def test_opened_clicked_and_each_link(self):
        trace = self._send()
        self.assertEqual(len(trace), 1)
        code = self.env["link.tracker.code"].search([], order="id desc", limit=1)
        for _click in range(2):
            self.env["link.tracker.click"].add_click(
                code.code, ip="1.2.3.4", country_code="BE", mailing_trace_id=trace.id
            )
        self._collect()
        self.assertEqual(
            self._codes(), ["link_clicked", "link_clicked", "mailing_clicked", "mailing_opened"]
        )

    def test_clicks_of_a_mail_gateway_do_not_count(self):
        """A security program follows all links within seconds; a person one after the other."""
        links = "".join(f'<a href="https://www.example.com/{n}">{n}</a> ' for n in range(4))
        trace = self._send(body_html=f"<p>{links}</p>")
        codes = self.env["link.tracker.code"].search([], order="id desc", limit=4)

        def click(code, moment):
            clicked = self.env["link.tracker.click"].add_click(
                code.code, ip="1.2.3.4", country_code="BE", mailing_trace_id=trace.id
            )
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE link_tracker_click SET create_date = %s WHERE id = %s",
                (moment, clicked.id),
            )

        now = Datetime.now() - timedelta(minutes=30)
        for number, code in enumerate(codes):
            click(code, now + timedelta(seconds=2 * number))
        self._collect()
        self.assertNotIn("link_clicked", self._codes())
        self.assertNotIn("mailing_clicked", self._codes())
        for minutes in (10, 11):
            click(codes[minutes - 10], now + timedelta(minutes=minutes))
        self._collect()
        self.assertEqual(self._codes().count("link_clicked"), 2)
        self.assertEqual(self._codes().count("mailing_clicked"), 1)

    def test_bounced(self):
        self._send().set_bounced()
        self._collect()
        self.assertEqual(self._codes(), ["mailing_bounced"])

    def test_unsubscribed_from_a_list_by_address(self):
        mailing_list = self.env["mailing.list"].create({"name": "News"})
        contact = self.env["mailing.contact"].create(
            {"name": "P", "email": "Paula <Paula@Example.com>", "list_ids": [mailing_list.id]}
        )
        self._collect()
        self.assertEqual(self._codes(), [])
        contact.subscription_ids.opt_out = True
        self._collect()
        self.assertEqual(self._codes(), ["mailing_unsubscribed"])

    def test_wants_no_mailing_at_all(self):
        self.env["mail.blacklist"]._add("paula@example.com")
        self._collect()
        self.assertEqual(self._codes(), ["mailing_unsubscribed"])


@top_level
class TestWebsite(SignalCase):
    def test_pages_seen_before_the_form_was_sent_and_the_form(self):
        self.authenticate(None, None)
        answer = self.url_open(
            "/website/form/crm.lead",
            data={
                "name": "From the form",
                "contact_name": "Fred",
                "email_from": "fred@example.com",
                "csrf_token": http.Request.csrf_token(self),
            },
        )
        lead = self.env["crm.lead"].browse(answer.json()["id"])
        self.assertEqual(lead.email_from, "fred@example.com")
        # Odoo had this visitor's track before it knew who he was.
        before = Datetime.now() - timedelta(hours=5)
        lead.visitor_ids._add_tracking([], {"url": "/prices", "visit_datetime": before})
        self._collect()
        self.assertEqual(self._codes(lead), ["page_viewed", "web_form", "website_visit"])
        self.assertEqual(self._codes(), [])

    def test_a_visitor_with_an_account(self):
        visitor = self.env["website.visitor"].create(
            {"access_token": str(self.partner.id), "partner_id": self.partner.id}
        )
        page = self.env["website.page"].search([], limit=1)
        now = Datetime.now()
        self.env["website.track"].create(
            [
                {
                    "visitor_id": visitor.id,
                    "page_id": page.id,
                    "url": "/",
                    "visit_datetime": now - timedelta(days=days, minutes=minutes),
                }
                for days, minutes in ((0, 0), (3, 0), (3, 1))
            ]
        )
        self._collect()
        self.assertEqual(
            self._codes(), ["page_viewed"] * 3 + ["website_time"] + ["website_visit"] * 2
        )

    def _came(self, visitor, *minutes_ago):
        now = Datetime.now()
        self.env["website.track"].create(
            [
                {
                    "visitor_id": visitor.id,
                    "url": f"/{minutes}",
                    "visit_datetime": now - timedelta(minutes=minutes),
                }
                for minutes in minutes_ago
            ]
        )

    def _minutes(self, lead=None):
        events = (lead or self.lead).score_event_ids
        found = events.filtered(lambda event: event.signal_id.code == "website_time")
        return sorted(found.mapped("quantity"))

    def test_minutes_of_each_visit_once_it_is_over(self):
        visitor = self.env["website.visitor"].create(
            {"access_token": str(self.partner.id), "partner_id": self.partner.id}
        )
        # A visit of 12.5 minutes, one of a single page, and one that may go on.
        self._came(visitor, 300, 290, 287.5, 120, 20, 5)
        self._collect()
        self.assertEqual(self._minutes(), [12.5])
        event = self.lead.score_event_ids.filtered(lambda e: e.quantity == 12.5)
        self.assertEqual(event.ref.split(",")[0], "website.track")
        # Half an hour later the last one is over; what was found is not found again.
        for track in visitor.website_track_ids:
            if track.url in ("/20", "/5"):
                track.visit_datetime -= timedelta(minutes=30)
        self._collect()
        self.assertEqual(self._minutes(), [12.5, 15.0])

    def test_minutes_of_a_visitor_who_sent_a_form_afterwards(self):
        lead = self._lead(email_from="late@example.com")
        visitor = self.env["website.visitor"].create(
            {"access_token": "0123456789abcdef0123456789abcdef", "lead_ids": [(4, lead.id)]}
        )
        self._came(visitor, 400, 380, 45)
        self._collect()
        self.assertEqual(self._minutes(lead), [20.0])
        self.assertEqual(self._minutes(), [])


@top_level
class TestLivechat(SignalCase):
    def _chat(self, user):
        operator = new_test_user(self.env, "signal_operator", groups="base.group_user")
        livechat = self.env["im_livechat.channel"].create(
            {"name": "Help", "user_ids": [operator.id]}
        )
        guest = self.env["mail.guest"].create({"name": "Visitor"})
        values = (
            livechat.with_user(user)
            .sudo()
            .with_context(guest=guest)
            ._get_livechat_discuss_channel_vals(
                agent=operator,
                operator_partner=operator.partner_id,
                operator_model="res.users",
            )
        )
        return operator, self.env["discuss.channel"].with_user(user).sudo().create(values)

    def test_a_chat_of_somebody_known(self):
        user = new_test_user(self.env, "signal_portal", groups="base.group_portal")
        self.lead.partner_id = user.partner_id
        self._chat(user)
        self._collect()
        self.assertEqual(self._codes(), ["live_chat"])

    def test_a_lead_made_out_of_a_chat(self):
        operator, channel = self._chat(self.env.ref("base.public_user"))
        operator.group_ids += self.env.ref("sales_team.group_sale_salesman")
        channel.with_user(operator).execute_command_lead(body="/lead From the chat")
        lead = self.env["crm.lead"].search([("origin_channel_id", "=", channel.id)])
        self.assertTrue(lead)
        self._collect()
        self.assertEqual(self._codes(lead), ["live_chat"])


@top_level
class TestEventSurveyQuotation(SignalCase):
    def _event(self):
        now = Datetime.now()
        return self.env["event.event"].create(
            {"name": "Fair", "date_begin": now, "date_end": now + timedelta(days=1)}
        )

    def test_registered_and_attended(self):
        registration = self.env["event.registration"].create(
            {"event_id": self._event().id, "email": "Paula <PAULA@example.com>", "name": "Paula"}
        )
        self._collect()
        self.assertEqual(self._codes(), ["event_registered"])
        registration.action_set_done()
        self._collect()
        self.assertEqual(self._codes(), ["event_attended", "event_registered"])

    def test_a_lead_made_by_an_event_rule(self):
        event = self._event()
        self.env["event.lead.rule"].create(
            {"name": "All", "event_id": event.id, "lead_creation_trigger": "create"}
        )
        registration = self.env["event.registration"].create(
            {"event_id": event.id, "email": "new@example.com", "name": "New"}
        )
        self.assertEqual(len(registration.lead_ids), 1)
        self._collect()
        self.assertEqual(self._codes(registration.lead_ids), ["event_registered"])

    def test_cancelled_registrations_do_not_count(self):
        self.env["event.registration"].create(
            {"event_id": self._event().id, "partner_id": self.partner.id, "state": "cancel"}
        )
        self._collect()
        self.assertEqual(self._codes(), [])

    def test_survey_answered_to_the_end(self):
        survey = self.env["survey.survey"].create(
            {
                "title": "Needs",
                "access_mode": "public",
                "question_and_page_ids": [
                    (0, 0, {"title": "What do you need?", "question_type": "char_box"})
                ],
            }
        )
        answer = survey._create_answer(partner=self.partner)
        self._collect()
        self.assertEqual(self._codes(), [])
        answer._mark_done()
        self._collect()
        self.assertEqual(self._codes(), ["survey_answered"])
        survey._create_answer(partner=self.partner, test_entry=True)._mark_done()
        self._collect()
        self.assertEqual(self._codes(), ["survey_answered"])

    def test_quotation_sent_and_looked_at(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "opportunity_id": self.lead.id}
        )
        self._collect()
        self.assertEqual(self._codes(), [])
        order.action_quotation_sent()
        self.authenticate(None, None)
        self.assertEqual(self.url_open(order.get_portal_url()).status_code, 200)
        self._collect()
        self.assertEqual(self._codes(), ["quotation_sent", "quotation_viewed"])

    def test_a_won_lead_hears_no_more(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "opportunity_id": self.lead.id}
        )
        self.lead.action_set_won()
        order.action_quotation_sent()
        self._collect()
        self.assertEqual(self._codes(), [])
