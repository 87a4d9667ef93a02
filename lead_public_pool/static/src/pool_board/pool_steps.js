import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/** First steps with pools: shown until all of them are done, or somebody hides them. */
export class PoolSteps extends Component {
    static template = "lead_public_pool.PoolSteps";
    static props = { count: Number };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ steps: [], message: false, hidden: this.isHidden() });
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
    }

    get storageKey() {
        return `lead_public_pool.steps.${user.activeCompany.id}.${user.userId}`;
    }

    get doneCount() {
        return this.state.steps.filter((step) => step.done).length;
    }

    isHidden() {
        return browser.localStorage.getItem(this.storageKey) === "hidden";
    }

    async load() {
        Object.assign(this.state, await this.orm.call("lead.pool", "pool_setup_steps", []));
    }

    async run(step) {
        const action = await this.orm.call("lead.pool", step.method, []);
        await this.action.doAction(action, { onClose: () => this.load() });
    }

    hide() {
        browser.localStorage.setItem(this.storageKey, "hidden");
        this.state.hidden = true;
    }
}
