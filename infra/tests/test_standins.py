"""The templates deployed: what ministack knows there, for the rest moto; and updated there without losing a queue or a bucket."""

import os
import re
import subprocess
import sys

import boto3
import pytest
from conftest import INFRA, TEMPLATES, load

PARTS = {
    "RawBucket": "raw",
    "MediaBucket": "media",
    "VideoUploadedTopicArn": "arn:aws:sns:us-east-1:123456789012:fantail-video-uploaded",
    "VideoProgressTopicArn": "arn:aws:sns:us-east-1:123456789012:fantail-video-progress",
}
# What ministack knows every resource type of.
ON_MINISTACK = {
    "encryption": {},
    "messaging": {},
    "queue": {
        "Name": "480p",
        "Hears": "480p",
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:fantail-video-uploaded",
        "UndeliveredQueueArn": "arn:aws:sqs:us-east-1:000000000000:fantail-undelivered",
    },
    "catalogue": {},
    "storage": {},
    "registry": {},
    "worker-role": {"Fleet": "480p", **PARTS},
    "api-role": {
        "CatalogTable": "fantail-catalogue",
        **{key: value for key, value in PARTS.items() if key != "VideoProgressTopicArn"},
    },
    "auth": {"Site": "https://video.example", "DomainPrefix": "video"},
}
# moto makes these, and passes over the types it does not know (scaling policies of ECS, capacity providers, budgets).
ON_MOTO = ("network", "cluster", "worker-role", "fleet-ecs", "fleet-ec2", "balancer", "api", "alarms", "queue-alarms")
# Key groups of CloudFront are known to neither; fleet, fleets and fantail are made of the others.
NOWHERE = {"delivery", "fleet", "fleets", "fantail"}


def deploy(environment, template, *options, templates=TEMPLATES, stack=None):
    command = [sys.executable, INFRA / "stack.py", "--template", f"{template}.yaml", "--templates", templates, "--yes"]
    command += ["--stack", stack or f"test-{template}", *options]
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=300, check=False)


def settings(values):
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


def service(environment, name):
    return boto3.client(
        name,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_every_template_is_deployed_somewhere():
    assert set(ON_MINISTACK) | set(ON_MOTO) | NOWHERE == {path.stem for path in TEMPLATES.glob("*.yaml")}


@pytest.mark.parametrize("template", [name for name in ON_MINISTACK if name not in ("messaging", "queue")])
def test_deploys_to_ministack(ministack, template):
    done = deploy(ministack, template, *settings(ON_MINISTACK[template]))
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = re.findall(r"^(\w+)=", done.stdout, re.MULTILINE)
    assert set(outputs) == set(load(TEMPLATES / f"{template}.yaml").get("Outputs", {}))
    again = deploy(ministack, template, *settings(ON_MINISTACK[template]))
    assert "nothing to change" in again.stdout or again.returncode == 0, again.stdout + again.stderr


def variant(folder, template, *changes):
    """A later version of a template, in a folder of its own."""
    text = (TEMPLATES / f"{template}.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder.mkdir()
    (folder / f"{template}.yaml").write_text(text)
    return folder


def test_an_update_keeps_queues_and_what_is_in_them(ministack, tmp_path):
    assert deploy(ministack, "messaging").returncode == 0
    assert deploy(ministack, "queue", *settings(ON_MINISTACK["queue"])).returncode == 0
    sqs = service(ministack, "sqs")
    url = sqs.get_queue_url(QueueName="fantail-480p")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="in hand")

    longer = variant(tmp_path / "longer", "queue", ("VisibilityTimeout: 60", "VisibilityTimeout: 90"))
    done = deploy(ministack, "queue", templates=longer)
    assert done.returncode == 0, done.stdout + done.stderr
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["VisibilityTimeout"], attributes["ApproximateNumberOfMessages"]) == ("90", "1")

    renamed = variant(tmp_path / "renamed", "queue", ("${Prefix}-${Name}\n", "${Prefix}-q-${Name}\n"))
    done = deploy(ministack, "queue", templates=renamed)
    assert done.returncode != 0 and "may be lost: Queue" in done.stderr, done.stdout + done.stderr
    assert sqs.get_queue_url(QueueName="fantail-480p")["QueueUrl"] == url


