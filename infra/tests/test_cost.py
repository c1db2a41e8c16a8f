"""The cost script, and the page that shows what it says."""

import json
import sys

from conftest import INFRA

sys.path.insert(0, str(INFRA / "cost"))

import cost  # noqa: E402


def read(name):
    return json.loads((INFRA / "cost" / f"{name}.json").read_text())


def test_a_video_and_its_minutes_are_told_apart():
    runs = [{"minutes": minutes, "requests": {"s3_put": 30 + 60 * minutes}} for minutes in (1, 2, 5)]
    counts = cost.requests_per_1000_minutes(runs, minutes_per_video=10)
    assert round(counts["s3_put"]) == 30 * 100 + 60 * 1000
    assert counts["sqs_request"] == 0


def test_one_run_counts_as_it_is():
    counts = cost.requests_per_1000_minutes([{"minutes": 0.5, "requests": {"s3_get": 7}}], minutes_per_video=10)
    assert round(counts["s3_get"]) == 14_000


def test_requests_cost_what_the_price_file_says():
    requests = dict.fromkeys(cost.PRICES, 0) | {"s3_put": 2000, "sqs_request": 3e6}
    rows = cost.variable(requests, read("assumptions"), read("prices") | {"s3_put_per_1000": 1.0, "sqs_request_per_million": 2.0})
    assert {what: usd for what, _, usd in rows if what in ("S3 put", "SQS request")} == {"S3 put": 2.0, "SQS request": 6.0}


def test_requests_stay_below_a_dollar():
    """The design's own number, with what was counted."""
    requests = cost.requests_per_1000_minutes(read("requests")["runs"], read("assumptions")["minutes_per_video"])
    rows = cost.variable(requests, read("assumptions"), read("prices"))[: len(requests)]
    assert sum(usd for _, _, usd in rows) <= 1.0


def test_the_runbook_shows_what_the_script_says():
    told = cost.report(read("requests")["runs"], read("assumptions"), read("prices"))
    page = (INFRA / "RUNBOOK.md").read_text()
    shown = page.split("<!-- cost.py -->\n")[1].split("<!-- /cost.py -->")[0]
    assert shown.strip() == told, "copy the output of infra/cost/cost.py into RUNBOOK.md"
