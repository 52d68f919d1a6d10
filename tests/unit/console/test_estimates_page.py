"""Does the page say what the comparison found, and leave out what it found nothing of?"""

from console.report.estimates_page import estimates_page

QUEUE = {
    "samples": 3624, "truth": 5.609, "bias": -1.858, "error": 3.005, "correlation": 0.891, "worst_lane": "A/WA_1",
    "worst_error": 12.567,
}  # fmt: skip
FLAT = QUEUE | {"bias": 0.4, "correlation": None, "worst_lane": "B/EB_1"}
FOUND = {
    "command": "faikhiao estimates town",
    "settled_s": 300.0,
    "told": {
        "queue": {"unit": "veh", "what": "standing before the stop line"},
        "discharge": {"unit": "veh/h", "what": "while a queue goes"},
    },
    "runs": [
        {
            "scenario": "town",
            "strategy": "planner",
            "seed": 1,
            "minutes": 20.0,
            "estimates": {"queue": QUEUE},
            "by_trust": {"queue": {"much": QUEUE}},
        },
        {
            "scenario": "village",
            "strategy": "planner",
            "seed": 1,
            "minutes": 20.0,
            "estimates": {"queue": FLAT},
            "by_trust": {},
        },
    ],
}


def test_the_page_has_a_row_for_each_network_and_names_its_command() -> None:
    page = estimates_page(FOUND)
    assert "Made by `faikhiao estimates town`." in page
    assert "Driven by `planner`, seed 1, 20 min." in page
    assert "## Queue [veh]\n\nStanding before the stop line." in page
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    assert ["town", "5.61", "-1.86", "3.00", "0.89", "A/WA_1", "12.6", "3624"] in rows
    assert ["village", "5.61", "+0.40", "3.00", "", "B/EB_1", "12.6", "3624"] in rows
    assert ["town", "much", "5.61", "3.00", "54%", "3624"] in rows
    assert "Discharge" not in page
