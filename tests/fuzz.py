"""The long search for a file that breaks the reader: ``python fuzz.py [--minutes M] [--seed S] [FILE ...]``.

Corrupted files are opened in child processes with limits on memory and time, so that a crash, a hang or a flood is noticed
too. Whatever but a `core.KacaError` leaves `load_model`, `load_weights` or `core.inspect` is a finding: its file is kept.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "packages/core/tests/support"))

from corruption import corrupt
from newest_hdf5 import as_newest_hdf5
from sample_network import sample_network

import core
from core.inspect import inspect

MODELS = Path(__file__).parents[1] / "packages/core/tests_bare/models"
#: Files that one child opens before it hands over to the next.
BATCH = 100
#: The most that opening one corrupted file may take: seconds of processor time, and bytes beyond what the child began with.
SECONDS, MEMORY = 2.0, 300 * 2**20


def seeds(paths: list[Path]) -> list[tuple[str, bytes]]:
    """The honest files: those given, or the ones that stand beside the tests, with their weights alone as well."""
    paths = [path for folder in paths for path in (folder.iterdir() if folder.is_dir() else [folder])] or [
        *MODELS.glob("*.keras"),
        *Path(os.environ.get("KACA_DATA_DIR", "none")).glob("wild_models/*.*[5s]"),
    ]
    found = [(path.name, path.read_bytes()) for path in paths]
    with tempfile.TemporaryDirectory() as folder:
        model = core.load_model(MODELS / "images.keras")
        for name in ("images.weights.h5", "images.npz"):
            model.save_weights(Path(folder) / name)
            found.append((name, (Path(folder) / name).read_bytes()))
        found.append(("latest.weights.h5", as_newest_hdf5(found[-2][1])))
        sample_network().save(Path(folder) / "variety.keras")
        found.append(("variety.keras", (Path(folder) / "variety.keras").read_bytes()))
    return found


def attempt(path: Path, model: core.Model) -> str:
    """Open a corrupted file in every way there is; return what came of it."""
    outcomes = []
    for work in (lambda: core.load_model(path).summary(), lambda: model.load_weights(path)):
        try:
            work()
            outcomes.append("Opened")
        except core.KacaError as error:
            outcomes.append(type(error).__name__)
    inspect(path)
    return "/".join(outcomes)


def child(honest: list[tuple[str, bytes]], seed: int, folder: Path, report: int) -> None:
    """Open one batch of corrupted files; write one line for each to `report`. What is being opened lies in `folder`."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))  # a flood ends here, and not the machine
    rng = Random(seed)
    model = core.load_model(MODELS / "images.keras")
    core.load_model(MODELS / "sentences.keras")
    for _ in range(BATCH):
        name, data = rng.choice(honest)
        path = folder / name
        path.write_bytes(corrupt(data, rng))
        before, start = peak(), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, 10 * SECONDS)  # of processor time: the machine may be busy
        try:
            outcome = attempt(path, model)
        except Exception:  # noqa: BLE001 - whatever it is, it is the finding
            traceback.print_exc()
            outcome = "ERROR"
        signal.setitimer(signal.ITIMER_PROF, 0)
        spent = time.process_time() - start
        if spent > 3 * SECONDS:  # three ways of opening
            outcome = f"SLOW ({spent:.1f} s)"
        elif peak() - before > MEMORY:
            outcome = f"LARGE ({(peak() - before) >> 20} MB)"
        if outcome.split()[0].isupper():
            kept = Path(tempfile.gettempdir()) / f"finding-{seed}-{name}"
            kept.write_bytes(path.read_bytes())
            outcome += f" {kept}"
        os.write(report, f"{outcome}\n".encode())
        path.unlink()


def peak() -> int:
    """The largest resident size of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def batch(honest: list[tuple[str, bytes]], seed: int) -> list[str]:
    """Run one child; return its lines, and one more if it died."""
    read, write = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        pid = os.fork()
        if pid == 0:
            os.close(read)
            try:
                child(honest, seed, Path(folder), write)
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read) as lines:
            found = lines.read().splitlines()
        _, status = os.waitpid(pid, 0)
        if status or len(found) < BATCH:
            for path in Path(folder).iterdir():
                kept = Path(tempfile.gettempdir()) / f"finding-{seed}-{path.name}"
                kept.write_bytes(path.read_bytes())
                found.append(f"DIED ({status}) {kept}")
    return found


def main() -> int:
    """Search until the time is up; 0 if nothing was found."""
    parser = argparse.ArgumentParser(description="Open corrupted model files until one breaks the reader.")
    parser.add_argument("file", type=Path, nargs="*", help="honest files to corrupt, or folders of them")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    honest = seeds(options.file)
    outcomes: Counter[str] = Counter()
    findings: list[str] = []
    end, seed = time.monotonic() + 60 * options.minutes, options.seed
    while time.monotonic() < end:
        for outcome in batch(honest, seed):
            outcomes[outcome.split()[0]] += 1
            if outcome.split()[0].isupper():
                findings.append(outcome)
                sys.stdout.write(f"{outcome}\n")
                sys.stdout.flush()
        seed += 1
    sys.stdout.write(f"{sum(outcomes.values()):,} corrupted files: {dict(outcomes.most_common())}\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
