"""The options of ``maestrokit evaluate`` for listening tests."""

from dataclasses import dataclass

from maestrokit.bounds import Within
from maestrokit.cli.choices import kept_in, one_of
from maestrokit.cli.declare import Excludes, only_with, option

KIT, SERVE, RATINGS, DIFFERENCE = "`listening_kit`", "`serve`", "`ratings`", "`difference`"
"""The options that choose a step of a listening test."""


# fmt: off
@dataclass(frozen=True)
class ListeningOptions:
    """A listening test: its kit, its server, and its ratings."""

    listening_kit: str | None = option(None, "DIR", "Write a listening test of the clips of --system into the new "
        "folder DIR: a page for browsers that needs no server, and clips under names that tell nothing.",
        Excludes(("model", "serve", "ratings", "difference")))
    serve: str | None = option(None, "DIR", "Serve the listening kit DIR to browsers on this machine, and store the "
        "answers, until it is interrupted.", Excludes(("model", "system", "ratings", "difference")))
    ratings: list[str] | None = option(None, "PATH", "Score the answers in PATH, a file or a folder of them. Inputs "
        "are further ones. May be repeated.", Excludes(("model", "system")))
    difference: float | None = option(None, "D", "Print how many listeners are needed to find a difference of D "
        "between two systems on a scale, or in shares, with a power of 0.8; with --ratings, judged by the answers of a "
        "pilot test.", Within(0, 1000, above=True), Excludes(("model", "system")))
    key: str | None = option(None, "FILE", "What tells which clip is of which system. Default of a kit: DIR.key.json, "
        "beside DIR.", only_with(KIT, RATINGS))
    design: str = option("mos", "NAME", "mos (a rating of each clip on each scale), pairs (which of two), mushra (all "
        "systems beside a human reference, 0 to 100) or turing (human or machine).", only_with(KIT, DIFFERENCE),
        complete=one_of(kept_in("maestrokit.listening.scales:DESIGNS")))
    clips: int = option(8, "N", "Number of clips of each system.", Within(2, 200), only_with(KIT, DIFFERENCE))
    scales: str | None = option(None, "FILE.toml", "Ask the questions in FILE.toml instead of those of the design.",
        only_with(KIT))
    consent: str | None = option(None, "FILE", "What listeners read before they agree to take part: text, with empty "
        "lines between paragraphs.", only_with(KIT))
    post: str | None = option(None, "URL", "The address that the page also sends the answers to.", only_with(KIT))
    answers: str | None = option(None, "DIR", "The folder that answers are stored in. Default: that of the kit, with "
        ".answers after its name.", only_with(SERVE))
    port: int = option(8000, "N", "The port to serve at; 0 takes any that is free.", Within(0, 65535), only_with(SERVE))
    # fmt: on

    @property
    def is_chosen(self) -> bool:
        """Whether a step of a listening test is to be done."""
        return any(step is not None for step in (self.listening_kit, self.serve, self.difference)) or bool(self.ratings)
