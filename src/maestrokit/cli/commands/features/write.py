"""How ``maestrokit features`` writes its records."""

from collections.abc import Iterable, Iterator
from typing import Any

import typer

from maestrokit.files import atomic, streams
from maestrokit.files.tables import encoded, record_lines


def write_as_they_come(
    records: Iterable[dict[str, Any]], form: str, output: str, columns: list[str], keep_going: bool
) -> None:
    """Write records as they come; a file appears at the end, after a failure with the records before it if allowed."""
    failures: list[typer.Exit] = []

    def done() -> Iterator[dict[str, Any]]:
        count = 0
        try:
            for record in records:
                count += 1
                yield record
        except typer.Exit as failure:
            if output != streams.STANDARD and (not keep_going or not count):
                raise
            failures.append(failure)

    lines = map(encoded, record_lines(done(), format=form, columns=columns))
    if output == streams.STANDARD:
        for line in lines:
            streams.write_bytes(output, line)
    else:
        with atomic.replacing(output) as file:
            file.writelines(lines)
    if failures:
        raise failures[0]
