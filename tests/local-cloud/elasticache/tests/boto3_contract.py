"""Drives every operation of the stand-in through boto3 and holds each answer against botocore's model of ElastiCache.

The model is AWS's own, so a misreading of it in the stand-in shows here and not only in production. Started by
`boto3_contract.rs`, which has made the groups; ENDPOINT, SOURCE_ADDRESS, SOURCE_PORT and CLUSTER_PORT (of a source
cluster, at the same address) say where things are.
"""

import datetime
import os
import re
import time
import xml.etree.ElementTree as ET

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

NAMESPACE = "{http://elasticache.amazonaws.com/doc/2015-02-02/}"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SOURCE = {"Address": os.environ["SOURCE_ADDRESS"], "Port": int(os.environ["SOURCE_PORT"])}
SOURCE_CLUSTER = {"Address": SOURCE["Address"], "Port": int(os.environ["CLUSTER_PORT"])}
GROUP_ARN = "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:rg"

answers = 0
errors = 0


def make_client(**config):
    return boto3.client(
        "elasticache",
        endpoint_url=os.environ["ENDPOINT"],
        region_name="us-east-1",
        aws_access_key_id="CONTRACT",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


client = make_client()


# The model's side: raw XML against shapes.


def check_xml(shape, element, path):
    """Every element is known to the model, at its place, once, and holds what its type allows."""
    children = list(element)
    if shape.type_name == "structure":
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        tags = [child.tag.removeprefix(NAMESPACE) for child in children]
        assert len(tags) == len(set(tags)), f"{path}: repeated members {tags}"
        for child, tag in zip(children, tags):
            assert tag in names, f"{path}: the model has no member {tag}"
            check_xml(names[tag], child, f"{path}.{tag}")
        missing = set(shape.required_members) - set(tags)
        assert not missing, f"{path}: without the required {missing}"
    elif shape.type_name == "list":
        expected = shape.member.serialization.get("name", "member")
        for number, child in enumerate(children):
            tag = child.tag.removeprefix(NAMESPACE)
            assert tag == expected, f"{path}: a member is called {tag}, not {expected}"
            check_xml(shape.member, child, f"{path}[{number}]")
    else:
        assert not children, f"{path}: a {shape.type_name} with children"
        check_text(shape, element.text or "", path)


def check_text(shape, text, path):
    if shape.type_name == "boolean":
        assert text in ("true", "false"), f"{path}: {text!r} is no boolean"
    elif shape.type_name in ("integer", "long"):
        int(text)
    elif shape.type_name == "double":
        float(text)
    elif shape.type_name == "timestamp":
        assert TIMESTAMP.fullmatch(text), f"{path}: {text!r} is not how AWS prints a time"
    elif shape.type_name == "string":
        enum = getattr(shape, "enum", None)
        assert not enum or text in enum, f"{path}: {text!r} is none of {enum}"
    else:
        raise AssertionError(f"{path}: a {shape.type_name} was not foreseen")


PYTHON = {"string": str, "integer": int, "boolean": bool, "double": float, "timestamp": datetime.datetime, "list": list}


def check_parsed(shape, value, path):
    """botocore's own parser made of it what the model says."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            if name != "ResponseMetadata":
                check_parsed(shape.members[name], inner, f"{path}.{name}")
    else:
        assert isinstance(value, PYTHON[shape.type_name]), f"{path}: {value!r} is no {shape.type_name}"
        if shape.type_name == "list":
            for number, inner in enumerate(value):
                check_parsed(shape.member, inner, f"{path}[{number}]")


def check_answer(response_dict, parsed_response, **_):
    """For every response: errors have their envelope, results have the model's shape."""
    global answers
    root = ET.fromstring(response_dict["body"])
    if response_dict["status_code"] != 200:
        assert root.tag == f"{NAMESPACE}ErrorResponse", root.tag
        return
    operation = client.meta.service_model.operation_model(root.tag.removeprefix(NAMESPACE).removesuffix("Response"))
    wrapper = operation.output_shape.serialization["resultWrapper"]
    tags = [child.tag.removeprefix(NAMESPACE) for child in root]
    assert tags == [wrapper, "ResponseMetadata"], tags
    check_xml(operation.output_shape, root[0], operation.name)
    check_parsed(operation.output_shape, parsed_response, operation.name)
    assert parsed_response["ResponseMetadata"]["RequestId"]
    answers += 1


def refused(code, status, operation, *, via=client, declared=True, **parameters):
    """The call fails with this code and status, which the model declares for it, as boto3's own exception."""
    global errors
    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
    try:
        getattr(via, method)(**parameters)
    except ClientError as error:
        got = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert got == (code, status), f"{operation}{parameters}: {error.response}"
        assert error.response["Error"]["Message"], f"{operation}: an error without words"
        shapes = client.meta.service_model.operation_model(operation).error_shapes
        codes = {shape.error_code: shape.metadata["error"]["httpStatusCode"] for shape in shapes}
        if declared:
            assert codes.get(code) == status, f"{operation} does not declare {code}: {codes}"
            assert type(error) is not ClientError, f"{code} has no exception of its own"
        errors += 1
    else:
        raise AssertionError(f"{operation}{parameters} was not refused")


# What the operations say.


def describe(group):
    return client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]


