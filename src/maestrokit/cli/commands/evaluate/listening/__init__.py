"""The steps of a listening test: the kit, its server, the ratings, and how many listeners are needed."""

from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.errors import is_typed
from maestrokit.errors import UsageError


def run_listening(settings: Settings, *, made_by: str | None) -> None:
    """Do the step that was chosen.

    Raises
    ------
    UsageError
        If options contradict each other.
    """
    listening = settings.listening
    if is_typed("pairs"):
        raise UsageError(
            "`pairs` compares performances", "a listening test of pairs is `design` pairs", parameter="pairs"
        )
    if listening.serve is not None:
        from maestrokit.cli.commands.evaluate.listening.serve import serve

        serve(settings, listening.serve)
    elif listening.listening_kit is not None:
        from maestrokit.cli.commands.evaluate.listening.kit import write_kit

        write_kit(settings, listening.listening_kit, made_by=made_by)
    elif listening.difference is not None:
        from maestrokit.cli.commands.evaluate.listening.listeners import print_listeners

        print_listeners(settings, listening.difference)
    else:
        from maestrokit.cli.commands.evaluate.listening.ratings import print_ratings

        print_ratings(settings, made_by=made_by)
