"""Rules that every template keeps, and what templates and code must agree on."""

import re

from conftest import ROOT, TEMPLATES, load, resources

FORTNIGHT = 14 * 24 * 60 * 60
TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}


def is_dead_letter_queue(logical):
    return logical.endswith("DeadLetterQueue") or logical == "UndeliveredQueue"


def number_in_code(pattern, path):
    found = re.search(pattern, (ROOT / path).read_text())
    assert found, f"no {pattern} in {path}: the test must follow the code"
    return int(found[1])


def test_messages_are_kept_for_a_fortnight(templates):
    queues = resources(templates, "AWS::SQS::Queue")
    assert len(queues) == 3
    for _, logical, queue in queues:
        assert queue["Properties"]["MessageRetentionPeriod"] == FORTNIGHT, logical


def test_every_queue_has_a_dead_letter_queue_of_its_own(templates):
    for name, logical, queue in resources(templates, "AWS::SQS::Queue"):
        if not is_dead_letter_queue(logical):
            assert name == "queue", "one template of all queues"
            assert queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": "DeadLetterQueue.Arn"}, logical


def test_every_subscription_has_somewhere_to_put_what_it_cannot_deliver(templates):
    subscriptions = [s for s in resources(templates, "AWS::SNS::Subscription") if s[2]["Properties"]["Protocol"] == "sqs"]
    assert len(subscriptions) == 1
    for _, logical, subscription in subscriptions:
        properties = subscription["Properties"]
        assert properties["RedrivePolicy"]["deadLetterTargetArn"] == {"Ref": "UndeliveredQueueArn"}, logical
        assert properties["RawMessageDelivery"] is True, logical


def test_queues_agree_with_the_consumer(templates):
    lease = number_in_code(r"lease: Duration::from_secs\((\d+)\)", "platform/src/consumer.rs")
    attempts = number_in_code(r"max_attempts: (\d+)", "platform/src/consumer.rs")
    for _, logical, queue in resources(templates, "AWS::SQS::Queue"):
        if not is_dead_letter_queue(logical):
            properties = queue["Properties"]
            assert properties["VisibilityTimeout"] >= lease, logical
            assert properties["RedrivePolicy"]["maxReceiveCount"] == 2 * attempts, f"{logical}: for silent deaths only"


