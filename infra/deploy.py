#!/usr/bin/env python3
"""Applies infra/cloudformation/ to AWS or to stand-ins and writes every stack's outputs as one JSON object.

It may run any number of times: what exists is updated, what is unchanged stays as it is. The endpoints come from
the standard variables (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_DYNAMODB). Where S3 has an endpoint of its
own, which CloudFormation there knows nothing about, the buckets of storage.yaml are applied to it directly.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from storage import apply_buckets

TEMPLATES = Path(__file__).parent / "cloudformation"
# Names of fleets that do not say themselves what they make, as in fleets.yaml.
CONSOLIDATED = {"consolidated": "audio-480p-720p-1080p"}
# Stand-ins answer at once or not at all; AWS is throttled now and then.
CONFIG = Config(connect_timeout=3, read_timeout=30, retries={"max_attempts": 6, "mode": "standard"})


class DeployError(Exception):
    """Something a person has to look at; the message is the whole story."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", default="fantail", help="first part of every name (default: %(default)s)")
    parser.add_argument(
        "--fleets",
        type=lambda text: text.split(","),
        default="audio,480p,720p,1080p,thumbnails",
        help="names of the fleets, comma-separated, as in fleets.yaml (default: %(default)s)",
    )
    parser.add_argument("--outputs", type=Path, help="file for the outputs as JSON (default: standard output)")
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="how long endpoints may take to answer")
    parser.add_argument(
        "--replace-lost",
        action="store_true",
        help="for stand-ins, which forget things when they are killed: delete and make again a stack whose resources are gone",
    )
    parser.add_argument(
        "--destroy-everything",
        action="store_true",
        help="the opposite: delete the stacks of this prefix with everything in them, every video included",
    )
    return parser.parse_args()


def deploy_stack(cloudformation, stack, template_name, values):
    """Creates or updates one stack, waits for it, and returns its outputs."""
    request = {
        "StackName": stack,
        "TemplateBody": (TEMPLATES / template_name).read_text(),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
    }
    status = stack_status(cloudformation, stack)
    if status == "ROLLBACK_COMPLETE":  # A failed first creation can only be deleted.
        delete_stack(cloudformation, stack)
        status = None
    try:
        if status is None:
            cloudformation.create_stack(**request, OnFailure="ROLLBACK")
            wait(cloudformation, "stack_create_complete", stack)
        else:
            cloudformation.update_stack(**request)
            wait(cloudformation, "stack_update_complete", stack)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def stack_status(cloudformation, stack):
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def delete_stack(cloudformation, stack):
    cloudformation.delete_stack(StackName=stack)
    wait(cloudformation, "stack_delete_complete", stack)


def wait(cloudformation, state, stack):
    delay = 0.1 if os.environ.get("AWS_ENDPOINT_URL") else 5
    try:
        cloudformation.get_waiter(state).wait(
            StackName=stack, WaiterConfig={"Delay": delay, "MaxAttempts": int(900 / delay)}
        )
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
        ]
        raise DeployError(f"stack {stack} failed: {'; '.join(reversed(failed)) or error}") from error


def lost_resources(session, stack):
    """Those of a stack's resources that are not there any more."""
    sns, sqs, dynamodb = (client(session, service) for service in ("sns", "sqs", "dynamodb"))
    cloudformation = cloudformation_of(session, stack)
    checks = {
        "AWS::SNS::Topic": lambda name: sns.get_topic_attributes(TopicArn=name),
        "AWS::SNS::Subscription": lambda name: sns.get_subscription_attributes(SubscriptionArn=name),
        "AWS::SQS::Queue": lambda name: sqs.get_queue_attributes(QueueUrl=name, AttributeNames=["QueueArn"]),
        "AWS::DynamoDB::Table": lambda name: dynamodb.describe_table(TableName=name),
    }
    lost = []
    for resource in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]:
        check = checks.get(resource["ResourceType"])
        try:
            if check:
                check(resource["PhysicalResourceId"])
        except ClientError as error:
            if not any(word in error.response["Error"]["Code"] for word in ("NotFound", "NonExistent", "DoesNotExist")):
                raise
            lost.append(resource["LogicalResourceId"])
    return lost


def deploy_all_but_storage(session, options):
    """Topics, table, the catalogue's queue and the fleets'; their outputs together."""
    prefix = {"Prefix": options.prefix}
    outputs = deploy_kept(session, options, "messaging", "messaging.yaml", prefix)
    outputs |= deploy_kept(session, options, "catalogue", "catalogue.yaml", prefix)
    undelivered = outputs.pop("UndeliveredQueueArn")

    def queue(name, topic, hears):
        values = {"Name": name, "TopicArn": outputs[topic], "Hears": hears, "UndeliveredQueueArn": undelivered}
        return deploy_kept(session, options, f"queue-{name}", "queue.yaml", prefix | values)["QueueUrl"]

    remove_other_queues(session, options)
    outputs["CatalogQueueUrl"] = queue("catalog", "VideoProgressTopicArn", "")
    queues = {name: queue(name, "VideoUploadedTopicArn", CONSOLIDATED.get(name, name)) for name in options.fleets}
    outputs["FleetQueues"] = ",".join(f"{name}={url}" for name, url in queues.items())
    return outputs


