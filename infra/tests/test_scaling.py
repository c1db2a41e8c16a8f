"""Scaling played through: the rules as the templates have them, minute by minute, against work that once fooled such rules."""

import math
import re

import pytest
from conftest import load, TEMPLATES

SUB = re.compile(r"\$\{Slots\}")


class Number(float):
    """Division by zero is no datapoint, as in CloudWatch, and no datapoint compares false."""

    def __add__(self, other):
        return Number(float(self) + float(other))

    def __mul__(self, other):
        return Number(float(self) * float(other))

    def __truediv__(self, other):
        return Number(float(self) / float(other)) if other else Number("nan")


def evaluate(metrics, values):
    """The value of a metric math query over one minute. `None` stands for a metric that is not told."""
    query = next(metric for metric in metrics if metric["ReturnData"])
    expression = query["Expression"]
    expression = SUB.sub("1", expression["Fn::Sub"]) if isinstance(expression, dict) else expression
    known = {key: Number("nan") if value is None else Number(value) for key, value in values.items()}
    functions = {
        "IF": lambda condition, yes, no: yes if condition else no,
        "FILL": lambda value, default: Number(default) if math.isnan(value) else value,
    }
    return eval(expression, {"__builtins__": {}}, known | functions)


class Fleet:
    """A service or group under its three policies; a worker does `per_minute` of a job each minute."""

    def __init__(self, name, workers, least=0, most=20):
        self.resources = load(TEMPLATES / f"{name}.yaml")["Resources"]
        parameters = load(TEMPLATES / f"{name}.yaml")["Parameters"]
        self.target = parameters.get("BacklogPerTask", parameters.get("BacklogPerInstance"))["Default"]
        self.workers, self.least, self.most = workers, least, most
        self.waiting, self.hands = [], []
        self.over = self.under = self.rest = 0
        self.kills = self.done = self.oldest = self.minute = 0

    def send(self, jobs, minutes):
        self.waiting += [[minutes, self.minute] for _ in range(jobs)]

    def step(self):
        self.minute += 1
        while self.waiting and len(self.hands) < self.workers:
            job = self.waiting.pop(0)
            self.oldest = max(self.oldest, self.minute - job[1])
            self.hands.append(job)
        told = self.workers or None  # Container Insights may tell nothing of a service without tasks.
        values = {"visible": len(self.waiting), "in_flight": len(self.hands), "running": told}
        for job in self.hands:
            job[0] -= 1
        self.done += sum(job[0] <= 0 for job in self.hands)
        # The free part of a minute goes to those that wait.
        self.hands = [job for job in self.hands if job[0] > 0]
        self.scale(values)

    def scale(self, values):
        policies = self.resources
        grow = policies["Grow"]["Properties"]
        grow = grow.get("TargetTrackingScalingPolicyConfiguration", grow.get("TargetTrackingConfiguration"))
        assert grow["DisableScaleIn"] is True
        backlog = evaluate(grow["CustomizedMetricSpecification"]["Metrics"], values)
        self.over = self.over + 1 if backlog > self.target else 0
        unserved = evaluate(policies["WorkWithoutWorkers"]["Properties"]["Metrics"], values)
        alarm = policies["WorkersWithoutWork"]["Properties"]
        busy = evaluate(alarm["Metrics"], values)
        self.under = self.under + 1 if busy < alarm["Threshold"] else 0
        self.rest = max(0, self.rest - 1)
        if unserved >= policies["WorkWithoutWorkers"]["Properties"]["Threshold"]:
            self.workers = 1
        elif self.over >= 3:
            # Target tracking multiplies; nothing times anything is nothing.
            self.workers = min(self.most, math.ceil(self.workers * backlog / self.target))
        elif self.under >= alarm["DatapointsToAlarm"] and not self.rest:
            self.shrink()

    def shrink(self):
        policy = self.resources["Shrink"]["Properties"]
        step = policy.get("StepScalingPolicyConfiguration", policy)["StepAdjustments"][0]["ScalingAdjustment"]
        fewer = max(1, int(self.workers * -step / 100))
        self.workers = max(self.least, self.workers - fewer)
        self.rest = 3
        # The worst choice: the busy ones go first. What they held goes back to the queue, its segments done.
        while len(self.hands) > self.workers:
            self.waiting.insert(0, self.hands.pop())
            self.kills += 1


@pytest.fixture(params=["fleet-ecs", "fleet-ec2"])
def fleet(request):
    return lambda **how: Fleet(request.param, **how)


def test_long_jobs_in_flight_are_no_empty_queue(fleet):
    five = fleet(workers=5)
    five.send(5, minutes=180)
    for _ in range(180):
        five.step()
    assert (five.workers, five.kills, five.done) == (5, 0, 5)


def test_a_trickle_does_not_keep_a_fleet(fleet):
    ten = fleet(workers=10)
    sent = 0
    for minute in range(240):
        if minute % 5 == 0:
            ten.send(1, minutes=4)
            sent += 1
        ten.step()
    assert ten.workers <= 2, "less than one worker's work"
    assert ten.done >= sent - 2 and ten.kills <= 3


def test_nothing_to_do_is_zero_and_one_message_wakes(fleet):
    idle = fleet(workers=4)
    for _ in range(60):
        idle.step()
    assert idle.workers == 0
    idle.send(1, minutes=1)
    for _ in range(4):
        idle.step()
    assert idle.done == 1


def test_what_is_kept_warm_stays(fleet):
    warm = fleet(workers=4, least=1)
    for _ in range(60):
        warm.step()
    assert warm.workers == 1


def test_a_rush_is_met_up_to_the_ceiling(fleet):
    rush = fleet(workers=0, most=8)
    rush.send(200, minutes=1)
    most = 0
    for _ in range(90):
        rush.step()
        most = max(most, rush.workers)
    assert most == 8, "the ceiling, and no more"
    assert rush.done == 200 and rush.workers == 0
    assert rush.kills == 0, "a fleet that works off its queue is not cut down"


def test_both_platforms_have_the_same_rules():
    rules = [load(TEMPLATES / f"{name}.yaml")["Resources"] for name in ("fleet-ecs", "fleet-ec2")]
    for alarm in ("WorkWithoutWorkers", "WorkersWithoutWork"):
        one, other = (
            {key: value for key, value in resources[alarm]["Properties"].items() if key != "Metrics"}
            | {"query": resources[alarm]["Properties"]["Metrics"][-1]}
            for resources in rules
        )
        assert one == other, alarm
