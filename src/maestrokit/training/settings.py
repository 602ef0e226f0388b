"""Settings of the training loop, the same for all model families."""

from dataclasses import dataclass
from typing import Annotated

from maestrokit.bounds import COUNT, LARGEST_COUNT, SEED, SHARE, Within, check_fields
from maestrokit.errors import UsageError, check_choice

OPTIMIZERS = ("adamw", "muon")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of the training loop."""

    seed: Annotated[int, SEED] = 0
    """Seed of all random numbers."""
    steps: Annotated[int | None, COUNT] = None
    """Steps of the optimizer in all; None trains until the time is up or `patience` ends it."""
    time_limit: Annotated[float | None, Within(0, 1_000_000_000, above=True)] = None
    """Seconds of training in all, including those before a resumption. No step begins that would not fit together with
    the last validation, by the times of earlier ones; where none was timed yet, these two may take longer."""
    optimizer: str = "adamw"
    """``adamw``, or ``muon``: Muon, which needs fewer steps, for hidden matrices and kernels, AdamW for the rest."""
    learning_rate: Annotated[float, Within(0, 1000, above=True)] = 1e-3
    """Peak learning rate."""
    muon_rate: Annotated[float, Within(0, 1000, above=True)] = 1.0
    """Learning rate of Muon, as a multiple of that of AdamW."""
    warmup_steps: Annotated[int, Within(0, LARGEST_COUNT)] = 100
    """Steps of linear warm-up, at most a tenth of all steps."""
    cooldown: Annotated[float, SHARE] = 0.0
    """Share of the training, at its end, over which the rate decays linearly; it is constant before, so that a run can
    be given more time later. 0 decays along a cosine from the beginning."""
    final_rate: Annotated[float, SHARE] = 0.0
    """Final learning rate, as a share of the peak."""
    weight_decay: Annotated[float, Within(0, 1000)] = 0.01
    """Decoupled weight decay (AdamW) of matrices; vectors do not decay."""
    adam_beta1: Annotated[float, Within(0, 1, below=True)] = 0.9
    """Beta1 of Adam, the decay of the mean of gradients: lower is usual for GANs, such as 0.5."""
    adam_beta2: Annotated[float, Within(0, 1, below=True)] = 0.95
    """Beta2 of Adam, the decay of the mean of squared gradients: 0.999 is usual for images, less suits sequences."""
    max_grad_norm: Annotated[float, Within(0, 1_000_000_000)] = 1.0
    """Largest norm of a gradient; larger ones are scaled down to it. 0 does not clip."""
    accumulate: Annotated[int, COUNT] = 1
    """Batches per step of the optimizer (gradient accumulation)."""
    ema_decay: Annotated[float, Within(0, 1, below=True)] = 0.0
    """Decay of the exponential moving average of the weights, which is then validated and saved; 0 keeps no average."""
    precision: str = "auto"
    """``float32``, ``bfloat16``, or ``auto``: bfloat16 on a GPU, and for transformers and networks of chords, classes
    and style on processors that multiply it in hardware (AVX512_BF16, AMX)."""
    train_only: str = ""
    """Part of the model to train from new weights, such as the ``pedal`` of a cnn, while the rest keeps the weights of
    ``init``; empty trains everything."""
    validate_every: Annotated[int, Within(0, LARGEST_COUNT)] = 500
    """Steps between validations, or more where `validation_share` asks for it; 0 validates at each tenth of the steps,
    or of the time, under the same condition. The last step is always validated."""
    validation_share: Annotated[float, Within(0, 1000)] = 0.1
    """Largest number of validation batches per training batch; 0 sets no limit, which is the default of a search for
    settings, so that bad trials can be ended early."""
    patience: Annotated[int, Within(0, LARGEST_COUNT)] = 10
    """Validations without improvement after which training ends; 0 never ends it early."""
    watch: str = "loss"
    """Score that decides which weights are best; all but ``loss`` are better when higher."""
    log_every: Annotated[int, COUNT] = 50
    """Steps between two lines of the log."""
    save_every: Annotated[float, Within(0, 1_000_000_000)] = 60.0
    """Seconds between two checkpoints; each validation writes one too."""

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.validate_every and self.steps is None and self.time_limit is None:
            fact = "validate_every is 0, and the training has no end to take tenths of"
            raise UsageError(fact, "give `steps` or `time_limit`")
        check_choice("optimizer", self.optimizer, OPTIMIZERS, parameter="optimizer")
        check_choice("precision", self.precision, PRECISIONS, parameter="precision")
