"""`faikhiao events`: a journal as high-resolution events, for signal performance tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import AsJson
from console.exits import ConfigurationError, UsageError
from console.output import as_json, say, tell, write_whole

EXAMPLES = (
    "faikhiao events night.journal --out night.parquet --detectors night-detectors.csv",
    "faikhiao events runs/monday --out monday.csv",
)


def events(
    source: Annotated[
        Path, typer.Argument(metavar="JOURNAL", help="A journal: a file, or the folder of a service or of a run.")
    ],
    out: Annotated[Path, typer.Option("--out", help="File to write; .parquet (needs the extra `data`) or .csv.")],
    detectors: Annotated[
        Path | None,
        typer.Option("--detectors", help="Write also which channel tells what of which phase; .parquet or .csv."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Write a journal as events in Indiana codes (TPF-5(377), 2019): TimeStamp, DeviceId, EventId, Parameter.

    Stamps are local time to the millisecond. A signal group is a phase, a loop a detector channel, numbered from 1 in
    the order of the junction's file. The `atspm` package reads both files.
    """
    from console.report.reading import read_run
    from console.report.tables.events import detector_config, event_table
    from console.report.tables.greens import green_table

    for path in (out, detectors):
        if path is not None and path.suffix not in {".parquet", ".csv"}:
            raise UsageError(f"{path} must end in .parquet or .csv")
    record = read_run(source)
    table = event_table(record, green_table(record))
    rows: dict[str, int] = {}
    try:
        for path, content in ((out, table), (detectors, detector_config(record))):
            if path is not None:
                write_whole(path, content.as_parquet() if path.suffix == ".parquet" else content.as_csv())
                tell(f"wrote {len(content)} rows to {path}")
                rows[str(path)] = len(content)
    except ImportError as error:
        raise ConfigurationError("Parquet needs pyarrow: install the extra `data`, or write .csv") from error
    if json:
        say(as_json({"rows": rows}))
