"""The listening kit: the folder of a listening test, for any static server, and the key that unblinds it."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from maestrokit.audio.loudness import SAMPLE_RATE
from maestrokit.errors import UsageError
from maestrokit.files.sound.encode import mp3_bytes
from maestrokit.listening.clips import Waveform, common_loudness, with_loudness
from maestrokit.listening.design import Clip, Design, Trial
from maestrokit.listening.scales import COUNT, MOST_RADIOS
from maestrokit.metrics.ratings.exclusion import RULES

VERSION = 1
KEY_FORMAT = "maestrokit-key"
PAGE = "index.html"
ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?")
PRACTICE, REFERENCE = "practice", "reference"
"""What stands for a system in clips that are not rated."""
SECONDS_AN_ANSWER, LISTENED = 5.0, 1.2  # how long a question takes, and how often a clip is heard, at a guess
INFORMATION = """
You are invited to take part in a test of piano music. You will hear {trials} short clips and answer questions on
each. It takes about {minutes} minutes. You can pause at any time, and load the page again later on this device to go
on.

Taking part is voluntary. You can stop at any time by closing the page; nothing is sent before the end.

What is kept are your answers, how long you took for each, and how often you played a clip, under a random number. No
name and no address are asked for or kept."""


@dataclass(frozen=True)
class Kit:
    """A listening test, as :func:`write_listening_kit` writes it.

    Parameters
    ----------
    files : dict of str to bytes
        The page and the clips, by their names in the folder that listeners get.
    key : dict of str to value
        What tells which clip is of which system; not for listeners.
    """

    files: dict[str, bytes]
    key: dict[str, Any]


@dataclass(frozen=True)
class SourceSound:
    """What is heard in a clip, and where it is from."""

    samples: Waveform
    piece: str = ""
    start: float = 0.0
    notes: int = 0
    """Of an attention item, how many there are."""


def make_kit(
    design: Design,
    sounds: Mapping[Clip, SourceSound],
    *,
    seed: int,
    human: str | None = None,
    information: str | None = None,
    post: str | None = None,
    made_by: str | None = None,
) -> Kit:
    """Return a listening kit.

    Parameters
    ----------
    sounds : mapping
        The sound of every clip of the design, of ``Clip(PRACTICE, 0)``, and in ``mushra`` of ``Clip(REFERENCE, index)``
        for each index, at 48 kHz.
    seed : int
        Of the names of clips, with the sound of them: by a seed alone everybody could tell which names come first.
    human : str, optional
        The system whose clips are of humans.
    information : str, optional
        What listeners read before they agree: paragraphs, with empty lines between. Default: :data:`INFORMATION`.
    post : str, optional
        The address that the page sends the answers to.
    made_by : str, optional
        The command that made it, which names the systems and so is part of the key.
    """
    generator = np.random.default_rng([seed, 1, *_fingerprint(sounds)])
    names = dict(zip(sounds, _names(len(sounds), generator), strict=True))
    trials, sequences = _blinded(design, names, generator)
    loudness = common_loudness([sound.samples for sound in sounds.values()])
    files = {
        f"clips/{names[clip]}.mp3": mp3_bytes(with_loudness(sound.samples, loudness), sample_rate=SAMPLE_RATE)
        for clip, sound in sounds.items()
    }
    practice = {"id": "practice", "kind": "practice", "clips": [names[Clip(PRACTICE, 0)]],
                "scales": [scale.name for scale in design.scales]}  # fmt: skip
    if design.name in ("pairs", "mushra"):
        practice["scales"] = []
    data = {
        "design": design.name, "scales": [asdict(scale) for scale in (*design.scales, COUNT)], "trials": trials,
        "sequences": sequences, "training": practice, "post": post, "most_radios": MOST_RADIOS,
    }  # fmt: skip
    identity = _identity(data, files)
    text = information or usual_information(design, sounds)
    files[PAGE] = page({"kit": identity, **data}, text)
    key = {
        "format": KEY_FORMAT, "version": VERSION, "kit": identity, "design": design.name, "human": human,
        "systems": list(dict.fromkeys(clip.system for trial in design.trials for clip in trial.clips if clip.system)),
        "scales": [asdict(scale) for scale in design.scales], "trials": trials,
        "clips": {names[clip]: _origin(clip, sound) for clip, sound in sounds.items()},
        "excluded": RULES, "loudness": round(loudness, 2), "made_by": made_by,
    }  # fmt: skip
    return Kit(dict(sorted(files.items())), key)


def check_address(post: str | None) -> None:
    """Refuse what is no address that a page can send answers to.

    Raises
    ------
    UsageError
        If it is none.
    """
    if post is not None and not ADDRESS.fullmatch(post):
        raise UsageError(f"'{post}' is no address", "begin it with https://", parameter="post")


def page(data: Mapping[str, Any], information: str) -> bytes:
    """Return the page, which needs no network but for its clips, and runs no script but its own."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader(__package__, "page"), autoescape=True, undefined=StrictUndefined)
    loader = environment.loader
    assert loader is not None
    style, script = (loader.get_source(environment, name)[0] for name in ("page.css", "page.js"))
    post = data["post"]
    policy = "; ".join([
        "default-src 'none'", "media-src 'self' file:", f"connect-src 'self'{f' {_origin_of(post)}' if post else ''}",
        "img-src data:", f"style-src '{_digest(style)}'", f"script-src '{_digest(script)}'", "base-uri 'none'",
        "form-action 'none'",
    ])  # fmt: skip
    encoded = json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    paragraphs = [" ".join(part.split()) for part in information.split("\n\n") if part.strip()]
    text = environment.get_template("page.html").render(
        policy=policy, style=style, script=script, data=encoded, paragraphs=paragraphs
    )
    return (text + "\n").encode("utf-8", "replace")


