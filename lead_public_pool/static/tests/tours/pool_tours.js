import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const POOLED = "/odoo/action-lead_public_pool.lead_pool_entry_action_lead";

function selectLead(name) {
    return {
        content: `Select ${name}`,
        trigger: `.o_data_row:has(td[name=name]:contains(${name})) .o_list_record_selector input`,
        run: "click",
    };
}

tours.add("pool_rep_desktop", {
    url: POOLED,
    steps: () => [
        selectLead("Tour lead 1"),
        selectLead("Tour lead 2"),
        selectLead("Tour lead 3"),
        {
            content: "Claim the three of them",
            trigger: ".o_control_panel button[name=action_pool_claim]",
            run: "click",
        },
        {
            content: "They are mine",
            trigger: ".o_notification:contains(3 records are yours now)",
        },
        {
            content: "And gone from the pool",
            trigger: "body:not(:has(.o_data_row:contains(Tour lead 1)))",
        },
        {
            content: "Open the menu of the pool",
            trigger: ".o_menu_sections button:contains(Public Pool)",
            run: "click",
        },
        {
            content: "See what I hold",
            trigger: ".o-dropdown-item:contains(My Leads)",
            run: "click",
        },
        {
            content: "With a countdown",
            trigger: ".o_data_row:contains(Tour lead 1):contains(returns in 7 days)",
        },
        {
            content: "Open one",
            trigger: ".o_data_row td[name=name]:contains(Tour lead 2)",
            run: "click",
        },
        {
            content: "It says when and why it goes back",
            trigger: ".alert:contains(returns in 7 days):contains(Idle for a week)",
        },
        {
            content: "Give it back",
            trigger: ".o_form_view button[name=action_pool_release]",
            run: "click",
        },
        {
            content: "Choose a reason",
            trigger: ".modal div[name=reason_id] input",
            run: "edit No answer",
        },
        {
            trigger: ".ui-autocomplete .dropdown-item:contains(No answer)",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal div[name=note] textarea",
            run: "edit Rang four times",
        },
        {
            trigger: ".modal footer button[name=action_release]",
            run: "click",
        },
        {
            content: "It lies in the pool again",
            trigger: ".alert:contains(It waits in the pool)",
        },
        {
            content: "Its history",
            trigger: ".nav-link[name=pool_ownership]",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(Given back):contains(Rang four times)",
        },
    ],
});

tours.add("pool_rep_mobile", {
    url: POOLED,
    steps: () => [
        {
            content: "One large button on the card",
            trigger: ".o_kanban_record:contains(Tour lead 1) button:contains(Claim)",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(It is yours now)",
        },
        {
            content: "It opens, to be worked at once",
            trigger: ".o_form_view .alert:contains(returns in 7 days)",
        },
        {
            content: "Back to the pool",
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "The limit is reached, and the next card says so instead of a button",
            trigger: ".o_kanban_record:contains(Tour lead 2) .alert:contains(1 of 1)",
        },
    ],
});

tours.add("pool_manager_sets_up", {
    url: "/odoo/action-lead_public_pool.lead_pool_action",
    steps: () => [
        {
            trigger: ".o-kanban-button-new",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] input",
            run: "edit Tour pool",
        },
        {
            content: "A limit",
            trigger: ".nav-link[name=limits]",
            run: "click",
        },
        {
            trigger: ".o_group .o_field_widget[name=daily_limit] input",
            run: "edit 5",
        },
        {
            trigger: ".nav-link[name=members]",
            run: "click",
        },
        {
            content: "A member",
            trigger: ".o_field_widget[name=member_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=member_ids] div[name=user_id] input",
            run: "edit Tour Rep",
        },
        {
            trigger: ".ui-autocomplete .dropdown-item:contains(Tour Rep)",
            run: "click",
        },
        {
            content: "A rule",
            trigger: ".nav-link[name=rules]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=rule_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=name] input",
            run: "edit Two days idle",
        },
        {
            trigger: ".modal .o_field_widget[name=delay] input",
            run: "edit 2",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=rule_ids] .o_data_row:contains(Two days idle)",
        },
        {
            trigger: ".o_form_button_save:not(.modal *)",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
    ],
});

tours.add("pool_manager_sets_up_a_chain", {
    url: "/odoo/action-lead_public_pool.lead_pool_action",
    steps: () => [
        { trigger: ".o-kanban-button-new", run: "click" },
        { trigger: ".o_field_widget[name=name] input", run: "edit Tour chain" },
        {
            content: "Contact details are masked until the claim",
            trigger: ".nav-link[name=visibility]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=visibility] .o_radio_item:contains(Sealed) input",
            run: "click",
        },
        {
            content: "Warnings",
            trigger: ".nav-link[name=work]",
            run: "click",
        },
        { trigger: ".o_field_widget[name=warn_steps] input", run: "edit 5, 2" },
        {
            content: "Brake",
            trigger: ".nav-link[name=safety]",
            run: "click",
        },
        { trigger: ".o_field_widget[name=brake_percent] input", run: "edit 30" },
        {
            content: "After two rounds it goes on to the second pool",
            trigger: ".o_field_widget[name=round_limit] input",
            run: "edit 2 && press Tab",
        },
        { trigger: ".o_field_widget[name=next_pool_id] input", run: "edit Tour pool of leads" },
        {
            trigger: ".ui-autocomplete .dropdown-item:contains(Tour pool of leads)",
            run: "click",
        },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_saved" },
        {
            content: "See what it would take back before it does",
            trigger: ".o_statusbar_buttons button[name=action_preview]",
            run: "click",
        },
        { trigger: ".modal:contains(Now: 0 records)" },
        { trigger: ".modal footer button:contains(Close)", run: "click" },
    ],
});

tours.add("pool_rep_blind_on_phone", {
    url: "/odoo/action-lead_public_pool.lead_pool_action",
    steps: () => [
        {
            content: "Take the next best without choosing",
            trigger: ".o_kanban_record:contains(Tour pool of leads) button[name=action_claim_next]",
            run: "click",
        },
        {
            content: "It opens, and says when it goes back",
            trigger: ".o_form_view .alert:contains(returns in 7 days)",
        },
        {
            content: "On a phone the further buttons are in a menu",
            trigger: ".o_statusbar_buttons .o-dropdown:last",
            run: "click",
        },
        { trigger: "button[name=action_pool_extend]", run: "click" },
        { trigger: ".alert:contains(returns in 10 days)" },
        { trigger: ".o_statusbar_buttons .o-dropdown:last", run: "click" },
        { trigger: "button[name=action_pool_release]", run: "click" },
        { trigger: ".modal div[name=note] textarea", run: "edit Wrong number" },
        { trigger: ".modal footer button[name=action_release]", run: "click" },
        { trigger: ".o_notification:contains(Given back)" },
    ],
});
