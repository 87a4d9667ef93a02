import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("score_rep_on_phone", {
    url: "/odoo/action-crm.crm_lead_all_leads",
    steps: () => [
        {
            content: "The lead that marketing has handed over",
            trigger: ".o_kanban_record:contains(Tour lead):contains(MQL)",
            run: "click",
        },
        {
            content: "It says until when to decide",
            trigger: ".o_form_view .alert:contains(accept or reject it by)",
        },
        {
            content: "Accept it with the large button",
            trigger: ".o_form_view button[name=action_accept]",
            run: "click",
        },
        {
            content: "No more to decide",
            trigger: ".o_form_view:not(:has(button[name=action_accept]))",
        },
        {
            content: "What do they want?",
            trigger: ".nav-link[name=score_profile]",
            run: "click",
        },
        {
            content: "They know their requirements",
            trigger: "div[name=profile_need] input, div[name=profile_need] select",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(Requirements known)",
            run: "click",
        },
        {
            content: "They have some money",
            trigger: "div[name=profile_budget] input",
            run: "edit 5000",
        },
        {
            content: "Who has a say?",
            trigger: "div[name=profile_influencer_ids] .o-kanban-button-new",
            run: "click",
        },
        {
            trigger: ".modal div[name=name] input",
            run: "edit Eve Buyer",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: "div[name=profile_influencer_ids] .o_kanban_record:contains(Eve Buyer)",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Saved",
            trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))",
        },
    ],
});

tours.add("score_manager_builds_a_card", {
    url: "/odoo/action-lead_scoring.lead_score_card_action/new",
    steps: () => [
        {
            content: "Name the scorecard",
            trigger: ".o_form_view h1 div[name=name] input, .o_form_view h1 div[name=name] textarea",
            run: "edit Tour answers",
        },
        {
            content: "It comes before the others",
            trigger: ".o_form_view div[name=sequence] input",
            run: "edit 0",
        },
        {
            content: "Add a rule",
            trigger: "div[name=rule_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: ".modal h1 div[name=name] input",
            run: "edit Answered our e-mail",
        },
        {
            content: "It is about something the lead does",
            trigger: ".modal div[name=kind] input[data-value=signal]",
            run: "click",
        },
        {
            trigger: ".modal div[name=dimension] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(Engagement)",
            run: "click",
        },
        {
            trigger: ".modal div[name=points] input",
            run: "edit 40",
        },
        {
            trigger: ".modal div[name=signal_id] input",
            run: "edit Answered an e-mail",
        },
        {
            trigger: ".ui-autocomplete .dropdown-item:contains(Answered an e-mail)",
            run: "click",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: "div[name=rule_ids] .o_data_row:contains(Answered our e-mail)",
        },
        {
            content: "Forty points are hot",
            trigger: ".nav-link[name=limits]",
            run: "click",
        },
        {
            trigger: "div[name=hot_threshold] input",
            run: "edit 40",
        },
        {
            content: "See what it would change",
            trigger: "button[name=action_simulate]",
            run: "click",
        },
        {
            trigger: ".modal .o_score_histogram",
        },
        {
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            content: "Publish",
            trigger: "body:not(:has(.modal)) button[name=action_publish]",
            run: "click",
        },
        {
            trigger: ".modal:contains(judged by this scorecard) .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(Published)",
        },
    ],
});

tours.add("score_manager_sees_a_hot_lead", {
    url: "/odoo/action-crm.crm_lead_all_leads",
    steps: () => [
        {
            content: "By the keyboard, Enter asks why and does not open the lead",
            trigger: ".o_data_row:contains(Tour prospect) .o_score_why",
            run() {
                this.anchor.focus();
                this.anchor.dispatchEvent(
                    new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
                );
            },
        },
        {
            trigger: "body:has(.o_list_view) .o_score_why_popover .o_score_why_head",
        },
        {
            trigger: ".o_data_row td[name=name]:contains(Tour prospect)",
            run: "click",
        },
        {
            trigger: ".nav-link[name=score]",
            run: "click",
        },
        {
            content: "The answer has made it hot",
            trigger: "div[name=score_temperature]:contains(Hot)",
        },
        {
            content: "And marketing qualified, so that sales has to decide",
            trigger: ".o_form_view button[name=action_accept]",
        },
        {
            trigger: ".nav-link[name=score_qualification]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(MQL)",
        },
        {
            trigger: "span:contains(by its score)",
        },
    ],
});

tours.add("score_manager_sees_it_cold_again", {
    url: "/odoo/action-crm.crm_lead_all_leads",
    steps: () => [
        {
            content: "The search panel knows what falls",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            trigger: ".o_filter_menu .o-dropdown-item:contains(Falling)",
            run: "click",
        },
        {
            trigger: ".o_searchview_facet:contains(Falling)",
        },
        {
            content: "Thirty days without a word",
            trigger: ".o_data_row:contains(Tour prospect):contains(Cold) td[name=name]",
            run: "click",
        },
        {
            trigger: ".nav-link[name=score]",
            run: "click",
        },
        {
            content: "What it did has faded, so it is cold",
            trigger: "div[name=score_temperature]:contains(Cold)",
        },
        {
            content: "It falls",
            trigger: "div[name=score_trend]:contains(Falling)",
        },
        {
            content: "And the history says that time did it",
            trigger:
                ".o_score_changes .o_data_row:contains(Time passed):contains(Cold)",
        },
    ],
});
