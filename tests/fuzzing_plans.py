"""The plan loader as a target of fuzzing: files of a site in which words, lines, values or bytes are others."""

import json
import random
import re
from typing import Any

from plans import Bundle, check_site, load_site
from plans.findings import PlanError, errors_of
from plans.reading import FOLDERS, SINGLE_FILES, read_one
from plans.yaml_text import read_yaml
from tests.fuzzing_mutation import ODD, Mutator, Target, change_a_value
from tests.site_builder import bundle_of, make_site, site_data

ODD_WORDS = (
    *(
        "0",
        "-1",
        "1",
        "7",
        "61",
        "3600",
        "86400",
        "1e400",
        ".nan",
        ".inf",
        "-0.0",
        "0x1f",
        "9" * 400,
        "null",
        "~",
        "true",
    ),
    *("K1", "K9", "A", "red", "J01", "J99", "day", "plc-basic", "tls", "25:61", "06:30", "2026-02-30", "''", '"\\0"'),
    *("[]", "[[1]]", "{}", "{a: 1}", "ก", "x" * 300),
)


def odd_lines(rng: random.Random, base: bytes) -> bytes:
    """A file whose YAML mostly stands: a word or two is another, or a line is gone, doubled or moved."""
    text = base[1:].decode()
    for _ in range(rng.randrange(1, 3)):
        words = [*re.finditer(r"\w[\w.]*", text)]
        if not words:
            break
        word = rng.choice(words)
        text = text[: word.start()] + rng.choice(ODD_WORDS) + text[word.end() :]
    lines = text.splitlines(keepends=True)
    if lines and rng.random() < 0.2:
        line = lines.pop(rng.randrange(len(lines)))
        for _ in range(rng.randrange(3)):
            lines.insert(rng.randrange(len(lines) + 1), line)
    return base[:1] + "".join(lines).encode()


KEYS = ("name", "K1", "K9", "J01", "J99", "day", "at", "splits", "red_amber_s", "unknown", "")
"""New names in a file; some are known elsewhere in it."""
PLAN_ODD: tuple[Any, ...] = (
    *ODD,
    *(word.strip("'") for word in ODD_WORDS[17:]),
    1.5,
    3,
    5,
    6,
    30,
    60,
    [{}],
    {"a": 1},
    [["K1"]],
)


def least_site() -> Bundle:
    """The smallest site that has a file of each kind: a junction of two groups without loops, one plan, no holidays."""
    files = site_data()
    junction, cabinet, calendar = (files[name] for name in ("junctions/J01.yaml", "cabinets/J01.yaml", "calendar.yaml"))
    intergreens = {"K1": {"K2": 5}, "K2": {"K1": 5}}
    stages = [{"id": "A", "groups": ["K1"]}, {"id": "B", "groups": ["K2"]}]
    for part in (junction, cabinet["safety"]):
        part["groups"] = part["groups"][:2]
        part["stages"] = stages
    for unneeded in ("neighbours", "permissive", "lanes", "loops"):
        del junction[unneeded]
    junction["conflicts_and_intergreens"] = cabinet["safety"]["intergreens"] = intergreens
    cabinet["loops"] = []
    calendar["day_plans"], calendar["special_dates"] = {"all": [{"at": "00:00", "plan": "day"}]}, []
    calendar["weekdays"] = dict.fromkeys(calendar["weekdays"], "all")
    plan = {"plan": "day", "junctions": {"J01": files["timings/day.yaml"]["junctions"]["J01"]}}
    return bundle_of(
        {
            "site.yaml": files["site.yaml"],
            "calendar.yaml": calendar,
            "junctions/J01.yaml": junction,
            "cabinets/J01.yaml": cabinet,
            "timings/day.yaml": plan,
        }
    )


LEAST_SITE_FROM = 32
"""First byte of an input of plans: which file it is, and from here on of the smallest site."""


def plan_files(rng: random.Random) -> tuple[Mutator, Target]:
    """One file of a site changed: findings, or a site; and what `check` accepts can be loaded."""
    bundles = (make_site(), least_site())
    assert not any(errors_of(check_site(bundle)) for bundle in bundles)
    files = {
        first + place: (bundle, name)
        for first, bundle in zip((0, LEAST_SITE_FROM), bundles, strict=True)
        for place, name in enumerate(sorted(bundle.files))
    }
    corpus = [
        bytes([place]) + bundle.files[name].encode()
        for place, (bundle, name) in files.items()
        for _ in range(1 if place < LEAST_SITE_FROM else 6)
    ]
    values = {place: json.dumps(read_yaml(bundle.files[name]).value) for place, (bundle, name) in files.items()}
    tokens = [
        *(b"!!python/object:os.system", b"&a [*a]", b"*a", b"<<: ", b"null", b"~", b".nan", b".inf", b"-1", b"1e400"),
        *(b"{" * 300, b"[" * 300, b"- " * 300, b"? ", b"|\n", b"%YAML 1.1\n", b"---\n", b"\t", b"\0", b"9" * 500),
        *(
            b"0x7f",
            b"2026-02-30",
            b"25:61",
            b"K1",
            b"J01",
            b"stages:",
            b"\xf0\x9f\x9a\xa6",
            b"\xe2\x80\xa8",
            b"'",
            b'"',
        ),
    ]

    number = 0

    def take(data: bytes) -> None:
        nonlocal number
        number += 1
        if not data:
            return
        bundle, name = files.get(data[0]) or files[LEAST_SITE_FROM + data[0] % len(bundles[1].files)]
        changed = Bundle({**bundle.files, name: data[1:].decode("utf-8", "replace")})
        folder = name.partition("/")[0]
        file, _, findings = read_one(changed, name, SINGLE_FILES.get(name) or FOLDERS[folder])
        assert file is not None or errors_of(findings)
        if number % (200 if file is None else 5):  # the other files are as they were: now and then with them
            return
        checked = check_site(changed)
        try:
            load_site(changed)
        except PlanError:
            assert errors_of(checked)
        else:
            assert not errors_of(checked)

    def shaped() -> bytes:
        """Mostly values that are odd in YAML that stands (JSON is YAML), so that they get to the schemas."""
        base = rng.choice(corpus)
        if rng.random() < 0.1:
            return odd_lines(rng, base)
        data = json.loads(values[base[0]])
        for _ in range(rng.randrange(1, 4)):
            change_a_value(rng, data, rng.choice(KEYS), PLAN_ODD)
        return base[:1] + json.dumps(data).encode()

    return Mutator(rng, corpus, tokens, longest=20_000, shaped=shaped, shaped_share=0.95), take