def wait_for_status(group, status):
    deadline = time.monotonic() + 60
    while describe(group)["Status"] != status:
        assert time.monotonic() < deadline, f"{group} is {describe(group)['Status']}, not {status}"
        time.sleep(0.05)


def texts(group):
    events = client.describe_events(SourceIdentifier=group, SourceType="replication-group", Duration=60)["Events"]
    return [event["Message"] for event in events]


def descriptions():
    group = describe("rg")
    assert group["Status"] == "available" and group["MultiAZ"] == "enabled" and group["Engine"] == "valkey"
    assert group["ARN"] == GROUP_ARN and group["MemberClusters"] == ["rg-001", "rg-002"]
    shard = group["NodeGroups"][0]
    assert [member["CurrentRole"] for member in shard["NodeGroupMembers"]] == ["primary", "replica"]
    assert shard["PrimaryEndpoint"]["Port"] != shard["ReaderEndpoint"]["Port"]
    assert group["PendingModifiedValues"]["AutomaticFailoverStatus"] == "enabled"
    assert describe("RG")["ReplicationGroupId"] == "rg", "identifiers are compared in lower case"

    cluster = client.describe_cache_clusters(CacheClusterId="rg-002", ShowCacheNodeInfo=True)["CacheClusters"][0]
    assert cluster["CacheNodes"][0]["Endpoint"]["Port"] == shard["ReaderEndpoint"]["Port"]
    assert cluster["NotificationConfiguration"]["TopicStatus"] == "active"
    assert "CacheNodes" not in client.describe_cache_clusters(CacheClusterId="rg-001")["CacheClusters"][0]
    assert client.describe_cache_clusters(ShowCacheClustersNotInReplicationGroups=True)["CacheClusters"] == []

    sharded = describe("cme")
    assert sharded["ClusterEnabled"] and "ConfigurationEndpoint" in sharded
    assert [shard["Slots"] for shard in sharded["NodeGroups"]] == ["0-5460", "5461-10921", "10922-16383"]
    assert not any("CurrentRole" in member for shard in sharded["NodeGroups"] for member in shard["NodeGroupMembers"])

    networks = client.describe_cache_subnet_groups(CacheSubnetGroupName=cluster["CacheSubnetGroupName"])
    assert networks["CacheSubnetGroups"][0]["VpcId"].startswith("vpc-")
    update = client.describe_update_actions(ReplicationGroupIds=["rg"], UpdateActionStatus=["not-applied"])
    assert update["UpdateActions"][0]["ServiceUpdateName"] == "contract-update"
    assert client.describe_update_actions(ReplicationGroupIds=["tls"])["UpdateActions"] == []

    name = cluster["CacheParameterGroup"]["CacheParameterGroupName"]
    values = {one["ParameterName"]: one for one in parameters(CacheParameterGroupName=name)}
    assert values["databases"]["ParameterValue"] == "20" and values["databases"]["Source"] == "user"
    assert values["repl-timeout"]["IsModifiable"] is False
    assert {"maxmemory-policy", "reserved-memory-percent", "cluster-enabled"} <= set(values)
    own = client.describe_cache_parameters(CacheParameterGroupName=name, Source="user")["Parameters"]
    assert [one["ParameterName"] for one in own] == ["databases"]


