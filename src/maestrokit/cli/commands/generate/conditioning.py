"""The options of ``maestrokit generate`` that say what the new music is to be like."""

from dataclasses import dataclass

from maestrokit.bounds import Within
from maestrokit.cli.choices import Sets, assigned_to, classes_of_models, conditions, kept_in, one_of
from maestrokit.cli.declare import Excludes, only_with, option
from maestrokit.errors import UsageError


# fmt: off
@dataclass(frozen=True)
class Conditioning:
    """What the new music is conditioned on."""

    condition: list[str] | None = option(None, "NAME=VALUE", "Generate under this condition, by a model that was "
        "trained with it (train --set conditions=..): a class such as composer=Chopin, or density, loudness or "
        "tempo. A part of a name is enough where one class alone has it, or one whose name is part of all the others "
        "that have it; -v prints the class that is meant. May be repeated.", Sets(conditions),
        complete=assigned_to(conditions))
    composer: str | None = option(None, "COMPOSER", "Short for --condition composer=COMPOSER; a wrong one lists those "
        "that the model knows. Of the shipped models the lstm follows it, with --guidance 3 most plainly. With "
        "--perform, in whose manner the score is played.",
        complete=one_of(classes_of_models("composer")))
    density: float | None = option(None, "N", "Short for --condition density=N, in notes a second. People play 6 to "
        "19, the pedal and all voices counted; outside 2..32 is as the nearest. The times of onsets are steered to "
        "keep to it.", Within(0, 1000, above=True))
    loudness: str | None = option(None, "N|DYNAMIC", "Short for --condition loudness=N, the mean velocity, or a "
        "dynamic: pp is 40, p 50, mp 58, mf 66, f 74, ff 82. Outside 30..90 is as the nearest. "
        "Velocities are steered to keep to it.",
        complete=one_of(kept_in("maestrokit.music.encodings.conditions:DYNAMICS")))
    tempo: float | None = option(None, "N", "With --perform the mean tempo of the performance, in quarter notes a "
        "minute; default: the mean of the tempo map. Otherwise short for --condition tempo=N, in beats a minute; a "
        "model has it if it was trained with it, on files whose tempo maps say where beats are.", Within(10, 400))
    guidance: float = option(1.0, "G", "How much conditions count: 1 as learned, above 1 more, at twice the time, 0 "
        "not at all. Not with --perform.", Within(0, 100), Excludes(("perform",)),
        only_with("`condition`", "`composer`", "`density`", "`loudness`", "`tempo`"))
    # fmt: on

    def by_name(self) -> dict[str, str]:
        """Return the value of each condition.

        Raises
        ------
        UsageError
            If one is no NAME=VALUE, or is given twice.
        """
        from maestrokit.inference.conditions import by_name

        short = {"composer": self.composer, "density": self.density, "loudness": self.loudness, "tempo": self.tempo}
        pairs: list[tuple[str, object]] = list(short.items())
        for text in self.condition or ():
            name, equals, value = text.partition("=")
            if not (name and equals and value):
                raise UsageError(
                    f"`condition` must be NAME=VALUE, not '{text}'", "such as composer=Chopin", parameter="condition"
                )
            pairs.append((name.strip(), value.strip()))
        return by_name(pairs)
