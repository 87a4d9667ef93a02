import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("lifecycle_visit_phone", {
    url: "/odoo/revisits",
    steps: () => [
        {
            content: "My revisit, with the number to call",
            trigger: ".o_kanban_record:contains(Tour customer) a[href^=tel]",
        },
        {
            content: "First tap: four stars",
            trigger: ".o_kanban_record:contains(Tour customer) .o_priority_star:eq(3)",
            run: "click",
        },
        {
            content: "The stars are saved",
            trigger: ".o_kanban_record:contains(Tour customer) .o_priority_star.fa-star:eq(3)",
        },
        {
            content: "Second tap: done",
            trigger: ".o_kanban_record:contains(Tour customer) button[name=action_done]",
            run: "click",
        },
        {
            content: "It is gone from the list of planned ones",
            trigger: "body:not(:has(.o_kanban_record:contains(Tour customer)))",
        },
    ],
});

tours.add("lifecycle_playbook_desktop", {
    url: "/odoo/playbooks",
    steps: () => [
        {
            content: "A new playbook",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_form_view div[name=name] input",
            run: "edit Tour playbook",
        },
        {
            content: "For dormant customers",
            trigger: ".o_form_view div[name=entry_state] input, .o_form_view div[name=entry_state] select",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(Dormant)",
            run: "click",
        },
        {
            content: "A third of them is left alone",
            trigger: ".o_form_view div[name=control_percent] input",
            run: "edit 33",
        },
        {
            content: "The steps",
            trigger: ".nav-link[name=steps]",
            run: "click",
        },
        {
            trigger: "div[name=step_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: ".modal div[name=name] input",
            run: "edit First call",
        },
        {
            trigger: ".modal div[name=activity_type_id] input",
            run: "edit Call",
        },
        {
            trigger: ".ui-autocomplete .dropdown-item:contains(Call)",
            run: "click",
        },
        {
            trigger: ".modal div[name=summary] input",
            run: "edit Ask how it is going",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: "div[name=step_ids] .o_data_row:contains(First call)",
        },
        {
            content: "Who would enter today?",
            trigger: "button[name=action_preview]",
            run: "click",
        },
        {
            content: "Thirty would, and some are left alone",
            trigger: ".modal div[name=enter_count]:contains(30)",
        },
        {
            trigger: ".modal .o_data_row:contains(Tour dormant)",
        },
        {
            trigger: ".modal footer button:contains(Close)",
            run: "click",
        },
        {
            content: "Start",
            trigger: "body:not(:has(.modal)) button[name=action_start]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Running)",
        },
        {
            content: "Run now",
            trigger: "button[name=action_run_now]",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(30 entered)",
        },
        {
            content: "All have entered",
            trigger: ".oe_stat_button:contains(Entered):contains(30)",
            run: "click",
        },
        {
            content: "Those left alone can be told from the others",
            trigger: ".o_data_row:contains(Left alone)",
        },
    ],
});