def test_stop_timeouts_are_longer_than_what_stops(templates):
    drain = number_in_code(r"drain: Duration::from_secs\((\d+)\)", "platform/src/consumer.rs")
    clean_up = number_in_code(r"CLEAN_UP: Duration = Duration::from_secs\((\d+)\)", "platform/src/fleet.rs")
    ecs = templates["fleet-ecs"]["Parameters"]["StopTimeout"]
    assert drain + clean_up < ecs["MinValue"] <= ecs["Default"] <= ecs["MaxValue"] == 120, "Fargate's longest"
    assert templates["fleet-ecs"]["Parameters"]["GraceSeconds"]["Default"] < ecs["Default"]

    launch = templates["fleet-ec2"]["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    user_data = launch["UserData"]["Fn::Base64"]["Fn::Sub"]
    docker_stop = int(re.search(r"docker stop --time (\d+)", user_data)[1])
    assert int(re.search(r"GRACE_SECONDS=(\d+)", user_data)[1]) < docker_stop
    systemd_stop = int(re.search(r"TimeoutStopSec=(\d+)", user_data)[1])
    hook = templates["fleet-ec2"]["Resources"]["Group"]["Properties"]["LifecycleHookSpecificationList"][0]
    assert drain + clean_up < docker_stop < systemd_stop < hook["HeartbeatTimeout"] <= 120, "a spot notice is two minutes"

    api = number_in_code(r"GRACE: Duration = Duration::from_secs\((\d+)\)", "upload-api/src/app.rs")
    api += number_in_code(r"CLEAN_UP: Duration = Duration::from_secs\((\d+)\)", "upload-api/src/app.rs")
    container = templates["api"]["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]
    assert api < container["StopTimeout"]


def test_every_queue_has_its_alarms(templates):
    watched = set()
    for alarm in templates["queue-alarms"]["Resources"].values():
        told = [m["MetricStat"]["Metric"] for m in alarm["Properties"].get("Metrics", []) if "MetricStat" in m]
        for metric in told or [alarm["Properties"]]:
            watched.add((metric["MetricName"], metric["Dimensions"][0]["Value"]["Fn::Sub"]))
    assert watched == {
        ("NumberOfMessagesReceived", "${Prefix}-${Queue}-dlq"),
        ("ApproximateNumberOfMessagesVisible", "${Prefix}-${Queue}-dlq"),
        ("ApproximateAgeOfOldestMessage", "${Prefix}-${Queue}-dlq"),
        ("ApproximateAgeOfOldestMessage", "${Prefix}-${Queue}"),
    }
    for name in ("fantail", "fleet"):
        nested = [resource["Properties"] for resource in templates[name]["Resources"].values()]
        queues = [stack["Parameters"]["Name"] for stack in nested if stack.get("TemplateURL") == "queue.yaml"]
        alarms = [stack["Parameters"]["Queue"] for stack in nested if stack.get("TemplateURL") == "queue-alarms.yaml"]
        assert len(queues) == 1 and queues == alarms, name
    others = [a["Properties"].get("Dimensions", [{}])[0].get("Value") for _, _, a in resources(templates, "AWS::CloudWatch::Alarm")]
    assert {"Fn::Sub": "${Prefix}-undelivered"} in others


def test_alarms_say_what_to_do(templates):
    runbook = (ROOT / "infra/RUNBOOK.md").read_text()
    for name, logical, alarm in resources(templates, "AWS::CloudWatch::Alarm"):
        properties = alarm["Properties"]
        assert properties["AlarmActions"] and properties["TreatMissingData"] == "notBreaching", (name, logical)
        for page in re.findall(r'RUNBOOK\.md, "([^"]+)"', properties["AlarmDescription"]):
            assert f"## {page}\n" in runbook, f"{logical} points at {page}, which RUNBOOK.md does not have"


def test_logs_do_not_live_for_ever(templates):
    groups = resources(templates, "AWS::Logs::LogGroup")
    assert len(groups) == 4
    for name, logical, group in groups:
        days = templates[name]["Parameters"][group["Properties"]["RetentionInDays"]["Ref"]]["Default"]
        assert 1 <= days <= 365, (name, logical)


def test_buckets_are_nobody_elses(templates):
    buckets = resources(templates, "AWS::S3::Bucket")
    assert len(buckets) == 2
    for name, logical, bucket in buckets:
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, logical
        assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain", logical
        rules = properties["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), logical
        policy = templates[name]["Resources"][f"{logical}Policy"]["Properties"]["PolicyDocument"]
        denied = [s for s in policy["Statement"] if s.get("Effect") == "Deny"]
        assert denied[0]["Condition"] == TLS_ONLY and denied[0]["Action"] == "s3:*", logical


def test_only_its_topic_sends_to_a_queue(templates):
    for _, logical, policy in resources(templates, "AWS::SQS::QueuePolicy"):
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Principal"] == {"Service": "sns.amazonaws.com"}, logical
            assert statement["Condition"]["ArnEquals"]["aws:SourceArn"], logical


def test_sns_may_use_the_key(templates):
    statements = templates["encryption"]["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"]
    granted = [s for s in statements if "sns.amazonaws.com" in s["Principal"].get("Service", "")]
    assert granted and set(granted[0]["Action"]) == {"kms:GenerateDataKey*", "kms:Decrypt"}
    assert granted[0]["Condition"], "for this account only"


def test_containers_cannot_do_much(templates):
    tasks = resources(templates, "AWS::ECS::TaskDefinition")
    assert len(tasks) == 2
    for name, _, task in tasks:
        for container in task["Properties"]["ContainerDefinitions"]:
            assert container["User"] == "10001:10001", name
            assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}, name
            assert container["ReadonlyRootFilesystem"] in (True, {"Fn::If": ["HasExec", False, True]}), name
            assert container["HealthCheck"]["Command"][0] == "CMD", name
    user_data = (TEMPLATES / "fleet-ec2.yaml").read_text()
    for flag in ("--user 10001:10001", "--read-only", "--cap-drop ALL", "--security-opt no-new-privileges"):
        assert flag in user_data


def test_instances_keep_their_credentials(templates):
    for name, _, template in resources(templates, "AWS::EC2::LaunchTemplate"):
        options = template["Properties"]["LaunchTemplateData"]["MetadataOptions"]
        assert options["HttpTokens"] == "required" and options["HttpPutResponseHopLimit"] == 1, name


def test_updates_keep_what_scaling_decided(templates):
    for name, _, service in resources(templates, "AWS::ECS::Service"):
        assert "DesiredCount" not in service["Properties"], name
        assert service["Properties"]["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    for name, _, group in resources(templates, "AWS::AutoScaling::AutoScalingGroup"):
        assert "DesiredCapacity" not in group["Properties"], name


def test_suppressed_checks_say_why(templates):
    for name, template in templates.items():
        for logical, resource in template["Resources"].items():
            for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
                assert len(skip["comment"]) > 20, (name, logical, skip["id"])


def test_parameters_explain_themselves(templates):
    for name, template in templates.items():
        for parameter, definition in template["Parameters"].items():
            assert definition.get("Description"), (name, parameter)


def test_workers_know_every_setting_they_are_given(templates):
    """A setting in a template that no program reads is a promise that nobody keeps."""
    source = "".join(
        path.read_text()
        for room in ("platform", "transcoder", "thumbnailer", "upload-api")
        for path in (ROOT / room / "src").rglob("*.rs")
    )
    told = [
        (name, variable.get("Fn::If", [None, variable])[1]["Name"])
        for name, _, task in resources(templates, "AWS::ECS::TaskDefinition")
        for variable in task["Properties"]["ContainerDefinitions"][0]["Environment"]
    ]
    secrets = templates["api"]["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]["Secrets"]
    told += [("api", variable["Name"]) for variable in secrets["Fn::If"][1]]
    worker_env = re.search(r"worker\.env <<'END'\n(.*?)\n\s+END\n", (TEMPLATES / "fleet-ec2.yaml").read_text(), re.DOTALL)[1]
    told += [("fleet-ec2", line.split("=")[0].strip()) for line in worker_env.splitlines() if "=" in line]
    assert len(told) > 25
    for name, variable in told:
        if variable != "AWS_REGION":
            field = re.search(rf'pub(\(crate\))? {variable.lower()}:|env = "{variable}"', source)
            assert field, f"{name} sets {variable}, which no program reads"


def test_every_template_is_part_of_the_root_or_says_why_not(templates):
    used = {"fantail", "registry", "auth"}  # Images come before tasks, and auth.yaml is one issuer of many.
    for name in ("fantail", "fleets", "fleet"):
        for _, _, stack in resources({name: templates[name]}, "AWS::CloudFormation::Stack"):
            used.add(stack["Properties"]["TemplateURL"].removesuffix(".yaml"))
    assert used == set(templates)


def test_nested_stacks_get_what_they_need(templates):
    for name in ("fantail", "fleets", "fleet"):
        for _, logical, resource in resources({name: templates[name]}, "AWS::CloudFormation::Stack"):
            nested = load(TEMPLATES / resource["Properties"]["TemplateURL"])["Parameters"]
            given = set(resource["Properties"]["Parameters"])
            needed = {parameter for parameter, definition in nested.items() if "Default" not in definition}
            assert needed <= given <= set(nested), (name, logical, needed - given, given - set(nested))
