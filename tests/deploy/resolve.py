"""Works out the intrinsics of a transformed template, for a stack called `local`: written apart from the local cloud's
own resolver, so that a misreading is not on both sides of the comparison."""

import re

ACCOUNT, REGION = "123456789012", "us-east-1"
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
}
ABSENT = object()
NAMED_BY = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Logs::LogGroup": "LogGroupName",
}
ARNS = {
    "AWS::Lambda::Function": "arn:aws:lambda:{}:{}:function:{}",
    "AWS::SNS::Topic": "arn:aws:sns:{}:{}:{}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{}:{}:stateMachine:{}",
    "AWS::SQS::Queue": "arn:aws:sqs:{}:{}:{}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{}:{}:log-group:{}:*",
    "AWS::KMS::Key": "arn:aws:kms:{}:{}:key/{}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{}:{}:secret:{}-AbCdEf",
    # Its one attribute is the URL, which AWS makes up.
    "AWS::Lambda::Url": "https://page.example/",
    "AWS::S3::Bucket": "arn:aws:s3:::{2}",
}


class Resolver:
    def __init__(self, template, parameters):
        self.template, self.parameters = template, parameters

    def name(self, logical_id):
        body = self.template["Resources"][logical_id]
        given = body.get("Properties", {}).get(NAMED_BY.get(body["Type"]))
        if given:
            return self.value(given)
        # A bucket has no capital letters.
        return f"local-{logical_id.lower() if body['Type'] == 'AWS::S3::Bucket' else logical_id}"

    def arn(self, logical_id):
        return ARNS[self.template["Resources"][logical_id]["Type"]].format(REGION, ACCOUNT, self.name(logical_id))

    def holds(self, condition):
        return self.truth(self.template["Conditions"][condition])

    def truth(self, test):
        [(name, argument)] = test.items()
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::Not":
            return not self.truth(argument[0])
        if name == "Fn::And":
            return all(map(self.truth, argument))
        assert name == "Fn::Equals", name
        left, right = argument
        return str(self.value(left)) == str(self.value(right))

    def ref(self, name):
        if name == "AWS::NoValue":
            return ABSENT
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        kind = self.template["Resources"][name]["Type"]
        by_arn = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::SecretsManager::Secret")
        return self.arn(name) if kind in by_arn else self.name(name)

    def value(self, value):
        if isinstance(value, list):
            return [item for item in map(self.value, value) if item is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref":
                return self.ref(argument)
            if function == "Fn::GetAtt":
                resource, attribute = argument
                if attribute == "RegionalDomainName":
                    return f"{self.name(resource)}.s3.{REGION}.amazonaws.com"
                return self.name(resource) if attribute.endswith("Name") else self.arn(resource)
            if function == "Fn::If":
                return self.value(argument[1] if self.holds(argument[0]) else argument[2])
            if function == "Fn::Sub":
                return re.sub(r"\$\{([^}]+)\}", lambda match: str(self.reference(match.group(1))), argument)
        resolved = {key: self.value(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not ABSENT}

    def reference(self, name):
        return self.value({"Fn::GetAtt": name.split(".")}) if "." in name and "::" not in name else self.ref(name)
