"""What `fit` returns: the scores by name, one value an epoch; a dict, which Keras' word `history` names too."""

from __future__ import annotations


class History(dict[str, list[float]]):
    """Scores by name, ``history["loss"]`` or ``history.history["loss"]``; `epoch` has the number of each epoch."""

    def __init__(self, scores: dict[str, list[float]] | None = None, first_epoch: int = 0) -> None:
        super().__init__(scores or {})
        self.epoch = [first_epoch + number for number, _ in enumerate(self.get("loss", ()))]

    @property
    def history(self) -> dict[str, list[float]]:
        """The scores."""
        return self

    def add(self, epoch: int, scores: dict[str, float]) -> None:
        """Take in the scores of one epoch."""
        self.epoch.append(epoch)
        for name, value in scores.items():
            self.setdefault(name, []).append(float(value))
