"""How a command ends: a mistake is one line and status 2, never a stack trace; a reader that stopped reading is not a mistake."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress

from core.errors import KacaError
from core.experiment.command.output import write_error

#: The exit status that Unix tools give for a mistake in the command.
USAGE_ERROR = 2
#: 128 + SIGINT and 128 + SIGPIPE: what a shell reports for a program that such a signal ended.
INTERRUPTED, NO_READER = 130, 141


def run_command(body: Callable[[], int]) -> int:
    """Run the body of a command and return the exit status; warnings are notes, shown if the command succeeds."""
    try:
        with warnings.catch_warnings(record=True) as noticed:
            warnings.simplefilter("always")
            status = body()
            if sys.stdout is not None and not sys.stdout.closed:
                sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return NO_READER
    except KacaError as error:
        write_error(f"error: {error}")
        return USAGE_ERROR
    except OSError as error:
        _forget_output()
        write_error(f"error: {describe(error)}")
        return USAGE_ERROR
    except MemoryError:
        write_error("error: there is not enough memory for this")
        return USAGE_ERROR
    except KeyboardInterrupt:
        write_error("interrupted")
        return INTERRUPTED
    for note in dict.fromkeys(str(warning.message) for warning in noticed):
        write_error(f"note: {note}")
    return status


def describe(error: OSError) -> str:
    """Return what an operating system refused, and of which file."""
    return f"{error.filename}: {error.strerror}" if error.filename is not None else str(error)


def _forget_output() -> None:
    """Let what is still buffered go nowhere, so that Python does not complain about it when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
