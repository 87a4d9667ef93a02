"""What the measurements share: a database full of leads, a stopwatch, and a table of results.

Rows are loaded by SQL, indexes are built afterwards, and everything is analysed, so that the
database looks as if it had been in use for a while.
"""

import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor, db_connect
from odoo.tools import SQL

OWNERS = 40
DELAY_DAYS = 7
# Gives way to everybody, and ends by itself should nobody end it.
BUSY = "import os, time; os.nice(19); end = time.time() + 900\nwhile time.time() < end: pass"


def size(default):
    """How many leads: BENCH_LEADS, or what the measurement is meant for."""
    return int(os.environ.get("BENCH_LEADS") or default)


@contextmanager
def awake():
    """Keep the processor from falling asleep between two short calls.

    One that does so, as virtual ones do, needs longer to wake up for each answer of the database
    than many answers take. A busy server never sleeps.
    """
    if (os.cpu_count() or 1) < 2:
        yield
        return
    with subprocess.Popen([sys.executable, "-c", BUSY]) as busy:
        try:
            yield
        finally:
            busy.kill()


class Sheet:
    """Prints what was measured, and whether it keeps what we promise."""

    def __init__(self, out):
        self.out = out

    def show(self, name, text):
        self.out(f"      {name:<62} {text}")

    def limit(self, name, value, unit="", *, at_most=None, at_least=None):
        kept = value <= at_most if at_least is None else value >= at_least
        promise = f"at most {at_most}" if at_least is None else f"at least {at_least}"
        self.out(f"{'PASS' if kept else 'FAIL'}  {name:<62} {value:,.2f}{unit} ({promise}{unit})")

    def check(self, name, kept, detail=""):
        self.out(f"{'PASS' if kept else 'FAIL'}  {name:<62} {detail}")


@contextmanager
def committed(name, user=SUPERUSER_ID, **context):
    """An environment in a transaction of its own, committed at the end of the block."""
    with Registry(name).cursor() as cr:
        yield api.Environment(cr, user, {"lang": "en_US", **context})


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def median(values):
    return statistics.median(values)


def set_up_pools(name, count=1):
    """Commit pools with the same reps as members, each with a rule.

    :return: (ids of pools, ids of reps)
    """
    with committed(name, tracking_disable=True, no_reset_password=True) as env:
        group = env.ref("sales_team.group_sale_salesman")
        env["lead.pool"].search([]).entry_auto = False
        reps = env["res.users"].create(
            [
                {
                    "name": f"Bench rep {number}",
                    "login": f"bench_rep_{number}",
                    "group_ids": [(6, 0, [env.ref("base.group_user").id, group.id])],
                }
                for number in range(OWNERS)
            ]
        )
        pools = env["lead.pool"].create(
            [
                {
                    "name": f"Bench pool {number}",
                    "member_ids": [(0, 0, {"user_id": rep.id}) for rep in reps],
                    "rule_ids": [
                        (0, 0, {"name": "Idle", "delay": DELAY_DAYS, "unit": "day"}),
                    ],
                }
                for number in range(count)
            ]
        )
        return pools.ids, reps.ids


def load_leads(name, count, pool_ids, rep_ids, state):
    """Fill the database with leads: `owned` by the reps, `pooled`, or `outside` with an owner."""
    with committed(name) as env:
        env.cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if env.cr.fetchone()[0]:
            # References are right by construction; checking them doubles the time.
            env.cr.execute("SET LOCAL session_replication_role = replica")
        indexes = _drop_indexes(env.cr, "crm_lead")
        values = _lead_values(env, pool_ids, rep_ids, state)
        env.cr.execute(
            SQL(
                "INSERT INTO crm_lead (%s) SELECT %s FROM generate_series(1, %s) AS n",
                SQL(", ").join(map(SQL.identifier, values)),
                SQL(", ").join(values.values()),
                count,
            )
        )
        for definition in indexes:
            env.cr.execute(SQL(definition.replace("%", "%%")))
        if state != "pooled":
            env.cr.execute(
                SQL(
                    "INSERT INTO mail_followers (res_model, res_id, partner_id)"
                    " SELECT 'crm.lead', lead.id, res_users.partner_id"
                    " FROM crm_lead lead JOIN res_users ON res_users.id = lead.user_id"
                    " ON CONFLICT DO NOTHING"
                )
            )
    vacuum(name)


