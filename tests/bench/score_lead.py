"""One lead with and without the addon, a thousand signals, and a job that has nothing to do."""

import random
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from statistics import mean
from unittest.mock import patch

from lxml import etree

from odoo.modules.registry import Registry
from odoo.tools import SQL

from devkit import workbench

from ..flows.server import serving
from ._scoring import TABLES, create_card, load
from ._tools import Sheet, committed, median, seconds, size, vacuum

LEADS = 100_000
MANY = 1_000_000
CALLS = 300
# Of each edit that has a limit of its own: of the shortest calls, the middle of a few wanders.
MANY_CALLS = 900
WARM_UP = 20
SIGNALS = 1000
# Of signals, after one to warm up.
ROUNDS = 6
READ = {
    "name": {}, "function": {}, "city": {}, "priority": {}, "probability": {}, "email_from": {},
    "automated_probability": {}, "stage_id": {"fields": {"display_name": {}}},
    "team_id": {"fields": {"display_name": {}}}, "tag_ids": {"fields": {"display_name": {}}},
}  # fmt: skip


def run(env, out):
    sheet, name = Sheet(out), env.cr.dbname
    env.cr.commit()
    over_rpc(sheet)
    prepare(name)
    in_process(sheet, name)
    signals(sheet, name)
    idle(sheet, name)


def prepare(name, scored=True):
    """Commit open leads, and what scores them; returns the ids of some."""
    load(name, size(LEADS), 0, size(LEADS) * 3, scored)
    if scored:
        with committed(name) as env:
            create_card(env)
        with committed(name) as env:
            env["crm.lead"]._score_refresh_all()
        with committed(name) as env:
            # What the job that follows does one by one, which takes minutes.
            env.cr.execute(
                "UPDATE crm_lead SET qualification = 'mql', qualification_date = score.day"
                " FROM lead_score score WHERE score.id = crm_lead.id"
                " AND score.level IN ('mql', 'sql')"
            )
        vacuum(name, TABLES)
    with committed(name) as env:
        # Of small tables, too, autovacuum would have told the planner before long.
        env.cr.execute("ANALYZE")
    with committed(name) as env:
        # So valuable that one more dollar makes no difference to any rule.
        domain = [("won_status", "=", "pending"), ("expected_revenue", ">=", 10000)]
        return env["crm.lead"].search(domain, limit=4 * CALLS).ids


def new_lead(number):
    return {
        "name": f"New {number}",
        "contact_name": "Ann",
        "partner_name": f"Company {number}",
        "email_from": f"ann{number}@example{number}.com",
        "phone": "+49 30 123456",
        "function": "Manager",
    }


def change(number):
    """An edit after which some rules no longer match, and others do."""
    return {
        "function": f"{('Director', 'Clerk')[number % 2]} {number}",
        "city": f"City {number % 5}",
    }


# The edits that cost most, and have limits of their own.
TURNING = ("priority, turns a rule over for most", "function and city, turns rules over")
# What reps edit, by what it does to the score. Rules look at all of it but the stage.
EDITS = {
    "next stage": lambda number, stages: {"stage_id": stages[number % len(stages)]},
    "revenue, says no rule anything new": lambda number, _stages: {
        "expected_revenue": 20000 + number
    },
    "phone, turns a rule over for one in five": lambda number, _stages: {
        "phone": f"+49 30 {7000000 + number}"
    },
    TURNING[0]: lambda number, _stages: {"priority": "03"[number % 2]},
    TURNING[1]: lambda number, _stages: change(number),
}
WAYS = ("over JSON-2", "in the web client")


def over_rpc(sheet):
    """The same calls to two servers in turns: one without the addon, one with this addon only."""
    databases, _more = workbench.inherited()
    with ExitStack() as stack:
        clients = []
        for purpose, template in (
            ("without", databases.base()),
            ("with", databases.addons(["lead_scoring"])),
        ):
            name = databases.copy_for(f"bench_{purpose}", template)
            stack.callback(databases.drop, name)
            stack.callback(Registry.delete, name)
            clients.append(Client(stack, databases, name, prepare(name, purpose == "with")))
        for way in WAYS:
            call = partial(Client.measure, way=way)
            take_turns(sheet, clients, f"create {way}", call, limited=True)
            edits = [
                take_turns(
                    sheet,
                    clients,
                    f"edit {way}: {name}",
                    partial(call, edit=edit),
                    limited=name in TURNING,
                    calls=MANY_CALLS if name in TURNING else CALLS,
                )
                for name, edit in EDITS.items()
            ]
            # Altogether, and not in the middle: an edit that makes an MQL costs most.
            altogether = [sum(column) for column in zip(*edits, strict=True)]
            more_than_without(sheet, f"edits {way}", altogether)
        # With all that the form shows of the addon, which is twice as many fields.
        take_turns(sheet, clients, "read all of a lead's form in the web client", Client.open)


def take_turns(sheet, clients, what, call, *, limited=False, calls=CALLS):
    """Mean milliseconds of a call without the addon and with it, in turns; shows the medians.

    :param bool limited: whether the medians are to keep the limit as well
    """
    times = ([], [])
    for number in range(WARM_UP + calls):
        # Whoever comes second finds the processor as the first has left it.
        for client, taken in random.sample([*zip(clients, times, strict=True)], 2):
            took = call(client, number)
            if number >= WARM_UP:
                taken.append(took * 1000)
    without_it, with_it = map(median, times)
    sheet.show(
        what, f"{with_it:.1f} and {without_it:.1f} ms, {(with_it / without_it - 1) * 100:+.1f} %"
    )
    if limited:
        more_than_without(sheet, what, (without_it, with_it))
    return [mean(taken) for taken in times]