def test_a_rung_more_is_a_name_more(ministack, tmp_path):
    """What fleets.yaml tells each fleet, by a fleet.yaml that only repeats it."""
    told = ("Fleet", "Makes", "Image", "Cores", "Warm", "BacklogPerWorker", "MaxAgeSeconds")
    given = load(TEMPLATES / "fleets.yaml")
    parameters = "".join(f"  {name}: {{Type: String, Default: none}}\n" for name in load(TEMPLATES / "fleet.yaml")["Parameters"])
    outputs = "".join(f"  {name}: {{Value: !Ref {name}}}\n" for name in told)
    topic = "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub 'repeats-${Fleet}'}}\n"
    (tmp_path / "fleet.yaml").write_text(f"Parameters:\n{parameters}Resources:\n{topic}Outputs:\n{outputs}")
    (tmp_path / "fleets.yaml").write_text((TEMPLATES / "fleets.yaml").read_text())
    service(ministack, "s3").create_bucket(Bucket="templates")

    def deploy_fleets(fleets):
        values = {name: "1" for name, parameter in given["Parameters"].items() if "Default" not in parameter}
        values |= {"Fleets": fleets, "Platform": "fargate"}
        return deploy(ministack, "fleets", "--templates-bucket", "templates", *settings(values), templates=tmp_path)

    def deployed(fleets):
        done = deploy_fleets(fleets)
        assert done.returncode == 0, done.stdout + done.stderr
        cloudformation = service(ministack, "cloudformation")
        stacks = {
            resource["LogicalResourceId"]: cloudformation.describe_stacks(StackName=resource["PhysicalResourceId"])["Stacks"][0]
            for resource in cloudformation.describe_stack_resources(StackName="test-fleets")["StackResources"]
        }
        return {
            logical: (stack["StackId"], {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]})
            for logical, stack in stacks.items()
        }

    before = deployed("480p,thumbnails")
    assert set(before) == {"Fleet480p", "Fleetthumbnails"}
    assert before["Fleet480p"][1]["Cores"] == "2" and before["Fleetthumbnails"][1]["Image"].endswith("/thumbnailer:1")
    after = deployed("480p,thumbnails,1440p")
    assert after["Fleet480p"][0] == before["Fleet480p"][0], "the others stay as they are"
    assert after["Fleet1440p"][1]["Makes"] == "1440p" and after["Fleet1440p"][1]["Image"].endswith("/transcoder:1")
    refused = deploy_fleets("480p,1440p")
    assert refused.returncode != 0 and "Fleetthumbnails" in refused.stderr, "a fleet that goes takes its queue with it"


def test_an_update_keeps_buckets(ministack, tmp_path):
    assert deploy(ministack, "storage", "--set", "Prefix=kept", stack="kept").returncode == 0
    s3 = service(ministack, "s3")
    bucket = next(b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("kept-raw"))
    s3.put_object(Bucket=bucket, Key="source", Body=b"film")

    sooner = variant(tmp_path / "sooner", "storage", ("DaysAfterInitiation: 7", "DaysAfterInitiation: 3"))
    # ministack cannot tell for buckets whether a change replaces them; AWS can, and says no to this one.
    unsure = [word for bucket in ("RawBucket", "MediaBucket") for word in ("--accept", bucket)]
    assert "may be lost" in deploy(ministack, "storage", templates=sooner, stack="kept").stderr
    done = deploy(ministack, "storage", *unsure, templates=sooner, stack="kept")
    assert done.returncode == 0, done.stdout + done.stderr
    assert s3.get_object(Bucket=bucket, Key="source")["Body"].read() == b"film"

    renamed = variant(tmp_path / "renamed", "storage", ("${Prefix}-raw", "${Prefix}-uploads"))
    done = deploy(ministack, "storage", templates=renamed, stack="kept")
    assert done.returncode != 0 and "RawBucket" in done.stderr, done.stdout + done.stderr