def minutes_of(design: Design, sounds: Mapping[Clip, SourceSound]) -> int:
    """Return about how many minutes a listener takes."""
    total = 0.0
    for presentation in design.sequences[0]:
        trial = design.trials[presentation.trial]
        duration = sum(len(sounds[clip].samples) / SAMPLE_RATE for clip in trial.clips)
        total += LISTENED * duration + SECONDS_AN_ANSWER * len(trial.scales)
    return max(round(total / 60), 1)


def usual_information(design: Design, sounds: Mapping[Clip, SourceSound]) -> str:
    """Return what listeners read where no text is given."""
    return INFORMATION.format(trials=len(design.sequences[0]), minutes=minutes_of(design, sounds))


def _blinded(
    design: Design, names: Mapping[Clip, str], generator: np.random.Generator
) -> tuple[list[dict[str, Any]], list[list[list[Any]]]]:
    """Return the trials, and of each sequence the trials and the orders of their clips, so that neither tells systems.

    Trials are sorted by names that tell nothing, and the clips of each are mixed: else all first ones would be of the
    same system.
    """
    identities = _names(len(design.trials), generator)
    rows = sorted(range(len(design.trials)), key=lambda row: identities[row])
    position = {row: index for index, row in enumerate(rows)}
    orders = [generator.permutation(len(trial.clips)).tolist() for trial in design.trials]
    trials = [_trial(design.trials[row], identities[row], names) for row in rows]
    for row, trial in zip(rows, trials, strict=True):
        trial["clips"] = [trial["clips"][index] for index in orders[row]]
    sequences = [
        [
            [position[presentation.trial], [orders[presentation.trial].index(index) for index in presentation.order]]
            for presentation in sequence
        ]
        for sequence in design.sequences
    ]
    return trials, sequences


def _trial(trial: Trial, name: str, names: Mapping[Clip, str]) -> dict[str, Any]:
    content = {"id": name, "kind": trial.kind, "clips": [names[clip] for clip in trial.clips],
            "scales": list(trial.scales)}  # fmt: skip
    reference = Clip(REFERENCE, trial.clips[0].index)
    return {**content, "reference": names[reference]} if reference in names and trial.clips[0].system else content


def _origin(clip: Clip, sound: SourceSound) -> dict[str, Any]:
    if not clip.system:
        return {"system": None, "notes": sound.notes}
    return {"system": clip.system, "index": clip.index, "piece": sound.piece, "start": round(sound.start, 3)}


def _names(count: int, generator: np.random.Generator) -> Sequence[str]:
    """Return names that tell nothing, each once."""
    names: dict[str, None] = {}
    while len(names) < count:
        names[generator.bytes(5).hex()] = None
    return list(names)


def _fingerprint(sounds: Mapping[Clip, SourceSound]) -> list[int]:
    """Return numbers that only who has the sounds themselves, before they were encoded, can find."""
    digest = hashlib.sha256()
    for sound in sounds.values():
        digest.update(np.ascontiguousarray(sound.samples).tobytes())
    return [int(number) for number in np.frombuffer(digest.digest(), "<u4")]


def _identity(data: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode())
    for name in sorted(files):
        digest.update(name.encode() + hashlib.sha256(files[name]).digest())
    return digest.hexdigest()[:16]


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _origin_of(address: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
