"""Kept runs whose files all hold one word, and programs that keep them and are killed at it.

``python kept_words.py dying`` keeps runs again and again, each in a child that ends at another of the calls by which files and
folders change, as if it had been killed, with nothing cleaned up; it prints the step, the status and the word that the kept
run holds afterwards, one line a child. ``python kept_words.py waiting WORD`` prints "now" with all files written and waits for
a line before it keeps them.
"""

import json
import os
import sys

from core.experiment import store

KEY = {"package": "toy", "seed": 0}
CALLS = ("mkdir", "rename", "replace", "unlink", "rmdir", "fsync", "open", "scandir", "listdir", "close")


def fill(word, then=lambda: None):
    def filled(folder):
        for name in store.FILES:
            (folder / name).write_text(word)
        then()
        return {"epochs": 1, "date": word}

    return filled


def held():
    """Return the word that the kept run holds in all its files, or None; half a run fails."""
    run = store.find(KEY)
    if run is None:
        return None
    (word,) = {(run.folder / name).read_text() for name in store.FILES} | {run.facts.date}
    return word


def keep_dying(step):
    calls = 0

    def counted(function):
        def call(*args, **kwargs):
            nonlocal calls
            calls += 1
            if calls == step:
                os._exit(9)
            return function(*args, **kwargs)

        return call

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))
    store.keep(KEY, fill(f"step {step}"))
    os._exit(0)


def dying():
    status, step = 9, 0
    while status:
        step += 1
        child = os.fork() or keep_dying(step)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([step, status, held()]), flush=True)  # noqa: T201


def waiting(word):
    store.keep(KEY, fill(word, lambda: print("now", flush=True) or sys.stdin.readline()))  # noqa: T201


if __name__ == "__main__":
    {"dying": dying, "waiting": waiting}[sys.argv[1]](*sys.argv[2:])
