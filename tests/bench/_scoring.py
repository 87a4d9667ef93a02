"""Leads, scorecards and events for the measurements of the score."""

from odoo.tools import SQL

from ._tools import _drop_indexes, committed, vacuum

TABLES = ("crm_lead", "lead_score", "lead_score_event", "lead_score_history")
# Filter and points of the rules on fields, with the same condition in SQL.
ATTRIBUTES = [
    ("fit", 8, "[('function', 'ilike', 'director')]", "l.function ILIKE '%director%'"),
    ("fit", 6, "[('function', 'ilike', 'manager')]", "l.function ILIKE '%manager%'"),
    ("fit", 5, "[('partner_name', '!=', False)]", "coalesce(l.partner_name, '') <> ''"),
    ("fit", 5, "[('phone_sanitized', '!=', False)]", "coalesce(l.phone_sanitized, '') <> ''"),
    ("fit", 7, "[('city', 'in', ['City 1', 'City 2', 'City 3'])]",
     "l.city IN ('City 1', 'City 2', 'City 3')"),
    ("fit", 4, "[('website', '!=', False)]", "coalesce(l.website, '') <> ''"),
    ("need", 9, "[('priority', 'in', ['2', '3'])]", "l.priority IN ('2', '3')"),
    ("need", 5, "[('referred', '!=', False)]", "coalesce(l.referred, '') <> ''"),
    ("budget", 10, "[('expected_revenue', '>=', 10000)]", "l.expected_revenue >= 10000"),
    ("budget", 5, "[('expected_revenue', '>=', 1000)]", "l.expected_revenue >= 1000"),
    ("authority", 10, "[('function', '=like', 'Chief%')]", "l.function LIKE 'Chief%'"),
    ("authority", 4, "[('contact_name', '!=', False)]", "coalesce(l.contact_name, '') <> ''"),
    ("timing", 10, "[('date_deadline', '!=', False)]", "l.date_deadline IS NOT NULL"),
    ("timing", 5, "[('type', '=', 'opportunity')]", "l.type = 'opportunity'"),
    ("negative", -10, "[('email_from', '=', False)]", "coalesce(l.email_from, '') = ''"),
    ("negative", -5, "[('email_from', 'ilike', 'company7')]", "l.email_from ILIKE '%company7%'"),
    ("negative", -5, "[('user_id', '=', False)]", "l.user_id IS NULL"),
    ("negative", -3, "[('phone_sanitized', '=', False)]", "coalesce(l.phone_sanitized, '') = ''"),
]  # fmt: skip
# Dimension, points, how often, window, each time, at most, half-life.
BEHAVIOURS = [
    ("engagement", 5, 1, 0, True, 0, 30),
    ("engagement", 10, 1, 0, True, 3, 14),
    ("engagement", 15, 1, 30, False, 0, 30),
    ("engagement", 3, 3, 60, True, 5, 21),
    ("engagement", 8, 1, 0, True, 0, 7),
    ("engagement", 2, 1, 0, True, 10, 30),
    ("need", 6, 1, 90, False, 0, 45),
    ("timing", 7, 2, 30, False, 0, 14),
    ("timing", 4, 1, 0, True, 0, 10),
    ("negative", -8, 1, 0, False, 0, 60),
    ("negative", -4, 1, 0, True, 2, 30),
    ("negative", -6, 1, 30, True, 0, 20),
]


def load(name, opened, closed=0, events=0):
    """Commit leads without scores and events for the open ones."""
    with committed(name) as env:
        env["lead.score.card"].search([]).action_archive()
        # What was there before takes no part.
        env.cr.execute("UPDATE crm_lead SET active = false")
        stage = env["crm.stage"].search([("is_won", "=", False)], limit=1)
        won = env["crm.stage"].search([("is_won", "=", True)], limit=1)
        env.cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if env.cr.fetchone()[0]:
            # References are right by construction; checking them doubles the time.
            env.cr.execute("SET LOCAL session_replication_role = replica")
        indexes = _drop_indexes(env.cr, "crm_lead")
        values = _lead_values(env, stage.id, won.id, opened)
        env.cr.execute("SELECT column_name FROM information_schema.columns"
                       " WHERE table_name = 'crm_lead'")  # fmt: skip
        if ("pool_state",) in env.cr.fetchall():
            values |= {
                "pool_state": SQL("'outside'"),
                **dict.fromkeys(("pool_round", "pool_priority", "pool_extension_count"), SQL("0")),
            }
        env.cr.execute(
            SQL(
                "INSERT INTO crm_lead (%s) SELECT %s FROM generate_series(1, %s) AS n",
                SQL(", ").join(map(SQL.identifier, values)),
                SQL(", ").join(values.values()),
                opened + closed,
            )
        )
        for definition in indexes:
            env.cr.execute(SQL(definition.replace("%", "%%")))
        signals = _signals(env)
        if events:
            env.cr.execute(
                SQL(
                    "INSERT INTO lead_score_event (lead_id, signal_id, date, quantity)"
                    " SELECT lead.id, (%s::int[])[1 + (n * 31 + lead.id) %% %s],"
                    " now() AT TIME ZONE 'UTC' - ((n * 7919 + lead.id::bigint * 104729) %% 7776000)"
                    " * interval '1 second', 1 + n %% 2 FROM crm_lead lead"
                    " JOIN generate_series(1, %s::int) n ON lead.won_status = 'pending'",
                    signals,
                    len(signals),
                    events // opened,
                )
            )
    vacuum(name, TABLES)


