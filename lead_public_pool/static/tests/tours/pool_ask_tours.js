import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const POOLED = "/odoo/action-lead_public_pool.lead_pool_entry_action_lead";
const REQUESTS = "/odoo/action-lead_public_pool.lead_pool_request_action";
const ROW = ".o_data_row:contains(Tour lead 1)";
const CARD = ".o_kanban_record:contains(Tour lead 1)";

tours.add("pool_ask_desktop", {
    url: POOLED,
    steps: () => [
        {
            content: "Ask in the row",
            trigger: `${ROW} button[title='Ask for It'], ${ROW} button:contains(Ask for It)`,
            run: "click",
        },
        {
            content: "The answer is no refusal",
            trigger: ".o_notification:contains(Asked. Tour Boss decides.)",
        },
        {
            content: "The row says so too",
            trigger: `${ROW}:contains(Asked. Tour Boss decides.)`,
        },
        {
            content: "The next one has a button in its form as well",
            trigger: ".o_data_row:contains(Tour lead 2) td[name=name]",
            run: "click",
        },
        {
            trigger: ".o_form_view button:contains(Ask for It)",
            run: "click",
        },
        {
            trigger: ".o_form_view .alert:contains(Asked. Tour Boss decides.)",
        },
    ],
});

tours.add("pool_ask_withdraw", {
    url: REQUESTS,
    steps: () => [
        {
            content: "One's own request is not one's own to decide",
            trigger: `${ROW}:not(:has(button[name=action_approve]))`,
        },
        {
            trigger: `${ROW} button[name=action_withdraw]`,
            run: "click",
        },
        {
            content: "It waits no more",
            trigger: "body:not(:has(.o_data_row:contains(Tour lead 1)))",
        },
    ],
});

tours.add("pool_ask_mobile", {
    url: POOLED,
    steps: () => [
        {
            content: "One large button on the card",
            trigger: `${CARD} button:contains(Ask for It)`,
            run: "click",
        },
        {
            trigger: `${CARD} .alert:contains(Asked. Tour Boss decides.)`,
        },
    ],
});