def more_than_without(sheet, what, took):
    without_it, with_it = took
    sheet.limit(f"{what}, more than without", (with_it / without_it - 1) * 100, " %", at_most=15)


class Client:
    """Creates and edits leads on a server of its own, as programs and as browsers do."""

    def __init__(self, stack, databases, name, ids):
        with committed(name) as env:
            user, until = env.ref("base.user_admin"), env.cr.now() + timedelta(days=1)
            self.key = env["res.users.apikeys"].with_user(user)._generate("rpc", "bench", until)
            user.password = "bench of scores"
            self.shown = shown_in_form(env(user=user))
            self.stages = env["crm.stage"].search([("is_won", "=", False)], limit=3).ids
        self.ids = ids
        self.server = stack.enter_context(serving(databases, name, workers=1))
        self.web = self.server.web("admin", "bench of scores")

    def measure(self, number, way, edit=None):
        """Seconds of one call that creates a lead, or edits one.

        :param edit: one of `EDITS`
        """
        web = way == WAYS[1]
        lead_ids, values = [], new_lead(number)
        if edit:
            # Each lead is edited by a program, and later otherwise by a browser.
            lead_ids, values = [self.ids[number]], edit(number + web, self.stages)
        answers = []

        def call():
            if web:
                answers.append(self.web("crm.lead", "web_save", lead_ids, values, READ))
            elif lead_ids:
                answers.append(self._call("write", ids=lead_ids, vals=values))
            else:
                answers.append(self._call("create", vals_list=[values]))

        took = seconds(call)
        assert answers[0][1] is None if web else answers[0][0] == 200, answers
        return took

    def open(self, number):
        """Seconds of the call by which a browser reads a lead for its form."""
        answers = []
        lead_ids = [self.ids[number]]
        took = seconds(
            lambda: answers.append(self.web("crm.lead", "web_read", lead_ids, self.shown))
        )
        assert answers[0][1] is None, answers
        return took

    def _call(self, method, **arguments):
        return self.server.call(self.key, "crm.lead", method, **arguments)


def shown_in_form(env):
    """What a browser asks for to show the form of an opportunity, without the rows of its lists."""
    leads, form = env["crm.lead"], env.ref("crm.crm_lead_view_form")
    arch = leads.get_views([(form.id, "form")])["views"]["form"]["arch"]
    names = {
        node.get("name")
        for node in etree.fromstring(arch).iter("field")
        if not any(above.tag == "field" for above in node.iterancestors())
    }
    return {
        name: {"fields": {"display_name": {}}} if leads._fields[name].type == "many2one" else {}
        for name in names
    }


def in_process(sheet, name):
    """Create and edit in turns with the engine and with an engine that does nothing."""
    with committed(name) as env:
        rep = env.ref("base.user_admin").id
        ids = env["crm.lead"].search([("won_status", "=", "pending")], limit=2 * CALLS + 20).ids
    times = {kind: ([], []) for kind in ("create", "edit")}
    for number in range(2 * CALLS + 20):
        without = number % 2
        for kind in times:
            with committed(name, user=rep) as env:
                leads = env["crm.lead"]

                def work(env=env, leads=leads, kind=kind, number=number):
                    if kind == "create":
                        leads.create(new_lead(number))
                    else:
                        leads.browse(ids[number]).write(change(number // 2))
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
        sheet.show(
            f"{kind} in process, with and without the engine",
            f"{median(with_it):.1f} and {median(without_it):.1f} ms",
        )


def signals(sheet, name):
    """A thousand signals in one call beside inserting the same rows, in turns."""
    # Something small that wakes up leads of which some then are MQL, the same once more, and
    # something that is worth a lot.
    for code, time, limit in (("bench_5", "first", 5), ("bench_5", "again", 5), ("bench_1", "", 0)):
        plain, ours, risen = [], [], []
        for number in range(ROUNDS + 1):
            with committed(name) as env:
                plain.append(insert_events(env, ROUNDS + 1 + number, f"plain{code}{time}"))
            with committed(name) as env:
                took, count = report_signals(env, number, code, code + time)
                ours.append(took)
                risen.append(count)
        plain, ours = median(plain[1:]), median(ours[1:])
        sheet.show(
            f"{SIGNALS:,} signals in one call, {median(risen[1:]):.0f} become MQL",
            f"{ours:.0f} ms; inserted by the ORM {plain:.0f} ms",
        )
        if limit:
            sheet.limit("signals, times a bulk insert", ours / plain, at_most=limit)


def insert_events(env, number, key):
    """Milliseconds in which the ORM inserts an event for each of some leads."""
    events = env["lead.score.event"]
    signal = env["lead.score.signal"].search([], limit=1)
    values = [
        {
            "lead_id": lead.id,
            "signal_id": signal.id,
            "date": env.cr.now(),
            "quantity": 1,
            "key": key,
        }
        for lead in some_leads(env, number)
    ]

    def insert():
        events.create(values)
        env.flush_all()

    with patch.object(type(events), "_only_the_engine", lambda _self: None):
        return seconds(insert) * 1000


def report_signals(env, number, code, key):
    """Milliseconds in which some leads get a signal each, and how many then became MQL."""
    leads = some_leads(env, number)
    leads.mapped("score")
    raw = leads.filtered(lambda lead: lead.qualification in (False, "raw"))
    took = seconds(lambda: leads.score_signal(code, key=key)) * 1000
    env.invalidate_all()
    return took, len(raw.filtered(lambda lead: lead.qualification == "mql"))


def some_leads(env, number):
    """A thousand open leads, other ones for each number."""
    domain = [("won_status", "=", "pending")]
    return env["crm.lead"].search(domain, limit=SIGNALS, offset=number * SIGNALS, order="id")


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
