"""The roles of workers and of upload-api against the calls that their code makes: what is called is allowed, and nothing else."""

import re

import pytest
from conftest import ROOT, resources

# The SDK's operations by what IAM calls them; several need the permission of another.
ACTIONS = {
    "s3": {
        "head_bucket": "s3:ListBucket",
        "list_objects_v2": "s3:ListBucket",
        "list_multipart_uploads": "s3:ListBucketMultipartUploads",
        "head_object": "s3:GetObject",
        "get_object": "s3:GetObject",
        "put_object": "s3:PutObject",
        "copy_object": "s3:PutObject",
        "create_multipart_upload": "s3:PutObject",
        "upload_part": "s3:PutObject",
        "upload_part_copy": "s3:PutObject",
        "complete_multipart_upload": "s3:PutObject",
        "abort_multipart_upload": "s3:AbortMultipartUpload",
        "list_parts": "s3:ListMultipartUploadParts",
        "delete_object": "s3:DeleteObject",
        "delete_objects": "s3:DeleteObject",
    },
    "sqs": {
        "receive_message": "sqs:ReceiveMessage",
        "delete_message": "sqs:DeleteMessage",
        "delete_message_batch": "sqs:DeleteMessage",
        "change_message_visibility": "sqs:ChangeMessageVisibility",
        "send_message": "sqs:SendMessage",
        "send_message_batch": "sqs:SendMessage",
        "get_queue_attributes": "sqs:GetQueueAttributes",
        "get_queue_url": "sqs:GetQueueUrl",
        "list_queues": "sqs:ListQueues",
        "list_dead_letter_source_queues": "sqs:ListDeadLetterSourceQueues",
        "start_message_move_task": "sqs:StartMessageMoveTask",
    },
    "sns": {
        "publish": "sns:Publish",
        "publish_batch": "sns:Publish",
        "get_topic_attributes": "sns:GetTopicAttributes",
    },
    "dynamodb": {
        "describe_table": "dynamodb:DescribeTable",
        "get_item": "dynamodb:GetItem",
        "batch_get_item": "dynamodb:BatchGetItem",
        "query": "dynamodb:Query",
        "scan": "dynamodb:Scan",
        "put_item": "dynamodb:PutItem",
        "update_item": "dynamodb:UpdateItem",
        "delete_item": "dynamodb:DeleteItem",
        "batch_write_item": "dynamodb:BatchWriteItem",
    },
}
# A transaction is allowed by the actions that it is made of, which are its builders in the code.
TRANSACTION = {
    r"Put::builder\(\)": "dynamodb:PutItem",
    r"Update::builder\(\)": "dynamodb:UpdateItem",
    r"Delete::builder\(\)": "dynamodb:DeleteItem",
    r"ConditionCheck::builder\(\)": "dynamodb:ConditionCheckItem",
}
# Wildcards in place of a resource, where IAM knows no resource for the action.
NO_RESOURCE = {"ecr:GetAuthorizationToken", "ecs:DiscoverPollEndpoint"} | {
    f"ssmmessages:{verb}{channel}" for verb in ("Create", "Open") for channel in ("ControlChannel", "DataChannel")
}
# Actions of an ECS agent on its tasks and instances, whose ids nobody knows before: limited to the cluster by a condition.
ON_THE_CLUSTER = "ecs:cluster"
KEY = {"kms:Decrypt", "kms:GenerateDataKey"}
# Calls of platform that only upload-api makes: workers take no uploads.
OF_UPLOADS = {"s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts"}


def code(*rooms):
    files = [path for room in rooms for path in (ROOT / room).rglob("*.rs") if "tests" not in path.parts]
    return "\n".join(re.sub(r"//.*", "", path.read_text()) for path in files)


def called(text, services):
    """IAM's names of the calls in this code."""
    operations = {name: action for service in services for name, action in ACTIONS[service].items()}
    found = {action for name, action in operations.items() if re.search(rf"\.{name}\(\)", text)}
    if "dynamodb" in services and "transact_write_items" in text:
        found |= {action for builder, action in TRANSACTION.items() if re.search(builder, text)}
    return found


