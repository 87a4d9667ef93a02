"""Opens a spreadsheet dashboard in a browser and asks it whether all of it could be shown."""

# Waits until everything is loaded, then calls each error in a cell or chart by its name.
CHECK = """
(async () => {
    const until = async (what, get) => {
        for (let round = 0; round < 300; round++) {
            const found = await get();
            if (found) {
                return found;
            }
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error(`still waiting for ${what}`);
    };
    const problems = [];
    const services = () => odoo.__WOWL_DEBUG__?.root.env.services;
    const loader = await until("the app", () => services()?.spreadsheet_dashboard_loader);
    const board = await until("the dashboard", () => {
        const active = loader.getActiveDashboard();
        return ["LOADED", "ERROR"].includes(active?.status) || active?.model ? active : null;
    });
    if (!board.model) {
        throw new Error(`the dashboard could not be loaded: ${board.error}`);
    }
    const { waitForDataLoaded } = odoo.loader.modules.get("@spreadsheet/helpers/model");
    const { model } = board;
    const { getters } = model;
    const look = async () => {
        await waitForDataLoaded(model);
        for (const sheetId of getters.getSheetIds()) {
            for (const cell of getters.getEvaluatedCells(sheetId)) {
                if (cell.type === "error") {
                    problems.push(`${cell.value}: ${cell.message}`);
                }
            }
        }
        for (const chartId of getters.getOdooChartIds()) {
            if (!getters.getChartDataSource(chartId).isValid()) {
                problems.push(`chart ${chartId} cannot be shown`);
            }
        }
    };
    await look();
    // The filters change the questions: ask them all again, for another time and one record.
    for (const filter of getters.getGlobalFilters()) {
        const value =
            filter.type === "date"
                ? { type: "relative", period: "last_7_days" }
                : { operator: "in", ids: [1] };
        model.dispatch("SET_GLOBAL_FILTER_VALUE", { id: filter.id, value });
    }
    await look();
    const wanted = getters.getFigures(getters.getActiveSheetId()).length;
    const drawn = ".o-figure, .o_figure_container, .o-chart-container";
    if (!wanted) {
        problems.push("there is nothing to show");
    } else {
        await until("the figures", () => document.querySelector(drawn));
    }
    if (problems.length) {
        throw new Error(problems.join("; "));
    }
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


class OpensDashboards:
    """For an `HttpCase`."""

    def open_dashboard(self, action, login):
        """Open a dashboard and fail on whatever of it cannot be shown.

        :param str action: xml id of the client action that opens it
        :param str login: who opens it
        """
        number = self.env.ref(action).id
        self.browser_js(f"/odoo/action-{number}", CHECK, "odoo.isReady === true", login=login)
