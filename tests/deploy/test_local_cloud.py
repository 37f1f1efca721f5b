"""What the local cloud runs is what SAM deploys: its reading of template.yaml against SAM's own transform."""

import json
import unittest

import templates
from iam import one_or_many
from resolve import Resolver

AS_READ = templates.ROOT / "target/deploy/as-read.json"


class LocalCloud(unittest.TestCase):
    def setUp(self):
        self.read = json.loads(AS_READ.read_text())
        self.template = templates.transformed()
        # Everything that can be asked for, so that nothing is left out of the comparison.
        parameters = templates.parameter_values(templates.main_template()) | {"Console": "function-url"}
        self.resolver = Resolver(self.template, parameters)

    def of_type(self, kind):
        return {
            name: self.resolver.value(body["Properties"])
            for name, body in self.template["Resources"].items()
            if body["Type"] == kind and ("Condition" not in body or self.resolver.holds(body["Condition"]))
        }

    def statements(self, role_arn_owner):
        role = self.template["Resources"][role_arn_owner]["Properties"]
        documents = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
        for managed in role.get("ManagedPolicyArns", []):
            documents.append(self.template["Resources"][managed["Ref"]]["Properties"]["PolicyDocument"])
        return [
            [
                statement["Effect"],
                one_or_many(statement["Action"]),
                one_or_many(statement["Resource"]),
                [
                    [operator, key, one_or_many(values)]
                    for operator, keys in statement.get("Condition", {}).items()
                    for key, values in keys.items()
                ],
            ]
            for document in documents
            for statement in self.resolver.value(document)["Statement"]
        ]

    def role_of(self, name, key):
        return self.template["Resources"][name]["Properties"][key]["Fn::GetAtt"][0]

    def test_functions(self):
        deployed = {
            name: {
                "name": body["FunctionName"],
                "environment": body.get("Environment", {}).get("Variables", {}),
                "timeout": body["Timeout"],
                "memory": body["MemorySize"],
                "statements": self.statements(self.role_of(name, "Role")),
            }
            for name, body in (self.unroled(self.template, "AWS::Lambda::Function"))
        }
        self.assertTrue(deployed)
        self.assertEqual(self.read["functions"], deployed)

    def unroled(self, template, kind):
        """The properties without the role, whose ARN holds a name that CloudFormation makes up."""
        for name, body in template["Resources"].items():
            if body["Type"] == kind:
                role = ("Role", "RoleArn")
                yield name, self.resolver.value({k: v for k, v in body["Properties"].items() if k not in role})

    def test_state_machines(self):
        deployed = {
            name: {
                "name": body["StateMachineName"],
                "definition": body["DefinitionS3Location"]["Key"].split("/")[-1],
                "substitutions": body["DefinitionSubstitutions"],
                "statements": self.statements(self.role_of(name, "RoleArn")),
            }
            for name, body in self.unroled(self.template, "AWS::StepFunctions::StateMachine")
        }
        self.assertTrue(deployed)
        self.assertEqual(self.read["stateMachines"], deployed)

    def test_rules_and_the_functions_they_invoke(self):
        resources = self.template["Resources"].items()
        functions = {self.resolver.arn(name) for name, body in resources if body["Type"] == "AWS::Lambda::Function"}
        deployed = {}
        for rule in self.of_type("AWS::Events::Rule").values():
            # A rule of infra/ that shapes its event is the local cloud's own matter: it has no part in a function's events.
            for target in rule["Targets"]:
                if "InputTransformer" not in target:
                    self.assertIn(target["Arn"], functions)
                    deployed.setdefault(target["Arn"], []).append(rule["EventPattern"])
        self.assertTrue(deployed)
        self.assertEqual(self.read["rules"], deployed)

    def test_topics_and_who_listens(self):
        arns = {name: self.resolver.arn(name) for name in self.of_type("AWS::SNS::Topic")}
        subscriptions = self.of_type("AWS::SNS::Subscription").values()
        deployed = {
            name: [[each["Protocol"], each["Endpoint"]] for each in subscriptions if each["TopicArn"] == arn]
            for name, arn in arns.items()
        }
        self.assertTrue(any(deployed.values()))
        self.assertEqual(self.read["topics"], deployed)


if __name__ == "__main__":
    unittest.main()
