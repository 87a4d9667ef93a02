"""The dashboard "Customer health": where customers stand, who comes, goes and returns."""

from devkit.dashboard_sheet import Dashboard, Source

PERIOD, SALESPERSON, PROFILE = "Period", "Salesperson", "Profile"
STATES = "customer_lifecycle.customer_lifecycle_action"
BOARD = "customer_lifecycle.customer_lifecycle_action_board"
MOVED = "customer_lifecycle.customer_lifecycle_transition_action"
LOST = "customer_lifecycle.customer_churn_report_action"


def dashboards():
    """The dashboards of the addon by name."""
    return {"customer_health": customer_health()}


def customer_health():
    board = Dashboard()
    board.date_filter(PERIOD, default="last_12_months")
    board.relation_filter(SALESPERSON, "res.users")
    board.relation_filter(PROFILE, "customer.lifecycle.profile")

    where = {SALESPERSON: "partner_id.user_id", PROFILE: "profile_id"}
    now = Source("customer.lifecycle", where)
    buyers = now.where(["state", "not in", ["prospect", "not_tracked"]])
    at_risk = now.where(["at_risk", "=", True])
    changes = Source("customer.lifecycle.transition", {PERIOD: "date_entered", **where})
    moved = changes.where(["kind", "=", "state"])
    came = moved.where(
        ["state_from", "in", [False, "prospect"]],
        ["state_to", "not in", ["prospect", "not_tracked"]],
        ["order_count", ">", 0],
    )
    lost = Source("customer.churn.report", {PERIOD: "date", SALESPERSON: "user_id"})
    visits = Source(
        "customer.visit", {PERIOD: "date_done", SALESPERSON: "user_id"}, [["state", "=", "done"]]
    )

    states_menu = "customer_lifecycle.customer_lifecycle_menu"
    moved_menu = "customer_lifecycle.customer_lifecycle_transition_menu"
    lost_menu = "customer_lifecycle.customer_churn_report_menu"
    board.cards(
        {
            "title": "Customers who buy",
            "source": now.where(["state", "in", ["new", "active", "loyal"]]),
            "menu": states_menu,
            "compare": False,
        },
        {"title": "At risk", "source": at_risk, "menu": states_menu, "compare": False},
        {
            "title": "Dormant",
            "source": now.where(["state", "=", "dormant"]),
            "menu": states_menu,
            "compare": False,
        },
        {
            "title": "12-month spend at risk",
            "source": at_risk,
            "measure": "amount_year:sum",
            "menu": states_menu,
            "compare": False,
        },
    )
    board.cards(
        {"title": "New customers", "source": came, "menu": moved_menu},
        {
            "title": "Recovered",
            "source": moved.where(["recovered", "=", True]),
            "menu": moved_menu,
        },
        {"title": "Lost", "source": lost, "menu": lost_menu, "more_is_better": False},
        {
            "title": "Satisfaction (1 to 5)",
            "source": visits.where(["satisfaction_value", ">", 0]),
            "measure": "satisfaction_value:avg",
            "digits": 1,
            "menu": "customer_lifecycle.customer_visit_statistics_menu",
        },
    )
    board.charts(
        {
            "title": "Customers by state",
            "kind": "bar",
            "source": now,
            "by": ["state"],
            "action": STATES,
        },
        {
            "title": "Fell asleep, lost and came back by month",
            "kind": "bar",
            "source": moved.where(
                "|",
                ["state_to", "in", ["dormant", "churned"]],
                ["recovered", "=", True],
            ),
            "by": ["date_entered:month", "state_to"],
            "stacked": True,
            "action": MOVED,
        },
    )
    board.charts(
        {
            "title": "Value tiers by state",
            "kind": "bar",
            "source": buyers,
            "by": ["tier", "state"],
            "stacked": True,
            "action": BOARD,
        },
        {
            "title": "Why customers were lost",
            "kind": "pie",
            "source": lost.where(["churn_reason_id", "!=", False]),
            "by": ["churn_reason_id"],
            "action": LOST,
        },
    )
    board.list_table(
        "Most valuable customers at risk",
        at_risk,
        ["partner_id", "tier", "amount_year", "last_order_date", "due_date"],
        ("amount_year", False),
        lines=10,
    )
    board.pivot_table(
        "RFM groups", buyers, "group_id", ["__count", "amount_year:sum", "p_buy:avg"], lines=11
    )
    board.pivot_table(
        "Lost customers by salesperson",
        lost,
        "user_id",
        ["customer_count:sum", "amount_total:sum"],
        lines=8,
    )
    return board
