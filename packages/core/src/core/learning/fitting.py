"""Training is a loop over epochs, and within each over batches in a new order; the seed and the epoch's number decide it all.

Whatever is drawn in an epoch comes from one generator made of the seed and the number of the epoch. So the same call gives
the same weights, and a training that goes on from a checkpoint gives those of one that was never interrupted.
"""

from __future__ import annotations

from core.graph.network import Network
from core.learning.checkpoint import Checkpoint
from core.learning.checkpoint_fields import settings_of
from core.learning.compiled import Compiled
from core.learning.course import Course
from core.learning.history import History
from core.learning.lessons import Lessons, TrainingData
from core.learning.trainer import Trainer


class Fitting:
    """One call of `core.Model.fit`. Raises `InputError` for whatever does not fit, before the first step."""

    def __init__(self, model: Network, words: Compiled, data: TrainingData, course: Course) -> None:
        self._trainer = trainer = Trainer(model, words.objectives(model), words.optimizer)
        self._course = course
        self._lessons = lessons = Lessons(trainer, data, course)
        course.begin(lessons.names)
        self._checkpoint: Checkpoint | None = None
        self._history, self._ended = History(first_epoch=course.first), False
        if course.checkpoint is not None:
            settings = settings_of(trainer, lessons, data, course)
            self._checkpoint = Checkpoint(course.checkpoint, trainer, course.callbacks, settings)
            if self._checkpoint.path.exists():
                scores, self._ended = self._checkpoint.load()
                self._history = History(scores, course.first)

    def run(self) -> History:
        """Go through the epochs that are left; return the scores of all."""
        course, lessons, history = self._course, self._lessons, self._history
        left = range(course.first + len(history.epoch), 0 if self._ended else course.end)
        if course.progress is not None and left:
            course.progress.begin(course.end, lessons.feed.steps or 0)
        for epoch in left:
            logs = lessons.learn(epoch)
            logs |= lessons.validate() if course.validates(epoch) else {}
            ended = course.end_epoch(self._trainer, history, epoch, logs)
            if self._checkpoint is not None:
                self._checkpoint.save(history, ended=ended)
            if ended:
                break
        for callback in course.callbacks:
            callback.on_train_end(self._trainer)
        return history
