"""Does the plan in Udon Thani's network keep the rules of the street, and would the check see it if it did not?"""

import xml.etree.ElementTree as ET
from collections import defaultdict

import pytest

from sim.scenarios.udon_thani.build_network import HERE

CLEARING_M_S = 1.2
"""People on a crossing (RiLSA)."""


@pytest.fixture(scope="module")
def net() -> ET.Element:
    return ET.parse(HERE / "net" / "udon_thani.net.xml").getroot()


def signals(net: ET.Element) -> list[str]:
    return sorted(junction.attrib["id"] for junction in net.iter("junction") if junction.get("type") == "traffic_light")


def test_the_own_plan_keeps_the_rules_of_the_street(net: ET.Element) -> None:
    broken = [finding for name in signals(net) for finding in plan_findings(net, name)]
    assert broken == []


def plan_findings(net: ET.Element, name: str) -> list[str]:
    """What one program does that no street may: conflicts, short ambers, all-reds, greens and clearing times."""
    phases = next(program for program in net.iter("tlLogic") if program.attrib["id"] == name).findall("phase")
    seconds = [phase.attrib["state"] for phase in phases for _ in range(int(phase.attrib["duration"]))]
    links = {
        int(link.attrib["linkIndex"]): link.attrib["from"] for link in net.iter("connection") if link.get("tl") == name
    }
    clearing_s = walking_times(net, name)
    findings = [said for link in links for said in light_findings(lights(seconds, link), on_foot=link in clearing_s)]
    for first, second in conflicts(net, name, links):
        if any(state[first] == state[second] == "G" for state in seconds):
            findings.append(f"{first} and {second} green together, neither gives way")
        elif not any(state[first] in "Gg" and state[second] in "Gg" for state in seconds):
            needed_s = clearing_s.get(first, 5.0)  # amber 3 s and all-red 2 s behind vehicles
            if change_s(seconds, first, second) < needed_s:
                findings.append(f"{first} to {second} in {change_s(seconds, first, second)} s, {needed_s:.1f} s needed")
    return [f"{name}: {finding}" for finding in findings]


def walking_times(net: ET.Element, name: str) -> dict[int, float]:
    """Time to cross [s] of each crossing's link of a signal."""
    length_m = {lane.attrib["id"]: float(lane.attrib["length"]) for lane in net.iter("lane")}
    return {
        int(link.attrib["linkIndex"]): length_m[f"{link.attrib['to']}_0"] / CLEARING_M_S
        for link in net.iter("connection")
        if link.get("tl") == name and link.attrib["to"].startswith(f":{name}_c")
    }


def light_findings(shown: list[tuple[str, int]], *, on_foot: bool) -> list[str]:
    """What is wrong with the lights of one link through the cycle."""
    if len(shown) < 2:
        return ["a light that never changes"]
    findings = []
    for (light, length_s), (following, _) in zip(shown, [*shown[1:], shown[0]], strict=True):
        after_green = "r" if on_foot else "yGg"
        if light in "Gg" and (length_s < (7 if on_foot else 5) or following not in after_green):
            findings.append(f"green of {length_s} s, then {following}")
        if light == "y" and (length_s < 3 or following != "r"):
            findings.append(f"amber of {length_s} s, then {following}")
    return findings


def lights(seconds: list[str], link: int) -> list[tuple[str, int]]:
    """Lights of a link through the cycle with their lengths [s], from its first change on."""
    start = next((k for k in range(len(seconds)) if seconds[k][link] != seconds[k - 1][link]), 0)
    shown: list[tuple[str, int]] = []
    for state in [*seconds[start:], *seconds[:start]]:
        if shown and shown[-1][0] == state[link]:
            shown[-1] = (state[link], shown[-1][1] + 1)
        else:
            shown.append((state[link], 1))
    return shown


def change_s(seconds: list[str], ending: int, starting: int) -> int:
    """Shortest time from the end of one link's green to the next start of the other's [s]: amber and all-red."""
    cycle_s = len(seconds)
    ends = [k for k in range(cycle_s) if seconds[k - 1][ending] in "Gg" and seconds[k][ending] not in "Gg"]
    starts = [k for k in range(cycle_s) if seconds[k][starting] in "Gg" and seconds[k - 1][starting] not in "Gg"]
    return min((start - end) % cycle_s for end in ends for start in starts)


def conflicts(net: ET.Element, name: str, links: dict[int, str]) -> list[tuple[int, int]]:
    """Ordered pairs of signal links that the network calls foes; links of one approach are none."""
    junction = next(node for node in net.iter("junction") if node.attrib["id"] == name)
    order = junction_order(net, junction)
    pairs = []
    for request in junction.iter("request"):
        first = order[int(request.attrib["index"])]
        foes = request.attrib["foes"][::-1]
        pairs += [
            (first, order[index])
            for index, flag in enumerate(foes)
            if flag == "1" and first in links and order[index] in links and links[first] != links[order[index]]
        ]
    return pairs


def junction_order(net: ET.Element, junction: ET.Element) -> list[int]:
    """Signal link of each request of a junction, -1 for one beside the signal: lane by lane, then the crossings."""
    by_lane: dict[str, list[ET.Element]] = defaultdict(list)
    for link in net.iter("connection"):
        by_lane[f"{link.attrib['from']}_{link.attrib['fromLane']}"].append(link)
    order = []
    for lane in junction.attrib["incLanes"].split():
        on_foot = lane.startswith(":")
        for link in by_lane[lane]:
            crossing = link.attrib["to"].startswith(f":{junction.attrib['id']}_c")
            if ("via" in link.attrib and not on_foot) or crossing:
                order.append(int(link.get("linkIndex", "-1")))
    assert len(order) == len(list(junction.iter("request")))
    return order


def spoil(net: ET.Element, phase: int, **changed: str) -> list[str]:
    spoilt = ET.fromstring(ET.tostring(net))
    program = next(program for program in spoilt.iter("tlLogic") if program.attrib["id"] == "J05")
    program.findall("phase")[phase].attrib.update(changed)
    return plan_findings(spoilt, "J05")


def test_the_check_of_the_own_plan_sees_each_kind_of_mistake(net: ET.Element) -> None:
    program = next(program for program in net.iter("tlLogic") if program.attrib["id"] == "J05")
    states = [phase.attrib["state"] for phase in program.findall("phase")]
    assert "y" in states[2]
    assert set(states[3]) == {"r"}
    assert any("green together" in finding for finding in spoil(net, 0, state=states[0].replace("r", "G")))
    assert any("green of" in finding for finding in spoil(net, 2, state=states[3]))
    assert any("amber of 2 s" in finding for finding in spoil(net, 2, duration="2"))
    assert any("5.0 s needed" in finding for finding in spoil(net, 3, duration="1"))
    assert any("s needed" in finding for finding in spoil(net, 1, state=states[0]))
