"""The win probability inside Odoo: training on 40,000 leads, predicting 100,000, and what it costs.

Odoo's own recomputation of automated probabilities runs on the same leads in the same run.
"""

import csv
import time

from odoo.tools import SQL

from ..common import data_file
from ._tools import Sheet, committed, median, seconds, vacuum

CLOSED = 40_000
OPEN = 100_000
EDITS = 60


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
                    create_date, write_date, date_closed, date_last_stage_update)
                SELECT 'Lead ' || row.n, 'lead', row.active, NULL, source, medium, contact,
                       poutcome, month, euribor, employed, age::varchar, age::varchar, stage,
                       status, probability, 10,
                       day - interval '20 days', day, CASE WHEN status != 'pending' THEN day END,
                       day
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
    """What marking a lead costs: the same edits and creations with and without a version in use."""
    found = {"edit": {True: [], False: []}, "create": {True: [], False: []}}
    with committed(name, tracking_disable=True) as env:
        leads = env["crm.lead"].search([("won_status", "=", "pending")], limit=EDITS * 2)
        versions = type(env["lead.score.model"])
        has_champion, watched = versions._has_champion, versions._watched_fields
        for number, lead in enumerate(leads):
            on = number % 2 == 0
            versions._has_champion = has_champion if on else (lambda self: False)
            versions._watched_fields = watched if on else (lambda self: frozenset())
            for kind, call in (
                ("edit", lambda lead=lead, n=number: lead.write({"city": f"City {n}"})),
                ("create", lambda n=number: env["crm.lead"].create({"name": f"New {n}"})),
            ):

                def flushed(call=call):
                    call()
                    env.flush_all()

                took = seconds(flushed)
                if number >= 10:
                    found[kind][on].append(took * 1000)
        versions._has_champion, versions._watched_fields = has_champion, watched
    for kind, times in found.items():
        sheet.limit(
            f"{kind} a lead with a version in use, times without",
            median(times[True]) / median(times[False]),
            at_most=1.15,
        )
