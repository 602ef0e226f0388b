"""``python -m maestrokit``, and the installed command."""

import os
import signal
import sys


def main() -> None:
    """Run the command line and leave with its status."""
    open_missing_streams()
    try:
        from maestrokit.cli.main import handle_signals, run_command_line

        handle_signals()
        status = run_command_line(sys.argv[1:])
    except KeyboardInterrupt:  # while that was imported
        os.write(2, b"maestrokit: interrupted\n")
        status = 128 + signal.SIGINT
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # there is nothing left to interrupt
    sys.exit(status)


def open_missing_streams() -> None:
    """Open nothing in place of standard streams that are closed, so that no output file gets a stream's number."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


if __name__ == "__main__":
    main()
