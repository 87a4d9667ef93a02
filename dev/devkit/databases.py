"""Databases: templates that are built once, and copies of them that cost a second.

base      the official addons that ours depend on; changes only with Odoo or our manifests
addons    base with our addons; changes with their files
apps      base with more official addons, for the tests that need them
demo base, demo   the same two with demo data and Chinese, for `dev/run`

A database under construction has another name, so one that has its name is whole. Its comment
says when it was last used; the least used are dropped.
"""

import os
import shutil
import time
from pathlib import Path

from . import cache, project
from .odoo_run import install
from .process import Problem
from .steps import step

PREFIX = "lead_"
KEEP = 8  # templates of each kind; clones and branches share them
DEMO_LANGUAGES = "en_US,zh_CN"


class Databases:
    """Creates, copies and drops databases on one server, together with their filestores."""

    def __init__(self, server, odoo, python):
        self.server, self.odoo, self.python = server, odoo, python
        self.filestores = server.data_folder / "filestore"

    # --- what the commands ask for ---------------------------------------------------------------

    def base(self):
        """Template with the official addons only."""
        modules = project.official_dependencies()
        name = f"{PREFIX}base_{project.short_hash(self.odoo.fingerprint, *modules)}"
        title = f"Database: installing the official addons ({', '.join(modules)})"
        return self._template(name, title, modules, ours=False)

    def addons(self, names=None):
        """Template with our addons, or with some of them."""
        names = names or project.addons()
        base, files = self.base(), project.fingerprint_of_addons(names)
        name = f"{PREFIX}addons_{project.short_hash(base, files)}"
        title = f"Database: installing {', '.join(names)}"
        return self._template(name, title, names, copy_of=base)

    def with_apps(self, apps):
        """Template with more official addons, for tests of what ours do when those are there.

        Only these and what they need: the many addons that Odoo adds by itself take as long again.
        """
        base = self.base()
        name = f"{PREFIX}apps_{project.short_hash(base, *apps)}"
        title = f"Database: installing more official addons ({', '.join(apps)})"
        return self._template(
            name, title, apps, copy_of=base, ours=False, strict=False, bridges=False
        )

    def demo(self, name, fresh=False):
        """The demo database of this clone, made or brought up to date."""
        files, ours = project.fingerprint_of_addons(), project.addons()
        if fresh and self.exists(name):
            if not self.note(name):
                raise Problem(f"{name} was not made by dev/run; drop it yourself if you mean it.")
            self.drop(name)
        if not self.exists(name):
            base = self._demo_base()
            with step(f"Database: installing {', '.join(ours)} with demo data") as progress:
                self._build(name, progress, ours, copy_of=base, demo=True, strict=False)
        elif self.note(name) != files:
            there = self._installed(name)
            new = [addon for addon in ours if addon not in there]
            with step("Database: updating our addons, whose files changed") as progress:
                install(self, name, progress, update=there, add=new, demo=True, strict=False)
        self.set_note(name, files)
        return name

    def _demo_base(self):
        modules = project.official_dependencies()
        key = project.short_hash(self.odoo.fingerprint, DEMO_LANGUAGES, *modules)
        title = f"Database: installing the official addons with demo data ({', '.join(modules)})"
        return self._template(
            f"{PREFIX}demobase_{key}",
            title,
            modules,
            demo=True,
            languages=DEMO_LANGUAGES,
            ours=False,
        )

    # --- building --------------------------------------------------------------------------------

    def _template(self, name, title, modules, **options):
        with cache.lock(name):
            if not self.exists(name):
                with step(title) as progress:
                    self._build(name, progress, modules, **options)
        self.set_note(name, f"{time.time():.0f}")
        self._prune(name.rsplit("_", 1)[0])
        return name

    def _build(self, name, progress, modules, copy_of=None, **options):
        part = f"{name}_part"
        self.drop(part)
        if copy_of:
            self.copy(copy_of, part)
        install(self, part, progress, add=modules, **options)
        self.rename(part, name)

    def _installed(self, name):
        wanted = ", ".join(f"'{addon}'" for addon in project.addons())
        rows = self.server.sql(
            f"SELECT name FROM ir_module_module WHERE state = 'installed' AND name IN ({wanted})",
            name,
        )
        return [row[0] for row in rows]

    def _prune(self, kind):
        """Drop the templates of a kind that were not used for longest."""
        rows = self.server.sql(
            "SELECT datname FROM pg_database"
            f" WHERE datname ~ '^{kind}_[0-9a-f]{{10}}$'"
            " ORDER BY coalesce(shobj_description(oid, 'pg_database'), '0')::bigint DESC"
        )
        for (name,) in rows[KEEP:]:
            self.drop(name)

    # --- single databases ------------------------------------------------------------------------

    def exists(self, name):
        return bool(self.server.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))

    def note(self, name):
        rows = self.server.sql(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            f" WHERE datname = '{name}'"
        )
        return rows[0][0] if rows else ""

    def set_note(self, name, text):
        self.server.sql(f"COMMENT ON DATABASE \"{name}\" IS '{text}'")

    def copy(self, source, name):
        """Copy a database; files of the filestore never change, so hard links will do."""
        self.drop(name)
        self.server.sql(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        if (self.filestores / source).is_dir():
            shutil.copytree(self.filestores / source, self.filestores / name, copy_function=os.link)

    def rename(self, old, new):
        self.server.sql(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
        cache.remove(self.filestores / new)
        if (self.filestores / old).is_dir():
            (self.filestores / old).rename(self.filestores / new)

    def drop(self, name):
        # FORCE would also end PostgreSQL's own housekeeping, and fail where we are no superuser;
        # a plain DROP ends that by itself, and waits for it.
        self.server.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{name}' AND usename = current_user"
        )
        self.server.sql(f'DROP DATABASE IF EXISTS "{name}"')
        cache.remove(self.filestores / name)

    def copy_for(self, purpose, source):
        """A copy that belongs to this process; leftovers of dead ones are dropped first."""
        rows = self.server.sql(f"SELECT datname FROM pg_database WHERE datname ~ '^{PREFIX}tmp_'")
        for (name,) in rows:
            if not Path(f"/proc/{name.split('_')[2]}").exists():
                self.drop(name)
        name = f"{PREFIX}tmp_{os.getpid()}_{purpose}"
        with step(f"Database: a copy for {purpose}"):
            self.copy(source, name)
        return name
