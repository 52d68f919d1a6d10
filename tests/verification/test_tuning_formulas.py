"""Do saturation flows, platoons, bands and the rest of timing give the numbers worked by hand?

The working stands beside each number.
"""

import numpy as np
import pytest

from plans.formulas import greens, hcm, saturation
from plans.tuning.bands import RowSignal, widest_bands
from plans.tuning.demand import PCU, Demand, Turn
from plans.tuning.platoons import dispersed, dispersion_factor, ideal_offset_s, queue
from plans.tuning.turning_gaps import filter_flow_veh_h


@pytest.mark.parametrize(("grade", "factor"), [(2, 0.910), (-2, 0.962)])
def test_ten_per_cent_of_heavy_vehicles_on_a_grade(grade: float, factor: float) -> None:
    # up: (100 - 7.8 - 0.31 x 4) / 100 = 0.9096; down: (100 - 7.9 + 4.14) / 100 = 0.9624
    assert saturation.hcm_heavy_grade_factor(10, grade) == pytest.approx(factor, abs=0.0006)


def test_lane_widths() -> None:
    assert [saturation.hcm_width_factor(width) for width in (2.99, 3.0, 3.9, 3.91)] == [0.96, 1.0, 1.0, 1.04]


def test_turns_and_the_product_of_the_factors() -> None:
    # a lane that turns right in Thailand crosses the oncoming side: 1 / 1.05; one that turns left: 1 / 1.18
    assert saturation.hcm_turn_factor(1.0, nearside=False) == pytest.approx(0.952, abs=0.0005)
    assert saturation.hcm_turn_factor(1.0, nearside=True) == pytest.approx(0.847, abs=0.0005)
    # half of them left: 1 / (1 + 0.5 x 0.18) = 0.917
    assert saturation.hcm_turn_factor(0.5, nearside=True) == pytest.approx(0.917, abs=0.0005)
    # 1900 x 0.96 x 0.90 = 1641.6; in a small town 1750 x 0.96 x 0.90 = 1512
    factors = (saturation.hcm_width_factor(2.8), saturation.HCM_CENTRAL_AREA)
    assert saturation.hcm_saturation_pc_h(*factors) == pytest.approx(1641.6)
    small = saturation.hcm_saturation_pc_h(*factors, base_pc_h=saturation.HCM_SMALL_TOWN_PC_H)
    assert small == pytest.approx(1512)
    with pytest.raises(ValueError, match="between 0 and 1"):
        saturation.hcm_turn_factor(1.2, nearside=True)


def test_british_saturation_flow() -> None:
    assert saturation.rr67_saturation_pcu_h(3.25) == 2080
    # (2080 - 25 - 140) / (1 + 1.5 x 0.3 / 12) = 1915 / 1.0375
    found = saturation.rr67_saturation_pcu_h(3.0, nearside=True, turning=0.3, radius_m=12)
    assert found == pytest.approx(1845.8, abs=0.05)
    # uphill 42 less for each per cent, downhill nothing
    assert saturation.rr67_saturation_pcu_h(3.25, grade_percent=3) == 1954
    assert saturation.rr67_saturation_pcu_h(3.25, grade_percent=-3) == 2080
    with pytest.raises(ValueError, match="radius"):
        saturation.rr67_saturation_pcu_h(3.25, turning=0.2)


def test_saturation_flow_from_headways_in_the_field() -> None:
    # h = (1.9 + 2.1 + 2.0) / 3 = 2.0 -> 1800 veh/h; lost 1.9 + 1.1 + 0.6 + 0.3 = 3.9 s
    assert saturation.field_saturation([3.9, 3.1, 2.6, 2.3, 1.9, 2.1, 2.0]) == pytest.approx((1800, 3.9))
    with pytest.raises(ValueError, match="at least 5"):
        saturation.field_saturation([3, 2, 2, 2])


