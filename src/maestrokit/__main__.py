"""``python -m maestrokit``, and the installed command."""

import os
import signal
import sys


def main() -> None:
    """Run the command line and leave with its status."""
    open_missing_streams()
    try:
        from maestrokit.cli.main import run_command_line, terminate

        signal.signal(signal.SIGTERM, terminate)
        sys.exit(run_command_line(sys.argv[1:]))
    except KeyboardInterrupt:  # before or after the command line could answer it
        sys.exit(128 + signal.SIGINT)


def open_missing_streams() -> None:
    """Open nothing in place of standard streams that are closed, so that no output file gets a stream's number."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


if __name__ == "__main__":
    main()
