import { registry } from "@web/core/registry";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { PoolSteps } from "./pool_steps";

export class PoolBoardRenderer extends KanbanRenderer {
    static template = "lead_public_pool.PoolBoardRenderer";
    static components = { ...KanbanRenderer.components, PoolSteps };
}

registry.category("views").add("lead_pool_board", { ...kanbanView, Renderer: PoolBoardRenderer });
