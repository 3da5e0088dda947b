"""What a user of the trainer can get wrong: an option of the config, or data that is not there."""

from __future__ import annotations

from core.errors import KacaError


class OptionError(KacaError, ValueError):
    """A config names an option that does not exist, or gives one a value that it cannot have."""


class DataUnavailableError(KacaError):
    """A data set is neither in a local mirror nor in the cache, and the network does not bring it."""
