"""Do capacity, control delay and level of service give the numbers worked by hand (C 90, g 35, s 1800, T 0.25)?"""

import pytest

from plans.formulas import hcm

CYCLE_S, GREEN_S, SATURATION_VEH_H = 90, 35, 1800


@pytest.mark.parametrize(
    ("flow_veh_h", "d1_s", "d2_s", "d_s", "level"),
    [
        (400, 21.61, 3.37, 24.98, "C"),
        (600, 25.21, 12.86, 38.07, "D"),
        (700, 27.50, 34.02, 61.52, "E"),
        (770, 27.50, 64.68, 92.18, "F"),
    ],
)
def test_control_delay(flow_veh_h: float, d1_s: float, d2_s: float, d_s: float, level: str) -> None:
    capacity = hcm.capacity_veh_h(SATURATION_VEH_H, GREEN_S, CYCLE_S)
    saturation = flow_veh_h / capacity
    assert capacity == 700
    assert hcm.uniform_delay_s(CYCLE_S, GREEN_S, saturation) == pytest.approx(d1_s, abs=0.005)
    assert hcm.incremental_delay_s(saturation, capacity) == pytest.approx(d2_s, abs=0.005)
    delay_s = hcm.control_delay_s(flow_veh_h, SATURATION_VEH_H, GREEN_S, CYCLE_S)
    assert delay_s == pytest.approx(d_s, abs=0.005)
    assert hcm.level_of_service(delay_s, saturation) == level


def test_levels_of_service_by_delay() -> None:
    limits = ((10, "A"), (20, "B"), (35, "C"), (55, "D"), (80, "E"))
    assert [hcm.level_of_service(most_s) for most_s, _ in limits] == [letter for _, letter in limits]
    assert [hcm.level_of_service(most_s + 0.01) for most_s, _ in limits] == ["B", "C", "D", "E", "F"]
    assert (hcm.level_of_service(5, saturation=1.0), hcm.level_of_service(5, saturation=1.001)) == ("A", "F")


@pytest.mark.parametrize(("upstream", "factor"), [(0.4, 0.922), (0.6, 0.769), (0.8, 0.500), (1.0, 0.090), (1.2, 0.090)])
def test_metering_upstream(upstream: float, factor: float) -> None:
    assert hcm.metering_factor(upstream) == pytest.approx(factor, abs=0.0005)


def test_everybody_on_green_leaves_only_the_delay_of_chance() -> None:
    capacity = hcm.capacity_veh_h(SATURATION_VEH_H, GREEN_S, CYCLE_S)
    delay_s = hcm.control_delay_s(400, SATURATION_VEH_H, GREEN_S, CYCLE_S, on_green=1.0)
    assert delay_s == pytest.approx(hcm.incremental_delay_s(400 / capacity, capacity))
    even_s = hcm.control_delay_s(400, SATURATION_VEH_H, GREEN_S, CYCLE_S)
    assert hcm.control_delay_s(400, SATURATION_VEH_H, GREEN_S, CYCLE_S, on_green=GREEN_S / CYCLE_S) == pytest.approx(
        even_s
    )
