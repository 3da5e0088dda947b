"""Every error that Kaca raises on purpose, so that a caller can catch one kind or all of them.

A message says which layer or file, what was expected, what came, and what to do.
"""

from __future__ import annotations

from core.printable import printable

#: A message quotes what came, which in a hostile file can be megabytes; more characters than this are left out.
_LONGEST_MESSAGE = 2_000


class KacaError(Exception):
    """The common parent: ``except core.KacaError`` catches whatever Kaca refuses."""

    def __str__(self) -> str:
        message = printable(super().__str__(), keep="\n\t")  # a stack trace shows it on a terminal
        if len(message) <= _LONGEST_MESSAGE:
            return message
        half = _LONGEST_MESSAGE // 2
        return f"{message[:half]} ... ({len(message):,} characters) ... {message[-half:]}"


class ModelFileError(KacaError):
    """A model file is broken, hostile, or not a Keras model at all."""


class UnsupportedLayerError(KacaError):
    """A layer, or an option of one, that Kaca does not implement or refuses to run."""


class WeightMismatchError(KacaError):
    """The weights of a file do not fit the model: a name, a shape, a count or a type differs."""


class InputError(KacaError, ValueError):
    """An input has the wrong shape, type or values (NaN, a token out of range, ...)."""


class LimitError(InputError):
    """A pass through the model would cost more than its `core.Limits` allow."""
