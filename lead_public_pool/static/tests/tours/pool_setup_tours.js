import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const BOARD = "/odoo/action-lead_public_pool.lead_pool_action";

function step(code, done) {
    return `.o_pool_step[data-step=${code}]${done ? ".o_pool_step_done" : ":not(.o_pool_step_done)"}`;
}

tours.add("pool_first_steps", {
    url: BOARD,
    steps: () => [
        { content: "Nothing is done yet", trigger: step("members", false) },
        {
            content: "Begin with the suggested pools",
            trigger: `${step("pools", false)} button`,
            run: "click",
        },
        {
            content: "They are there, with their rules",
            trigger: `body:has(${step("pools", true)}):has(${step("rules", true)})`,
        },
        { trigger: ".o_kanban_record:contains(New leads)" },
        { content: "Add members", trigger: `${step("members", false)} button`, run: "click" },
        { trigger: ".o_form_view div[name=member_ids] .o_field_x2many_list_row_add a", run: "click" },
        { trigger: "div[name=member_ids] div[name=user_id] input", run: "edit Setup Rep" },
        { trigger: ".ui-autocomplete .dropdown-item:contains(Setup Rep)", run: "click" },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_dirty))" },
        { content: "Back to the board", trigger: ".o_back_button, .breadcrumb-item a", run: "click" },
        { trigger: step("members", true) },
        { content: "Take in records", trigger: `${step("records", false)} button`, run: "click" },
        { trigger: ".modal .alert:contains(records without a salesperson)" },
        { trigger: ".modal button[name=action_take_in]", run: "click" },
        { content: "All is done, and the steps go", trigger: "body:not(:has(.o_pool_steps)):not(:has(.modal))" },
    ],
});

tours.add("pool_first_steps_of_a_rep", {
    url: BOARD,
    steps: () => [
        { trigger: ".o_pool_message:contains(You are not a member of any pool yet)" },
        { trigger: "body:not(:has(.o_pool_steps))" },
    ],
});

tours.add("pool_nothing_for_a_rep", {
    url: "/odoo/action-lead_public_pool.lead_pool_entry_action_lead",
    steps: () => [
        { trigger: ".o_view_nocontent:contains(You are not a member of any pool yet)" },
    ],
});

tours.add("pool_import_a_file", {
    url: "/odoo/action-lead_public_pool.lead_pool_config_import_action",
    steps: () => [
        { trigger: ".modal .o_field_widget[name=file]" },
        {
            trigger: ".modal .o_field_widget[name=file] .o_file_input_trigger, .modal .o_field_widget[name=file] .o_select_file_button",
            async run() {
                const content = JSON.stringify({
                    format: 1,
                    pools: [{ name: "Out of a file", kind: "lead", daily_limit: 3, later: 1 }],
                });
                const files = new DataTransfer();
                files.items.add(new File([content], "pools.json", { type: "application/json" }));
                const input = document.querySelector(".modal input[type=file]");
                input.files = files.files;
                input.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        { trigger: ".modal .alert-info:contains(Out of a file):contains(later)" },
        { trigger: ".modal button[name=action_import]", run: "click" },
        { trigger: ".o_kanban_record:contains(Out of a file)" },
    ],
});
