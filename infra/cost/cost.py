#!/usr/bin/env python3
"""What 1,000 minutes of video cost on AWS, and what stands there all month, from counted requests and a list of prices.

requests.json has requests counted at one or more videos of different length; with two or more, what a video costs by itself
and what its minutes cost are told apart (least squares). assumptions.json and prices.json are yours to edit.
"""

import argparse
import json
from pathlib import Path

HERE = Path(__file__).parent
MINUTES = 1000
HOURS = 730  # of a month
# Requests as requests.json counts them, with the price of one.
PRICES = {
    "s3_put": ("s3_put_per_1000", 1e3),
    "s3_get": ("s3_get_per_1000", 1e3),
    "s3_list": ("s3_list_per_1000", 1e3),
    "sns_publish": ("sns_publish_per_million", 1e6),
    "sqs_request": ("sqs_request_per_million", 1e6),
    "dynamodb_write_unit": ("dynamodb_write_unit_per_million", 1e6),
    "dynamodb_read_unit": ("dynamodb_read_unit_per_million", 1e6),
}


def line_through(points):
    """(at zero, slope) of the line nearest to the points; one point alone gives a slope."""
    if len({x for x, _ in points}) < 2:
        return 0.0, sum(y for _, y in points) / sum(x for x, _ in points)
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    return mean_y - slope * mean_x, slope


def requests_per_1000_minutes(runs, minutes_per_video):
    counts = {}
    for kind in PRICES:
        per_video, per_minute = line_through([(run["minutes"], run["requests"].get(kind, 0)) for run in runs])
        counts[kind] = max(0.0, per_video) * MINUTES / minutes_per_video + max(0.0, per_minute) * MINUTES
    return counts


def variable(requests, assumed, prices):
    """(what, how much, USD) per 1,000 minutes."""
    rows = []
    for kind, count in requests.items():
        price, unit = PRICES[kind]
        rows.append((kind.replace("_", " ").replace("dynamodb", "DynamoDB").replace("s3", "S3").replace("sns", "SNS").replace("sqs", "SQS"), f"{count:,.0f}", count * prices[price] / unit))
    hours = MINUTES * assumed["cpu_seconds_per_minute"] / assumed["cores_busy_share"] / 3600
    core = prices["fargate_vcpu_hour"] + assumed["gb_memory_per_core"] * prices["fargate_gb_hour"]
    core *= 1 - assumed["spot_share"] * prices["fargate_spot_discount"]
    rows.append(("workers on Fargate", f"{hours:,.1f} core hours, {assumed['spot_share']:.0%} spot", hours * core))
    stored = MINUTES * (assumed["source_mb_per_minute"] + assumed["made_mb_per_minute"]) / 1000
    rows.append(("stored, per month", f"{stored:,.0f} GB", stored * prices["s3_gb_month"]))
    watched = MINUTES * assumed["views_per_video"] * assumed["watched_mb_per_minute"] / 1000
    rows.append(("watched", f"{assumed['views_per_video']} views, {watched:,.0f} GB", watched * prices["egress_gb"]))
    logs = MINUTES * assumed["log_kb_per_minute"] / 1e6
    rows.append(("logs", f"{logs:.2f} GB", logs * prices["log_gb"]))
    return rows


def standing(assumed, prices):
    """(what, how much, USD) per month, without a single video."""
    warm = sum(worker["cores"] for worker in assumed["warm_workers"])
    core = prices["fargate_vcpu_hour"] + assumed["gb_memory_per_core"] * prices["fargate_gb_hour"]
    core *= 1 - assumed["spot_share"] * prices["fargate_spot_discount"]
    api = assumed["api_tasks"] * (assumed["api_cores"] * prices["fargate_vcpu_hour"] + assumed["api_gb"] * prices["fargate_gb_hour"])
    # A worker that waits asks its queue three times a minute; upload-api asks with eight slots a task.
    polls = (len(assumed["warm_workers"]) + 8 * assumed["api_tasks"]) * 3 * 60 * HOURS
    nat = assumed["nat_gateways"] * prices["nat_hour"] * HOURS + assumed["nat_gb_month"] * prices["nat_gb"]
    return [
        ("warm workers (480p, audio)", f"{warm} cores, {assumed['spot_share']:.0%} spot", warm * core * HOURS),
        ("upload-api", f"{assumed['api_tasks']} tasks", api * HOURS),
        ("load balancer", "1", prices["balancer_hour"] * HOURS),
        ("NAT gateway", f"{assumed['nat_gateways']}, {assumed['nat_gb_month']} GB", nat),
        ("alarms", f"{assumed['alarm_metrics']} metrics", assumed["alarm_metrics"] * prices["alarm_metric_month"]),
        (
            "Container Insights",
            f"{assumed['container_insights_metrics']} metrics",
            assumed["container_insights_metrics"] * prices["container_insights_metric_month"],
        ),
        ("long polls", f"{polls:,.0f} requests", polls * prices["sqs_request_per_million"] / 1e6),
    ]


def table(title, rows):
    lines = [f"| {title} | | USD |", "|---|---|---|"]
    lines += [f"| {what} | {much} | {cost:.2f} |" for what, much, cost in rows]
    return "\n".join([*lines, f"| **together** | | **{sum(cost for _, _, cost in rows):.2f}** |"])


def report(runs, assumed, prices):
    requests = requests_per_1000_minutes(runs, assumed["minutes_per_video"])
    rows = variable(requests, assumed, prices)
    asked = sum(cost for _, _, cost in rows[: len(requests)])
    return "\n\n".join(
        [
            table("per 1,000 minutes of video", rows),
            f"Requests alone: {asked:.2f} USD per 1,000 minutes, in videos of {assumed['minutes_per_video']} minutes.",
            table("per month, whatever happens", standing(assumed, prices)),
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("requests", "assumptions", "prices"):
        parser.add_argument(f"--{name}", type=Path, default=HERE / f"{name}.json", help="(default: %(default)s)")
    options = parser.parse_args()
    read = [json.loads(path.read_text()) for path in (options.requests, options.assumptions, options.prices)]
    print(report(read[0]["runs"], *read[1:]))


if __name__ == "__main__":
    main()