def parameters(**request):
    pages = client.get_paginator("describe_cache_parameters").paginate(**request, PaginationConfig={"PageSize": 20})
    return [parameter for page in pages for parameter in page["Parameters"]]


def paging():
    def collect(operation, key, **request):
        pages = list(client.get_paginator(operation).paginate(**request, PaginationConfig={"PageSize": 20}))
        assert len(pages) > 1, f"{operation} came on one page"
        return [item for page in pages for item in page[key]]

    groups = [group["ReplicationGroupId"] for group in collect("describe_replication_groups", "ReplicationGroups")]
    assert len(groups) == len(set(groups)) == int(os.environ["GROUPS"])
    clusters = [cluster["CacheClusterId"] for cluster in collect("describe_cache_clusters", "CacheClusters")]
    assert len(clusters) == len(set(clusters)) == int(os.environ["CLUSTERS"])
    events = collect("describe_events", "Events", SourceIdentifier="paged", SourceType="replication-group")
    numbers = [event["Message"] for event in events]
    assert numbers == [f"number {number}" for number in range(44, -1, -1)], numbers
    refused("InvalidParameterValue", 400, "DescribeReplicationGroups", MaxRecords=19)
    refused("InvalidParameterValue", 400, "DescribeCacheClusters", MaxRecords=101)
    refused("InvalidParameterValue", 400, "DescribeEvents", Marker="nothing")


def windows():
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    found = client.describe_events(SourceIdentifier="paged", StartTime=now - hour, EndTime=now + hour)["Events"]
    assert len(found) == 45
    assert client.describe_events(SourceIdentifier="paged", EndTime=now - hour)["Events"] == []
    refused("InvalidParameterValue", 400, "DescribeEvents", StartTime=now - datetime.timedelta(days=15))
    refused("InvalidParameterCombination", 400, "DescribeEvents", StartTime=now, EndTime=now - hour)
    refused("InvalidParameterCombination", 400, "DescribeEvents", StartTime=now - hour, EndTime=now, Duration=5)


