"""Work that is taken back by itself when it fails."""

from contextlib import contextmanager


@contextmanager
def apart(env):
    """As a savepoint, but what waits for the end of the transaction goes on waiting.

    A savepoint of Odoo runs that at its beginning, see `BaseCursor.flush`.
    """
    env.flush_all()
    try:
        with env.cr.savepoint(flush=False):
            yield
            env.flush_all()
    except Exception:
        env.clear()
        raise
