"""Does the model say what the files say?"""

from datetime import date

from controller.model import DatedDays, DatedKind, PlanChange, ProgrammeStep
from plans import Bundle, dump_yaml, load_cabinet, load_junction, load_site, safety_hash
from tests.site_builder import make_site, site_data


def test_junctions_come_in_the_order_of_their_ids() -> None:
    assert [junction.id for junction in load_site(make_site()).network.junctions] == ["J01", "J02"]


def test_a_plan_by_stages_switches_where_the_splits_before_end() -> None:
    day = load_site(make_site()).network.junctions[0].timings[0]
    assert (day.plan, day.cycle_s, day.offset_s, day.coordinated) == ("day", 60, 12, ("K1",))
    assert day.steps == (ProgrammeStep(0, 1), ProgrammeStep(36, 2))


def test_a_plan_by_groups_switches_with_every_group() -> None:
    night = load_site(make_site()).network.junctions[0].timings[1]
    assert night.steps == (
        ProgrammeStep(0, 1),
        ProgrammeStep(20, 3),
        ProgrammeStep(28, 4),
        ProgrammeStep(33, 2),
        ProgrammeStep(54, 4),
    )


def test_a_window_around_the_end_of_the_cycle_is_one_green() -> None:
    night = load_site(make_site()).network.junctions[1].timings[1]
    assert night.steps == (ProgrammeStep(20, 3), ProgrammeStep(25, 2), ProgrammeStep(44, 3), ProgrammeStep(50, 1))


def test_groups_stages_and_intergreens_keep_their_order() -> None:
    junction = load_site(make_site()).network.junctions[0]
    assert [group.id for group in junction.groups] == ["K1", "K2", "F1"]
    assert junction.intergreen_s == ((None, 5.0, None), (5.0, None, 6.0), (None, 11.0, None))
    assert [junction.stage_mask(stage) for stage in junction.stages] == [0b101, 0b010, 0b001, 0]
    assert [stage.selectable for stage in junction.stages] == [True, True, False, False]
    assert junction.groups[2].min_green_s == 7
    assert junction.groups[2].closing_s == 8


def test_identity_and_permissive_pairs_reach_the_model() -> None:
    site = load_site(make_site(first_port=20001))
    junction = site.network.junctions[1]
    assert (junction.number, junction.cabinet_number, junction.neighbours) == (2, 1002, ("J01",))
    assert junction.permissive == {("K3", "K1")}
    assert (site.addresses["J02"].cabinet, site.addresses["J02"].port) == ("J02", 20002)
    assert site.addresses["J02"].is_loopback


def test_both_sides_compute_the_same_safety_hash() -> None:
    site = load_site(make_site())
    for junction in site.network.junctions:
        sources = (junction, load_junction(site.bundle, junction.id), load_cabinet(site.bundle, junction.id))
        assert {safety_hash(source) for source in sources} == {junction.safety_hash}


def test_the_calendar_becomes_seconds_and_ordinals() -> None:
    schedule = load_site(make_site()).network.schedule
    assert schedule.weekdays == ("workday",) * 5 + ("weekend",) * 2
    assert schedule.day_plans[1].entries == ((0, "night"), (23_400, "day"))
    songkran = date(2026, 4, 13).toordinal()
    assert schedule.dated == (DatedDays(DatedKind.SPECIAL, songkran, songkran, ("weekend",) * 7, name="Songkran"),)


def test_parameters_reach_the_strategies() -> None:
    files = site_data()
    files["site.yaml"]["parameters"] = {"gap_s": 2.5, "transition": "dwell", "max_red_s": 180}
    network = load_site(Bundle({name: dump_yaml(data) for name, data in files.items()})).network
    assert (network.parameters.gap_s, network.parameters.max_red_s) == (2.5, 180)
    assert network.parameters.transition is PlanChange.DWELL


def test_a_file_of_the_simulation_is_carried_and_not_read() -> None:
    bundle = Bundle({**make_site().files, "sumo.yaml": "anything: [goes\n"})
    assert load_site(bundle).bundle.files["sumo.yaml"]
