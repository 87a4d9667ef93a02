"""What the user sees: one line per step, progress below it, the time at its end."""

import contextlib
import shutil
import sys
import time

QUIET_SECONDS = 10  # between two progress lines where lines cannot be overwritten (CI, pipes)


def say(text=""):
    print(text, flush=True)


class Progress:
    """Progress of one step: a line that overwrites itself on a terminal, now and then elsewhere."""

    def __init__(self):
        self.started = self.shown = time.monotonic()
        self.on_line = False

    def __call__(self, text):
        now = time.monotonic()
        if sys.stdout.isatty():
            if now - self.shown > 0.1:
                width = shutil.get_terminal_size().columns - 4
                print(f"\r\x1b[K  … {text[:width]}", end="", flush=True)
                self.shown, self.on_line = now, True
        elif now - self.shown > QUIET_SECONDS:
            say(f"  … {text}")
            self.shown = now

    def close(self):
        if self.on_line:
            print("\r\x1b[K", end="", flush=True)
            self.on_line = False


@contextlib.contextmanager
def step(title):
    """Announce a step, give it a `Progress`, and tell how long it took when that was noticeable."""
    say(f"» {title}")
    progress = Progress()
    try:
        yield progress
    finally:
        progress.close()
    seconds = time.monotonic() - progress.started
    if seconds >= 1:
        say(f"  done in {seconds:.0f} s")