def test_passenger_car_units_of_a_thai_approach() -> None:
    turn = Turn("J", "north", "K1")
    counted = {"car": 100.0, "motorcycle": 200.0, "delivery": 10.0, "truck": 10.0, "bus": 10.0, "bicycle": 10.0}
    # 100 + 200 x 0.3 + 15 + 23 + 20 + 2 = 220; with 0.25 a motorcycle 210; of this approach alone 0.4: 240
    assert Demand({turn: counted}, "").pcu_h(turn) == pytest.approx(220)
    assert Demand({turn: counted}, "", motorcycle_pcu={"": 0.25}).pcu_h(turn) == pytest.approx(210)
    assert Demand({turn: counted}, "", motorcycle_pcu={"": 0.25, "north": 0.4}).pcu_h(turn) == pytest.approx(240)
    assert [PCU[name] for name in ("delivery", "truck", "bus", "bicycle")] == [1.5, 2.3, 2.0, 0.2]


def test_motorcycle_units_are_fitted_from_saturated_greens() -> None:
    # headways of 2.0 s a car and 0.6 s a motorcycle, hence 0.3
    cars, motorcycles = [10, 6, 8, 2], [0, 12, 4, 20]
    greens_s = [2.0 * car + 0.6 * motorcycle for car, motorcycle in zip(cars, motorcycles, strict=True)]
    found = saturation.fitted_pcu(greens_s, {"car": cars, "motorcycle": motorcycles})
    assert found == pytest.approx({"car": 1.0, "motorcycle": 0.3})
    with pytest.raises(ValueError, match="do not tell the classes apart"):
        saturation.fitted_pcu([20, 40], {"car": [10, 20], "motorcycle": [5, 10]})


def test_k_of_actuated_greens() -> None:
    assert [hcm.actuated_k(0.3, extension) for extension in (2, 3, 4, 5)] == pytest.approx([0.04, 0.11, 0.15, 0.23])
    assert hcm.actuated_k(0.75, 3) == pytest.approx(0.305)  # 0.78 x 0.25 + 0.11
    assert hcm.actuated_k(2.0, 3) == 0.5
    with pytest.raises(ValueError, match="2 to 5"):
        hcm.actuated_k(0.5, 6)


def test_critical_saturation_of_a_junction() -> None:
    assert hcm.critical_saturation(90, 12, (0.30, 0.25)) == pytest.approx(90 / 78 * 0.55)
    with pytest.raises(ValueError, match="fills"):
        hcm.critical_saturation(12, 12, (0.1,))


def test_greens_that_drivers_expect_and_maximums() -> None:
    assert list(greens.DRIVER_EXPECTATION_S.values()) == [(10, 15), (7, 15), (4, 10), (2, 10), (2, 5)]
    assert greens.maximum_green_s(40) == (50, 60)


@pytest.mark.parametrize(("travel_s", "factor"), [(10, 0.263), (20, 0.152), (30, 0.106), (60, 0.056)])
def test_robertsons_factor(travel_s: float, factor: float) -> None:
    assert dispersion_factor(travel_s) == pytest.approx(factor, abs=0.0005)


def test_a_platoon_spreads_as_the_recursion_says() -> None:
    leaving = np.zeros(90)
    leaving[:10] = 0.5
    arriving = dispersed(leaving, 20.0)
    factor, ahead = 1 / (1 + 0.35 * 16), 16
    # q_d(t + T') = F q_u(t) + (1 - F) q_d(t + T' - 1), round and round until it repeats
    told = np.zeros(90)
    for second in range(40 * 90):
        told[(second + ahead) % 90] = factor * leaving[second % 90] + (1 - factor) * told[(second + ahead - 1) % 90]
    assert arriving == pytest.approx(told, abs=1e-9)
    assert arriving.sum() == pytest.approx(leaving.sum())


def test_ideal_offset_lets_the_queue_go_first() -> None:
    assert ideal_offset_s(30, 5) == 30 - (5 * 2 + 2)


