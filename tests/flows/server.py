"""A real Odoo server with several worker processes on a database of its own."""

import contextlib
import json
import subprocess
import threading
import urllib.error
import urllib.request

from devkit import odoo_run, workbench

from ..common import ROOT


class Server:
    """A running server; `call` is JSON-2 as an integrator would use it."""

    def __init__(self, url, log):
        self.url, self.log = url, log

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
        yield Server(f"http://127.0.0.1:{port}", log)
    finally:
        process.terminate()
        process.wait(60)
        reader.join(60)
