import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * What a lead did and how its score changed, read when its tab is opened and not with each lead.
 */
export class ScoreRows extends Component {
    static template = "lead_scoring.ScoreRows";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ rows: { events: [], history: [] } });
        onWillStart(() => this.load(this.props.record));
        onWillUpdateProps(({ record }) => {
            if (this.mark(record) !== this.shown) {
                return this.load(record);
            }
        });
    }

    /** What differs when there may be new rows. */
    mark(record) {
        const { score, score_temperature, score_grade, score_day } = record.data;
        return [record.resId, score, score_temperature, score_grade, score_day].join();
    }

    async load(record) {
        this.shown = this.mark(record);
        if (record.resId) {
            this.state.rows = await this.orm.call("crm.lead", "score_rows", [record.resId]);
        }
    }

    moment(text) {
        return toLocaleDateTimeString(deserializeDateTime(text));
    }

    number(value) {
        return Number(value.toFixed(1));
    }
}

registry.category("view_widgets").add("score_rows", {
    component: ScoreRows,
    fieldDependencies: [
        { name: "score", type: "float" },
        { name: "score_temperature", type: "selection" },
        { name: "score_grade", type: "selection" },
        { name: "score_day", type: "date" },
    ],
});
