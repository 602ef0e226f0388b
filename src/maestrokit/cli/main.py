"""The command line as a whole: finds commands, runs one, and turns its end into an exit status."""

import importlib.util
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from maestrokit import __version__, registry
from maestrokit.bounds import sentence
from maestrokit.cli import report
from maestrokit.cli.choices import Listed, Names, Sets
from maestrokit.cli.errors import Interrupted, long_name, nearest_option, origin
from maestrokit.cli.parameters import bounds_of, expanded, names_marked
from maestrokit.cli.parse import own_values
from maestrokit.errors import ClosedPipe, ExitStatus, MaestrokitError, nearest_name
from maestrokit.files import streams

COMMANDS = "maestrokit.cli.commands"
SHORT_OPTIONS = re.compile("-[A-Za-z]+")


class Terminated(BaseException):
    """SIGTERM or SIGHUP was received; raised so that files are closed and temporary ones removed."""


class Commands(TyperGroup):
    """The commands in the folder ``commands``, each imported when it is used."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, which make their values by our own means."""
        return own_values(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return registry.names(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one command, or None."""
        return command(cmd_name) if cmd_name in registry.names(COMMANDS) else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands with what they do; to import them all would take twice as long."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(name)) for name in self.list_commands(ctx)])


class Command(TyperCommand):
    """A command whose help may list the names that an option can have; they are looked up when it is shown."""

    lists: Mapping[str, Names] = {}
    aliases: Mapping[str, Names] = {}
    """Other names of the parameters that an option sets, by the option's name; see :class:`Sets`."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, which make their values by our own means."""
        return own_values(super().get_params(ctx))

    def list_names(self) -> None:
        """Add the names to the help of the options that list them."""
        for parameter in self.params:
            if isinstance(parameter, TyperOption) and parameter.name in self.lists:
                parameter.help = f"{parameter.help} Names: {', '.join(self.lists[parameter.name]())}."
        self.lists = {}

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, all names in it."""
        self.list_names()
        super().format_help(ctx, formatter)


def summary(name: str) -> str:
    """Return what a command does, in one sentence: the first of its function's docstring, read from its source."""
    spec = importlib.util.find_spec(f"{COMMANDS}.{name}")
    assert spec is not None and spec.origin is not None
    function = Path(spec.origin).read_text(encoding="utf-8").partition("\ndef run(")[2]
    paragraph = function.split('"""', maxsplit=2)[1].split("\n\n", maxsplit=1)[0]
    return " ".join(paragraph.split())


def command(name: str) -> Any:
    """Return the typer command of one file in the folder ``commands``."""
    module = registry.load(COMMANDS, name)
    settings = {"auto_envvar_prefix": f"MAESTROKIT_{name.upper()}", "help_option_names": ["-h", "--help"]}
    single = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=settings)
    single.command(name, cls=Command, context_settings=settings)(expanded(module.run))
    result: Any = typer.main.get_command(single)
    result.lists, result.aliases = names_marked(module.run, Listed), names_marked(module.run, Sets)
    bounds = bounds_of(module.run)
    for parameter in result.params:
        if isinstance(parameter, TyperOption) and parameter.name in bounds and not parameter.count:
            unit = " s" * ("TIME" in str(parameter.metavar))
            parameter.help = f"{parameter.help} {sentence(bounds[parameter.name], unit)}"
        if isinstance(parameter, TyperOption):
            own = f"MAESTROKIT_{name}_{long_name(parameter)}".replace("-", "_").upper()
            parameter.show_envvar = False  # the help of maestrokit itself names the pattern
            if parameter.envvar:
                parameter.help = f"{parameter.help} Variable: {parameter.envvar}."
            parameter.envvar = [own, str(parameter.envvar)] if parameter.envvar else own
    return result


app = typer.Typer(
    cls=Commands,
    name="maestrokit",
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        print(f"maestrokit {__version__}")
        raise typer.Exit


@app.callback()
def maestrokit(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Tools for expressive piano music: performances (MIDI), recordings, and the models between them.

    Commands read and write files and the standard streams, so they chain:
    maestrokit quantize take.mid --grid 1/16 | maestrokit transpose - --to C -o take-in-C.mid

    A TIME is written with its unit, us, ms, s, m, h or d, and may have several: 10ms, 2.5s, 1m30s. A number without one
    is refused, except 0, and except where the name of the option says seconds, as --prompt-seconds 10.

    An option that is not given is looked for in the environment (--grid of quantize as MAESTROKIT_QUANTIZE_GRID), then
    in the file that --config or MAESTROKIT_CONFIG names. MAESTROKIT_JOBS, MAESTROKIT_CLUSTER and MAESTROKIT_SEED are
    read by all commands that have the option.
    """


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; nothing but BaseExceptions of the interpreter leaves here."""
    name = next((word for word in arguments if not word.startswith("-")), "")
    verbose = sum(word.count("v") if SHORT_OPTIONS.fullmatch(word) else word == "--verbose" for word in arguments) > 1
    try:
        status = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
        return int(status) if isinstance(status, int) else ExitStatus.OK
    except typer.Exit as leave:
        return leave.exit_code
    except typer.TyperException as error:
        return _usage_status(name, error)
    except MaestrokitError as error:
        return report.say_error(name, error, verbose=verbose)
    except Interrupted as interrupt:
        report.say(f"{f'maestrokit {name}'.strip()}: interrupted{interrupt}")
        return ExitStatus.INTERRUPTED
    except Terminated as end:
        return ExitStatus.HUNG_UP if end.args == (signal.SIGHUP,) else ExitStatus.TERMINATED
    except (ClosedPipe, BrokenPipeError):
        streams.forget_standard_output()
        return ExitStatus.CLOSED_PIPE
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:  # of help, which is printed without files/
            streams.forget_standard_output()
            error = streams.no_standard_output(error)
        return report.say_error(name, error, verbose=verbose)


def _run(arguments: Sequence[str]) -> object:
    try:
        return app(args=list(arguments), standalone_mode=False, prog_name="maestrokit")
    except SystemExit as leave:
        if isinstance(leave.__context__, BrokenPipeError):  # typer's answer where help meets a closed pipe
            raise ClosedPipe from None
        raise


def handle_signals() -> None:
    """Let SIGTERM, a terminal that is closed, and Ctrl-C leave by exceptions, so that files are closed.

    A Ctrl-C and a closed terminal that are ignored, as by nohup, stay so.
    """
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _terminate(number: int, frame: object) -> None:
    raise Terminated(number)


def _interrupt(number: int, frame: object) -> None:
    raise Interrupted


def _usage_status(name: str, error: typer.TyperException) -> ExitStatus:
    """Print a mistake in options in the project's form; a value from environment or file is bad configuration."""
    context, parameter = getattr(error, "ctx", None), getattr(error, "param", None)
    is_unknown = hasattr(error, "possibilities")  # an option; typer would add to the message what begins like it
    message = (error.message if is_unknown else error.format_message()).rstrip(".")
    if "\n" in message:  # no arguments: the help itself
        for line in message.splitlines():
            report.say(line)
        return ExitStatus.USAGE
    names = registry.names(COMMANDS)
    program = f"maestrokit {name if name in names else ''}".strip()
    value_from = origin(parameter, context) if context is not None and parameter is not None else None
    source = "" if value_from is None or value_from in message else f" (from {value_from})"
    report.say(f"{program}: {message[:1].lower()}{message[1:]}{source}")
    is_command_wrong = name != "" and name not in names
    nearest = nearest_name(name, names) if is_command_wrong else nearest_option(error, context)
    question = f"did you mean '{nearest}'? " if nearest else ""
    report.say(f"  {question}{program} --help lists the {'commands' if is_command_wrong else 'options'}")
    return ExitStatus.USAGE if value_from is None else ExitStatus.BAD_CONFIG
