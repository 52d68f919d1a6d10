"""Are counts taken as they are meant, and what is missing in them told?"""

import pytest

from plans import load_site
from plans.tuning.counts import Span, demand_of_counts
from plans.tuning.counts_csv import read_counts
from plans.tuning.demand import DemandError, Turn
from tests.site_builder import make_site

NETWORK = load_site(make_site()).network
HEAD = "begin,end,junction,approach,group,car,motorcycle\n"
QUARTERS = ("07:00", "07:15", "07:30", "07:45", "08:00", "08:15")


def table(*cars: str, group: str = "K1", approach: str = "north") -> str:
    rows = [
        f"{begin},{end},J01,{approach},{group},{car},10"
        for begin, end, car in zip(QUARTERS, QUARTERS[1:], cars, strict=False)
        if car != "-"
    ]
    return HEAD + "\n".join(rows) + "\n"


def test_the_busiest_hour_counts() -> None:
    demand = demand_of_counts(read_counts(table("10", "50", "50", "50", "50"), NETWORK, "c.csv"), "c.csv")
    assert demand.origin == "c.csv, 07:15-08:15"
    assert demand.flows_veh_h[Turn("J01", "north", "K1")] == {"car": 200, "motorcycle": 40}


def test_half_an_hour_is_an_hours_rate() -> None:
    counts = read_counts(table("40", "40"), NETWORK, "c.csv")
    assert demand_of_counts(counts, "c.csv").flows_veh_h[Turn("J01", "north", "K1")]["car"] == 160


def test_the_flow_is_that_of_the_junctions_busiest_quarter() -> None:
    # 40, 50, 60, 50 vehicles with the motorcycles: 200 in the hour, PHF = 200 / (4 x 60) = 0.833
    demand = demand_of_counts(read_counts(table("30", "40", "50", "40"), NETWORK, "c.csv"), "c.csv")
    flows = demand.flows_veh_h[Turn("J01", "north", "K1")]
    assert flows == pytest.approx({"car": 160 / (200 / 240), "motorcycle": 40 / (200 / 240)})
    assert "least factor 0.83 at J01" in demand.remarks[-1]


def test_a_count_of_whole_hours_says_nothing_of_its_quarters() -> None:
    text = HEAD + "07:00,08:00,J01,north,K1,400,0\n"
    demand = demand_of_counts(read_counts(text, NETWORK, "c.csv"), "c.csv")
    assert demand.flows_veh_h[Turn("J01", "north", "K1")]["car"] == 400
    assert demand.remarks == ()


def test_the_approach_may_be_left_out_where_only_one_leads_to_the_group() -> None:
    assert read_counts(table("1", approach=""), NETWORK, "c.csv")[0].turn == Turn("J01", "north", "K1")


def test_a_gap_is_refused_and_named() -> None:
    for text in (
        table("10", "", "30", "40"),
        table("10", "-", "30", "40") + table("1", "1", group="K2", approach="east")[len(HEAD) :],
    ):
        with pytest.raises(DemandError, match=r"missing(.|\n)*J01 north K1 car 07:15-07:30"):
            demand_of_counts(read_counts(text, NETWORK, "c.csv"), "c.csv")


def test_a_quarter_that_nobody_counted_is_a_gap() -> None:
    with pytest.raises(DemandError, match="nothing was counted 07:15-07:30"):
        demand_of_counts(read_counts(table("10", "-", "30"), NETWORK, "c.csv"), "c.csv")


def test_a_short_gap_is_filled_where_that_is_asked_for_and_the_plan_says_so() -> None:
    demand = demand_of_counts(read_counts(table("20", "", "20", "20"), NETWORK, "c.csv"), "c.csv", fill=True)
    assert demand.flows_veh_h[Turn("J01", "north", "K1")]["car"] == 80
    assert demand.remarks == ("filled: J01 north K1 car 07:15-07:30 as 20, the mean of its neighbours in time",)


def test_a_gap_at_an_end_is_never_filled() -> None:
    with pytest.raises(DemandError, match="count again"):
        demand_of_counts(read_counts(table("", "20", "30"), NETWORK, "c.csv"), "c.csv", fill=True)


def test_overlapping_intervals_are_refused() -> None:
    text = table("10") + "07:10,07:25,J01,north,K1,5,0\n"
    with pytest.raises(DemandError, match=r"c.csv:3: .*overlaps c.csv:2"):
        demand_of_counts(read_counts(text, NETWORK, "c.csv"), "c.csv")


def test_a_span_without_counts_is_refused() -> None:
    with pytest.raises(DemandError, match="09:00-10:00; it has counts of 07:00-07:15"):
        demand_of_counts(read_counts(table("10"), NETWORK, "c.csv"), "c.csv", span=Span(9 * 3600, 10 * 3600))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("begin,end,group,car\n", "column junction is missing"),
        ("begin,end,junction,group,tuktuk\n", "column tuktuk is unknown"),
        ("begin,end,junction,group\n", "no class of vehicle"),
        ("begin,end,junction,group,car,car\n", "stands twice"),
        (HEAD + "7,08:00,J01,north,K1,1,1\n", "c.csv:2: '7' is no time"),
        (HEAD + "08:00,07:00,J01,north,K1,1,1\n", "ends at 07:00, not after 08:00"),
        (HEAD + "07:00,08:00,J9,north,K1,1,1\n", "no junction 'J9'"),
        (HEAD + "07:00,08:00,J01,north,K9,1,1\n", "no lane leads to group 'K9'"),
        (HEAD + "07:00,08:00,J01,west,K1,1,1\n", "approach 'west'\\? One of north"),
        (HEAD + "07:00,08:00,J01,north,K1,-1,1\n", "car is '-1'"),
        (HEAD + "07:00,08:00,J01,north,K1,nan,1\n", "car is 'nan'"),
        (HEAD + "07:00,08:00,J01,north,K1,1\n", "it has 6 cells, the first line 7"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(DemandError, match=told):
        read_counts(text, NETWORK, "c.csv")
