#!/usr/bin/env python3
"""Deploys the root stack (infra/cloudformation/fantail.yaml) with all its parts: shows what would change, then does it.

An update that would replace or remove a queue, a topic, a bucket, the table, a key or the user pool is refused, because what
they hold is lost with them; --accept names those that may go. Rolling back is deploying the tag before: `--set Tag=…`; parameters that are not set keep their values.
"""

import argparse
import hashlib
import os
import re
import sys
import time
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from deploy import TEMPLATES, DeployError, client, stack_status, wait

ROOT = "fantail.yaml"
NESTED = re.compile(r"TemplateURL: ([a-z0-9-]+\.yaml)$", re.MULTILINE)
# What holds something that nobody can make again.
HOLDS = {
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Cognito::UserPool",
    # A change set does not look into a nested stack that goes: that of a fleet has its queue in it.
    "AWS::CloudFormation::Stack",
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", default="fantail", help="name of the root stack (default: %(default)s)")
    parser.add_argument("--templates", type=Path, default=TEMPLATES, help="folder of the templates")
    parser.add_argument("--template", default=ROOT, help="the one to deploy (default: %(default)s)")
    parser.add_argument("--templates-bucket", help="bucket that the nested templates are uploaded to, in the same region")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter; may be repeated")
    parser.add_argument(
        "--accept", action="append", default=[], metavar="LOGICAL_ID", help="go on although this resource may be lost"
    )
    parser.add_argument("--plan", action="store_true", help="show the changes and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args()


def packaged(s3, bucket, templates, name, uploaded=None):
    """The template's text with nested templates uploaded and named by URL."""
    uploaded = {} if uploaded is None else uploaded
    text = (templates / name).read_text()

    def url(match):
        nested = match[1]
        if nested not in uploaded:
            if not bucket:
                raise DeployError(f"{name} has nested stacks: say --templates-bucket")
            body = packaged(s3, bucket, templates, nested, uploaded).encode()
            # A key by content: what a running update reads never changes under it.
            key = f"fantail/{hashlib.sha256(body).hexdigest()[:16]}/{nested}"
            s3.put_object(Bucket=bucket, Key=key, Body=body)
            uploaded[nested] = f"{bucket_url(s3, bucket)}/{key}"
        return f"TemplateURL: {uploaded[nested]}"

    return NESTED.sub(url, text)


def bucket_url(s3, bucket):
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3", os.environ.get("AWS_ENDPOINT_URL"))
    return f"{endpoint}/{bucket}" if endpoint else f"https://{bucket}.s3.{s3.meta.region_name}.amazonaws.com"


def parameters(cloudformation, stack, exists, settings):
    """What was set, and for everything else what the stack has."""
    chosen = dict(setting.split("=", 1) for setting in settings)
    kept = cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", []) if exists else []
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in chosen.items()] + [
        {"ParameterKey": parameter["ParameterKey"], "UsePreviousValue": True}
        for parameter in kept
        if parameter["ParameterKey"] not in chosen
    ]


def change_set(cloudformation, stack, body, values, exists):
    """Makes a change set with those of the nested stacks; its name, or nothing if nothing would change."""
    name = f"change-{time.time_ns()}"
    request = {
        "StackName": stack,
        "ChangeSetName": name,
        "ChangeSetType": "UPDATE" if exists else "CREATE",
        "TemplateBody": body,
        "Parameters": values,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    if NESTED.search(body) or "TemplateURL:" in body:
        request["IncludeNestedStacks"] = True
    cloudformation.create_change_set(**request)
    try:
        waiter = cloudformation.get_waiter("change_set_create_complete")
        waiter.wait(StackName=stack, ChangeSetName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 300})
    except WaiterError as error:
        reason = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name).get("StatusReason", str(error))
        if "didn't contain changes" in reason or "No updates" in reason:
            cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
            return None
        raise DeployError(f"the change set of {stack} failed: {reason}") from error
    return name


def changes(cloudformation, stack, name):
    """Every change, those inside of nested stacks, too, as (stack, change)."""
    request = {"StackName": stack, "ChangeSetName": name}
    while True:
        page = cloudformation.describe_change_set(**request)
        for change in page.get("Changes", []):
            change = change["ResourceChange"]
            yield page.get("StackName", stack), change
            if change.get("ChangeSetId"):
                nested = change.get("PhysicalResourceId") or change["ChangeSetId"]
                yield from changes(cloudformation, nested, change["ChangeSetId"])
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def loses(change):
    """Whether something that holds data goes. `Conditional` may turn out as a replacement, so it counts."""
    gone = change["Action"] == "Remove" or change.get("Replacement") in ("True", "Conditional")
    return gone and change["ResourceType"] in HOLDS


def review(cloudformation, stack, name, accepted):
    lost = []
    for where, change in changes(cloudformation, stack, name):
        replaced = {"True": "replaced", "Conditional": "may be replaced"}.get(change.get("Replacement"), "")
        print(f"  {change['Action']:7} {change['ResourceType']:45} {where}/{change['LogicalResourceId']} {replaced}".rstrip())
        if loses(change) and change["LogicalResourceId"] not in accepted:
            lost.append(change["LogicalResourceId"])
    if lost:
        cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
        raise DeployError(f"refused, because what they hold may be lost: {', '.join(lost)}")


def main():
    options = arguments()
    session = boto3.session.Session()
    cloudformation = client(session, "cloudformation")
    status = stack_status(cloudformation, options.stack)
    exists = status not in (None, "REVIEW_IN_PROGRESS")
    body = packaged(client(session, "s3"), options.templates_bucket, options.templates, options.template)
    values = parameters(cloudformation, options.stack, exists, options.set)
    name = change_set(cloudformation, options.stack, body, values, exists)
    if name is None:
        print(f"{options.stack}: nothing to change")
        return
    print(f"{options.stack}:")
    review(cloudformation, options.stack, name, options.accept)
    if options.plan or not (options.yes or input("Do it? [y/N] ").strip().lower() == "y"):
        cloudformation.delete_change_set(StackName=options.stack, ChangeSetName=name)
        return
    cloudformation.execute_change_set(StackName=options.stack, ChangeSetName=name)
    wait(cloudformation, f"stack_{'update' if exists else 'create'}_complete", options.stack)
    for output in cloudformation.describe_stacks(StackName=options.stack)["Stacks"][0].get("Outputs", []):
        print(f"{output['OutputKey']}={output['OutputValue']}")


if __name__ == "__main__":
    try:
        main()
    except (DeployError, BotoCoreError, ClientError) as error:
        sys.exit(f"stack: {error}")
