"""Are the canonical bytes exactly those of the register map's note, and does every safety value change the hash?"""

import hashlib
from copy import deepcopy
from typing import Any

import pytest

from plans import CabinetFile, safety_bytes, safety_hash
from tests.site_builder import cabinet_data

CANONICAL = (
    b'{"groups":[["K1","vehicle",60,500,30,0,0],["K2","vehicle",50,300,35,0,0],["K3","vehicle",50,400,30,0,0]],'
    b'"intergreen":[[-1,50,-1],[55,-1,60],[-1,50,-1]],"stages":[["A",5],["B",2],["red",0]]}'
)


def cabinet() -> dict[str, Any]:
    return deepcopy(cabinet_data("J02", 2, 15002))


def test_the_bytes_are_canonical() -> None:
    assert safety_bytes(CabinetFile.model_validate(cabinet())) == CANONICAL


def test_the_hash_is_the_first_64_bits_of_sha_256() -> None:
    expected = int(hashlib.sha256(CANONICAL).hexdigest()[:16], 16)
    assert safety_hash(CabinetFile.model_validate(cabinet())) == expected


def test_writing_a_time_otherwise_changes_nothing() -> None:
    data = cabinet()
    data["safety"]["groups"][0]["min_green_s"] = 6.0
    assert safety_bytes(CabinetFile.model_validate(data)) == CANONICAL


@pytest.mark.parametrize("key", ["min_green_s", "max_green_s", "amber_s", "red_amber_s", "clearance_s"])
def test_a_tenth_of_a_second_changes_the_hash(key: str) -> None:
    data = cabinet()
    data["safety"]["groups"][0][key] += 0.1
    assert safety_bytes(CabinetFile.model_validate(data)) != CANONICAL


def test_what_is_no_safety_value_does_not() -> None:
    data = cabinet()
    data["start_up"]["dark_s"] = 9
    data["local_plan"]["offset_s"] = 1
    assert safety_bytes(CabinetFile.model_validate(data)) == CANONICAL
