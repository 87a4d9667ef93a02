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


def load(name, opened, closed=0, events=0, scored=True):
    """Commit leads without scores and events for the open ones.

    The leads differ in all that Odoo's own prediction looks at by default, as those of a company
    of some size do: teams, stages, countries and states, sources, languages, tags, and whether
    phone and e-mail are right. Not `scored`, the database is one without the addon.
    """
    with committed(name) as env:
        if scored:
            env["lead.score.card"].search([]).action_archive()
        # What was there before takes no part.
        env.cr.execute("UPDATE crm_lead SET active = false")
        env.cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if env.cr.fetchone()[0]:
            # References are right by construction; checking them doubles the time.
            env.cr.execute("SET LOCAL session_replication_role = replica")
        indexes = _drop_indexes(env.cr, "crm_lead")
        values = _lead_values(env, opened)
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
        _tag(env)
        if scored and events:
            signals = _signals(env)
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
    vacuum(name, TABLES if scored else TABLES[:1])


def _lead_values(env, opened):
    """What each column of lead number `n` gets; those after the open ones are won or lost."""
    now = SQL("(now() AT TIME ZONE 'UTC')")
    is_won = SQL("%s < 35", _dice(100, 1))

    def by_end(pending, if_won, if_lost):
        return SQL(
            "CASE WHEN n <= %s THEN %s WHEN %s THEN %s ELSE %s END",
            opened, pending, is_won, if_won, if_lost,
        )  # fmt: skip

    def ids(model, *domain, count):
        return env[model].with_context(active_test=False).search(list(domain), limit=count).ids

    stages = ids("crm.stage", ("is_won", "=", False), count=6)
    won = ids("crm.stage", ("is_won", "=", True), count=1)[0]
    teams = env["crm.team"].create([{"name": f"Bench {n}"} for n in range(5)]).ids
    places = _places(env)
    chance = SQL("1 + %s", _dice(60, 2))
    return {
        "name": SQL("'Lead of company ' || n"),
        "contact_name": SQL("'Contact ' || n"),
        "partner_name": SQL("CASE WHEN n %% 3 > 0 THEN 'Company ' || n END"),
        "function": SQL("(ARRAY['Sales Director', 'Manager', 'Chief Buyer', 'Clerk'])[1 + n %% 4]"),
        "email_from": SQL("'contact' || n || '@company' || (n %% 1000) || '.example'"),
        "email_normalized": SQL("'contact' || n || '@company' || (n %% 1000) || '.example'"),
        "email_state": _few("'correct'", "'incorrect'", 10, 3),
        "phone": SQL("CASE WHEN n %% 5 > 0 THEN '+49 30 ' || (1000000 + n) END"),
        "phone_state": SQL(
            "CASE WHEN n %% 5 > 0 THEN %s END", _few("'correct'", "'incorrect'", 15, 4)
        ),
        "phone_sanitized": SQL("CASE WHEN n %% 5 > 0 THEN '+4930' || (1000000 + n) END"),
        "website": SQL(
            "CASE WHEN n %% 4 = 0 THEN 'https://company' || (n %% 1000) || '.example' END"
        ),
        "street": SQL("'Street ' || n %% 900"),
        "city": SQL("'City ' || n %% 50"),
        "country_id": _few(_pick([place[0] for place in places], 5), "NULL", 20, 6),
        "state_id": _few(_pick([place[1] for place in places], 5), "NULL", 20, 6),
        "lang_id": _few(_pick(ids("res.lang", count=4), 7), "NULL", 20, 8),
        "source_id": _few(_pick(ids("utm.source", count=8), 9), "NULL", 30, 10),
        "medium_id": _few(_pick(ids("utm.medium", count=6), 11), "NULL", 30, 10),
        "type": SQL("CASE WHEN n %% 2 = 0 THEN 'lead' ELSE 'opportunity' END"),
        "stage_id": by_end(_pick(stages, 12), SQL("%s", won), _pick(stages, 12)),
        "team_id": _pick(teams, 13),
        "company_id": SQL("%s", env.company.id),
        "active": by_end(SQL("true"), SQL("true"), SQL("false")),
        "won_status": by_end(SQL("'pending'"), SQL("'won'"), SQL("'lost'")),
        "priority": SQL("(n %% 4)::varchar"),
        "probability": by_end(chance, SQL("100"), SQL("0")),
        "automated_probability": by_end(chance, SQL("100"), SQL("0")),
        "expected_revenue": SQL("(n %% 7) * 3000"),
        "user_id": SQL("CASE WHEN n %% 6 > 0 THEN 2 END"),
        "create_uid": SQL("1"),
        "write_uid": SQL("1"),
        "create_date": SQL("%s - interval '5 days' - n * interval '1 second'", now),
        "write_date": now,
        "date_last_stage_update": now,
        "date_closed": by_end(SQL("NULL::timestamp"), now, now),
    }


def _dice(sides, salt):
    """A number below `sides` for lead `n`; throws with different salts are independent."""
    return SQL("(hashint4extended(n, %s) & 2147483647) %% %s", salt, sides)


def _pick(values, salt):
    """One of these values, the first ones more often."""
    share = SQL("((%s) / 10000.0)", _dice(10000, salt))
    return SQL("(%s::int[])[1 + floor(%s * %s * %s)::int]", values, len(values), share, share)


def _few(usual, rare, percent, salt):
    """The usual value, and the rare one for so many of a hundred leads."""
    usual, rare = (value if isinstance(value, SQL) else SQL(value) for value in (usual, rare))
    return SQL("CASE WHEN %s < %s THEN %s ELSE %s END", _dice(100, salt), percent, rare, usual)


def _places(env):
    """(id of a country, id of one of its states or None): where leads live."""
    env.cr.execute(
        "SELECT country_id, id FROM (SELECT *, row_number() OVER (PARTITION BY country_id"
        " ORDER BY id) AS place FROM res_country_state) state WHERE place <= 6"
        " ORDER BY country_id LIMIT 48"
    )
    states = env.cr.fetchall()
    alone = env["res.country"].search([("state_ids", "=", False)], limit=8).ids
    return [*states, *((country_id, None) for country_id in alone)]


def _tag(env):
    """Give the leads up to three tags each."""
    tags = env["crm.tag"].create([{"name": f"Bench {n}"} for n in range(12)]).ids
    env.cr.execute(
        SQL(
            "INSERT INTO crm_tag_rel (lead_id, tag_id)"
            " SELECT n, %s FROM (SELECT id AS n FROM crm_lead) lead WHERE %s < 50"
            " UNION SELECT n, %s FROM (SELECT id AS n FROM crm_lead) lead WHERE %s < 40"
            " UNION SELECT n, %s FROM (SELECT id AS n FROM crm_lead) lead WHERE %s < 20",
            _pick(tags, 20),
            _dice(100, 21),
            _pick(tags, 22),
            _dice(100, 23),
            _pick(tags, 24),
            _dice(100, 25),
        )
    )


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
