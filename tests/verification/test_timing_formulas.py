"""Do the timing formulas give the numbers that the standards' own tables and a calculation by hand give?

The working stands beside each number. Speeds in km/h are divided by 3.6.
"""

import pytest

from plans import formulas


@pytest.mark.parametrize(
    ("speed_km_h", "level_s", "down_s", "up_s"),
    [
        # 50 km/h: 13.889 / (2 x 3.05) = 2.277, + 1 = 3.28; -3 %: a = 3.05 - 0.2943 = 2.7557, 13.889 / 5.5114 = 2.520
        (40, 2.82, 3.02, 2.66),
        (50, 3.28, 3.52, 3.08),
        (60, 3.73, 4.02, 3.49),
        (70, 4.19, 4.53, 3.91),
        (80, 4.64, 5.03, 4.32),
        (90, 5.10, 5.54, 4.74),
    ],
)
def test_yellow_change_is_that_of_the_kinematic_table(
    speed_km_h: float, level_s: float, down_s: float, up_s: float
) -> None:
    speed = speed_km_h / 3.6
    assert formulas.kinematic_yellow_s(speed) == pytest.approx(level_s, abs=0.005)
    assert formulas.kinematic_yellow_s(speed, grade=-0.03) == pytest.approx(down_s, abs=0.005)
    assert formulas.kinematic_yellow_s(speed, grade=+0.03) == pytest.approx(up_s, abs=0.005)


def test_a_yellow_is_shown_with_three_to_six_seconds() -> None:
    assert formulas.displayed_yellow_s(formulas.kinematic_yellow_s(40 / 3.6)) == 3.0  # 2.82: the floor
    assert formulas.displayed_yellow_s(formulas.kinematic_yellow_s(40 / 3.6, grade=0.03)) == 3.0  # 2.66
    assert formulas.displayed_yellow_s(formulas.kinematic_yellow_s(50 / 3.6)) == 3.3  # 3.277: up to a tenth
    assert formulas.displayed_yellow_s(9.0) == 6.0  # the ceiling


def test_turning_traffic_needs_longer_yellow_and_red() -> None:
    # 50 to 25 km/h: 1 + 6.944 / 3.05 + 6.944 / 6.1 = 1 + 2.277 + 1.138
    assert formulas.turning_yellow_s(50 / 3.6, 25 / 3.6) == pytest.approx(4.42, abs=0.005)
    # (18 + 6.1) / 6.944
    assert formulas.red_clearance_s(18, 25 / 3.6) == pytest.approx(3.47, abs=0.005)


@pytest.mark.parametrize(("width_m", "red_s"), [(15, 1.52), (20, 1.88), (30, 2.60)])
def test_red_clearance_at_50_km_h(width_m: float, red_s: float) -> None:
    assert formulas.red_clearance_s(width_m, 50 / 3.6) == pytest.approx(red_s, abs=0.005)


def test_red_clearance_never_becomes_negative() -> None:
    assert formulas.red_clearance_s(1, 50 / 3.6, start_up_s=1.0) == 0.0


@pytest.mark.parametrize(
    ("speed_km_h", "grade", "yellow_s"),
    [
        (50, 0.0, 3.5),  # 31.07 mile/h: 1 + 0.733 x 31.07 / 10 = 3.277, up to 3.5
        (80, 0.0, 5.0),  # 49.71 mile/h: 4.644, up to 5.0
        (80, -0.05, 5.5),  # 1 + 36.44 / (10 - 1.6) = 5.338, up to 5.5
        (20, 0.0, 3.0),  # 1.911: the floor
        (150, 0.0, 6.0),  # 7.83: the ceiling
    ],
)
def test_marylands_rule(speed_km_h: float, grade: float, yellow_s: float) -> None:
    assert formulas.maryland_yellow_s(speed_km_h, grade) == yellow_s


@pytest.mark.parametrize(("speed_km_h", "yellow_s"), [(30, 3), (50, 3), (51, 4), (60, 4), (70, 5)])
def test_german_yellows_go_by_the_permitted_speed(speed_km_h: float, yellow_s: float) -> None:
    assert formulas.rilsa_yellow_s(speed_km_h) == yellow_s


def test_above_70_km_h_germany_has_no_signals() -> None:
    with pytest.raises(ValueError, match="71 km/h"):
        formulas.rilsa_yellow_s(71)


