"""The dashboard "Lead quality": what comes in, what sales makes of it, and what that brings."""

from devkit.dashboard_sheet import Dashboard, Source

PERIOD, TEAM, ORIGIN = "Period", "Sales Team", "Source"
FUNNEL = "lead_scoring.lead_score_funnel_action"
BY_SOURCE = "lead_scoring.lead_score_report_action_source"
REJECTED = "lead_scoring.lead_score_report_action_reject"
BANDS = "lead_scoring.lead_score_report_action_band"


def dashboards():
    """The dashboards of the addon by name."""
    return {"lead_quality": lead_quality()}


def lead_quality():
    board = Dashboard()
    board.date_filter(PERIOD)
    board.relation_filter(TEAM, "crm.team")
    board.relation_filter(ORIGIN, "utm.source")

    where = {TEAM: "team_id", ORIGIN: "source_id"}
    leads = Source("lead.score.report", {PERIOD: "date_create", **where})
    steps = Source("lead.score.funnel", {PERIOD: "date_create", **where})
    closed = leads.where(["won_status", "!=", "pending"])
    rejected = leads.where(["rejected_count", ">", 0])
    answered = leads.where(["response_temperature", "!=", False])

    funnel_menu = "lead_scoring.menu_lead_score_funnel"
    source_menu = "lead_scoring.menu_lead_score_report_source"
    board.cards(
        {"title": "Leads", "source": leads, "menu": funnel_menu},
        {
            "title": "Marketing qualified",
            "source": leads.where(["mql_count", ">", 0]),
            "menu": funnel_menu,
        },
        {
            "title": "Accepted by sales",
            "source": leads.where(["accepted_count", ">", 0]),
            "menu": funnel_menu,
        },
    )
    board.cards(
        {"title": "Won", "source": leads.where(["won_count", ">", 0]), "menu": funnel_menu},
        {
            "title": "Revenue won",
            "source": leads,
            "measure": "revenue:sum",
            "menu": source_menu,
        },
        {
            "title": "Hours to first response",
            "source": answered,
            "measure": "response_hours:avg",
            "digits": 1,
            "menu": "lead_scoring.menu_lead_score_report_response",
            "more_is_better": False,
        },
    )
    board.charts(
        {
            "title": "From lead to won",
            "kind": "bar",
            "source": steps,
            "by": ["step"],
            "action": FUNNEL,
        },
        {
            "title": "Funnel by month",
            "kind": "bar",
            "source": steps,
            "by": ["date_create:month", "step"],
            "action": FUNNEL,
        },
    )
    board.charts(
        {
            "title": "Why sales rejected leads",
            "kind": "pie",
            "source": rejected,
            "by": ["reason_id"],
            "action": REJECTED,
        },
        {
            "title": "Closed leads by score and outcome",
            "kind": "bar",
            "source": closed,
            "by": ["band", "won_status"],
            "stacked": True,
            "action": BANDS,
        },
    )
    measures = [
        "__count",
        "mql_rate:avg",
        "accept_rate:avg",
        "closed_win_rate:avg",
        "revenue:sum",
        "revenue_per_lead:avg",
    ]
    board.pivot_table("Sources", leads, "source_id", measures, lines=8)
    board.pivot_table("Campaigns", leads, "campaign_id", measures, lines=8)
    board.pivot_table(
        "First response by temperature",
        answered,
        "response_temperature",
        ["__count", "response_hours:avg", "win_rate:avg"],
        lines=4,
    )
    return board