def test_nothing_is_left_when_everything_is_destroyed(ministack):
    # As on a machine with two stand-ins: buckets through the S3 API, the rest through CloudFormation.
    environment = ministack | {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": ministack["AWS_ENDPOINT_URL"] + "/"}
    command = [sys.executable, INFRA / "deploy.py", "--prefix", "gone"]
    for options in ([], ["--destroy-everything"]):
        done = subprocess.run([*command, *options], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if not options:
            service(ministack, "s3").put_object(Bucket="gone-media", Key="00/a/b", Body=b"x")
    assert not [b["Name"] for b in service(ministack, "s3").list_buckets()["Buckets"] if b["Name"].startswith("gone")]
    assert not [url for url in service(ministack, "sqs").list_queues().get("QueueUrls", []) if "/gone-" in url]
    assert "gone-catalogue" not in service(ministack, "dynamodb").list_tables()["TableNames"]
    topics = service(ministack, "sns").list_topics()["Topics"]
    assert not [topic for topic in topics if ":gone-" in topic["TopicArn"]]


@pytest.fixture(scope="module")
def moto():
    """AWS inside of this process."""
    from moto import mock_aws

    inherited = dict(os.environ)
    for key in [key for key in os.environ if key.startswith("AWS_")]:
        del os.environ[key]
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    try:
        with mock_aws():
            yield
    finally:
        os.environ.clear()
        os.environ.update(inherited)


def create(name, **values):
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName=f"{name}-{len(values)}",
        TemplateBody=(TEMPLATES / f"{name}.yaml").read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    stack = cloudformation.describe_stacks(StackName=f"{name}-{len(values)}")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


@pytest.mark.filterwarnings("ignore")
def test_deploys_to_moto(moto):
    network = create("network", NatGateways="per-zone")
    inside = {"Subnets": network["PrivateSubnets"], "SecurityGroup": network["WorkerSecurityGroup"]}
    assert len(boto3.client("ec2").describe_nat_gateways()["NatGateways"]) == 3
    cluster = create("cluster", Capacity="ec2", **inside)["Cluster"]

    role = create("worker-role", Fleet="480p", **PARTS)["RoleArn"]
    assert role.startswith("arn:aws:iam::")
    work = {"Image": "transcoder:1", "QueueUrl": "https://sqs.example/480p", **inside, **PARTS}
    create("fleet-ecs", Fleet="480p", Renditions="480p", Cluster=cluster, TaskRoleArn=role, **work)
    task = boto3.client("ecs").describe_task_definition(taskDefinition="fantail-480p")["taskDefinition"]
    environment = {pair["name"]: pair["value"] for pair in task["containerDefinitions"][0]["environment"]}
    assert environment["RENDITIONS"] == "480p" and environment["QUEUE_URL"] == "https://sqs.example/480p"

    ec2_role = create("worker-role", Fleet="720p", Platform="ec2", **PARTS)["RoleName"]
    create("fleet-ec2", Fleet="720p", Renditions="720p", RoleName=ec2_role, MaxInstances="3", **work)
    groups = boto3.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["fantail-720p"])
    group = groups["AutoScalingGroups"][0]
    assert (group["MinSize"], group["MaxSize"]) == (0, 3)
    assert group["MixedInstancesPolicy"]["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 50

    certificate = boto3.client("acm").request_certificate(DomainName="video.example")["CertificateArn"]
    balancer = create("balancer", VpcId=network["VpcId"], PublicSubnets=network["PublicSubnets"], CertificateArn=certificate)
    create(
        "api",
        Image="upload-api:1",
        Cluster=cluster,
        VpcId=network["VpcId"],
        BalancerSecurityGroup=balancer["SecurityGroup"],
        TargetGroupArn=balancer["TargetGroupArn"],
        RoleArn=role,
        PrivateSubnets=network["PrivateSubnets"],
        RawBucket="raw",
        MediaBucket="media",
        VideoUploadedTopicArn=PARTS["VideoUploadedTopicArn"],
        CatalogQueueUrl="https://sqs.example/catalog",
        CatalogTable="fantail-catalogue",
    )
    listeners = boto3.client("elbv2").describe_listeners(
        LoadBalancerArn=boto3.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    )["Listeners"]
    assert {listener["Protocol"]: listener["DefaultActions"][0]["Type"] for listener in listeners} == {
        "HTTPS": "forward",
        "HTTP": "redirect",
    }
    create("queue-alarms", Queue="480p", AlarmTopicArn="arn:aws:sns:us-east-1:123456789012:alarms")
    create("alarms", CatalogTable="fantail-catalogue", Balancer=balancer["FullName"], Email="ops@video.example")
    assert "fantail" in [d["DashboardName"] for d in boto3.client("cloudwatch").list_dashboards()["DashboardEntries"]]


@pytest.mark.filterwarnings("ignore")
def test_user_data_is_a_script(moto):
    """What instances run at their first start, with its parameters in place."""
    launch = boto3.client("ec2")
    import base64

    scripts = []
    for template in launch.describe_launch_templates()["LaunchTemplates"]:
        versions = launch.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])
        data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["UserData"]
        scripts.append(base64.b64decode(data).decode())
    assert len(scripts) == 2
    for script in scripts:
        assert script.startswith("#!/bin/bash\n") and "${AWS::" not in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        for inner in re.findall(r"<<'END'\n(#!/bin/bash\n.*?)^END$", script, re.DOTALL | re.MULTILINE):
            subprocess.run(["bash", "-n"], input=inner, text=True, check=True)
    worker = next(script for script in scripts if "fantail-worker" in script)
    assert "RENDITIONS=720p\n" in worker and "--auto-scaling-group-name fantail-720p" in worker