def deploy_kept(session, options, name, template, values):
    """A stack whose resources are all there afterwards."""
    stack = f"{options.prefix}-{name}"
    cloudformation = cloudformation_of(session, stack)
    outputs = deploy_stack(cloudformation, stack, template, values)
    lost = lost_resources(session, stack)
    if lost and options.replace_lost:
        print(f"{stack}: made again, it had lost {', '.join(lost)}", file=sys.stderr)
        delete_stack(cloudformation, stack)
        outputs = deploy_stack(cloudformation, stack, template, values)
    elif lost:
        raise DeployError(f"stack {stack} is there, but not its {', '.join(lost)}; were they deleted by hand?")
    return outputs


def queue_stacks(session, options):
    """The stacks of this prefix's queues, with their outputs, by the name of the queue."""
    start = f"{options.prefix}-queue-"
    pages = client(session, "cloudformation").get_paginator("describe_stacks").paginate()
    stacks = [stack for page in pages for stack in page["Stacks"] if stack["StackName"].startswith(start)]
    return {stack["StackName"].removeprefix(start): stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"}


def remove_other_queues(session, options):
    """Queues of fleets that are not wanted any more: they would hear of every upload, and nobody would work it off."""
    sqs = client(session, "sqs")
    for name, stack in queue_stacks(session, options).items():
        if name in ["catalog", *options.fleets]:
            continue
        urls = [output["OutputValue"] for output in stack.get("Outputs", []) if output["OutputKey"] == "QueueUrl"]
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        for url in urls:
            held = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
            if any(int(held[count]) for count in counts):
                raise DeployError(f"the queue of the fleet {name} is not empty: let it finish before it goes, with --fleets {name},…")
        delete_stack(client(session, "cloudformation"), stack["StackName"])


def client(session, service):
    return session.client(service, config=CONFIG)


def cloudformation_of(session, stack):
    """The CloudFormation that makes this stack: the table's is where DynamoDB is."""
    elsewhere = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") if stack.endswith("-catalogue") else None
    return session.client("cloudformation", config=CONFIG, endpoint_url=elsewhere)


def destroy_everything(session, options):
    """Empties the buckets, deletes the stacks, and then what the templates retain."""
    s3 = session.client("s3", config=CONFIG.merge(Config(s3={"addressing_style": "path"})))
    account = "" if os.environ.get("AWS_ENDPOINT_URL_S3") else f"-{client(session, 'sts').get_caller_identity()['Account']}"
    named = [f"{options.prefix}-{kind}{account}{f'-{session.region_name}' if account else ''}" for kind in ("raw", "media")]
    there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for bucket in [name for name in named if name in there]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
            if keys:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
        for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    queues = [f"queue-{name}" for name in queue_stacks(session, options)]
    for name in (*queues, "messaging", "catalogue", "storage"):
        cloudformation = cloudformation_of(session, f"{options.prefix}-{name}")
        if stack_status(cloudformation, f"{options.prefix}-{name}"):
            delete_stack(cloudformation, f"{options.prefix}-{name}")
    for bucket in [name for name in named if name in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}]:
        s3.delete_bucket(Bucket=bucket)
    dynamodb = client(session, "dynamodb")
    if f"{options.prefix}-catalogue" in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=f"{options.prefix}-catalogue")
    print(f"nothing of {options.prefix} is left")


def retrying(seconds, action):
    """Repeats the action until it works or the time is over: a port opens before what is behind it is ready."""
    end = time.monotonic() + seconds
    while True:
        try:
            return action()
        except (BotoCoreError, ClientError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def main():
    options = arguments()
    session = boto3.session.Session()
    if options.destroy_everything:
        destroy_everything(session, options)
        return
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    s3_endpoint = os.environ.get("AWS_ENDPOINT_URL_S3", endpoint)
    outputs = retrying(options.wait, lambda: deploy_all_but_storage(session, options))
    # On AWS a bucket's name is taken for the whole world; a stand-in's user wants a name that can be typed.
    values = {"Prefix": options.prefix, "GlobalNames": "false" if s3_endpoint else "true"}
    if s3_endpoint == endpoint:
        storage = deploy_stack(client(session, "cloudformation"), f"{options.prefix}-storage", "storage.yaml", values)
    else:
        s3 = session.client("s3", config=CONFIG.merge(Config(s3={"addressing_style": "path"})))
        storage = retrying(options.wait, lambda: apply_buckets(s3, TEMPLATES / "storage.yaml", values))
    outputs |= storage
    text = json.dumps(outputs, indent=2) + "\n"
    if options.outputs:
        partial = options.outputs.with_suffix(".partial")
        partial.write_text(text)
        partial.replace(options.outputs)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    try:
        main()
    except (DeployError, BotoCoreError, ClientError) as error:
        sys.exit(f"deploy: {error}")
