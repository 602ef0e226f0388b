"""The one training loop of all families.

The model owns its losses and the order of its steps; the loop owns what every training needs: rates, clipping,
accumulation, averages, validation, early stopping, logs, checkpoints and signals. It resumes exactly: batches and
random numbers depend on nothing but the seed and the step, and everything else is in ``resume.safetensors``.
"""

import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import checkpoint
from maestrokit.models.contract import RecurrentState, TrainedModel
from maestrokit.training.device import DistributedContext, has_fast_bfloat16
from maestrokit.training.optimizers import Optimizers, learning_rate, share_done
from maestrokit.training.settings import TrainingSettings
from maestrokit.training.task import Data
from maestrokit.training.validation import validated, watched_loss, weights_of

RecordCallback = Callable[[dict[str, Any]], None]

StepCallback = Callable[[float, Mapping[str, float]], None]
"""``tick(done, losses)``: called after each step with the share that is done, 0..1, and the last losses."""

TENTHS = 10  # validations of a training with ``validate_every=0``


class DivergedError(UsageError):
    """A loss is not finite."""


@dataclass
class Progress:
    """Progress of a training; the numbers in ``resume.safetensors``."""

    step: int = 0
    epoch: int = 0
    index: int = 0
    """Index of the next batch of the epoch."""
    seconds: float = 0.0
    best: float = math.inf
    """Best score so far; lower is better."""
    since_best: int = 0
    """Validations since then."""
    validated: int = -1
    """Step of the last validation."""
    is_due: bool = False
    """Whether a validation is due, but delayed until it is cheap enough."""
    scored: int = 0
    """Batches validated on so far."""


@dataclass(frozen=True)
class TrainingOutcome:
    """Why training ended: ``steps``, ``time``, ``patience`` or ``signal``.

    Parameters
    ----------
    reason : {'steps', 'time', 'patience', 'signal'}
        What ended the training.
    progress : Progress
        The step, the epoch, the seconds of training, and the best score.
    signal_number : int
        The signal that ended it; 0 for none.
    """

    reason: str
    progress: Progress
    signal_number: int = 0


