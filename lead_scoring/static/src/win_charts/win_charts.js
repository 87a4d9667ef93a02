import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

const SIZE = 220;

/** Points of a curve as an SVG polyline; both axes run from 0 to 1. */
function line(points) {
    return points.map(([x, y]) => `${(x * SIZE).toFixed(1)},${((1 - y) * SIZE).toFixed(1)}`).join(" ");
}

/** Calibration, gains and the weight of each field, drawn from the figures of a trained model. */
export class WinCharts extends Component {
    static template = "lead_scoring.WinCharts";
    static props = { ...standardFieldProps };
    size = SIZE;

    get charts() {
        return this.props.record.data[this.props.name] || {};
    }

    get panels() {
        const { calibration, gains } = this.charts;
        const panels = [];
        if (calibration?.ours) {
            panels.push({
                title: _t("What was said (across) and what happened (up)"),
                ours: this.calibration(calibration.ours),
                odoo: calibration.odoo && this.calibration(calibration.odoo),
            });
        }
        if (gains?.ours) {
            panels.push({
                title: _t("Won leads found (up) among the best leads (across)"),
                ours: this.gains(gains.ours),
                odoo: gains.odoo && this.gains(gains.odoo),
            });
        }
        return panels;
    }

    calibration(curve) {
        const points = curve.map((point) => [point.said, point.won]);
        return { line: line(points), dots: this.dots(points) };
    }

    gains(curve) {
        const points = [[0, 0], ...curve.map((point) => [point.share, point.gain])];
        return { line: line(points), dots: this.dots(points) };
    }

    dots(points) {
        return points.map(([x, y]) => ({
            x: x * SIZE,
            y: (1 - y) * SIZE,
            text: `${(100 * x).toFixed(0)} % → ${(100 * y).toFixed(0)} %`,
        }));
    }

    get lifts() {
        return (this.charts.gains?.ours || []).map((point) => ({
            label: `${(100 * point.share).toFixed(0)} %`,
            value: point.lift.toFixed(2),
        }));
    }

    get bars() {
        const fields = this.charts.fields || [];
        const largest = Math.max(...fields.map((field) => field.value), 1e-9);
        return fields.map((field) => ({
            label: field.label,
            width: `width: ${((100 * field.value) / largest).toFixed(1)}%`,
            text: field.value.toFixed(2),
        }));
    }
}

/** The figures of the model, of Odoo's own prediction and of the candidates, as a table. */
export class WinFigures extends Component {
    static template = "lead_scoring.WinFigures";
    static props = { ...standardFieldProps };

    /** Leads that were all closed at about one time have no newest fifth. */
    get hasNewest() {
        return this.rows.some((row) => row.newest);
    }

    get rows() {
        const show = (value, digits) => (typeof value === "number" ? value.toFixed(digits) : "");
        return (this.props.record.data[this.props.name] || []).map((row) => ({
            label: row.label,
            auc: show(row.auc, 3),
            logLoss: show(row.log_loss, 4),
            newest: show(row.newest_log_loss, 4),
            brier: show(row.brier, 4),
            error: show(row.calibration_error, 3),
            lift: show(row.lift, 2),
        }));
    }
}

/** For each field, how many leads with each of its values were won. */
export class WinValues extends Component {
    static template = "lead_scoring.WinValues";
    static props = { ...standardFieldProps };

    get groups() {
        return (this.props.record.data[this.props.name] || []).map((group) => ({
            label: group.label,
            values: group.values.map((value) => ({
                label: value.label,
                count: value.count.toLocaleString(),
                rate: `${value.rate.toFixed(0)}%`,
                width: `width: ${value.rate.toFixed(1)}%`,
                lift: `× ${value.lift.toFixed(2)}`,
                color: value.lift >= 1 ? "bg-success" : "bg-warning",
            })),
        }));
    }
}

registry.category("fields").add("win_values", { component: WinValues, supportedTypes: ["json"] });
registry.category("fields").add("win_charts", { component: WinCharts, supportedTypes: ["json"] });
registry.category("fields").add("win_figures", { component: WinFigures, supportedTypes: ["json"] });
