"""Reads the templates: as they are, in one piece, and as CloudFormation gets them after the SAM transform.

In one piece means: each nested stack of infra/ replaced by its resources. The release and the Serverless Application
Repository, which knows no local nested stacks, need that form, and the checks judge it, so that nothing of infra/ is
left out.
"""

import copy
import json
import os
import re
import sys
from functools import cache
from pathlib import Path

from samcli.yamlhelper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
NESTED = "AWS::CloudFormation::Stack"
FUNCTION = "AWS::Serverless::Function"
STATE_MACHINE = "AWS::Serverless::StateMachine"


def read(file):
    """A template in the long form: `!Ref x` is `{"Ref": x}`."""
    return json.loads(read_once(file))


@cache
def read_once(file):
    return json.dumps(yaml_parse((ROOT / file).read_text()))


def main_template():
    return read("template.yaml")


def every_file():
    """All template files, by path."""
    names = ["template.yaml", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "infra").glob("*.yaml"))]
    return {name: read(name) for name in names}


def in_one_piece(template=None):
    """The template with its nested stacks dissolved into it."""
    flat = copy.deepcopy(template or main_template())
    outputs = {}
    for name, body in list(flat["Resources"].items()):
        if body["Type"] == NESTED:
            del flat["Resources"][name]
            outputs.update(dissolve(name, body, flat))
    return substitute(flat, outputs.get)


def dissolve(name, body, flat):
    """Puts a nested stack's resources into `flat`. Answers what its outputs stand for, as `Name.Outputs.X`."""
    child = read(body["Properties"]["TemplateURL"])
    assert not child.get("Mappings") and not child.get("Transform"), f"{name}: not understood here"
    given = body["Properties"].get("Parameters", {})
    values = {}
    for parameter, declaration in child.get("Parameters", {}).items():
        value = given[parameter] if parameter in given else declaration["Default"]
        # A list goes into a nested stack as a text with commas; here it stays a list.
        if isinstance(value, dict) and "Fn::Join" in value and declaration["Type"].startswith("List<"):
            value = value["Fn::Join"][1]
        values[parameter] = value
    unknown = set(given) - set(values)
    assert not unknown, f"{name} is given {unknown}, which {body['Properties']['TemplateURL']} does not have"

    resolved = substitute(child, values.get)
    for condition, text in resolved.get("Conditions", {}).items():
        assert flat["Conditions"].get(condition, text) == text, f"two conditions are called {condition}"
        flat["Conditions"][condition] = text
    for logical_id, resource in resolved["Resources"].items():
        assert logical_id not in flat["Resources"], f"two resources are called {logical_id}"
        if "Condition" in body and "Condition" in resource:
            both = f"{body['Condition']}And{resource['Condition']}"
            parts = [{"Condition": body["Condition"]}, {"Condition": resource["Condition"]}]
            flat["Conditions"][both] = {"Fn::And": parts}
            resource["Condition"] = both
        elif "Condition" in body:
            resource["Condition"] = body["Condition"]
        flat["Resources"][logical_id] = resource
    return {f"{name}.Outputs.{key}": output["Value"] for key, output in resolved.get("Outputs", {}).items()}


def substitute(value, find):
    """Replaces references (`Name` or `Name.Attribute`) for which `find` has a value, in Ref, GetAtt and Sub alike."""
    if isinstance(value, list):
        return [substitute(item, find) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"} and find(value["Ref"]) is not None:
        return copy.deepcopy(find(value["Ref"]))
    if set(value) == {"Fn::GetAtt"} and find(".".join(value["Fn::GetAtt"])) is not None:
        return copy.deepcopy(find(".".join(value["Fn::GetAtt"])))
    if set(value) == {"Fn::Sub"}:
        return substitute_text(value["Fn::Sub"], find)
    return {key: substitute(item, find) for key, item in value.items()}


def substitute_text(argument, find):
    text, own = argument if isinstance(argument, list) else (argument, {})
    own = {key: substitute(item, find) for key, item in own.items()}

    def replaced(match):
        name = match.group(1)
        value = None if name in own or name.startswith("!") else find(name)
        if value is None:
            return match.group(0)
        if isinstance(value, (str, int)):
            return str(value)
        if "Ref" in value:
            return "${%s}" % value["Ref"]
        if "Fn::GetAtt" in value:
            return "${%s}" % ".".join(value["Fn::GetAtt"])
        own[name.replace(".", "")] = value
        return "${%s}" % name.replace(".", "")

    text = re.sub(r"\$\{([^}]+)\}", replaced, text)
    return {"Fn::Sub": [text, own] if own else text}


def transformed(template=None):
    """What CloudFormation gets: the template in one piece after SAM's own transform."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    from samtranslator.metrics.metrics import DummyMetricsPublisher, Metrics
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template = in_one_piece(template)
    template.get("Metadata", {}).pop("AWS::ServerlessRepo::Application", None)
    for body in template["Resources"].values():
        if body["Type"] == FUNCTION:
            body["Properties"]["CodeUri"] = f"s3://bucket/{body['Properties']['CodeUri']}.zip"
        if body["Type"] == STATE_MACHINE:
            body["Properties"]["DefinitionUri"] = f"s3://bucket/{body['Properties']['DefinitionUri']}"
    # No managed policies to look up: the roles name none of AWS's.
    metrics = Metrics("checks", DummyMetricsPublisher())
    translator = Translator({}, Parser(), metrics=metrics)
    result = translator.translate(template, parameter_values(template))
    metrics.publish()
    return result


def parameter_values(template):
    """Each parameter's default, or a sample where it has none."""
    return {
        name: body["Default"] if "Default" in body else SAMPLE[body["Type"]]
        for name, body in template["Parameters"].items()
    }


# Values for the parameters that have no default.
SAMPLE = {
    "AWS::EC2::VPC::Id": "vpc-0123456789abcdef0",
    "List<AWS::EC2::Subnet::Id>": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "AWS::EC2::SecurityGroup::Id": "sg-0123456789abcdef0",
}


if __name__ == "__main__":
    form = {"flat": in_one_piece, "transformed": transformed}[sys.argv[1]]()
    json.dump(form, sys.stdout, indent=1)
