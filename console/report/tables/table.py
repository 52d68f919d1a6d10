"""A table of numbers: named columns of one length, written as CSV or Parquet."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name; a name ends with its unit."""

    name: str
    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        if len({len(column) for column in self.columns.values()}) > 1:
            lengths = {name: len(column) for name, column in self.columns.items()}
            raise ValueError(f"columns of {self.name} differ in length: {lengths}")

    @classmethod
    def of_rows(cls, name: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
        """A table from its rows."""
        turned: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(head)
        return cls(name, {title: np.array(column) for title, column in zip(head, turned, strict=True)})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, column: str) -> Column:
        return self.columns[column]

    def where(self, chosen: npt.NDArray[np.bool_]) -> Table:
        """The rows that are chosen."""
        return Table(self.name, {name: column[chosen] for name, column in self.columns.items()})

    def of(self, junction: str) -> Table:
        """The rows of one junction."""
        return self.where(self.columns["junction"] == junction)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Row after row, as values of Python."""
        return zip(*(column.tolist() for column in self.columns.values()), strict=True)

    def as_csv(self) -> str:
        """Comma-separated, a head of names; what is not known is empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([[_cell(value) for value in row] for row in self.rows()])
        return text.getvalue()

    def as_parquet(self) -> bytes:
        """Parquet; ImportError without the extra `data`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = io.BytesIO()
        pq.write_table(pa.table({name: pa.array(column) for name, column in self.columns.items()}), sink)
        return sink.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, float):
        return "" if value != value else round(value, 4)  # noqa: PLR0124 - NaN alone differs from itself
    return value
