"""The win probability inside Odoo: training on 40,000 leads, predicting 100,000, and what it costs.

Odoo's own recomputation of automated probabilities runs on the same leads in the same run.
"""

import csv
import time
from datetime import timedelta

from odoo.tools import SQL

from devkit import workbench

from ..common import data_file
from ..flows.server import serving
from ._tools import Sheet, committed, median, seconds, vacuum

CLOSED = 40_000
OPEN = 100_000
CALLS = 60
WARM_UP = 5


def run(env, out):
    sheet, name = Sheet(out), env.cr.dbname
    env.cr.commit()
    load(name)
    train(sheet, name)
    predict(sheet, name)
    edit(sheet, name)


def load(name):
    """Leads made of the contacts of UCI bank-additional, whose outcome is real."""
    with open(data_file("bank-additional-full.csv"), newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    with committed(name, tracking_disable=True) as env:
        ids = {
            (model, value): env[model].create({"name": f"Bench {value}"}).id
            for model, column in (("utm.source", "job"), ("utm.medium", "education"))
            for value in sorted({row[column] for row in rows})
        }
        won_stage = env["crm.stage"].search([("is_won", "=", True)], limit=1).id
        stage = env["crm.stage"].search([("is_won", "=", False)], limit=1).id
        values = []
        for number in range(CLOSED + OPEN):
            row, closed = rows[number % len(rows)], number < CLOSED
            won = closed and row["y"] == "yes"
            values.append(
                (
                    ids["utm.source", row["job"]],
                    ids["utm.medium", row["education"]],
                    row["contact"],
                    row["poutcome"],
                    row["month"],
                    float(row["euribor3m"]),
                    float(row["nr.employed"]),
                    float(row["age"]),
                    won_stage if won else stage,
                    "won" if won else "lost" if closed else "pending",
                    100 if won else 0 if closed else 10,
                    not closed or won,
                    number,
                )
            )
        columns = list(zip(*values, strict=True))
        env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lead (name, type, active, company_id, source_id, medium_id,
                    referred, city, contact_name, expected_revenue, recurring_revenue,
                    partner_name, zip, stage_id, won_status, probability, automated_probability,
                    create_date, write_date, date_closed, date_last_stage_update, qualification)
                SELECT 'Lead ' || row.n, 'lead', row.active, NULL, source, medium, contact,
                       poutcome, month, euribor, employed, age::varchar, age::varchar, stage,
                       status, probability, 10,
                       day - interval '20 days', day, CASE WHEN status != 'pending' THEN day END,
                       day, 'raw'
                  FROM unnest(%s::int[], %s::int[], %s::varchar[], %s::varchar[], %s::varchar[],
                       %s::float[], %s::float[], %s::float[], %s::int[], %s::varchar[],
                       %s::float[], %s::bool[], %s::int[])
                       AS row (source, medium, contact, poutcome, month, euribor, employed, age,
                               stage, status, probability, active, n)
                 CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'UTC')
                       - (140000 - row.n) * interval '4 minutes' AS day) AS when_
                """,
                *[list(column) for column in columns],
            )
        )
        env["ir.config_parameter"].set_param("crm.pls_start_date", "2000-01-01")
        env["ir.config_parameter"].set_param("crm.pls_fields", "source_id,medium_id")
    vacuum(name, ("crm_lead",))


def train(sheet, name):
    with committed(name) as env:
        env["crm.lead"]._rebuild_pls_frequency_table()
        model = env["lead.score.model"].create({})
        model._queue()
    with committed(name) as env:
        model = model.with_env(env)
        took = seconds(model._train)
        sheet.limit(f"train on {CLOSED:,} leads, with reading", took, " s", at_most=30)
        sheet.check("training ended well", model.state == "challenger", model.reason or "")
        odoo = model.figures.get("odoo") or {}
        sheet.show(
            "chosen, and AUC on the newest fifth",
            f"{model.algorithm} {model.auc:.4f}; Odoo's own {odoo.get('auc', 0):.4f}",
        )
        model._promote("bench")


def predict(sheet, name):
    with committed(name) as env:
        odoo = seconds(env["crm.lead"]._cron_update_automated_probabilities)
    times = []
    for _round in range(2):
        with committed(name) as env:
            champion = env["lead.score.model"].search([("state", "=", "champion")])
            champion.rescore_next = 0
            start = time.perf_counter()
            while champion.rescore_next >= 0:
                champion._rescore_batch()
                env.cr.commit()
            times.append(time.perf_counter() - start)
    with committed(name) as env:
        count = env["lead.win"].search_count([("probability", "!=", False)])
    sheet.check("all open leads are predicted", count >= OPEN, f"{count:,}")
    sheet.limit(f"predict and write {OPEN:,} leads", times[0], " s", at_most=5)
    sheet.show("the same again, when nothing has changed", f"{times[1]:.2f} s")
    sheet.show("Odoo's own recomputation of the same leads", f"{odoo:.2f} s")
    sheet.limit("ours, times Odoo's", times[0] / odoo, at_most=1)


def edit(sheet, name):
    """What marking a lead costs over JSON-2: the same calls with and without a version in use."""
    with committed(name) as env:
        until = env.cr.now() + timedelta(days=1)
        user = env.ref("base.user_admin").id
        key = env["res.users.apikeys"].with_user(user)._generate("rpc", "bench", until)
        ids = env["crm.lead"].search([("won_status", "=", "pending")], limit=4 * CALLS).ids
        field = next(name for name in ("source_id", "referred", "city") if name in watched(env))
        value = env["utm.source"].search([], limit=1).id if field == "source_id" else "changed"
    databases, _more = workbench.inherited()
    times = {(kind, on): [] for kind in ("write", "create") for on in (True, False)}
    with serving(databases, name, workers=1) as server:
        for part in range(4):
            on = part % 2 == 0
            use(name, on)
            for number, lead_id in enumerate(ids[part * CALLS : (part + 1) * CALLS]):
                for kind, arguments in (
                    ("write", {"ids": [lead_id], "vals": {field: value}}),
                    ("create", {"vals_list": [{"name": f"New {number}"}]}),
                ):
                    took = seconds(lambda k=kind, a=arguments: server.call(key, "crm.lead", k, **a))
                    if number >= WARM_UP:
                        times[kind, on].append(took * 1000)
    for kind in ("write", "create"):
        with_one, without = median(times[kind, True]), median(times[kind, False])
        sheet.show(f"{kind} over HTTP", f"{with_one:.1f} ms, without a version {without:.1f} ms")
        sheet.limit(f"{kind}, times without a version in use", with_one / without, at_most=1.15)


def watched(env):
    return env["lead.score.model"]._watched_fields()


def use(name, on):
    """Put the version in use, or out of use; all processes hear of it."""
    with committed(name) as env:
        model = env["lead.score.model"].search([("is_kept", "=", True)], limit=1)
        model.state = "champion" if on else "retired"
        env.registry.clear_cache()
        env.registry.signal_changes()
