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
            run: "edit Eve Decider",
        },
        {
            trigger: ".modal div[name=role] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(Decision Maker)",
            run: "click",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: "div[name=profile_influencer_ids] .o_kanban_record:contains(Eve Decider)",
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