def test_rilsa_intergreen_of_through_traffic() -> None:
    # 3 + (15 + 6) / 10 - 12 / 11.11 = 3 + 2.1 - 1.08 = 4.02, up to 5
    time_s = formulas.intergreen_s(formulas.THROUGH, clearing_distance_m=15, entering_distance_m=12)
    assert time_s == pytest.approx(4.02, abs=0.005)
    assert formulas.whole_intergreen_s([time_s], closing_s=3) == 5.0


@pytest.mark.parametrize(
    ("clearing", "time_s"),
    [
        # 20 m to the conflict point, nobody enters from afar
        (formulas.THROUGH, 3 + 26 / 10),
        (formulas.TURNING, 2 + 26 / 7),
        (formulas.TIGHT_TURNING, 2 + 26 / 5),
        (formulas.TRAM, 3 + 35 / 10),
        (formulas.BICYCLE, 1 + 20 / 4),
        (formulas.PEDESTRIAN, 20 / 1.2),
    ],
)
def test_rilsa_clearing_by_kind_of_traffic(clearing: formulas.ClearingTraffic, time_s: float) -> None:
    assert formulas.intergreen_s(clearing, clearing_distance_m=20, entering_distance_m=0) == pytest.approx(time_s)


def test_rilsa_entering_speeds() -> None:
    # 20 m at 40 km/h, at 5 m/s and at 1.5 m/s: 1.8, 4 and 13.33 s less
    clearing_s = formulas.intergreen_s(formulas.THROUGH, 20, 0)
    for speed, less_s in (
        (formulas.ENTERING_VEHICLE_M_S, 1.8),
        (formulas.ENTERING_BICYCLE_M_S, 4.0),
        (formulas.ENTERING_PEDESTRIAN_M_S, 13.333),
    ):
        assert clearing_s - formulas.intergreen_s(formulas.THROUGH, 20, 20, speed) == pytest.approx(less_s, abs=0.001)


def test_rilsa_intergreen_after_people_on_foot() -> None:
    # 12 m at 1.2 m/s = 10.0; the car enters 4 m: 0.36; 9.64, up to 10
    time_s = formulas.intergreen_s(formulas.PEDESTRIAN, clearing_distance_m=12, entering_distance_m=4)
    assert time_s == pytest.approx(9.64, abs=0.005)
    assert formulas.whole_intergreen_s([time_s], closing_s=8) == 10.0


def test_the_worst_conflict_point_counts_and_the_closing_is_a_floor() -> None:
    assert formulas.whole_intergreen_s([2.2, 6.01, 4.0], closing_s=3) == 7.0
    assert formulas.whole_intergreen_s([1.0], closing_s=3, red_amber_s=1) == 4.0
    assert formulas.whole_intergreen_s([5.0], closing_s=3) == 5.0


@pytest.mark.parametrize(
    ("difference_m", "turning", "time_s"),
    [
        (-5, False, 5),
        (9, False, 5),
        (10, False, 6),
        (18, False, 6),
        (19, False, 7),
        (27, False, 7),
        (28, False, 8),
        (37, False, 8),
        (38, False, 9),
        (46, False, 9),
        (47, False, 10),
        (55, False, 10),
        (56, False, 11),
        (64, False, 11),
        (65, False, 12),
        (74, False, 12),
        (9, True, 5),
        (10, True, 6),
        (13, True, 6),
        (14, True, 7),
        (20, True, 7),
        (21, True, 8),
        (27, True, 8),
        (28, True, 9),
        (34, True, 9),
        (35, True, 10),
        (40, True, 10),
    ],
)
def test_british_intergreens_are_those_of_the_table(difference_m: float, turning: bool, time_s: int) -> None:
    assert formulas.uk_intergreen_s(difference_m, turning=turning) == time_s


@pytest.mark.parametrize(("crossing_m", "clearance_s"), [(9, 8.41), (14, 13.08), (21, 19.63)])
def test_pedestrian_clearance(crossing_m: float, clearance_s: float) -> None:
    assert formulas.pedestrian_clearance_s(crossing_m) == pytest.approx(clearance_s, abs=0.005)


def test_seven_seconds_of_walk_pass_the_cross_check_over_21_m() -> None:
    # from 1.8 m behind the curb: 22.8 / 0.91 = 25.05 <= 7 + 19.63 = 26.63
    slow_s = (21 + 1.8) / formulas.SLOW_WALKING_SPEED_M_S
    assert slow_s == pytest.approx(25.05, abs=0.005)
    assert formulas.walk_s(21) + formulas.pedestrian_clearance_s(21) == pytest.approx(26.63, abs=0.005)
    assert formulas.walk_s(21) == 7.0
    # of four seconds the cross-check makes 25.05 - 19.63
    assert formulas.walk_s(21, least_s=4) == pytest.approx(5.43, abs=0.005)
    assert formulas.walk_s(9, least_s=4) == 4.0


