import { Component, onWillStart, useState } from "@odoo/owl";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const WIDTH = 240;
const HEIGHT = 40;

/** What is behind a score: the rules that count, what faded, and how it went. */
export class ScoreWhyPopover extends Component {
    static template = "lead_scoring.ScoreWhyPopover";
    static props = { leadId: Number, close: { type: Function, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ story: null });
        onWillStart(async () => {
            this.state.story = await this.orm.call("crm.lead", "score_story", [this.props.leadId]);
        });
    }

    points(value) {
        return (value > 0 ? "+" : "") + Number(value.toFixed(2));
    }

    /** A day as the user writes it. */
    day(text) {
        return formatDate(deserializeDate(text.slice(0, 10)));
    }

    /** Share of the points of a line that is left, when something faded. */
    left(line) {
        const left = line.full_points ? Math.round((100 * line.points) / line.full_points) : 100;
        return line.documents.length && left < 100 ? _t("%s % left", left) : "";
    }

    /** The last scores as a line through a small picture. */
    get sparkline() {
        const scores = this.state.story.history.map(([, score]) => score);
        const step = WIDTH / Math.max(scores.length - 1, 1);
        return scores
            .map((score, index) => `${index * step},${HEIGHT - (score * HEIGHT) / 100}`)
            .join(" ");
    }
}

/** A score that tells why when it is clicked. */
export class ScoreWhyField extends Component {
    static template = "lead_scoring.ScoreWhyField";
    static props = { ...standardFieldProps };

    setup() {
        this.popover = usePopover(ScoreWhyPopover, {
            position: "bottom",
            // It shrinks to the room that there is, and its content scrolls.
            popoverClass: "d-flex flex-column",
        });
    }

    get score() {
        return Math.round(this.props.record.data[this.props.name] || 0);
    }

    /** In a list, Enter would open the record. */
    onKeydown(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            ev.stopPropagation();
            this.open(ev);
        }
    }

    open(ev) {
        const leadId = this.props.record.resId;
        if (leadId) {
            this.popover.open(ev.currentTarget, { leadId });
        }
    }
}

registry.category("fields").add("score_why", {
    component: ScoreWhyField,
    displayName: _t("Score with its reasons"),
    supportedTypes: ["float"],
});