def statements(role):
    """A role's statements; those behind a condition, too."""
    for policy in role["Properties"].get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement.get("Fn::If", [None, statement])[1]


def granted(role):
    return {action for statement in statements(role) for action in listed(statement["Action"])}


def listed(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def platform_calls():
    calls = called(code("platform/src"), ["s3", "sqs", "sns"])
    assert {"s3:PutObject", "sqs:ReceiveMessage", "sns:Publish"} <= calls, "the pattern must find the calls"
    return calls


def test_workers_may_do_what_platform_calls(templates, platform_calls):
    role = templates["worker-role"]["Resources"]["Role"]
    assert OF_UPLOADS <= platform_calls
    assert granted(role) == platform_calls - OF_UPLOADS | KEY


def test_upload_api_may_do_what_it_calls(templates, platform_calls):
    catalogue = called(code("upload-api/src/catalogue"), ["dynamodb"])
    assert {"dynamodb:Query", "dynamodb:PutItem"} <= catalogue, "the pattern must find the calls"
    role = templates["api-role"]["Resources"]["Role"]
    assert granted(role) == platform_calls | catalogue | KEY


def test_upload_api_may_redrive_each_fleet_and_nothing_else(templates):
    fleet = templates["fleet"]["Resources"]["LettersForApi"]["Properties"]
    assert fleet["RoleName"] == {"Ref": "ApiRole"}
    granted = {
        statement["Resource"]["Fn::Sub"].rsplit(":", 1)[1]: set(statement["Action"])
        for statement in fleet["PolicyDocument"]["Statement"]
    }
    looks = {"sqs:GetQueueAttributes"}
    assert granted == {
        "${Prefix}-${Fleet}-dlq": looks | {"sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"},
        "${Prefix}-${Fleet}": looks | {"sqs:SendMessage"},
    }
    for statement in statements(templates["api-role"]["Resources"]["Role"]):
        if any(action.startswith("sqs:") for action in listed(statement["Action"])):
            assert statement["Resource"]["Fn::Sub"].endswith((":${Prefix}-catalog", ":${Prefix}-catalog-dlq"))


def test_workers_reach_one_queue_and_no_table(templates):
    role = templates["worker-role"]["Resources"]["Role"]
    for statement in statements(role):
        if "sqs:ReceiveMessage" in listed(statement["Action"]):
            assert statement["Resource"]["Fn::Sub"].endswith(":${Prefix}-${Fleet}")
        if {"s3:PutObject", "s3:DeleteObject"} & set(listed(statement["Action"])):
            assert "MediaBucket" in statement["Resource"]["Fn::Sub"], "workers neither write nor delete uploads"
        assert not any(action.startswith("dynamodb:") for action in listed(statement["Action"]))


def all_statements(templates):
    for kind in ("AWS::IAM::Role", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"):
        for name, logical, resource in resources(templates, kind):
            if kind == "AWS::IAM::Role":
                assert not resource["Properties"].get("ManagedPolicyArns"), f"{name}/{logical}: AWS's policies allow too much"
                yield from ((name, logical, statement) for statement in statements(resource))
            else:
                for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                    yield name, logical, statement


def test_no_wildcards_beyond_what_aws_demands(templates):
    for name, logical, statement in all_statements(templates):
        for action in listed(statement["Action"]):
            assert "*" not in action, f"{name}/{logical}: {action}"
        if statement["Resource"] == "*" and ON_THE_CLUSTER not in str(statement.get("Condition")):
            assert set(listed(statement["Action"])) <= NO_RESOURCE, f"{name}/{logical}: {statement}"


def test_roles_are_taken_on_by_services_only(templates):
    for name, logical, role in resources(templates, "AWS::IAM::Role"):
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert list(statement["Principal"]) == ["Service"], f"{name}/{logical}"
