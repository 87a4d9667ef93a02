"""PostgreSQL: a private cluster in the cache, or the server that the user names.

Our cluster listens on a socket only and is tuned for throw-away data. Every command that uses it
holds a shared lock; the last one to leave stops it, so that nobody stops it under another's feet.
"""

import contextlib
import fcntl
import os
import pwd
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from . import apt, cache
from .process import Problem, run
from .project import short_hash
from .steps import say, step

PORT = 54329  # only part of the socket's name, and never 5432
ROLE = "odoo"  # Odoo refuses to work as `postgres`
SOCKET_PATH_LIMIT = 107  # bytes, set by the kernel
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
MOST_BUFFERS = 8192  # MB
SETTINGS = {
    "listen_addresses": "''",
    "port": PORT,
    "max_connections": 200,
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    # A crash may cost us the databases; they are rebuilt in a minute.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "20s",
}


def shared_buffers():
    """A quarter of the memory, which PostgreSQL's manual calls reasonable; at least its default."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no such limit, or it says "max"
        memory = min(memory, int(CONTAINER_LIMIT.read_text(encoding="ascii")))
    return f"{min(max(128, memory // 4 // 1024**2), MOST_BUFFERS)}MB"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server to talk to: its client programs and how to connect."""

    name: str  # tells servers apart, for what belongs to their databases but is kept elsewhere
    programs: Path | None
    variables: dict = field(default_factory=dict)

    @property
    def data_folder(self):
        """Where Odoo keeps the files of this server's databases."""
        return cache.folder("data", self.name)

    def client(self, name):
        """Full path of a client program such as psql."""
        path = shutil.which(name, path=str(self.programs) if self.programs else None)
        if not path:
            raise Problem(f"{name} is missing. As root, run: apt-get install -y postgresql-client")
        return path

    def sql(self, statement, database="postgres"):
        """Run one statement; rows come back as lists of texts."""
        output = run(
            [
                self.client("psql"),
                "-XAtq",
                "-F",
                "\t",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                database,
                "-c",
                statement,
            ],
            why="PostgreSQL",
            env={**os.environ, **self.variables},
        )
        return [line.split("\t") for line in output.splitlines()]


@contextlib.contextmanager
def running():
    """A server for the time of the `with` block."""
    if os.environ.get("PGHOST") or os.environ.get("PGDATABASE"):
        yield users_own()
    else:
        with Cluster(find_programs()).in_use() as server:
            yield server


def users_own():
    """The server of PGHOST, PGPORT, PGUSER and PGPASSWORD; nothing is started or stopped."""
    if os.environ.get("PGUSER") == "postgres":
        raise Problem(
            "Odoo refuses to work as the database user `postgres`.\n"
            "Set PGUSER to another role that may create databases."
        )
    host = os.environ.get("PGHOST", "")
    name = f"server-{short_hash(host, os.environ.get('PGPORT', ''))}"
    server = Server(name, programs=next(iter(installed_programs()), None))
    say(f"» PostgreSQL: yours at {host or 'the default socket'}")
    allowed = server.sql(
        "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    if allowed != [["t"]]:
        raise Problem("Your PostgreSQL role may not create databases (ALTER ROLE … CREATEDB).")
    return server


def installed_programs():
    """Folders of installed server versions, the newest first."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    return sorted(
        folders,
        key=lambda path: (path.parent.name.isdigit(), path.parent.name.zfill(3)),
        reverse=True,
    )


def find_programs():
    """Folder of the server programs; installs Debian's package when there are none."""
    if not installed_programs():
        with step("PostgreSQL: installing the server") as progress:
            apt.install(server_packages(), "PostgreSQL", progress)
    if not installed_programs():
        raise Problem("PostgreSQL was installed, but initdb is not where it should be.")
    return installed_programs()[0]


def server_packages():
    """The packages to install, and no cluster made along with them on port 5432."""
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if os.geteuid() == 0 and not settings.exists():
        settings.parent.mkdir(exist_ok=True)
        settings.write_text("create_main_cluster = false\n", encoding="utf-8")
    return ["postgresql"]


class Cluster:
    """Our own data folder and the server on it."""

    def __init__(self, programs):
        self.programs = programs
        self.version = programs.parent.name if programs.parent.name.isdigit() else "local"
        self.top = cache.folder(f"postgres-{self.version}")
        self.data = self.top / "data"
        self.log = self.top / "server.log"
        self.socket = self._socket_folder()
        self.owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None

    def _socket_folder(self):
        inside = self.top / "run"
        if len(f"{inside}/.s.PGSQL.{PORT}.lock") <= SOCKET_PATH_LIMIT:
            return inside
        return Path("/tmp") / f"lead-addons-{short_hash(inside)}"

    @contextlib.contextmanager
    def in_use(self):
        with open(self.top / "users.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)  # waits for one who is just stopping it
            with cache.setup_lock():
                self._prepare()
                self._start()
            try:
                yield Server(
                    self.top.name,
                    self.programs,
                    {
                        "PGHOST": str(self.socket),
                        "PGPORT": str(PORT),
                        "PGUSER": ROLE,
                    },
                )
            finally:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._control("stop", "-m", "fast")

    # --- steps -----------------------------------------------------------------------------------

    def _prepare(self):
        for path in (self.top, self.socket):
            path.mkdir(parents=True, exist_ok=True)
            self._give_to_owner(path)
        if cache.is_complete(self.top) and (self.data / "PG_VERSION").is_file():
            return
        with step(f"PostgreSQL {self.version}: making a private cluster"):
            cache.remove(self.data)
            self._as_owner(
                "initdb",
                "-D",
                self.data,
                "-U",
                "postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            )
            settings = "".join(f"{key} = {value}\n" for key, value in SETTINGS.items())
            with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
                file.write(f"\n# for development\n{settings}")
            self._start()
            self._as_owner(
                "createuser", "-h", self.socket, "-p", PORT, "-U", "postgres", "--createdb", ROLE
            )
            cache.mark_complete(self.top)

    def _give_to_owner(self, path):
        if self.owner:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def _start(self):
        if self._is_running():
            return
        say(f"» PostgreSQL {self.version}: starting the private cluster")
        options = f"-k {self.socket} -c shared_buffers={shared_buffers()}"
        self._control("start", "-l", self.log, "-o", options)

    def _is_running(self):
        try:
            self._as_owner("pg_isready", "-q", "-h", self.socket, "-p", PORT)
        except Problem:
            return False
        return True

    def _control(self, action, *arguments):
        self._as_owner("pg_ctl", action, "-D", self.data, "-w", "-t", 60, "-s", *arguments)

    def _as_owner(self, program, *arguments):
        command = [self.programs / program, *arguments]
        if self.owner:
            command = ["runuser", "-u", "postgres", "--", *command]
        # A server that inherits our output would keep a pipe of ours open for ever.
        return run(command, why=f"PostgreSQL ({program} {arguments[0]})", cwd="/")
