"""From the options of ``maestrokit transpose`` to its work."""

from maestrokit.cli.commands.transpose.options import KEY_SOUGHT, KEY_USED, TransposeOptions
from maestrokit.cli.commands.transpose.work import Transposition
from maestrokit.cli.declare import state
from maestrokit.cli.errors import about
from maestrokit.cli.parse import parse_span
from maestrokit.music.keys import Key, parse_key


def transposition_of(
    options: TransposeOptions, *, is_verbose: bool, repair: bool, made_by: str | None
) -> Transposition:
    """Return the work that the options describe.

    Raises
    ------
    UsageError
        If options are impossible, or have no effect beside others.
    """
    semitones, augment = options.semitones, options.augment
    if augment is not None and options.to is None and semitones is None:
        semitones = 0
    lowest, highest = parse_span(options.range_, int, parameter="range", example="21..108")
    finds_key = options.report is not None or is_verbose
    is_used = semitones is None or finds_key
    is_sought = finds_key or (is_used and options.key is None)
    state(KEY_USED if is_used else None, KEY_SOUGHT if is_sought else None)
    return Transposition(
        semitones=semitones,
        target=_key(options.to, parameter="to"),
        key=_key(options.key, parameter="key"),
        profile=options.profile,
        out_of_range=options.out_of_range,
        lowest=lowest,
        highest=highest,
        augment=None if augment is None else parse_span(augment, int, parameter="augment", example="-3..3"),
        finds_key=finds_key,
        repair=repair,
        made_by=made_by,
    )


def _key(text: str | None, *, parameter: str) -> Key | None:
    with about(parameter):
        return None if text is None else parse_key(text)
