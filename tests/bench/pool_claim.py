"""A claim over HTTP beside a plain write over HTTP, and moves of 1,000 records at once."""

from datetime import timedelta

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from devkit import workbench

from ..flows.server import serving
from ._tools import Sheet, committed, load_leads, median, seconds, set_up_pools, size

CALLS = 200
WARM_UP = 10
BULK = 1000
LEADS = 100_000


def run(env, out):
    sheet, name = Sheet(out), env.cr.dbname
    env.cr.commit()
    pool_ids, rep_ids = set_up_pools(name)
    load_leads(name, size(LEADS), pool_ids, rep_ids, "pooled")
    calls(sheet, name, rep_ids[0])
    bulk(sheet, name, pool_ids[0], *rep_ids[1:3])


def calls(sheet, name, rep_id):
    """Over JSON-2, as an integrator or a browser would; the calls take turns."""
    with committed(name) as env:
        until = env.cr.now() + timedelta(days=1)
        key = env["res.users.apikeys"].with_user(rep_id)._generate("rpc", "bench", until)
        claimed = waiting(env, CALLS + WARM_UP)
        plain = (
            env["crm.lead"]
            .with_context(tracking_disable=True)
            .create(
                [
                    {"name": f"Plain {number}", "user_id": rep_id}
                    for number in range(CALLS + WARM_UP)
                ]
            )
        )
        unowned = plain.copy({"user_id": False})
    databases, _more = workbench.inherited()
    times = {"claim": [], "write": [], "write of the owner": []}
    with serving(databases, name, workers=2) as server:
        for number in range(CALLS + WARM_UP):
            for kind, lead_id, method, arguments in (
                ("claim", claimed[number], "pool_claim", {}),
                ("write", plain.ids[number], "write", {"vals": {"city": f"City {number}"}}),
                ("write of the owner", unowned.ids[number], "write", {"vals": {"user_id": rep_id}}),
            ):
                answer = []
                took = seconds(
                    lambda i=lead_id, m=method, a=arguments, answer=answer: answer.append(
                        server.call(key, "crm.lead", m, ids=[i], **a)
                    )
                )
                status, result = answer[0]
                assert status == 200 and (kind != "claim" or result[0]["ok"]), answer
                if number >= WARM_UP:
                    times[kind].append(took * 1000)
    claim = median(times["claim"])
    for kind, taken in times.items():
        sheet.show(f"{kind} over HTTP, median of {CALLS}", f"{median(taken):.1f} ms")
    sheet.limit(
        "claim, times a plain write of one field", claim / median(times["write"]), at_most=2
    )
    sheet.limit(
        "claim, times Odoo's write of the owner",
        claim / median(times["write of the owner"]),
        at_most=2,
    )


def bulk(sheet, name, pool_id, rep_id, other_id):
    """The same 1,000 records are claimed, given back, handed out and taken back."""
    for number in range(2):  # the first round warms up
        with committed(name) as env:
            ids = waiting(env, BULK)
        for title, user, method, arguments in (
            ("claim", rep_id, "pool_claim", {}),
            ("release", rep_id, "pool_release", {}),
            ("assign", SUPERUSER_ID, "pool_assign", {"user_id": other_id}),
        ):
            with Registry(name).cursor() as cr:
                records = api.Environment(cr, user, {"lang": "en_US"})["crm.lead"].browse(ids)
                before, results = cr.sql_log_count, []
                took = seconds(
                    lambda records=records, m=method, a=arguments, results=results: (
                        results.extend(getattr(records, m)(**a)),
                        records.env.flush_all(),
                        records.env.cr.precommit.run(),
                    )
                )
                queries = cr.sql_log_count - before
            assert all(result["ok"] for result in results), results[0]
            if number:
                sheet.show(
                    f"{title} of {BULK:,} records",
                    f"{took / BULK * 1000:.2f} ms a record, {queries} queries",
                )


def waiting(env, count):
    """Ids of so many leads that lie in a pool."""
    return env["crm.lead"].search([("pool_state", "=", "pooled")], limit=count).ids
