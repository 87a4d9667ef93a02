"""What every user does first: make, change and close leads and contacts by hand.

Runs with whatever is installed; the packaging tests run it with each addon alone.
"""

from odoo.tests import HttpCase, new_test_user

from ..common import top_level
from .by_hand import click, fill, import_file, menu, open_action, press, save, see, tour

PIPELINE = "crm.crm_lead_action_pipeline"
CONTACTS = "base.action_partner_form"
REP = "base.group_user,sales_team.group_sale_salesman,base.group_partner_manager"
MANAGER = "base.group_user,sales_team.group_sale_manager,base.group_partner_manager"
TITLE = ".o_form_view .oe_title"
READY = "Boolean(odoo.startTour && document.querySelector('.o_kanban_view, .o_list_view'))"


class ByHand(HttpCase):
    group = REP

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "by_hand", name="Hanna Hand", email="hanna@hand.example", groups=cls.group
        )
        cls.env["res.partner"].create(
            [
                {"name": f"Same contact {number}", "email": "same@contact.example"}
                for number in (1, 2)
            ]
        )
        # Odoo writes every lead of the pipeline to a sales team; theirs is the one of the test.
        cls.team = cls.env["crm.team"].create(
            {"name": "Hands", "member_ids": [(4, cls.user.id)], "use_opportunities": True}
        )
        cls.env["crm.lead"].create(
            [
                {
                    "name": f"Same {number}",
                    "user_id": cls.user.id,
                    "team_id": cls.team.id,
                    "type": "opportunity",
                    "email_from": "same@hand.example",
                }
                for number in (1, 2)
            ]
        )

    def play(self, name, steps):
        self.start_tour(
            "/odoo/action-crm.crm_lead_action_pipeline",
            name,
            code=tour(name, steps),
            ready=READY,
            login="by_hand",
        )

    def lead(self, name):
        return self.env["crm.lead"].with_context(active_test=False).search([("name", "=", name)])

    # --- steps -----------------------------------------------------------------------------------

    def lead_form(self, name):
        """A new lead in the form, with all that a rep knows after a call."""
        return [
            open_action(PIPELINE, "form", f"{TITLE} .o_field_widget[name=name]"),
            fill("name", name),
            fill("email_from", "carla@customer.example"),
            fill("phone", "+49 731 555 0177"),
            fill("expected_revenue", "1200"),
            save(),
        ]

    def closing(self):
        """Won; another one lost and restored."""
        return [
            press("button[name=action_set_won_rainbowman]"),
            see(".ribbon:contains(Won)"),
            self.lead_form("Lost by hand"),
            press("button[data-hotkey=l]"),
            click(".modal footer button[name=action_lost_reason_apply]"),
            see(".ribbon:contains(Lost)"),
            press("button[name=action_restore]"),
            see(".o_form_view:not(:has(.ribbon:contains(Lost)))"),
        ]

    def contact_form(self):
        return [
            open_action(CONTACTS, "form", ".o_form_view .o_field_widget[name=name]"),
            fill("name", "Contact by hand"),
            fill("email", "hand@contact.example"),
            fill("phone", "+49 731 555 0188"),
            save(),
            fill("city", "Ulm"),
            save(),
        ]


@top_level
class TestByHandRep(ByHand):
    def test_leads_and_contacts_are_made_changed_and_closed_on_a_desktop(self):
        self.play(
            "by_hand_desktop",
            [
                self.quick_create(),
                self.lead_form("Form by hand"),
                fill("expected_revenue", "1500"),
                save(),
                menu("Duplicate"),
                see(".o_pager_limit:contains(2)"),
                self.closing(),
                self.merge_leads(),
                self.contact_form(),
                menu("Duplicate"),
                see(".o_form_view .o_field_widget[name=name]"),
                menu("Archive"),
                click(".modal footer .btn-primary"),
                see(".ribbon:contains(Archived)"),
                menu("Unarchive"),
                see(".o_form_view:not(:has(.ribbon:contains(Archived)))"),
                self.merge_contacts(),
                import_file(
                    "crm.lead", "leads.csv", "name,email_from\nFile by hand,f@hand.example"
                ),
                see(".o_notification:contains(imported)"),
            ],
        )
        self.assertEqual(self.lead("Quick by hand").email_from, "quick@customer.example")
        self.assertEqual(self.lead("Form by hand").user_id, self.user)
        self.assertEqual(self.lead("Lost by hand").won_status, "pending")
        self.assertEqual(len(self.env["crm.lead"].search([("name", "like", "Same ")])), 1)
        self.assertEqual(self.lead("File by hand").email_from, "f@hand.example")
        contacts = self.env["res.partner"].search([("name", "like", "Same contact")])
        self.assertEqual(len(contacts), 1)
        self.assertEqual(
            self.env["res.partner"].search([("name", "=", "Contact by hand")]).city, "Ulm"
        )

    def quick_create(self):
        box = ".o_kanban_quick_create"
        return [
            click(".o-kanban-button-new"),
            fill("name", "Quick by hand", box),
            fill("email_from", "quick@customer.example", box),
            fill("phone", "+49 731 555 0166", box),
            fill("expected_revenue", "800", box),
            click(f"{box} .o_kanban_add"),
            see(".o_kanban_record:contains(Quick by hand)"),
        ]

    def merge_leads(self):
        return [
            open_action(PIPELINE, "list", ".o_data_row:contains(Same 1)"),
            click(".o_data_row:contains(Same 1) .o_list_record_selector input"),
            click(".o_data_row:contains(Same 2) .o_list_record_selector input"),
            menu("Merge"),
            click(".modal footer button[name=action_merge]"),
            see(".o_form_view"),
        ]

    def merge_contacts(self):
        search = {"additionalContext": {"search_default_name": "Same contact"}}
        return [
            open_action(CONTACTS, "list", ".o_data_row:contains(Same contact 1)", **search),
            click(".o_data_row:contains(Same contact 1) .o_list_record_selector input"),
            click(".o_data_row:contains(Same contact 2) .o_list_record_selector input"),
            menu("Merge"),
            click(".modal footer button[name=action_merge]"),
            see("body:not(:has(.modal)), .modal:contains(no more contacts)"),
        ]


@top_level
class TestByHandManager(TestByHandRep):
    group = MANAGER


@top_level
class TestByHandOnAPhone(ByHand):
    browser_size = "375x667"
    touch_enabled = True

    def test_leads_and_contacts_are_made_and_closed_on_a_phone(self):
        self.play(
            "by_hand_phone",
            [self.lead_form("Form by hand"), self.closing(), self.contact_form()],
        )
        self.assertEqual(self.lead("Form by hand").won_status, "won")
        self.assertEqual(self.lead("Lost by hand").won_status, "pending")
