"""Identity policies of a template, and what AWS's authorization reference says about their actions (policy_sentry)."""

import re
from functools import cache

from policy_sentry.querying.actions import get_action_data

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "stack",
    "AWS::URLSuffix": "amazonaws.com",
}


def one_or_many(value):
    return value if isinstance(value, list) else [value]


def plain(resource):
    """A resource pattern as text; a reference within it is any text."""
    if isinstance(resource, str):
        return resource
    if "Fn::Sub" in resource:
        text = resource["Fn::Sub"]
        text = text if isinstance(text, str) else text[0]
        return re.sub(r"\$\{([^}]+)\}", lambda match: PSEUDO.get(match.group(1), "*"), text)
    return "arn:*"  # Ref or GetAtt: exactly one resource of this template


def documents(template):
    """(logical id, statement) for every identity policy: inline in roles, and managed. Both arms of an If count."""
    for logical_id, body in template["Resources"].items():
        properties = body.get("Properties", {})
        found = []
        if body["Type"] == "AWS::IAM::Role":
            found = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        if body["Type"] == "AWS::IAM::ManagedPolicy":
            found = [properties["PolicyDocument"]]
        for document in found:
            for statement in one_or_many(document["Statement"]):
                if "Fn::If" in statement:
                    arms = [arm for arm in statement["Fn::If"][1:] if arm != {"Ref": "AWS::NoValue"}]
                else:
                    arms = [statement]
                for arm in arms:
                    yield logical_id, arm


@cache
def reference(action):
    """The rows of the authorization reference: (ARN format, condition keys) for each kind of resource."""
    service, name = action.split(":")
    data = get_action_data(service, name)
    assert data, f"{action} is no action of AWS"
    return [(row["resource_arn_format"], row["condition_keys"]) for row in data[service]]


def knows_a_resource(action):
    return any(arn != "*" for arn, _ in reference(action))


def pattern_of(arn_format):
    return re.sub(r"\$\{[^}]+\}", "*", arn_format)


def overlap(left, right):
    """Whether some text matches both patterns."""
    if not left or not right:
        return set(left + right) <= {"*"}
    if left[0] == "*":
        return overlap(left[1:], right) or overlap(left, right[1:])
    if right[0] == "*":
        return overlap(left, right[1:]) or overlap(left[1:], right)
    return left[0] == right[0] and overlap(left[1:], right[1:])
