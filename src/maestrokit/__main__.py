"""``python -m maestrokit``, and the installed command."""

import signal
import sys


def main() -> None:
    """Run the command line and leave with its status."""
    from maestrokit.cli.main import run_command_line, terminate

    signal.signal(signal.SIGTERM, terminate)
    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
