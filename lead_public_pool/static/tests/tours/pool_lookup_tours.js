import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function ask(field, value) {
    return [
        { trigger: `.modal div[name=${field}] input`, run: `edit ${value}` },
        { trigger: ".modal button[name=action_lookup]", run: "click" },
    ];
}

tours.add("pool_lookup_desktop", {
    url: "/odoo/action-lead_public_pool.lead_pool_entry_action_lead",
    steps: () => [
        { trigger: ".o_menu_sections button:contains(Public Pool)", run: "click" },
        { trigger: ".o-dropdown-item:contains(Look Up a Company)", run: "click" },
        { content: "The rep knows his quota", trigger: ".modal:contains(3 of 3 lookups left)" },
        ...ask("phone", "+49 731 555 0142"),
        {
            content: "Known, in which pool, and free to claim",
            trigger: ".modal .o_data_row:contains(Lead):contains(In the pool):contains(Tour pool of leads)",
        },
        { trigger: ".modal:contains(2 of 3 lookups left)" },
        { content: "Not how to reach it", trigger: ".modal:not(:contains(tour@known.example))" },
        ...ask("phone", "+49 731 555 9999"),
        { trigger: ".modal .alert-success:contains(No exact match)" },
        { trigger: ".modal:contains(1 of 3 lookups left)" },
        { trigger: ".modal .btn-close", run: "click" },
        { trigger: "body:not(:has(.modal))" },
    ],
});

tours.add("pool_lookup_mobile", {
    url: "/odoo/action-lead_public_pool.lead_pool_lookup_action",
    steps: () => [
        ...ask("email", "tour@known.example"),
        {
            content: "A card with the answer",
            trigger: ".modal .o_kanban_record:contains(In the pool):contains(You may claim it)",
        },
        {
            content: "Nothing sticks out of the screen",
            trigger: ".modal",
            run() {
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error("the dialog is wider than the screen");
                }
            },
        },
    ],
});
