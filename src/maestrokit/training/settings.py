"""How a model is trained: numbers that are the same for all families."""

from dataclasses import dataclass

from maestrokit.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """What the training loop needs to know."""

    seed: int = 0
    """Decides all that is drawn at random."""
    steps: int | None = None
    """Steps of the optimizer in all; None goes on until the time is up or nothing improves."""
    time_limit: float | None = None
    """Seconds of training in all, resumed ones counted in."""
    optimizer: str = "adamw"
    """``adamw``, or ``muon``: inner matrices and convolutions by Muon, which needs fewer steps, all else by AdamW."""
    learning_rate: float = 1e-3
    """The highest."""
    muon_rate: float = 1.0
    """The rate of what Muon steps, as a multiple of that of all else."""
    warmup_steps: int = 100
    """The rate rises in a line for so many steps, or for a tenth of all, whichever is less."""
    cooldown: float = 0.0
    """Share of the training, at its end, over which the rate falls in a line, constant before, so that a training can
    be given more time later; 0 lets it fall along a cosine from the beginning."""
    final_rate: float = 0.0
    """What the rate falls to, as a share of the learning rate."""
    weight_decay: float = 0.01
    """Share of the matrices that the learning rate takes away with each step."""
    beta: float = 0.95
    """Memory of the squared gradients; 0.999 is the custom for images, less is quicker for sequences."""
    clip: float = 1.0
    """Longest gradient; longer ones are shortened to it. 0 leaves them alone."""
    accumulate: int = 1
    """Batches a step."""
    average: float = 0.0
    """Decay of the moving average of the weights, which is then what is validated and kept; 0 keeps none."""
    precision: str = "auto"
    """``float32``, ``bfloat16``, or ``auto``: the second on a GPU, and for transformers on processors that multiply it
    in hardware (AVX512_BF16, AMX)."""
    only: str = ""
    """Part of the model that learns alone, from the beginning, while all else stays as ``--init`` has it, such as the
    ``pedal`` of a cnn; empty lets all learn."""
    validate_every: int = 500
    """Steps between validations; 0 validates at each tenth of the steps, or of the time."""
    patience: int | None = None
    """Validations without improvement after which training ends; None never ends it."""
    watch: str = "loss"
    """The score that decides what is best; all but ``loss`` are better when higher."""
    log_every: int = 50
    """Steps between two lines of the log."""
    save_every: float = 60.0
    """Seconds between two savings; each validation saves too."""

    def __post_init__(self) -> None:
        for name, lowest in (("accumulate", 1), ("validate_every", 0), ("log_every", 1), ("warmup_steps", 0)):
            if getattr(self, name) < lowest:
                raise UsageError(f"{name} is {getattr(self, name)}, and at least {lowest} is needed")
        if not self.validate_every and self.steps is None and self.time_limit is None:
            raise UsageError("there are no tenths of a training without end", "give --steps or --time-limit")
        if self.learning_rate <= 0:
            raise UsageError(f"learning_rate is {self.learning_rate}, not above 0", "change --learning-rate")
        if not 0 <= self.cooldown <= 1:
            raise UsageError(f"cooldown is {self.cooldown}, not in 0..1", "change --set cooldown=SHARE")
        if not 0 <= self.average < 1:
            raise UsageError(f"average is {self.average}, not in 0..1", "change --average")
        if self.optimizer not in ("adamw", "muon"):
            raise UsageError(f"no optimizer '{self.optimizer}'", "use adamw or muon")
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise UsageError(f"no precision '{self.precision}'", "use auto, float32 or bfloat16")
