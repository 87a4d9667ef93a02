"""First page of the window over many pooled leads, against Odoo's own lead list."""

import time

from odoo.tests import new_test_user
from odoo.tools import SQL

from ._tools import Sheet

PAGE = {"limit": 80, "count_limit": 10001}  # as the web client asks
COUNT = 1_000_000
PEER = "Odoo's lead list (open pool, same rep)"


def run(env, out):
    """Fill two pools, sealed and open, and time the first page of the window.

    :param env: environment of a fresh database
    :param out: function that prints a line
    """
    env = env(context={**env.context, "no_reset_password": True})
    rep = new_test_user(env, "bench_rep", groups="base.group_user,sales_team.group_sale_salesman")
    pools = env["lead.pool"].create(
        [
            {
                "name": name,
                "visibility": visibility,
                "member_ids": [(0, 0, {"user_id": rep.id})],
            }
            for name, visibility in (("Sealed", "sealed"), ("Open", "open"))
        ]
    )
    customers = env["lead.pool"].create(
        {"name": "Customers", "kind": "customer", "member_ids": [(0, 0, {"user_id": rep.id})]}
    )
    fill(env, pools, customers)
    entries = env["lead.pool.entry"].with_user(rep)
    page = {"name": {}, "partner_name": {}, "phone_masked": {}, "email_masked": {}, "city": {}}
    sealed = [("pool_id", "=", pools[0].id)]
    cases = {
        "one sealed pool": lambda: entries.web_search_read(sealed, page, **PAGE),
        "menu of leads": lambda: entries.web_search_read([("kind", "=", "lead")], page, **PAGE),
        "with why-not of each": lambda: entries.web_search_read(
            sealed, {**page, "pool_can_claim": {}, "pool_claim_message": {}}, **PAGE
        ),
        "the same without counting": lambda: entries.web_search_read(
            sealed, page, limit=80, count_limit=80
        ),
        "by company name": lambda: entries.web_search_read(
            sealed, page, order="partner_name", **PAGE
        ),
        "group by country": lambda: entries.formatted_read_group(
            sealed, ["country_id"], ["__count"]
        ),
        PEER: lambda: (
            env["crm.lead"]
            .with_user(rep)
            .web_search_read(
                [("pool_state", "=", "pooled")],
                {name: {} for name in ("name", "partner_name", "phone", "email_from", "city")},
                **PAGE,
            )
        ),
        "Odoo's lead list (administrator)": lambda: (
            env["crm.lead"]
            .with_user(env.ref("base.user_admin"))
            .web_search_read(
                [],
                {name: {} for name in ("name", "partner_name", "phone", "email_from", "city")},
                **PAGE,
            )
        ),
        "search of contacts by a salesperson": lambda: (
            env["res.partner"].with_user(rep).web_search_read([], {"name": {}, "phone": {}}, **PAGE)
        ),
    }
    taken = {title: best(env, function) for title, function in cases.items()}
    sheet = Sheet(out)
    for title, milliseconds in taken.items():
        sheet.show(title, f"{milliseconds:.1f} ms")
    peer = taken[PEER]
    for title in ("one sealed pool", "menu of leads"):
        sheet.limit(f"{title}, times Odoo's lead list", taken[title] / peer, at_most=1.5)


def best(env, function, times=7):
    """Fastest of several runs in milliseconds, each with an empty cache."""
    results = []
    for _time in range(times):
        env.invalidate_all()
        start = time.perf_counter()
        function()
        results.append(time.perf_counter() - start)
    return 1000 * min(results)


def fill(env, pools, customers):
    """Pooled leads and customers, written straight into the tables."""
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            INSERT INTO crm_lead (name, type, active, won_status, pool_id, pool_state, pool_round,
                                  pool_priority, pool_enter_date, create_date, company_id,
                                  partner_name, email_from, email_normalized, phone, city,
                                  country_id, stage_id, team_id, priority)
            SELECT 'Lead ' || n, 'lead', TRUE, 'pending',
                   CASE WHEN n %% 2 = 0 THEN %(sealed)s ELSE %(open)s END,
                   'pooled', 0, n %% 10, now(), now(), %(company)s,
                   'Company ' || n, 'p' || n || '@example.com', 'p' || n || '@example.com',
                   '+4930' || (1000000 + n), 'City ' || n %% 500, 1 + n %% 200, NULL, NULL, '0'
              FROM generate_series(1, %(count)s) n
            """,
            sealed=pools[0].id,
            open=pools[1].id,
            company=env.company.id,
            count=COUNT,
        )
    )
    # Copies of one customer: other addons add columns of their own that must be filled.
    model = env["res.partner"].create({"name": "Customer", "is_company": True})
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            INSERT INTO res_partner
            SELECT copy.*
              FROM generate_series(1, %(count)s) n
              JOIN res_partner p ON p.id = %(model)s,
                   jsonb_populate_record(NULL::res_partner, to_jsonb(p) || jsonb_build_object(
                       'id', p.id + n, 'commercial_partner_id', p.id + n,
                       'name', 'Customer ' || n,
                       'pool_id', %(pool)s, 'pool_state', 'pooled', 'pool_priority', 0,
                       'email', 'c' || n || '@example.com', 'phone', '+4940' || (1000000 + n)
                   )) copy
            """,
            pool=customers.id,
            count=COUNT // 4,
            model=model.id,
        )
    )
    for table in ("crm_lead", "res_partner"):
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
    env.invalidate_all()
