"""The state machine files as Step Functions gets them: every placeholder replaced by a sample of its kind."""

import json
import re
import sys

import templates


def rendered():
    """(file, definition) of every state machine of the template."""
    for properties in (
        body["Properties"]
        for body in templates.main_template()["Resources"].values()
        if body["Type"] == templates.STATE_MACHINE
    ):
        file = properties["DefinitionUri"]
        samples = {name: sample(name, value) for name, value in properties["DefinitionSubstitutions"].items()}
        text = (templates.ROOT / file).read_text()
        yield file, json.loads(re.sub(r"\$\{([A-Za-z0-9_]+)\}", lambda match: samples[match.group(1)], text))


def sample(name, value):
    if value == {"Ref": "AWS::Partition"}:
        return "aws"
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    if isinstance(value, dict) and "Ref" in value:
        return f"arn:aws:sns:us-east-1:123456789012:{name}"
    if isinstance(value, dict) and "Fn::Sub" in value:
        return value["Fn::Sub"].replace("${AWS::Partition}", "aws").replace("${AWS::Region}", "us-east-1").replace(
            "${AWS::AccountId}", "123456789012").replace("${AWS::StackName}", "stack")
    return str(value)


if __name__ == "__main__":
    folder = templates.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file, definition in rendered():
        (folder / templates.Path(file).name).write_text(json.dumps(definition, indent=1))
