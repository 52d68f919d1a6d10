"""Do the reference pages say what the tables say?"""

from field_io.plc_basic import PLC_BASIC
from field_io.reference import registers_page, topics_page
from field_io.registers import TSC_MB
from field_io.topics import ALARM, DETECTORS, PRESENCE, TOPICS


def test_every_register_stands_on_the_page_with_its_address() -> None:
    page = registers_page()
    for profile in (TSC_MB, PLC_BASIC):
        assert f"`{profile.name}`" in page
        for block in profile.blocks.values():
            for row in block.registers:
                if row.type != "reserved":
                    span = str(row.at) if row.words == 1 else f"{row.at}-{row.at + row.words - 1}"
                    assert f"| {span} | `{row.name}` | {row.type} |" in page


def test_tables_of_the_page_have_as_many_cells_in_each_row() -> None:
    for page in (registers_page(), topics_page()):
        width = 0
        for line in page.splitlines():
            cells = line.replace("\\|", "").count("|")
            if line.startswith("|"):
                assert cells == (width or cells), line
            width = cells if line.startswith("|") else 0


def test_every_topic_and_payload_key_stands_on_the_page() -> None:
    page = topics_page()
    assert all(f"`{topic.pattern}`" in page for topic in TOPICS.topics.values())
    assert all(f"| `{key}` |" in page for keys in TOPICS.payloads.values() for key in keys)
    assert set(TOPICS.payloads) == set(TOPICS.topics)


def test_a_topic_is_a_filter_until_it_knows_its_junction() -> None:
    assert DETECTORS.at("udon", junction="J01") == "fk/v1/udon/J01/detectors"
    assert DETECTORS.at("udon") == "fk/v1/udon/+/detectors"
    assert PRESENCE.at("udon", gateway="g1") == "fk/v1/udon/gateways/g1/presence"
    assert ALARM.qos == 1
