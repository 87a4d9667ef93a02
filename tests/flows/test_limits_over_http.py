"""Each main limit of a pool holds by each way in, over HTTP against a running server."""

from datetime import timedelta

import pytest

from .database import flow_on_a_copy
from .server import serving

PASSWORD = "limits over http"
# Pool settings, what the rep does before, the code and words of the refusal.
LIMITS = {
    "holding": ({"holding_limit": 1}, "claims", "holding_limit", "1 of 1"),
    "daily": ({"daily_limit": 1}, "claims", "daily_limit", "1 of 1"),
    "interval": ({"min_interval_minutes": 60}, "claims", "min_interval", "a moment ago"),
    "cooldown": ({"cooldown_days": 5}, "gives back", "cooldown", ""),
    "fresh": ({"fresh_delay_hours": 5}, None, "fresh_delay", ""),
    "backlog": ({"backlog_limit": 1}, "claims", "backlog", ""),
    "approval": ({"claim_mode": "approval"}, None, "approval", ""),
    "managers only": ({"claim_mode": "assign"}, None, "locked", ""),
    "sealed": ({"visibility": "sealed"}, None, "ok", ""),
    "hidden": ({"visibility": "hidden"}, None, None, ""),
    "none": ({}, None, "ok", ""),
}
# These the rep cannot read. To write himself on a sealed one is a claim, as through the window.
UNREADABLE = {"sealed", "hidden"}


def write_json2(case, lead):
    status, answer = case.server.call(
        case.key, "crm.lead", "write", ids=[lead], vals={"user_id": case.rep}
    )
    return None if status == 200 else answer["message"]


def multi_edit(case, lead):
    _result, error = case.web("crm.lead", "web_save", [lead], {"user_id": case.rep}, {"name": {}})
    return error and error["data"]["message"]


def call_kw_write(case, lead):
    _result, error = case.web("crm.lead", "write", [lead], {"user_id": case.rep})
    return error and error["data"]["message"]


def import_file(case, lead):
    result, error = case.web(
        "crm.lead", "load", [".id", "user_id/.id"], [[str(lead), str(case.rep)]]
    )
    if error:
        return error["data"]["message"]
    return None if result["ids"] else " ".join(message["message"] for message in result["messages"])


def import_json2(case, lead):
    status, answer = case.server.call(
        case.key,
        "crm.lead",
        "load",
        fields=[".id", "user_id/.id"],
        data=[[str(lead), str(case.rep)]],
    )
    if status != 200:
        return answer["message"]
    return None if answer["ids"] else " ".join(message["message"] for message in answer["messages"])


WAYS = (write_json2, multi_edit, call_kw_write, import_file, import_json2)


class Case:
    """One rep with one pool and its limit, and a server to talk to."""

    def __init__(self, flow, server, name):
        self.flow, self.server, self.name = flow, server, name
        settings, self.before, self.code, self.words = LIMITS[name]
        with flow.env() as env:
            group = env.ref("sales_team.group_sale_salesman")
            rep = env["res.users"].create(
                {
                    "name": f"Rep {name}",
                    "login": f"http_{name}",
                    "password": PASSWORD,
                    "group_ids": [(6, 0, [env.ref("base.group_user").id, group.id])],
                }
            )
            pool = env["lead.pool"].create(
                {"name": name, "member_ids": [(0, 0, {"user_id": rep.id})], **settings}
            )
            leads = env["crm.lead"].create(
                [
                    {"name": f"{name} {number}", "user_id": False, "pool_id": pool.id}
                    for number in range(len(WAYS) + 2)
                ]
            )
            soon = env.cr.now() + timedelta(days=1)
            self.key = env["res.users.apikeys"].with_user(rep)._generate("rpc", "http", soon)
            self.rep, self.pool, self.first, *self.leads = rep.id, pool.id, *leads.ids

    def prepare(self):
        """Let the rep do what brings him to his limit, over HTTP as well."""
        self.web = self.server.web(f"http_{self.name}", PASSWORD)
        if self.before == "claims":
            self.claim([self.first], "ok")
        elif self.before == "gives back":
            self.claim(self.leads, "ok")
            status, answer = self.server.call(self.key, "crm.lead", "pool_release", ids=self.leads)
            assert status == 200 and all(result["ok"] for result in answer), answer

    def claim(self, leads, code):
        status, answer = self.server.call(self.key, "crm.lead", "pool_claim", ids=leads)
        assert status == 200, answer
        assert [result["code"] for result in answer] == [code] * len(leads), (self.name, answer)
        return answer

    def owner(self, lead):
        """Who holds a lead, by the database; 0 for nobody."""
        with self.flow.env() as env:
            return env["crm.lead"].browse(lead).user_id.id or 0

    def may(self, way):
        """Whether this way leads to a claim; an import finds no record that its user cannot see."""
        imports = way in (import_file, import_json2)
        return self.code == "ok" and not (imports and self.name in UNREADABLE)

    def check(self):
        self.prepare()
        for way, lead in zip(WAYS, self.leads, strict=False):
            if self.name in UNREADABLE:
                self.check_unreadable(lead)
            message = way(self, lead)
            where = (self.name, way.__name__, message)
            if self.may(way):
                assert message is None, where
                assert self.owner(lead) == self.rep, where
            else:
                assert message and self.words in message, where
                assert "Traceback" not in message and "psycopg2" not in message, where
                assert not self.owner(lead), where
        self.check_claim()

    def check_claim(self):
        """The method made for it says the same, with its code."""
        lead = self.leads[len(WAYS)]
        if self.name == "hidden":
            self.check_hidden(lead)
            return
        [answer] = self.claim([lead], self.code)
        assert self.words in (answer["message"] or ""), answer

    def check_unreadable(self, lead):
        status, answer = self.server.call(
            self.key, "crm.lead", "read", ids=[lead], fields=["name", "phone"]
        )
        assert status == 403, answer

    def check_hidden(self, lead):
        """Nothing of it is in the window either, and a claim has no effect."""
        status, entries = self.server.call(
            self.key, "lead.pool.entry", "search", domain=[["pool_id", "=", self.pool]]
        )
        assert status == 200 and not entries, entries
        status, [answer] = self.server.call(self.key, "crm.lead", "pool_claim", ids=[lead])
        assert status == 200 and not answer["ok"], answer
        assert not self.owner(lead)


@pytest.fixture(scope="module")
def flow():
    with flow_on_a_copy("limits") as flow:
        yield flow


def test_each_limit_holds_by_each_way_over_http(flow):
    with flow.env() as env:
        env["lead.pool"].search([]).entry_auto = False
    with serving(flow.databases, flow.name, workers=2) as server:
        for name in LIMITS:
            Case(flow, server, name).check()
    assert not [line for line in server.log if "Traceback" in line]
