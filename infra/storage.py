"""Applies the buckets of storage.yaml to an S3 endpoint that no CloudFormation manages."""

import sys

import yaml
from botocore.exceptions import ClientError


class Template(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, read as their long forms: `!Ref X` as {"Ref": "X"}."""


def short_tag(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Template.add_multi_constructor("!", short_tag)

# What `!Ref AWS::NoValue` resolves to: the property is as if it were not written.
NO_VALUE = object()


class Resolver:
    """Puts parameters in the place of those intrinsic functions that storage.yaml uses."""

    def __init__(self, template, values):
        self.template = template
        self.parameters = {name: values.get(name, p.get("Default")) for name, p in template["Parameters"].items()}

    def resolve(self, node):
        if isinstance(node, list):
            return [self.resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (function, value), = node.items()
            if function == "Ref":
                return self.ref(value)
            if function == "Fn::Not":
                return not self.resolve(value)[0]
            if function == "Fn::Sub":
                return self.sub(value)
            if function == "Fn::If":
                condition, yes, no = value
                return self.resolve(yes if self.resolve(self.template["Conditions"][condition]) else no)
            if function == "Fn::Equals":
                left, right = self.resolve(value)
                return left == right
            if function.startswith("Fn::"):
                raise ValueError(f"storage.yaml uses {function}, which infra/storage.py does not know")
        resolved = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not NO_VALUE}

    def ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.template["Resources"]:
            return self.resolve(self.template["Resources"][name]["Properties"]["BucketName"])
        value = self.parameters[name]
        if self.template["Parameters"][name]["Type"] == "CommaDelimitedList":
            return [item.strip() for item in value.split(",")]
        return value

    def sub(self, text):
        for name, value in self.parameters.items():
            text = text.replace("${" + name + "}", str(value))
        if "${" in text:
            raise ValueError(f"storage.yaml: nothing is known for {text}")
        return text


def apply_buckets(s3, path, values):
    """Makes or updates every bucket, proves that each takes an object, and returns the template's outputs."""
    template = yaml.load(path.read_text(), Loader=Template)
    resolver = Resolver(template, values)
    for resource in template["Resources"].values():
        # The policies ask for TLS and let CloudFront in; a store of one's own on the loopback has neither.
        if resource["Type"] == "AWS::S3::BucketPolicy":
            continue
        if resource["Type"] != "AWS::S3::Bucket":
            raise ValueError(f"infra/storage.py cannot make a {resource['Type']}")
        apply_bucket(s3, resolver.resolve(resource["Properties"]))
    return {name: resolver.resolve(output["Value"]) for name, output in template["Outputs"].items()}


def apply_bucket(s3, properties):
    bucket = properties["BucketName"]
    try:
        s3.create_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    cors = [api_rule(rule) for rule in properties["CorsConfiguration"]["CorsRules"]]
    if_known(
        "CORS rules (MinIO sets them for the whole server: MINIO_API_CORS_ALLOW_ORIGIN)",
        lambda: s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": cors}),
    )
    lifecycle = [lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
    if_known(
        "lifecycle rules that abort uploads (MinIO aborts them by itself after a day)",
        lambda: s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": lifecycle}),
    )
    # A stand-in without it has no anonymous access that could be blocked.
    access = properties["PublicAccessBlockConfiguration"]
    if_known(None, lambda: s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=access))
    # An S3 stand-in may open its port, and make buckets, before it has room for an object.
    s3.put_object(Bucket=bucket, Key=".deployed", Body=b"")
    s3.delete_object(Bucket=bucket, Key=".deployed")


def if_known(what, action):
    """What a store that only speaks S3 may lack; `what` is said when it does."""
    try:
        action()
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NotImplemented", "MethodNotAllowed", "MalformedXML", "InvalidArgument"):
            raise
        if what:
            print(f"this store has no {what}", file=sys.stderr)


# CloudFormation and S3's own API do not call everything the same.
API_NAMES = {"MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders", "Id": "ID"}


def api_rule(rule):
    return {API_NAMES.get(key, key): value for key, value in rule.items()}


def lifecycle_rule(rule):
    rule = api_rule(rule)
    rule["Filter"] = {"Prefix": rule.pop("Prefix", "")}
    if "ExpirationInDays" in rule:
        rule["Expiration"] = {"Days": rule.pop("ExpirationInDays")}
    return rule
