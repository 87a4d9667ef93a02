"""Running other programs, and making sure that none of them outlives us."""

import contextlib
import os
import signal
import subprocess
import threading

PATIENCE = 15  # seconds that a program gets to stop by itself


class Problem(Exception):
    """Something that went wrong and that the user can read and act on."""


class Stopped(KeyboardInterrupt):
    """Somebody ended us with a signal other than Ctrl-C."""


def run(command, *, why=None, **options):
    """Run a short command and return its output; its own words are the problem when it fails."""
    command = [str(part) for part in command]
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            **options,
        )
    except OSError as error:
        raise Problem(f"{why or command[0]}: {error}") from None
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise Problem(f"{why or ' '.join(command)} failed:\n{tail}")
    return done.stdout


@contextlib.contextmanager
def started(command, **options):
    """A program in its own process group, which is gone with all its children afterwards."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        **options,
    )

    def reap():
        process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it left behind, for example a browser

    reaper = threading.Thread(target=reap, daemon=True)
    reaper.start()
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        reaper.join()


def stream(command, on_line, *, log=None, **options):
    """Run a long command, hand each line of its output to `on_line`, return its exit code."""
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    text = {"text": True, "errors": "replace"}
    with (
        open(log or os.devnull, "a", encoding="utf-8") as copy,
        started(command, **pipe, **text, **options) as process,
    ):
        for line in process.stdout:
            copy.write(line)
            copy.flush()
            on_line(line.rstrip("\n"))
        return process.wait()


def foreground(command, **options):
    """Run a command that owns the terminal, Ctrl-C and a debugger's prompt included."""
    process = subprocess.Popen([str(part) for part in command], **options)
    try:
        return process.wait()
    except KeyboardInterrupt as stop:
        if isinstance(stop, Stopped):  # a Ctrl-C has reached the command by itself
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        raise
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def stream_or_fail(command, on_line, *, why, **options):
    """Like `stream`, and the last lines are the problem when the command fails."""
    tail = []

    def keep(line):
        tail.append(line)
        del tail[:-20]
        on_line(line)

    if stream(command, keep, **options):
        raise Problem(f"{why} failed:\n" + "\n".join(tail))
