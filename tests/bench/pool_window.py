"""The first page of the pool window beside Odoo's own list of leads, over as many leads.

Both as the web client asks for them: `web_search_read` with all fields of the list view.
"""

from lxml import etree

from odoo import api
from odoo.modules.registry import Registry

from ._tools import Sheet, committed, load_leads, median, seconds, set_up_pools, size

LEADS = 1_000_000
POOLS = 5
PAGE = 80
COUNT_LIMIT = 10_001  # the web client counts no further
ROUNDS, TIMES = 5, 8


def run(env, out):
    sheet, name = Sheet(out), env.cr.dbname
    env.cr.commit()
    pool_ids, rep_ids = set_up_pools(name, POOLS)
    leads = size(LEADS)
    took = seconds(lambda: load_leads(name, leads, pool_ids, rep_ids, "pooled"))
    sheet.show(f"Loading {leads:,} pooled leads", f"{took:.0f} s")
    manager_id = make_manager(name)
    rep_id = rep_ids[0]
    priority = "pool_priority desc, id desc"
    lists = {
        "Odoo's lead list": (
            manager_id,
            "crm.lead",
            "crm.crm_case_tree_view_leads",
            [("type", "=", "lead"), "|", ("type", "=", "lead"), ("type", "=", False)],
            None,
        ),
        "pool window, one pool": (
            rep_id,
            "crm.lead",
            "lead_public_pool.crm_lead_view_list_pooled",
            [
                ("pool_id", "=", pool_ids[0]),
                ("pool_state", "=", "pooled"),
                ("won_status", "=", "pending"),
            ],
            priority,
        ),
        "pool window, all pools": (
            rep_id,
            "crm.lead",
            "lead_public_pool.crm_lead_view_list_pooled",
            [("pool_state", "=", "pooled"), ("won_status", "=", "pending")],
            priority,
        ),
    }
    entries, only = "lead_public_pool.lead_pool_entry_view_list", [("kind", "=", "lead")]
    for title, domain, order in (
        ("shop window, one pool", [*only, ("pool_id", "=", pool_ids[0])], priority),
        ("shop window, all pools", only, priority),
        ("shop window, newest first", only, f"create_date desc, {priority}"),
    ):
        lists[title] = (rep_id, "lead.pool.entry", entries, domain, order)
    times = {title: [] for title in lists}
    for _number in range(ROUNDS):
        for title, (user, *asked) in lists.items():
            # Odoo's list without our rule, so that it costs what it costs without us.
            with_rule(name, not title.startswith("Odoo"))
            first_page(name, user, *asked)
            times[title] += [first_page(name, user, *asked) for _again in range(TIMES)]
    with_rule(name, True)
    odoo = median(times["Odoo's lead list"])
    for title, taken in times.items():
        sheet.show(f"{title}, first page of {leads:,}", f"{median(taken):.1f} ms")
    for title in list(times)[1:]:
        sheet.limit(f"{title}, times Odoo's lead list", median(times[title]) / odoo, at_most=1.5)


def make_manager(name):
    with committed(name, tracking_disable=True, no_reset_password=True) as env:
        groups = (
            env.ref("base.group_user")
            | env.ref("sales_team.group_sale_manager")
            | env.ref("lead_public_pool.group_pool_admin")
        )
        values = {"name": "Manager", "login": "bench_manager", "group_ids": [(6, 0, groups.ids)]}
        return env["res.users"].create(values).id


def with_rule(name, active):
    with committed(name) as env:
        rule = env.ref("lead_public_pool.crm_lead_rule_pooled")
        if rule.active != active:
            rule.active = active


def first_page(name, user, model, view, domain, order):
    """Milliseconds that the server takes for one page."""
    with Registry(name).cursor() as cr:
        env = api.Environment(cr, user, {"lang": "en_US"})
        specification = fields_of(env[model], view and env.ref(view).id)
        order = order or env[model]._order
        env.invalidate_all()
        answer = {}
        took = seconds(
            lambda: answer.update(
                env[model].web_search_read(
                    domain, specification, limit=PAGE, order=order, count_limit=COUNT_LIMIT
                )
            )
        )
        assert len(answer["records"]) == PAGE, f"{len(answer['records'])} records"
    return took * 1000


def fields_of(model, view_id):
    """What the web client asks for to fill a list view."""
    arch = etree.fromstring(model.get_view(view_id, "list")["arch"])
    names = {node.get("name") for node in arch.xpath("//field")}
    return {
        name: {"fields": {"display_name": {}}} if model._fields[name].relational else {}
        for name in names
    }
