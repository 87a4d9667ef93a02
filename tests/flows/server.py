"""A real Odoo server with several worker processes on a database of its own."""

import contextlib
import http.cookiejar
import json
import subprocess
import threading
import urllib.error
import urllib.request

from devkit import odoo_run, workbench

from ..common import ROOT


class Server:
    """A running server; `call` is JSON-2 as an integrator would use it."""

    def __init__(self, url, log, database):
        self.url, self.log, self.database = url, log, database

    def call(self, key, model, method, timeout=300, **arguments):
        """Call a method over JSON-2.

        :param str key: API key of the caller
        :return: (HTTP status, decoded answer)
        """
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            data=json.dumps(arguments).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or "null")

    def web(self, login, password):
        """A browser's session, without the browser.

        :return: function (model, method, *args, **kwargs) that calls as the web client does, and
            returns (result, error), one of them None
        """
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

        def ask(path, params):
            request = urllib.request.Request(
                f"{self.url}{path}",
                data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode(),
                headers={"Content-Type": "application/json"},
            )
            with opener.open(request, timeout=60) as answer:
                answer = json.load(answer)
            return answer.get("result"), answer.get("error")

        database = self.database
        session, error = ask(
            "/web/session/authenticate", {"db": database, "login": login, "password": password}
        )
        assert session and not error, error

        def call(model, method, *args, **kwargs):
            params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
            return ask(f"/web/dataset/call_kw/{model}/{method}", params)

        return call


@contextlib.contextmanager
def serving(databases, name, workers=4):
    """Serve a database until the block ends; the server's log is kept line by line."""
    port = odoo_run.free_port()
    config = odoo_run.configuration(
        databases,
        name,
        workers=workers,
        http_port=port,
        gevent_port=odoo_run.free_port(),
        # Worker processes take 0 literally, and stop.
        limit_time_real=300,
        limit_time_cpu=300,
    )
    process = subprocess.Popen(
        list(map(str, odoo_run.command(databases, "-c", config))),
        env=workbench.environment(databases),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    log, ready = [], threading.Event()

    def read():
        for line in process.stdout:
            log.append(line)
            if "Worker WorkerHTTP" in line and "alive" in line:
                ready.set()
        ready.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert ready.wait(120) and process.poll() is None, "".join(log[-20:])
        yield Server(f"http://127.0.0.1:{port}", log, name)
    finally:
        process.terminate()
        process.wait(60)
        reader.join(60)
