"""How a model is trained: numbers that are the same for all families."""

from dataclasses import dataclass
from typing import Annotated

from maestrokit.bounds import COUNT, LARGEST_COUNT, SEED, SHARE, Within, check_fields
from maestrokit.errors import UsageError, choices_hint

DEVICES = ("auto", "cpu", "cuda")
OPTIMIZERS = ("adamw", "muon")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Settings:
    """What the training loop needs to know."""

    seed: Annotated[int, SEED] = 0
    """Decides all that is drawn at random."""
    steps: Annotated[int | None, COUNT] = None
    """Steps of the optimizer in all; None goes on until the time is up or nothing improves."""
    time_limit: Annotated[float | None, Within(0, 1_000_000_000, above=True)] = None
    """Seconds of training in all, resumed ones counted in."""
    optimizer: str = "adamw"
    """``adamw``, or ``muon``: inner matrices and convolutions by Muon, which needs fewer steps, all else by AdamW."""
    learning_rate: Annotated[float, Within(0, 1000, above=True)] = 1e-3
    """The highest."""
    muon_rate: Annotated[float, Within(0, 1000, above=True)] = 1.0
    """The rate of what Muon steps, as a multiple of that of all else."""
    warmup_steps: Annotated[int, Within(0, LARGEST_COUNT)] = 100
    """The rate rises in a line for so many steps, or for a tenth of all, whichever is less."""
    cooldown: Annotated[float, SHARE] = 0.0
    """Share of the training, at its end, over which the rate falls in a line, constant before, so that a training can
    be given more time later; 0 lets it fall along a cosine from the beginning."""
    final_rate: Annotated[float, SHARE] = 0.0
    """What the rate falls to, as a share of the learning rate."""
    weight_decay: Annotated[float, Within(0, 1000)] = 0.01
    """Share of the matrices that the learning rate takes away with each step."""
    beta: Annotated[float, Within(0, 1, below=True)] = 0.95
    """Memory of the squared gradients; 0.999 is the custom for images, less is quicker for sequences."""
    clip: Annotated[float, Within(0, 1_000_000_000)] = 1.0
    """Longest gradient; longer ones are shortened to it. 0 leaves them alone."""
    accumulate: Annotated[int, COUNT] = 1
    """Batches a step."""
    average: Annotated[float, Within(0, 1, below=True)] = 0.0
    """Decay of the moving average of the weights, which is then what is validated and kept; 0 keeps none."""
    precision: str = "auto"
    """``float32``, ``bfloat16``, or ``auto``: the second on a GPU, and for transformers on processors that multiply it
    in hardware (AVX512_BF16, AMX)."""
    only: str = ""
    """Part of the model that learns alone, from the beginning, while all else stays as ``init`` has it, such as the
    ``pedal`` of a cnn; empty lets all learn."""
    validate_every: Annotated[int, Within(0, LARGEST_COUNT)] = 500
    """Steps between validations, or more where `validation_share` asks for it; 0 validates at each tenth of the steps,
    or of the time, under the same condition. The last step is validated in any case."""
    validation_share: Annotated[float, Within(0, 1000)] = 0.1
    """Batches that are validated on for each that is learned from, at most; 0 sets no limit, as a search does where
    nothing else is given, so that bad trainings can be ended early."""
    patience: Annotated[int | None, COUNT] = None
    """Validations without improvement after which training ends; None never ends it."""
    watch: str = "loss"
    """The score that decides what is best; all but ``loss`` are better when higher."""
    log_every: Annotated[int, COUNT] = 50
    """Steps between two lines of the log."""
    save_every: Annotated[float, Within(0, 1_000_000_000)] = 60.0
    """Seconds between two savings; each validation saves too."""

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.validate_every and self.steps is None and self.time_limit is None:
            raise UsageError("there are no tenths of a training without end", "give `steps` or `time_limit`")
        if self.optimizer not in OPTIMIZERS:
            raise UsageError(
                f"no optimizer '{self.optimizer}'", choices_hint(self.optimizer, OPTIMIZERS), parameter="optimizer"
            )
        if self.precision not in PRECISIONS:
            raise UsageError(
                f"no precision '{self.precision}'", choices_hint(self.precision, PRECISIONS), parameter="precision"
            )
