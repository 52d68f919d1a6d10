"""Every table of a report, made once for the whole site."""

from __future__ import annotations

from collections.abc import Mapping

from console.report.record import RunRecord
from console.report.tables.arrivals import arrival_table
from console.report.tables.bins import Bins, bins_of
from console.report.tables.corridors import Corridor, band_table
from console.report.tables.delay import delay_table, mean_delay_table
from console.report.tables.detectors import detector_table
from console.report.tables.greens import green_table
from console.report.tables.modes import late_table, mode_table, move_table, reason_table, stage_table
from console.report.tables.split_failures import split_failure_table
from console.report.tables.table import Table
from console.report.tables.volumes import exit_table, volume_table

Tables = Mapping[str, Table]


def tables_of(record: RunRecord, corridors: list[Corridor], bins: Bins | None = None) -> Tables:
    """Every table by its name."""
    bins = bins or bins_of(record)
    greens = green_table(record)
    delay = delay_table(record, bins)
    made = (
        greens,
        arrival_table(record, bins),
        volume_table(record, bins),
        exit_table(record, bins),
        split_failure_table(record, greens),
        delay,
        mean_delay_table(record, delay),
        detector_table(record),
        mode_table(record),
        move_table(record),
        reason_table(record),
        stage_table(record),
        late_table(record),
        band_table(record, corridors),
    )
    return {table.name: table for table in made}
