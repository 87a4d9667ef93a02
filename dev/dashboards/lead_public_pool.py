"""The dashboard "Public pool": what lies in the pools, what moves, and what comes of it."""

from devkit.dashboard_sheet import Dashboard, Source

PERIOD, POOL, USER = "Period", "Pool", "Salesperson"
REPORT = "lead_public_pool.lead_pool_report_action"
HISTORY = "lead_public_pool.lead_pool_move_action"


def dashboards():
    """The dashboards of the addon by name."""
    return {"public_pool": public_pool()}


def public_pool():
    board = Dashboard()
    board.date_filter(PERIOD)
    board.relation_filter(POOL, "lead.pool")
    board.relation_filter(USER, "res.users")

    waiting = Source("lead.pool.entry", {POOL: "pool_id"})
    received = Source(
        "lead.pool.move",
        {PERIOD: "date", POOL: "pool_to_id", USER: "user_to_id"},
        [["undone", "=", False]],
    )
    returned = Source(
        "lead.pool.move",
        {PERIOD: "date", POOL: "pool_from_id", USER: "user_from_id"},
        [["undone", "=", False]],
    )
    held = Source(
        "lead.pool.report",
        {PERIOD: "date_start", POOL: "pool_id", USER: "user_id"},
        [["gain", "!=", "enter"]],
    )
    won = Source(
        "lead.pool.report",
        {PERIOD: "won_date", POOL: "pool_id", USER: "user_id"},
        [["gain", "!=", "enter"], ["is_won", "=", True]],
    )
    claims = received.where(["kind", "=", "claim"])
    releases = returned.where(["kind", "=", "release"])
    reclaims = returned.where(["kind", "=", "reclaim"])

    history = "lead_public_pool.menu_pool_history"
    report = "lead_public_pool.menu_pool_report"
    board.cards(
        {
            "title": "In the pool now",
            "source": waiting,
            "compare": False,
            "menu": "lead_public_pool.menu_pools",
        },
        {"title": "Claims", "source": claims, "menu": history},
        {
            "title": "Given back",
            "source": releases,
            "menu": history,
            "more_is_better": False,
        },
    )
    board.cards(
        {
            "title": "Taken back",
            "source": reclaims,
            "menu": history,
            "more_is_better": False,
        },
        {"title": "Won from the pool", "source": won, "menu": report},
        {
            "title": "Median hours to first contact",
            "source": held.where(["is_touched", "=", True]),
            "measure": "first_touch_median:avg",
            "digits": 1,
            "menu": report,
            "more_is_better": False,
        },
    )
    board.charts(
        {
            "title": "Claimed, given back and taken back by week",
            "kind": "bar",
            "source": received_or_returned(),
            "by": ["date:week", "kind"],
            "stacked": True,
            "action": HISTORY,
        },
        {
            "title": "In the pool now, by pool",
            "kind": "bar",
            "source": waiting,
            "by": ["pool_id"],
            "order": "DESC",
        },
    )
    board.charts(
        {
            "title": "What came of the records, by salesperson",
            "kind": "bar",
            "source": held,
            "by": ["user_id", "outcome"],
            "stacked": True,
            "order": "DESC",
            "action": REPORT,
        },
        {
            "title": "What came of the records, by pool",
            "kind": "bar",
            "source": held,
            "by": ["pool_id", "outcome"],
            "stacked": True,
            "action": REPORT,
        },
    )
    board.charts(
        {
            "title": "Why salespeople gave records back",
            "kind": "pie",
            "source": releases,
            "by": ["reason_id"],
            "action": HISTORY,
        },
        {
            "title": "Which rules took records back",
            "kind": "pie",
            "source": reclaims,
            "by": ["rule_id"],
            "action": HISTORY,
        },
    )
    measures = [
        "__count",
        "first_touch_median:avg",
        "touch_rate:avg",
        "fast_rate:avg",
        "win_rate:avg",
        "hoard_rate:avg",
    ]
    board.pivot_table("Salespeople", held, "user_id", measures, lines=8)
    board.pivot_table("Pools", held, "pool_id", measures, lines=5)
    board.list_table(
        "Waiting longest",
        waiting,
        ["name", "pool_enter_date", "pool_round", "country_id", "pool_id"],
        ("pool_enter_date", True),
    )
    return board


def received_or_returned():
    """Moves whose pool stays the same: it is the pool after the move for all of them."""
    return Source(
        "lead.pool.move",
        {PERIOD: "date", POOL: "pool_to_id"},
        [["undone", "=", False], ["kind", "in", ["claim", "assign", "release", "reclaim"]]],
    )
