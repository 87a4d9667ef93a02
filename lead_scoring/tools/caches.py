"""What is remembered between requests (`ormcache`)."""


def forget(env):
    """Forget it now, and again after the commit.

    Until then another thread of this process may remember anew what it still sees.
    """
    env.registry.clear_cache()
    env.cr.postcommit.add(env.registry.clear_cache)