def _lead_values(env, pool_ids, rep_ids, state):
    """What each column of lead number `n` gets."""
    company, stage = env.company.id, env["crm.stage"].search([], limit=1).id
    team = env["crm.team"].search([], limit=1).id
    rule_ids = [env["lead.pool"].browse(pool_id).rule_ids[:1].id for pool_id in pool_ids]
    now = SQL("(now() AT TIME ZONE 'UTC')")
    # Worked within five days, so that none is due yet.
    worked = SQL("%s - (n::bigint * 7919 %% 432000) * interval '1 second'", now)
    values = {
        "name": SQL("'Lead of company ' || n"),
        "contact_name": SQL("'Contact ' || n"),
        "partner_name": SQL("'Company ' || n"),
        "email_from": SQL("'contact' || n || '@company' || (n %% 1000) || '.example'"),
        "email_normalized": SQL("'contact' || n || '@company' || (n %% 1000) || '.example'"),
        "phone": SQL("'+49 30 ' || (1000000 + n)"),
        "phone_sanitized": SQL("'+4930' || (1000000 + n)"),
        "city": SQL("'City ' || n %% 500"),
        "type": SQL("'lead'"),
        "stage_id": SQL("%s", stage),
        "team_id": SQL("%s", team),
        "company_id": SQL("%s", company),
        "active": SQL("true"),
        "won_status": SQL("'pending'"),
        "priority": SQL("(n %% 3)::varchar"),
        "probability": SQL("10"),
        "automated_probability": SQL("10"),
        "expected_revenue": SQL("0"),
        "pool_state": SQL("%s", state),
        "pool_round": SQL("0"),
        "pool_priority": SQL("n %% 10"),
        "pool_extension_count": SQL("0"),
        "create_uid": SQL("1"),
        "write_uid": SQL("1"),
        "create_date": SQL("%s - interval '60 days' + n * interval '1 second'", now),
        "write_date": now,
        "date_last_stage_update": worked,
    }
    if state != "pooled":
        values |= {
            "user_id": _pick(rep_ids),
            "date_open": SQL("%s - interval '6 days'", now),
        }
    if state != "outside":
        values |= {"pool_id": _pick(pool_ids), "pool_enter_date": worked}
    if state == "owned":
        values |= {
            "pool_own_date": SQL("%s - interval '6 days'", now),
            "pool_touch_date": worked,
            "pool_due_rule_id": _pick(rule_ids),
            "pool_due_date": SQL("%s + %s * interval '1 day'", worked, DELAY_DAYS),
            "pool_warn_date": SQL("%s + %s * interval '1 day'", worked, DELAY_DAYS - 1),
        }
    return values


def _pick(ids):
    """One of these for each lead, in turn."""
    return SQL("(%s::int[])[1 + n %% %s]", ids, len(ids))


def _drop_indexes(cr, table):
    cr.execute(
        SQL(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = %s::regclass AND NOT indisprimary",
            table,
        )
    )
    indexes = cr.fetchall()
    for name, _definition in indexes:
        cr.execute(SQL("DROP INDEX %s", SQL.identifier(name)))
    return [definition for _name, definition in indexes]


def vacuum(name, tables=("crm_lead", "mail_followers", "lead_pool_move")):
    """Leave the tables as autovacuum would, which then must not start in the middle of a run."""
    cr = db_connect(name).cursor()
    try:
        cr._cnx.autocommit = True
        for table in tables:
            off = SQL("ALTER TABLE %s SET (autovacuum_enabled = false)", SQL.identifier(table))
            cr.execute(off)
            cr.execute(SQL("VACUUM ANALYZE %s", SQL.identifier(table)))
        cr._cnx.autocommit = False
    finally:
        cr.close()


@contextmanager
def recorded(queries):
    """Keep each SQL query that is run in the block."""
    execute = Cursor.execute

    def keep(cr, query, params=None, **options):
        if isinstance(query, SQL):
            code, values = query.code, query.params
        else:
            code, values = query, params
        queries.append(cr.mogrify(code, values or None).decode())
        return execute(cr, query, params, **options)

    Cursor.execute = keep
    try:
        yield queries
    finally:
        Cursor.execute = execute


def scans(cr, queries, table="crm_lead"):
    """Those of these queries that read a whole table."""
    found = []
    for query in dict.fromkeys(queries):
        if table not in query or not query.lstrip().upper().startswith(("SELECT", "UPDATE")):
            continue
        cr._obj.execute("EXPLAIN " + query)
        plan = "\n".join(row[0] for row in cr._obj.fetchall())
        if f"Seq Scan on {table}" in plan:
            found.append(f"{query}\n{plan}")
    return found