def test_a_far_button_lengthens_the_walk() -> None:
    # (21 + 6) / 0.91 = 29.67; less 19.63 = 10.04
    assert formulas.walk_s(21, behind_curb_m=6) == pytest.approx(10.04, abs=0.005)


def test_the_buffer_after_clearance_is_three_seconds() -> None:
    assert formulas.pedestrian_intergreen_s(8.5, crossing_m=9) == 11.5
    assert formulas.pedestrian_intergreen_s(5, crossing_m=14) == pytest.approx(13.08, abs=0.005)


@pytest.mark.parametrize(
    ("distance_m", "green_s"), [(0, 5), (7, 5), (8, 7), (15, 7), (16, 9), (23, 11), (31, 13), (38, 15), (45, 15)]
)
def test_minimum_green_clears_what_waits_before_the_loop(distance_m: float, green_s: float) -> None:
    assert formulas.minimum_green_s(distance_m) == green_s


def test_passage_time() -> None:
    # 3 - (2.0 + 6.1) / 13.889 = 3 - 0.583
    assert formulas.passage_time_s(50 / 3.6) == pytest.approx(2.417, abs=0.001)


def test_websters_cycles() -> None:
    assert formulas.webster_cycle_s(16, 0.5) == pytest.approx(58.0)  # (24 + 5) / 0.5
    assert formulas.webster_cycle_s(12, 0.7) == pytest.approx(76.67, abs=0.005)  # 23 / 0.3
    assert formulas.minimum_cycle_s(16, 0.6) == pytest.approx(40.0)  # 16 / 0.4
    assert formulas.practical_cycle_s(16, 0.6, saturation=0.9) == pytest.approx(48.0)  # 14.4 / 0.3


def test_websters_greens_share_the_effective_green() -> None:
    # C 90, L 10: 80 s in the proportion 0.35 : 0.15
    assert formulas.webster_greens_s(90, 10, (0.35, 0.15)) == pytest.approx((56.0, 24.0))
    # G = g + 2 + (3 + 2 - 2) - 3 - 2 = g: start-up and end gain of 2 s cancel
    assert formulas.displayed_green_s(56.0, amber_s=3, all_red_s=2) == pytest.approx(56.0)
    assert formulas.displayed_green_s(56.0, amber_s=3, all_red_s=2, end_gain_s=3) == pytest.approx(55.0)


def test_websters_delay() -> None:
    # C 90, g 35: λ 0.3889; s 1800, q 600: x 0.857; 25.21 + 15.43 - 5.24
    assert formulas.webster_delay_terms_s(90, 35, 600, 1800) == pytest.approx((25.21, 15.43, -5.24), abs=0.005)
    assert formulas.webster_delay_s(90, 35, 600, 1800) == pytest.approx(35.40, abs=0.005)


@pytest.mark.parametrize("ratio", [-0.1, 0.95, 1.2])
def test_webster_refuses_what_no_cycle_carries(ratio: float) -> None:
    for formula in (formulas.webster_cycle_s, formulas.minimum_cycle_s, formulas.practical_cycle_s):
        with pytest.raises(ValueError, match="flow ratio"):
            formula(10, ratio)


def test_a_queue_that_never_ends_has_no_delay() -> None:
    with pytest.raises(ValueError, match="the queue never ends"):
        formulas.webster_delay_s(90, 35, 700, 1800)


def test_formulas_refuse_values_out_of_their_range() -> None:
    with pytest.raises(ValueError, match="brake"):
        formulas.kinematic_yellow_s(14, grade=-0.4)
    with pytest.raises(ValueError, match="turning speed"):
        formulas.turning_yellow_s(10, 12)
    with pytest.raises(ValueError, match="beyond the table"):
        formulas.uk_intergreen_s(75)
    with pytest.raises(ValueError, match="no stage has any flow"):
        formulas.webster_greens_s(60, 10, (0.0, 0.0))
    for call in (formulas.red_clearance_s, formulas.pedestrian_clearance_s):
        with pytest.raises(ValueError, match="above 0"):
            call(10, 0)
    with pytest.raises(ValueError, match="0 or more"):
        formulas.minimum_green_s(-1)