def test_a_queue_of_even_arrivals_waits_as_the_triangle_says() -> None:
    # C 60, red 30, q 0.25, s 0.5 veh/s: waiting r²·q / (2(1 - q/s)) = 900 x 0.25 / 1 = 225 veh·s. At 1 s steps a queue
    # counts at its second's end, and the factor of `FULLEST` brings q to 0.2375: 900 x 0.2375 / (2 x 0.525) = 203.6.
    green = np.arange(60) >= 30
    left, waited = queue(np.full((60, 1), 0.25), green, 0.5)
    assert waited[0] == pytest.approx(203.6 / 0.95, abs=8)
    assert left.sum() == pytest.approx(15)
    assert not left[~green].any()


def test_flow_through_gaps() -> None:
    # 400 e^(-400/3600 x 4.5) / (1 - e^(-400/3600 x 2.5)) = 400 x 0.6065 / 0.2425
    assert filter_flow_veh_h(400) == pytest.approx(1000.4, abs=0.5)
    assert filter_flow_veh_h(0) == 1440


def test_half_a_cycle_of_travel_gives_the_whole_green_both_ways() -> None:
    signals = [RowSignal(name, (0, 30), (0, 30)) for name in "AB"]
    bands = widest_bands(signals, [30], [30], 60)
    assert (bands.offsets_s, bands.out_s, bands.back_s) == ((0, 30), (30.0,), (30.0,))
    assert bands.efficiency == 0.5


def test_a_quarter_of_a_cycle_leaves_half_of_the_greens_between_both_ways() -> None:
    # out wants 15, back wants -15 = 45; from 15 to 45 each second moved from one band to the other: 30 s in all
    signals = [RowSignal(name, (0, 30), (0, 30)) for name in "AB"]
    bands = widest_bands(signals, [15], [15], 60)
    assert bands.out_s[0] + bands.back_s[0] == pytest.approx(30)


def test_a_one_way_row_follows_the_travel_times() -> None:
    signals = [RowSignal(name, (5, 40), None) for name in "ABCD"]
    bands = widest_bands(signals, [20, 35, 50], [0, 0, 0], 90)
    assert bands.offsets_s == (0, 20, 55, 15)  # 105 - 90
    assert bands.out_s == (40, 40, 40)


def test_bands_of_twenty_signals_are_proved_the_widest() -> None:
    """How long it takes is measured by `make bench-bands`."""
    chance = np.random.default_rng(20)
    greens_s = chance.integers(30, 55, 20)
    signals = [RowSignal(str(n), (0.0, float(g)), (float(n % 9), float(g))) for n, g in enumerate(greens_s)]
    travel = [float(t) for t in chance.integers(15, 45, 19)]
    bands = widest_bands(signals, travel, travel, 90, time_limit_s=60.0)
    assert bands.optimal
    assert max(bands.out_s[0], bands.back_s[0]) >= 30


def test_bands_of_their_own_between_each_two_are_weighed_by_the_traffic_there() -> None:
    # B is green for 10 s only: one band through all has 10 s, bands of their own 40 s between C and D.
    signals = [RowSignal(name, (0, length), None) for name, length in zip("ABCD", (40, 10, 40, 40), strict=True)]
    travel = [20.0, 20.0, 20.0]
    assert widest_bands(signals, travel, [0, 0, 0], 90).out_s == (10, 10, 10)
    assert widest_bands(signals, travel, [0, 0, 0], 90, one_band=False).out_s == (10, 10, 40)
    # Both ways over 15 s in a cycle of 60 s share 30 s of band: the heavier way of each stretch has it.
    two_way = [RowSignal(name, (0, 30), (0, 30)) for name in "ABC"]
    bands = widest_bands(two_way, [15, 15], [15, 15], 60, weight_out=[9, 1], weight_back=[1, 9], one_band=False)
    assert bands.optimal
    assert (bands.out_s, bands.back_s) == ((30, 0), (0, 30))