def tags():
    assert client.list_tags_for_resource(ResourceName=GROUP_ARN)["TagList"] == [{"Key": "team", "Value": "a <b> & c"}]
    client.add_tags_to_resource(ResourceName=GROUP_ARN, Tags=[{"Key": "k", "Value": "v"}, {"Key": "team", "Value": "x"}])
    listed = client.list_tags_for_resource(ResourceName=GROUP_ARN)["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in listed} == {"k": "v", "team": "x"}
    many = [{"Key": f"key-{number}", "Value": ""} for number in range(50)]
    refused("TagQuotaPerResourceExceeded", 400, "AddTagsToResource", ResourceName=GROUP_ARN, Tags=many)
    refused("InvalidARN", 400, "ListTagsForResource", ResourceName="rg")
    other = GROUP_ARN.replace(":rg", ":none")
    refused("ReplicationGroupNotFoundFault", 404, "ListTagsForResource", ResourceName=other)
    refused("ReplicationGroupNotFoundFault", 404, "AddTagsToResource", ResourceName=other, Tags=many[:1])
    cluster = GROUP_ARN.replace("replicationgroup:rg", "cluster:none")
    refused("CacheClusterNotFound", 404, "ListTagsForResource", ResourceName=cluster)
    busy = GROUP_ARN.replace(":rg", ":busy")
    refused("InvalidReplicationGroupState", 400, "AddTagsToResource", ResourceName=busy, Tags=many[:1], declared=True)


def modification():
    topic = "arn:aws:sns:us-east-1:123456789012:another"
    changed = client.modify_replication_group(
        ReplicationGroupId="rg",
        NotificationTopicArn=topic,
        NotificationTopicStatus="inactive",
        PreferredMaintenanceWindow="mon:01:00-mon:02:00",
        ApplyImmediately=True,
    )["ReplicationGroup"]
    assert changed["Status"] == "modifying"
    refused("InvalidReplicationGroupState", 400, "ModifyReplicationGroup", ReplicationGroupId="rg")
    wait_for_status("rg", "available")
    cluster = client.describe_cache_clusters(CacheClusterId="rg-001")["CacheClusters"][0]
    assert cluster["NotificationConfiguration"] == {"TopicArn": topic, "TopicStatus": "inactive"}
    assert cluster["PreferredMaintenanceWindow"] == "mon:01:00-mon:02:00"
    change = {"ReplicationGroupId": "tls", "NotificationTopicStatus": "active"}
    refused("InvalidParameterCombination", 400, "ModifyReplicationGroup", **change)
    change = {"ReplicationGroupId": "rg", "NotificationTopicArn": "topic"}
    refused("InvalidParameterValue", 400, "ModifyReplicationGroup", **change)
    refused("ReplicationGroupNotFoundFault", 404, "ModifyReplicationGroup", ReplicationGroupId="none")


def things_that_do_not_exist():
    refused("ReplicationGroupNotFoundFault", 404, "DescribeReplicationGroups", ReplicationGroupId="none")
    refused("CacheClusterNotFound", 404, "DescribeCacheClusters", CacheClusterId="none")
    refused("CacheParameterGroupNotFound", 404, "DescribeCacheParameters", CacheParameterGroupName="none")
    refused("CacheSubnetGroupNotFoundFault", 400, "DescribeCacheSubnetGroups", CacheSubnetGroupName="none")
    refused("InvalidAction", 400, "DescribeSnapshots", declared=False)
    refused("InvalidParameterValue", 400, "DescribeUpdateActions", MaxRecords=1)
    unsigned = make_client(signature_version=UNSIGNED)
    refused("MissingAuthenticationToken", 403, "DescribeEvents", via=unsigned, declared=False)


def migrations_that_are_refused():
    for operation in ("TestMigration", "StartMigration"):

        def no(code, status, group="rg", endpoints=(SOURCE,), **more):
            request = {"ReplicationGroupId": group, "CustomerNodeEndpointList": list(endpoints), **more}
            refused(code, status, operation, **request)

        no("ReplicationGroupNotFoundFault", 404, group="none")
        no("InvalidReplicationGroupState", 400, group="busy")
        no("InvalidParameterCombination", 400, group="tls")
        no("InvalidParameterValue", 400, endpoints=[SOURCE, SOURCE])
        no("InvalidParameterValue", 400, endpoints=[{"Address": "", "Port": 1}])
        no("InvalidParameterValue", 400, endpoints=[{"Address": "a", "Port": 65536}])
        no("InvalidParameterValue", 400, endpoints=[{"Address": "a"}])
    start = {"CustomerNodeEndpointList": [SOURCE]}
    refused("InvalidParameterCombination", 400, "StartMigration", **start)
    refused("InvalidParameterCombination", 400, "StartMigration", ReplicationGroupId="rg", AutoCutover=True, **start)
    refused("ServerlessCacheNotFoundFault", 404, "StartMigration", ServerlessCacheName="none", **start)
    refused("ServerlessCacheNotFoundFault", 404, "CompleteMigration", ServerlessCacheName="none")
    refused("InvalidParameterCombination", 400, "CompleteMigration")
    refused("ReplicationGroupNotFoundFault", 404, "CompleteMigration", ReplicationGroupId="none")
    refused("ReplicationGroupNotUnderMigrationFault", 400, "CompleteMigration", ReplicationGroupId="rg")
    lenient = make_client(parameter_validation=False)
    refused("MissingParameter", 400, "TestMigration", via=lenient, declared=False, ReplicationGroupId="rg")


def a_migration():
    request = {"ReplicationGroupId": "rg", "CustomerNodeEndpointList": [SOURCE]}
    assert client.test_migration(**request)["ReplicationGroup"]["Status"] == "modifying"
    wait_for_status("rg", "available")
    assert client.start_migration(**request)["ReplicationGroup"]["Status"] == "modifying"
    refused("InvalidReplicationGroupState", 400, "CompleteMigration", ReplicationGroupId="rg")
    wait_for_status("rg", "migrating")
    refused("ReplicationGroupAlreadyUnderMigrationFault", 400, "StartMigration", **request)
    refused("ReplicationGroupAlreadyUnderMigrationFault", 400, "TestMigration", **request)
    refused("InvalidReplicationGroupState", 400, "ModifyReplicationGroup", ReplicationGroupId="rg")
    assert client.complete_migration(ReplicationGroupId="rg", Force=False)["ReplicationGroup"]["Status"] == "modifying"
    wait_for_status("rg", "available")
    refused("ReplicationGroupNotUnderMigrationFault", 400, "CompleteMigration", ReplicationGroupId="rg")
    starting = "Starting migration operation for target cluster rg with source cluster endpoint {Address} and port {Port}"
    assert texts("rg")[:3] == [
        "Complete Migration successful for rg",
        starting.format(**SOURCE),
        "Test migration operation succeeded for replication group rg",
    ]
    client.start_migration(**request)
    client.complete_migration(ReplicationGroupId="rg", Force=True)
    wait_for_status("rg", "available")


def a_migration_with_cluster_mode_enabled():
    def nodes():
        found = [
            client.describe_cache_clusters(CacheClusterId=member, ShowCacheNodeInfo=True)["CacheClusters"][0]
            for member in describe("cme")["MemberClusters"]
        ]
        return {one["CacheClusterId"]: one["CacheNodes"][0]["Endpoint"]["Port"] for one in found}

    before = nodes()
    assert sorted(before) == ["cme-0001-001", "cme-0002-001", "cme-0003-001"] and len(set(before.values())) == 3
    configuration = describe("cme")["ConfigurationEndpoint"]
    request = {"ReplicationGroupId": "cme", "CustomerNodeEndpointList": [SOURCE_CLUSTER]}
    client.test_migration(**request)
    wait_for_status("cme", "available")
    assert client.start_migration(**request)["ReplicationGroup"]["Status"] == "modifying"
    moved = []
    deadline = time.monotonic() + 60
    while (group := describe("cme"))["Status"] != "migrating":
        assert group["Status"] == "modifying" and time.monotonic() < deadline, group["Status"]
        if resharding := group["PendingModifiedValues"].get("Resharding"):
            moved.append(resharding["SlotMigration"]["ProgressPercentage"])
        time.sleep(0.02)
    assert moved and moved == sorted(moved) and 0 <= moved[0] < moved[-1] <= 100, moved
    assert [shard["Slots"] for shard in group["NodeGroups"]] == ["0-5999,11999-11999", "6000-11998", "12000-16383"]
    assert not any("PrimaryEndpoint" in shard or "ReaderEndpoint" in shard for shard in group["NodeGroups"])
    refused("ReplicationGroupAlreadyUnderMigrationFault", 400, "StartMigration", **request)
    assert client.complete_migration(ReplicationGroupId="cme")["ReplicationGroup"]["Status"] == "modifying"
    wait_for_status("cme", "available")
    assert nodes() == before and describe("cme")["ConfigurationEndpoint"] == configuration
    assert texts("cme")[0] == "Complete Migration successful for cme"


if __name__ == "__main__":
    client.meta.events.register("response-received.elasticache", check_answer)
    for story in (
        descriptions,
        paging,
        windows,
        tags,
        modification,
        things_that_do_not_exist,
        migrations_that_are_refused,
        a_migration,
        a_migration_with_cluster_mode_enabled,
    ):
        story()
    print(f"{answers} answers hold to the model of ElastiCache {client.meta.service_model.api_version}, {errors} refusals")
