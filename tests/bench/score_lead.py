"""One lead with and without the score, a thousand signals, and a job that has nothing to do."""

from unittest.mock import patch

from odoo.tools import SQL

from ._scoring import TABLES, create_card, load
from ._tools import Sheet, committed, median, seconds, size, vacuum

LEADS = 100_000
MANY = 1_000_000
CALLS = 150
SIGNALS = 1000


def run(env, out):
    sheet, name = Sheet(out), env.cr.dbname
    env.cr.commit()
    load(name, size(LEADS), 0, size(LEADS))
    with committed(name) as env:
        create_card(env)
    with committed(name) as env:
        env["crm.lead"]._score_refresh_all()
    vacuum(name, TABLES)
    overhead(sheet, name)
    signals(sheet, name)
    idle(sheet, name)


def overhead(sheet, name):
    """Create and edit in turns with the engine and with an engine that does nothing."""
    with committed(name) as env:
        rep = env.ref("base.user_admin").id
        ids = env["crm.lead"].search([], limit=2 * CALLS + 20).ids
    times = {kind: ([], []) for kind in ("create", "edit")}
    for number in range(2 * CALLS + 20):
        without = number % 2
        for kind in times:
            with committed(name, user=rep) as env:
                leads = env["crm.lead"]
                lead = leads.browse(ids[number])

                def work(env=env, leads=leads, lead=lead, kind=kind, number=number):
                    if kind == "create":
                        leads.create(
                            {
                                "name": f"New {number}",
                                "contact_name": "Ann",
                                "partner_name": f"Company {number}",
                                "email_from": f"ann{number}@example{number}.com",
                                "phone": "+49 30 123456",
                                "function": "Manager",
                            }
                        )
                    else:
                        lead.write({"function": f"Director {number}", "city": "City 1"})
                    env.flush_all()
                    env.cr.precommit.run()

                if without:
                    with patch.object(type(leads), "_score_update", lambda *_a: None):
                        took = seconds(work)
                else:
                    took = seconds(work)
            if number >= 20:
                times[kind][without].append(took * 1000)
    for kind, (with_it, without_it) in times.items():
        sheet.show(f"{kind} a lead, with and without scoring",
                   f"{median(with_it):.1f} and {median(without_it):.1f} ms")  # fmt: skip
        more = (median(with_it) / median(without_it) - 1) * 100
        sheet.limit(f"{kind} a lead, more than without", more, " %", at_most=15)


def signals(sheet, name):
    """A thousand signals in one call beside inserting the same rows."""
    times = ([], [])
    for number in range(6):
        with committed(name) as env:
            leads = env["crm.lead"].search([], limit=SIGNALS, offset=number * SIGNALS)
            leads.mapped("score")
            took = seconds(lambda leads=leads, n=number: leads.score_signal("bench_1", key=f"k{n}"))
            times[0].append(took * 1000)
        with committed(name) as env:
            values = [
                {"lead_id": lead.id, "signal_id": env["lead.score.signal"].search([], limit=1).id,
                 "date": env.cr.now(), "quantity": 1, "key": f"plain{number}"}
                for lead in leads.with_env(env)
            ]  # fmt: skip
            events = env["lead.score.event"]
            with patch.object(type(events), "_only_the_engine", lambda _self: None):
                times[1].append(
                    seconds(lambda env=env, values=values: (
                        env["lead.score.event"].create(values), env.flush_all())) * 1000
                )  # fmt: skip
    ours, plain = median(times[0][1:]), median(times[1][1:])
    sheet.show(f"{SIGNALS:,} signals in one call", f"{ours:.0f} ms")
    sheet.show("bulk insert of the same rows by the ORM", f"{plain:.0f} ms")
    sheet.limit("signals, times a bulk insert", ours / plain, at_most=5)


def idle(sheet, name):
    """The job on many leads of which none is due."""
    with committed(name) as env:
        env.cr.execute("ALTER TABLE lead_score DROP CONSTRAINT lead_score_lead_fkey")
        env.cr.execute(
            SQL(
                "INSERT INTO lead_score (id, score, grade, temperature, next_date)"
                " SELECT 100000000 + n, n %% 100, 'C', 'cold', now() + interval '9 days'"
                " FROM generate_series(1, %s) n",
                size(MANY) - size(LEADS),
            )
        )
    vacuum(name, TABLES)
    times = []
    for _number in range(7):
        with committed(name) as env:
            times.append(seconds(env["crm.lead"]._cron_score_due) * 1000)
    sheet.limit(f"idle run on {size(MANY):,} scores", median(times), " ms", at_most=50)