class Training:
    """A training in progress, in a run folder whose ``config.json`` is written first.

    `report` is called with each record of the log as it is written, `tick` after each step, `announce` with a
    sentence when something begins that takes long, and `warn` with what a validation shows to have gone wrong.
    """

    def __init__(
        self,
        model: TrainedModel,
        data: Data,
        settings: TrainingSettings,
        *,
        folder: Path,
        context: DistributedContext,
        report: RecordCallback = lambda record: None,
        tick: StepCallback = lambda done, losses: None,
        announce: Callable[[str], None] = lambda sentence: None,
        warn: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        if model.needs_end and settings.steps is None and settings.time_limit is None:
            raise UsageError("the training has no end to take shares of", "give `steps` or `time_limit`")
        self.model, self.data, self.settings = model.to(context.device), data, settings
        self.folder, self.context, self.report, self.tick = folder, context, report, tick
        self.announce, self.warn, self._step_seconds, self._validation_seconds = announce, warn, math.inf, 0.0
        for name, parameter in self.model.named_parameters() if settings.train_only else ():
            parameter.requires_grad_(name.startswith(f"{settings.train_only}."))
        self.optimizers = Optimizers(self.model, settings, context)
        self.ema = {name: value.clone() for name, value in model.state_dict().items()} if settings.ema_decay else {}
        self.recurrent_state: RecurrentState = {}
        self.progress = Progress()
        if settings.watch != "loss":
            self._check_watched(next(iter(data.validation())))
        self._signal = 0
        # Batches are scored whole by each process, where steps share them.
        self._batches_to_score = context.processes * data.validation_batches()
        self._recent: list[dict[str, float]] = []

    def _check_watched(self, batch: Mapping[str, Tensor]) -> None:
        """Raise an error for a watched score that the model does not return, before hours of training."""
        with torch.no_grad(), self._precision():
            scores, _ = self.model.eval().score(
                {name: part.to(self.context.device) for name, part in batch.items()}, {}
            )
        if self.settings.watch not in scores:
            raise UsageError(f"no score '{self.settings.watch}' to watch", "scores: " + ", ".join(sorted(scores)))

    def resume(self) -> None:
        """Continue exactly where ``resume.safetensors`` stopped; BadDataError if it is of another training."""
        tensors, progress = checkpoint.read_resume(self.folder)
        try:
            self.progress = Progress(**progress)
            self.model.load_state_dict(_under("model.", tensors))
            self.optimizers.restore(_under("optimizer.", tensors))
            if self.ema:
                self.ema = {name: tensors[f"average.{name}"].to(self.context.device) for name in self.ema}
        except (KeyError, TypeError, RuntimeError) as error:
            fact = f"cannot resume '{self.folder}': {str(error).splitlines()[0]}"
            raise BadDataError(fact, "it belongs to another training; choose another folder") from None
        self.recurrent_state = self.context.own_rows(_under("carry.", tensors))
        if self.context.is_first:
            checkpoint.cut_log(self.folder, step=self.progress.step)

    def run(self) -> TrainingOutcome:
        """Train until steps, time or patience run out, or a signal arrives; save, and return the reason."""
        begun = time.monotonic() - self.progress.seconds
        saved = logged = time.monotonic()
        with _signals_noted(self), torch.random.fork_rng():
            while not (reason := self._reason_to_end()):
                before, start = self._done(), time.monotonic()
                losses = self._step()
                now = time.monotonic()
                self._step_seconds = min(self._step_seconds, self.context.broadcast(now - start))
                self.progress.seconds = self.context.broadcast(now - begun)
                self.tick(self._done(), losses)
                if self.progress.step % self.settings.log_every == 0:
                    self._log(speed=len(self._recent) / max(now - logged, 1e-9))
                    logged = now
                self.progress.is_due |= self._passes_mark(before)
                if self.progress.is_due and self._is_cheap_to_validate():
                    self._validate()
                elif self.context.broadcast(now - saved) < self.settings.save_every:
                    continue
                self._save()
                saved = time.monotonic()
            if reason != "signal" and self.progress.validated != self.progress.step:
                self._validate()
            has_no_weights = self.progress.validated < 0 < self.progress.step
            if has_no_weights and self.context.is_first:  # stopped early: these can be used, though nothing scored them
                with weights_of(self.model, self.ema):
                    checkpoint.write_weights(self.folder, self.model.state_dict())
            self._save()
        return TrainingOutcome(reason, self.progress, self._signal)

    def note_signal(self, number: int, frame: FrameType | None = None) -> None:
        """End after this step; a second signal ends at once."""
        if self._signal:
            raise KeyboardInterrupt
        self._signal = number

    def _reason_to_end(self) -> str:
        settings, progress = self.settings, self.progress
        if self.context.broadcast(self._signal):
            return "signal"
        if settings.steps is not None and progress.step >= settings.steps:
            return "steps"
        if settings.time_limit is not None and progress.seconds + self._next_seconds() >= settings.time_limit:
            return "time"
        return "patience" if settings.patience and progress.since_best >= settings.patience else ""

    def _next_seconds(self) -> float:
        """Return how long one more step and the last validation take at least, by those that were timed so far."""
        return 0.0 if math.isinf(self._step_seconds) else self._step_seconds + self._validation_seconds

    def _done(self) -> float:
        return share_done(self.settings, step=self.progress.step, seconds=self.progress.seconds)

    def _passes_mark(self, done_before: float) -> bool:
        if self.settings.validate_every:
            return self.progress.step % self.settings.validate_every == 0
        return math.floor(TENTHS * self._done()) > math.floor(TENTHS * done_before)

    def _is_cheap_to_validate(self) -> bool:
        """Return whether all validations, including one now, take at most their share of the time.

        Time is counted in batches, so that the same training validates at the same steps on any machine: scoring a
        batch takes about a third of the time of training on one.
        """
        learned, share = self.progress.step * self.settings.accumulate, self.settings.validation_share
        return not share or self.progress.scored + self._batches_to_score <= share * learned

    def _step(self) -> dict[str, float]:
        """Train on the next batches; return the losses of the last one."""
        progress = self.progress
        self.model.eval().get_submodule(self.settings.train_only).train()  # the rest keeps even its running means
        self.model.done = self._done()
        torch.manual_seed((self.settings.seed * 1_000_003 + progress.step + (self.context.rank << 40)) % 2**63)
        self.optimizers.begin(learning_rate(self.settings, step=progress.step, seconds=progress.seconds))
        for part in range(self.settings.accumulate):
            self.optimizers.is_last_part = part == self.settings.accumulate - 1
            if progress.index >= self.data.batches(progress.epoch):
                progress.epoch, progress.index, self.recurrent_state = progress.epoch + 1, 0, {}
            batch = self.context.share(self.data.batch(progress.epoch, progress.index))
            with self._precision():
                update = self.optimizers.backward_and_step
                losses, self.recurrent_state = self.model.step(batch, self.recurrent_state, update)
            self._recent.append(losses)
            progress.index += 1
        progress.step += 1
        for name, value in self.model.state_dict().items() if self.ema else ():
            decay = min(self.settings.ema_decay, (1 + progress.step) / (10 + progress.step))
            self.ema[name].lerp_(value, 1 - decay) if value.is_floating_point() else self.ema[name].copy_(value)
        if any(not math.isfinite(value) for value in losses.values()):
            raise DivergedError(f"training diverged at step {progress.step}: {losses}", "lower `learning_rate`")
        return losses

    def _precision(self) -> AbstractContextManager[Any]:
        kind = self.context.device.type
        is_quick = kind == "cuda" or (self.model.supports_cpu_autocast and has_fast_bfloat16())
        low = self.settings.precision == "bfloat16" or (self.settings.precision == "auto" and is_quick)
        return torch.autocast(kind, torch.bfloat16) if low else nullcontext()

    def _log(self, *, speed: float) -> None:
        values: dict[str, list[float]] = {}
        for losses in self._recent:
            for name, value in losses.items():
                values.setdefault(name, []).append(value)
        means = {name: sum(numbers) / len(numbers) for name, numbers in values.items()}
        means = self.context.mean(means)
        self._recent = []
        rate = learning_rate(self.settings, step=self.progress.step - 1, seconds=self.progress.seconds)
        self._write({"part": "train", **means, "learning_rate": rate, "batches_per_second": round(speed, 3)})

    def _validate(self) -> None:
        self.announce(f"validating at step {self.progress.step}")
        start = time.monotonic()
        with weights_of(self.model, self.ema):
            scores = validated(self.model, self.data, self.context, self._precision)
            now = self.context.broadcast(watched_loss(scores, self.settings.watch))
            if not math.isfinite(now):
                fact = f"training diverged: {self.settings.watch} is {now:g} in validation at step {self.progress.step}"
                raise DivergedError(fact, "lower `learning_rate`")
            improved = now < self.progress.best
            if improved and self.context.is_first:
                checkpoint.write_weights(self.folder, self.model.state_dict())
        self.progress.best = min(now, self.progress.best)
        self.progress.since_best = 0 if improved else self.progress.since_best + 1
        self.progress.validated, self.progress.is_due = self.progress.step, False
        self.progress.scored += self._batches_to_score
        self._validation_seconds = self.context.broadcast(time.monotonic() - start)
        self._write({"part": "validation", **scores, "best": improved})
        if self.context.is_first and (sentence := self.model.note(scores)):
            self.warn(sentence)

    def _write(self, record: dict[str, Any]) -> None:
        step, epoch, seconds = self.progress.step, self.progress.epoch, round(self.progress.seconds, 1)
        record = {"step": step, "epoch": epoch, "seconds": seconds, "done": round(self._done(), 4), **record}
        if self.context.is_first:
            checkpoint.append_log(self.folder, record)
            self.report(record)

    def _save(self) -> None:
        recurrent_state = self.context.gather_rows(self.recurrent_state)
        if not self.context.is_first:
            return
        parts = {"model": self.model.state_dict(), "optimizer": self.optimizers.saved()}
        parts |= {"average": self.ema, "carry": recurrent_state}
        tensors = {f"{part}.{name}": value for part, values in parts.items() for name, value in values.items()}
        checkpoint.write_resume(self.folder, tensors, asdict(self.progress))


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


@contextmanager
def _signals_noted(training: Training) -> Iterator[None]:
    """Let the first SIGINT, SIGTERM or SIGHUP end training after its step; where handlers cannot be set, leave them.

    A SIGHUP that is ignored, as by nohup, stays so.
    """
    note = training.note_signal
    heeded = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heeded.append(signal.SIGHUP)
    try:
        old = {number: signal.signal(number, note) for number in heeded}
    except ValueError:  # not the main thread
        old = {}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
