"""Least privilege, as far as the template alone can show it. tests/scenarios/tests/permissions shows the rest."""

import unittest

import iam
import templates

WRITES = {
    "elasticache:TestMigration",
    "elasticache:StartMigration",
    "elasticache:ModifyReplicationGroup",
    "elasticache:CompleteMigration",
}


class Permissions(unittest.TestCase):
    def setUp(self):
        self.template = templates.in_one_piece()
        self.resources = self.template["Resources"]
        self.functions = {
            name: body["Properties"]
            for name, body in self.resources.items()
            if body["Type"] == templates.FUNCTION
        }
        self.statements = list(iam.documents(self.template))

    def of_type(self, kind):
        return {name: body for name, body in self.resources.items() if body["Type"] == kind}

    def test_every_function_has_a_role_of_its_own(self):
        roles = [properties["Role"]["Fn::GetAtt"][0] for properties in self.functions.values()]
        self.assertEqual(len(roles), len(set(roles)))
        machines = self.of_type(templates.STATE_MACHINE).values()
        roles += [body["Properties"]["Role"]["Fn::GetAtt"][0] for body in machines]
        channels = [body["Properties"] for body in self.resources.values() if body["Type"].startswith("AWS::Chatbot::")]
        roles += [properties["IamRoleArn"]["Fn::GetAtt"][0] for properties in channels if "IamRoleArn" in properties]
        schedules = self.of_type("AWS::Scheduler::Schedule").values()
        roles += [body["Properties"]["Target"]["RoleArn"]["Fn::GetAtt"][0] for body in schedules]
        self.assertEqual(set(roles), set(self.of_type("AWS::IAM::Role")), "a role that nobody has")
        for name, properties in self.functions.items():
            self.assertNotIn("Policies", properties, f"{name}: with Role, SAM leaves Policies out without a word")

    def test_every_role_is_for_one_service_of_this_account_with_path_and_boundary(self):
        for name, body in self.of_type("AWS::IAM::Role").items():
            role = body["Properties"]
            self.assertEqual(role["Path"], {"Ref": "RolePath"}, name)
            conditions = templates.in_one_piece()["Conditions"]
            given = role["PermissionsBoundary"]["Fn::If"][0]
            self.assertEqual(conditions[given], conditions["HasBoundary"], name)
            [trust] = role["AssumeRolePolicyDocument"]["Statement"]
            account = trust["Condition"]["StringEquals"]["aws:SourceAccount"]
            self.assertEqual(account, {"Ref": "AWS::AccountId"}, name)
        for name, body in self.of_type("AWS::IAM::ManagedPolicy").items():
            self.assertEqual(body["Properties"]["Path"], {"Ref": "RolePath"}, name)

    def test_a_chat_channel_may_press_buttons_and_nothing_else(self):
        channels = {
            name: body["Properties"]
            for name, body in self.resources.items()
            if body["Type"].startswith("AWS::Chatbot::") and "IamRoleArn" in body["Properties"]
        }
        self.assertEqual(set(channels), {"SlackChannel", "TeamsChannel"})
        for name, properties in channels.items():
            self.assertEqual(properties["GuardrailPolicies"], [{"Ref": "ChatGuardrail"}], name)
            role = self.resources[properties["IamRoleArn"]["Fn::GetAtt"][0]]["Properties"]
            self.assertEqual(role["ManagedPolicyArns"], [{"Ref": "ChatGuardrail"}], name)
            self.assertNotIn("Policies", role, name)
        [statement] = self.resources["ChatGuardrail"]["Properties"]["PolicyDocument"]["Statement"]
        self.assertEqual(statement["Action"], "lambda:InvokeFunction")
        self.assertEqual(statement["Resource"], {"Fn::GetAtt": ["SignalFunction", "Arn"]})

    def test_network_interfaces_are_for_the_functions_in_the_vpc_alone(self):
        for name, properties in self.functions.items():
            role = self.resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]
            managed = {policy["Ref"] for policy in role["ManagedPolicyArns"]}
            expected = {"FunctionBasics"} | ({"FunctionNetwork"} if "VpcConfig" in properties else set())
            self.assertEqual(managed, expected, name)

    def test_every_managed_policy_is_attached_or_handed_out(self):
        text = str(self.resources) + str(self.template["Outputs"])
        for name in self.of_type("AWS::IAM::ManagedPolicy"):
            self.assertIn(f"{{'Ref': '{name}'}}", text, f"{name} is attached to nothing")

    def test_no_wildcard_where_the_api_lets_a_resource_be_named(self):
        for name, statement in self.statements:
            if statement["Effect"] == "Deny":
                continue
            for action in iam.one_or_many(statement["Action"]):
                self.assertNotIn("*", action, f"{name} allows a pattern of actions")
                for resource in map(iam.plain, iam.one_or_many(statement["Resource"])):
                    if resource == "*":
                        self.assertFalse(iam.knows_a_resource(action), f"{name}: {action} knows a resource")

    def test_every_resource_is_of_a_kind_that_its_action_knows(self):
        for name, statement in self.statements:
            if statement["Effect"] == "Deny":
                continue
            resources = list(map(iam.plain, iam.one_or_many(statement["Resource"])))
            for action in iam.one_or_many(statement["Action"]):
                kinds = [iam.pattern_of(arn) for arn, _ in iam.reference(action) if arn != "*"]
                if not kinds:
                    self.assertEqual(resources, ["*"], f"{name}: {action} knows no resource")
                for kind in kinds[:1] if resources == ["arn:*"] else []:
                    self.assertTrue(iam.overlap("arn:*", kind))
                fits = any(iam.overlap(resource, kind) for resource in resources for kind in kinds)
                self.assertTrue(fits or not kinds, f"{name}: {action} on {resources}, known: {kinds}")
            for resource in resources:
                for_it = [
                    action
                    for action in iam.one_or_many(statement["Action"])
                    if resource == "*"
                    or any(iam.overlap(resource, iam.pattern_of(arn)) for arn, _ in iam.reference(action) if arn != "*")
                ]
                self.assertTrue(for_it, f"{name}: no action of the statement knows {resource}")

    def test_only_cutover_may_complete_and_only_start_may_start(self):
        allowed = {}
        for name, statement in self.statements:
            for action in iam.one_or_many(statement["Action"]):
                reads = action.split(":")[1].startswith(("Describe", "List"))
                if action.startswith("elasticache:") and not reads and statement["Effect"] == "Allow":
                    allowed.setdefault(name, set()).add(action)
        self.assertEqual(
            allowed,
            {
                "StartRole": WRITES - {"elasticache:CompleteMigration"},
                "CutoverRole": {"elasticache:CompleteMigration"},
            },
        )

    def test_those_that_look_cannot_write(self):
        for name, statement in self.statements:
            if name not in ("PreflightRole", "PollLagRole", "VerifyRole", "DiagnoseRole"):
                continue
            for action in iam.one_or_many(statement["Action"]):
                verb = action.split(":")[1]
                self.assertTrue(verb.startswith(("Describe", "List", "Get")), f"{name} may {action}")

    def test_changes_are_conditioned_on_a_tag_where_that_is_wished_and_aws_knows_the_key(self):
        for name, statement in self.statements:
            writes = WRITES & set(iam.one_or_many(statement["Action"]))
            if not writes or statement["Effect"] != "Allow":
                continue
            condition, then, otherwise = statement["Condition"]["Fn::If"]
            self.assertEqual(condition, "RequiresTag", name)
            self.assertEqual(then, {"StringEquals": {"aws:ResourceTag/migration-allowed": "true"}})
            self.assertEqual(otherwise, {"Ref": "AWS::NoValue"})
            for action in writes:
                for arn, keys in iam.reference(action):
                    self.assertIn("aws:ResourceTag/${TagKey}", keys, f"{action} {arn}")

    def test_no_partition_region_or_account_is_written_down(self):
        for file, template in templates.every_file().items():
            text = str({part: template.get(part) for part in ("Resources", "Outputs", "Globals")})
            self.assertNotIn("arn:aws:", text, file)
            self.assertNotRegex(text, r"\b[0-9]{12}\b", file)
            self.assertNotRegex(text, r"\b(us|eu|ap)-(east|west|central|south|north)[a-z]*-[0-9]\b", file)


if __name__ == "__main__":
    unittest.main()
