"""What the top-level tests share. These tests see all addons; those of one addon are in its folder.

Every test class here is an Odoo test class, wears `@top_level` and names the addons it needs:

    @top_level
    class TestRace(TransactionCase):
        @classmethod
        def setUpClass(cls):
            super().setUpClass()
            requires(cls.env, "lead_public_pool")
"""

import os
import threading
from contextlib import contextmanager
from pathlib import Path
from unittest import SkipTest

from odoo import SUPERUSER_ID, api
from odoo.service.model import retrying
from odoo.tests import tagged

ROOT = Path(__file__).resolve().parents[1]
# Outside odoo.addons, Odoo gives a class no tags of its own, and stops over a class without tags.
top_level = tagged("standard", "post_install", "-at_install")


def requires(env, *addons):
    """Skip the calling class or test unless all these addons are installed."""
    missing = set(addons) - set(env["ir.module.module"]._installed())
    if missing:
        raise SkipTest(f"not installed: {', '.join(sorted(missing))}")


def data_file(name):
    """Path of one of the real data sets, which are not part of the repository; skips without it."""
    folder = Path(os.environ.get("POOL_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / name).is_file():
        raise SkipTest(f"no {name} in {folder} (POOL_TEST_DATA names another folder)")
    return folder / name


@contextmanager
def committed(registry, user=SUPERUSER_ID, **context):
    """An environment on a real cursor of its own, committed at the end of the block."""
    with registry.cursor() as cr:
        yield api.Environment(cr, user, context)


def remove_committed(registry, model, ids):
    """Take back records that a test committed; for `addCleanup`."""
    with committed(registry) as env:
        env[model].with_context(active_test=False).browse(ids).exists().unlink()


def in_parallel(registry, jobs, timeout=60):
    """Run jobs at the same moment, as that many web requests would be.

    Each gets an environment on a real cursor of its own, is replayed by Odoo's `retrying` when the
    database refuses it, and is committed.

    :param jobs: list of (user id, function of an environment)
    :return: per job what it returned, or the exception that it raised
    """
    answers = [None] * len(jobs)
    barrier = threading.Barrier(len(jobs), timeout=timeout)

    def work(number, user, function):
        try:
            with registry.cursor() as cr:
                env = api.Environment(cr, user, {})
                barrier.wait()
                answers[number] = retrying(lambda: function(env), env)
        except Exception as error:
            answers[number] = error

    threads = [
        threading.Thread(target=work, args=(number, *job), daemon=True)
        for number, job in enumerate(jobs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout)
    if any(thread.is_alive() for thread in threads):
        raise AssertionError(f"still running after {timeout} s: a deadlock?")
    return answers