def _lead_values(env, stage, won, opened):
    """What each column of lead number `n` gets; those after the open ones are won or lost."""
    now = SQL("(now() AT TIME ZONE 'UTC')")

    def by_end(pending, if_won, if_lost):
        return SQL(
            "CASE WHEN n <= %s THEN %s WHEN n %% 2 = 0 THEN %s ELSE %s END",
            opened, pending, if_won, if_lost,
        )  # fmt: skip

    return {
        "name": SQL("'Lead of company ' || n"),
        "contact_name": SQL("'Contact ' || n"),
        "partner_name": SQL("CASE WHEN n %% 3 > 0 THEN 'Company ' || n END"),
        "function": SQL("(ARRAY['Sales Director', 'Manager', 'Chief Buyer', 'Clerk'])[1 + n %% 4]"),
        "email_from": SQL("'contact' || n || '@company' || (n %% 1000) || '.example'"),
        "email_normalized": SQL("'contact' || n || '@company' || (n %% 1000) || '.example'"),
        "email_state": SQL("'correct'"),
        "phone_state": SQL("CASE WHEN n %% 5 > 0 THEN 'correct' ELSE 'incorrect' END"),
        "phone_sanitized": SQL("CASE WHEN n %% 5 > 0 THEN '+4930' || (1000000 + n) END"),
        "city": SQL("'City ' || n %% 50"),
        "type": SQL("CASE WHEN n %% 2 = 0 THEN 'lead' ELSE 'opportunity' END"),
        "stage_id": by_end(SQL("%s", stage), SQL("%s", won), SQL("%s", stage)),
        "team_id": SQL("%s", env["crm.team"].search([], limit=1).id),
        "company_id": SQL("%s", env.company.id),
        "active": by_end(SQL("true"), SQL("true"), SQL("false")),
        "won_status": by_end(SQL("'pending'"), SQL("'won'"), SQL("'lost'")),
        "priority": SQL("(n %% 4)::varchar"),
        "probability": by_end(SQL("10"), SQL("100"), SQL("0")),
        "automated_probability": by_end(SQL("10"), SQL("100"), SQL("0")),
        "expected_revenue": SQL("(n %% 7) * 3000"),
        "user_id": SQL("CASE WHEN n %% 6 > 0 THEN 2 END"),
        "create_uid": SQL("1"),
        "write_uid": SQL("1"),
        "create_date": SQL("%s - interval '5 days' - n * interval '1 second'", now),
        "write_date": now,
        "date_last_stage_update": now,
        "date_closed": by_end(SQL("NULL::timestamp"), now, now),
    }


def _signals(env):
    return (
        env["lead.score.signal"]
        .create(
            [
                {"name": f"Bench {number}", "code": f"bench_{number}"}
                for number in range(len(BEHAVIOURS))
            ]
        )
        .ids
    )


def create_card(env):
    """A card with 30 rules of both kinds, published without scoring anybody."""
    signals = env["lead.score.signal"].search([("code", "=like", "bench_%")], order="id")
    rules = [
        {"name": f"Field {n}", "kind": "attribute", "dimension": d, "points": p, "domain": domain}
        for n, (d, p, domain, _sql) in enumerate(ATTRIBUTES)
    ]
    for signal, behaviour in zip(signals, BEHAVIOURS, strict=True):
        dimension, points, frequency, window, repeat, most, half_life = behaviour
        rules.append(
            {
                "name": signal.name,
                "kind": "signal",
                "signal_id": signal.id,
                "dimension": dimension,
                "points": points,
                "frequency": frequency,
                "window_days": window,
                "repeat": repeat,
                "max_count": most,
                "half_life": half_life,
            }
        )
    card = env["lead.score.card"].create(
        {"name": "Bench", "rule_ids": [(0, 0, rule) for rule in rules], "inactivity_days": 30}
    )
    card.write({"state": "published", "version": 1, "definition": card._definition()})
    env["lead.score.card.version"].create(
        {"card_id": card.id, "version": 1, "definition": card.definition}
    )
    return card
