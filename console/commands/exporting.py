"""`faikhiao export`: a site in the formats of other tools, and what they do not carry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import AsJson, Site, check_plan, check_site_folder, one_of
from console.exits import ConfigurationError, UsageError
from console.output import as_json, say, tell, write_whole

if TYPE_CHECKING:
    from plans import Site as LoadedSite
    from sim.exchange import Layout

FORMATS = ("utdf", "sumo", "geojson")
EXAMPLES = (
    "faikhiao export my-town --format utdf --plan am_peak --out am_peak.csv --net town.net.xml",
    "faikhiao export my-town --format utdf --plan am_peak --volumes counts.csv --out am_peak.csv",
    "faikhiao export my-town --format sumo --plan am_peak --out sumo-files",
    "faikhiao export my-town --format geojson --net town.net.xml --origin 102.80,17.41 --out town.geojson",
)


def export(
    site: Site,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="utdf|sumo|geojson",
            help="utdf: Synchro, Visum, Aimsun; sumo: programs and detectors; geojson: a map.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File to write; a folder for sumo, and for several plans of utdf.")
    ],
    plan: Annotated[str | None, typer.Option("--plan", help="Plan to write; without it every plan.")] = None,
    net: Annotated[
        Path | None,
        typer.Option("--net", help="The site's SUMO network: where junctions lie and how lanes turn (utdf, geojson)."),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option("--origin", metavar="LON,LAT", help="Where the network's 0,0 lies, if it does not say so itself."),
    ] = None,
    volumes: Annotated[
        Path | None,
        typer.Option(
            "--volumes", help="CSV: junction, approach, group, flow_veh_h; or counts, as `tune` reads (utdf)."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Write a site, or one plan of it, for another tool; say what the format carries and what it does not.

    SUMO's files keep to SUMO's own schemas; `import sumo` and `import utdf` read back what is said to be carried.
    """
    from plans import Bundle, load_site

    one_of("format", form, FORMATS)
    check_site_folder(site)
    if volumes is not None and form != "utdf":
        raise UsageError("--volumes goes with --format utdf: the other formats have no place for them")
    loaded = load_site(Bundle.read(site))
    if plan is not None and form != "geojson":
        check_plan(site, loaded, plan)
    layout = _layout(net, origin) if net is not None else None
    if form == "sumo":
        files, carried, left_out = _sumo(loaded, plan)
        files = {str(out / name): text for name, text in files.items()}
    elif form == "geojson":
        if layout is None:
            raise UsageError("a map needs the site's network: name it with --net")
        files, carried, left_out = {str(out): _geojson(loaded, layout)}, MAP_CARRIED, MAP_LEFT_OUT
    else:
        files, carried, left_out = _utdf(loaded, plan, layout, volumes, out)
    for name, text in files.items():
        write_whole(Path(name), text)
    if json:
        say(as_json({"format": form, "files": list(files), "carried": carried, "left_out": left_out}))
        return
    for sentence in carried:
        say(f"carried: {sentence}")
    for sentence in left_out:
        say(f"not carried: {sentence}")
    tell(f"wrote {', '.join(files)}")


MAP_CARRIED = ("places of junctions, lanes, stop lines and loops", "their ids, groups, lengths, speeds, cycles by plan")
MAP_LEFT_OUT = ("timings, intergreens, the calendar, cabinets", "push buttons, which lie on no lane")


def _utdf(
    site: LoadedSite, plan: str | None, layout: Layout | None, volumes: Path | None, out: Path
) -> tuple[dict[str, str], Sequence[str], Sequence[str]]:
    from plans.exchange import decode_utdf, export_utdf, named
    from plans.exchange.counts import read_counts

    counted = None
    if volumes is not None:
        with named(volumes):
            text = decode_utdf(_read(volumes))
        counted = read_counts(text, site.network, volumes.name)
    geometry = None
    if layout is not None:
        from sim.sumo_map import load_sumo_map

        geometry = layout.geometry(site.network.junctions, load_sumo_map(site.bundle))
    chosen = site.plans if plan is None else (plan,)
    files: dict[str, str] = {}
    carried: list[str] = []
    left_out: list[str] = []
    for name in chosen:
        exported = export_utdf(site.network, name, geometry=geometry, volumes=counted)
        files[str(out if len(site.plans) == 1 or plan is not None else out / f"{name}.csv")] = exported.text
        carried += exported.carried
        left_out += exported.left_out
    return files, list(dict.fromkeys(carried)), list(dict.fromkeys(left_out))


def _sumo(site: LoadedSite, plan: str | None) -> tuple[dict[str, str], Sequence[str], Sequence[str]]:
    from sim.exchange import export_sumo

    made = export_sumo(site, None if plan is None else [plan])
    return dict(made.files), made.carried, made.left_out


def _geojson(site: LoadedSite, layout: Layout) -> str:
    from plans.exchange.geojson import geojson
    from sim.exchange import site_map

    return geojson(site_map(site, layout))


def _layout(net: Path, origin: str | None) -> Layout:
    from sim.exchange import read_layout

    return read_layout(net, None if origin is None else _lon_lat(origin))


def _lon_lat(text: str) -> tuple[float, float]:
    """`LON,LAT` in degrees; raises UsageError.

    >>> _lon_lat("102.80,17.41")
    (102.8, 17.41)
    """
    parts = text.split(",")
    try:
        longitude, latitude = (float(part) for part in parts)
    except ValueError:
        raise UsageError(f"--origin {text}: write LON,LAT in degrees, such as 102.80,17.41") from None
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise UsageError(f"--origin {text}: the longitude comes first, -180 to 180, then the latitude, -90 to 90")
    return longitude, latitude


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}): name a file that is there") from error
