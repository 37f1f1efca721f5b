"""The template is whole: nothing declared that is not used, nothing used that is not there, nothing unexplained."""

import json
import re
import tomllib
import unittest

import templates
from templates import FUNCTION, ROOT, STATE_MACHINE


def names_in(value):
    """Every name that a value refers to, by Ref, GetAtt, Sub, If or Condition."""
    if isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("Ref", "Condition") and isinstance(item, str):
                yield item
            elif key == "Fn::GetAtt":
                yield item[0]
            elif key == "Fn::If":
                yield item[0]
            elif key == "Fn::Sub":
                text, own = (item, {}) if isinstance(item, str) else item
                names = (name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text))
                yield from (name for name in names if name not in own)
            yield from names_in(item)


class Template(unittest.TestCase):
    def setUp(self):
        self.template = templates.main_template()
        self.whole = templates.in_one_piece()
        self.files = templates.every_file()

    def of_type(self, kind, template=None):
        resources = (template or self.whole)["Resources"]
        return {name: body["Properties"] for name, body in resources.items() if body["Type"] == kind}

    # Parameters, conditions, outputs

    def test_every_parameter_and_condition_is_used(self):
        for file, template in self.files.items():
            used = set(names_in({part: template.get(part) for part in ("Resources", "Outputs", "Globals")}))
            used |= set(names_in(list(template.get("Conditions", {}).values())))
            for part in ("Parameters", "Conditions"):
                unused = set(template.get(part, {})) - used
                self.assertFalse(unused, f"{file}: {part} that nothing uses")

    def test_every_parameter_is_described_grouped_and_labelled(self):
        interface = self.template["Metadata"]["AWS::CloudFormation::Interface"]
        grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
        self.assertEqual(sorted(grouped), sorted(self.template["Parameters"]))
        self.assertEqual(set(interface["ParameterLabels"]), set(self.template["Parameters"]))
        for file, template in self.files.items():
            for name, body in template["Parameters"].items():
                self.assertGreater(len(body["Description"]), 10, f"{file}: {name}")

    def test_all_but_the_network_has_a_default(self):
        without = {name for name, body in self.template["Parameters"].items() if "Default" not in body}
        self.assertEqual(without, {"VpcId", "SubnetIds", "TargetSecurityGroupId"})
        for name in without:
            self.assertRegex(self.template["Parameters"][name]["Type"], "AWS::EC2::", "has no list to choose from")

    def test_every_output_is_described(self):
        for name, body in self.template["Outputs"].items():
            self.assertTrue(body.get("Description", "").endswith("."), name)

    def test_samconfig_names_parameters_and_values_that_the_template_has(self):
        config = tomllib.loads((ROOT / "samconfig.toml").read_text())
        seen = 0
        for environment, commands in config.items():
            overrides = commands["deploy"]["parameters"].get("parameter_overrides", "") if environment != "version" else ""
            for pair in overrides.split():
                name, value = pair.split("=")
                allowed = [str(each) for each in self.template["Parameters"][name].get("AllowedValues", [value])]
                self.assertIn(value, allowed, f"{environment}: {name}")
                seen += 1
        self.assertGreater(seen, 0)
        self.assertLessEqual({"default", "dev", "prod"}, set(config))

    # Functions

    def test_every_variable_is_one_that_a_function_reads_and_the_other_way_round(self):
        set_here = {"RUST_BACKTRACE"}
        self.assertEqual(set(self.template["Globals"]["Function"]["Environment"]["Variables"]), set_here)
        for properties in self.of_type(FUNCTION).values():
            set_here |= set(properties.get("Environment", {}).get("Variables", {}))
        sources = [*ROOT.glob("shared/adapters/src/**/*.rs"), *ROOT.glob("functions/*/src/**/*.rs")]
        code = "\n".join(path.read_text() for path in sources)
        read = set(re.findall(r'(?:required|optional|env::var|env::var_os)\(\s*"([A-Z_]+)"', code))
        # Set by Lambda, and read by the standard library.
        self.assertEqual(set_here - {"RUST_BACKTRACE"}, {name for name in read if not name.startswith("AWS_")})

    def test_every_function_is_one_of_the_workspace_and_the_other_way_round(self):
        folders = {path.parent.name for path in ROOT.glob("functions/*/Cargo.toml")}
        in_template = set()
        for name, body in self.template["Resources"].items():
            if body["Type"] != FUNCTION:
                continue
            binary = body["Metadata"]["BuildProperties"]["Binary"]
            self.assertEqual(body["Metadata"]["BuildMethod"], "rust-cargolambda", name)
            self.assertEqual(body["Properties"]["CodeUri"], f"functions/{binary}", name)
            self.assertEqual(body["Properties"]["FunctionName"], {"Fn::Sub": "${AWS::StackName}-" + binary}, name)
            in_template.add(binary)
        self.assertEqual(in_template, folders)

    def test_all_functions_log_trace_and_run_alike(self):
        for name, body in templates.transformed()["Resources"].items():
            if body["Type"] != "AWS::Lambda::Function":
                continue
            function = body["Properties"]
            self.assertEqual(function["Runtime"], "provided.al2023", name)
            self.assertEqual(function["Architectures"], [{"Ref": "Architecture"}], name)
            self.assertEqual(function["TracingConfig"], {"Mode": "Active"}, name)
            self.assertEqual(function["LoggingConfig"]["LogFormat"], "JSON", name)
            self.assertEqual(function["LoggingConfig"]["LogGroup"], {"Ref": "FunctionLogs"}, name)
        # WARN would drop the metrics: Lambda takes them for INFO.
        self.assertEqual(self.template["Parameters"]["LogLevel"]["AllowedValues"], ["DEBUG", "INFO"])

    def test_what_nobody_waits_for_has_a_dead_letter_queue(self):
        functions = self.of_type(FUNCTION)
        for name, properties in functions.items():
            for event, body in properties.get("Events", {}).items():
                self.assertIn("DeadLetterQueue", properties, f"{name}, which {event} invokes")
                redrive = {"SNS": "RedrivePolicy", "EventBridgeRule": "DeadLetterConfig"}[body["Type"]]
                self.assertIn(redrive, body["Properties"], f"{name}: {event}")
        # The rule that names its function in infra/.
        [target] = self.of_type("AWS::Events::Rule")["DiedRule"]["Targets"]
        self.assertIn("DeadLetterConfig", target)
        self.assertIn("DeadLetterQueue", functions["NotifyFunction"])
        [target] = [body["Target"] for body in self.of_type("AWS::Scheduler::Schedule").values()]
        self.assertIn("DeadLetterConfig", target)

    def test_every_rule_s_name_is_one_that_the_queue_s_policy_knows(self):
        [policy] = self.of_type("AWS::SQS::QueuePolicy").values()
        [rules] = [each for each in policy["PolicyDocument"]["Statement"] if each["Sid"] == "Rules"]
        known = rules["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
        self.assertTrue(known.endswith(":rule/${AWS::StackName}-*"), known)
        for name, body in templates.transformed()["Resources"].items():
            if body["Type"] == "AWS::Events::Rule":
                # CloudFormation would cut a long stack's name short in a name that it makes up.
                self.assertTrue(body["Properties"]["Name"]["Fn::Sub"].startswith("${AWS::StackName}-"), name)

    # State machine

    def test_every_substitution_is_used_and_every_placeholder_is_substituted(self):
        for name, properties in self.of_type(STATE_MACHINE).items():
            definition = (ROOT / properties["DefinitionUri"]).read_text()
            placeholders = set(re.findall(r"\$\{([A-Za-z0-9_]+)\}", definition))
            self.assertEqual(placeholders, set(properties["DefinitionSubstitutions"]), name)

    def test_the_state_machine_logs_without_execution_data_traces_and_is_started_by_its_alias(self):
        machine = self.of_type(STATE_MACHINE)["MigrateStateMachine"]
        # Task tokens stand in the execution data.
        self.assertEqual(machine["Logging"]["IncludeExecutionData"], False)
        self.assertEqual(machine["Logging"]["Level"], "ALL")
        self.assertEqual(machine["Tracing"], {"Enabled": True})
        self.assertIn(":" + machine["AutoPublishAlias"] + " ", self.template["Outputs"]["StartCommand"]["Value"]["Fn::Sub"])
        log_group = self.of_type("AWS::Logs::LogGroup")["StateMachineLogs"]["LogGroupName"]["Fn::Sub"]
        self.assertTrue(log_group.startswith("/aws/vendedlogs/states/"), log_group)

    # What is kept, encrypted, published

    def test_logs_are_kept_for_a_time_and_no_longer(self):
        for name, properties in self.of_type("AWS::Logs::LogGroup").items():
            self.assertEqual(properties["RetentionInDays"], {"Ref": "LogRetentionDays"}, name)

    def test_our_topic_is_encrypted_by_choice_and_elasticache_s_is_not(self):
        topics = self.of_type("AWS::SNS::Topic")
        self.assertEqual(topics["MessagesTopic"]["KmsMasterKeyId"]["Fn::If"][0], "EncryptsMessages")
        self.assertNotIn("KmsMasterKeyId", topics["ElastiCacheTopic"])
        policy = self.of_type("AWS::SNS::TopicPolicy")["ElastiCacheTopicPolicy"]["PolicyDocument"]["Statement"]
        forms = [(str(each["Principal"]), list(each["Condition"]["StringEquals"])) for each in policy]
        self.assertEqual(
            forms,
            [("{'AWS': '*'}", ["aws:SourceOwner"]), ("{'Service': 'elasticache.amazonaws.com'}", ["aws:SourceAccount"])],
        )

    def test_whoever_publishes_messages_may_use_the_key(self):
        key = self.of_type("AWS::KMS::Key")["MessagesKey"]["KeyPolicy"]["Statement"]
        services = {each["Principal"]["Service"] for each in key if "Service" in each["Principal"]}
        policy = self.of_type("AWS::SNS::TopicPolicy")["MessagesTopicPolicy"]["PolicyDocument"]["Statement"]
        publishers = {each["Principal"]["Service"] for each in policy if each["Effect"] == "Allow"}
        self.assertEqual(services, publishers)
        self.assertIn("kms:GenerateDataKey", json.dumps(self.whole["Resources"]["NotifyRole"]))

    def test_security_groups_are_described_in_the_characters_that_ec2_takes(self):
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html; cfn-lint looks at the group's own alone.
        def descriptions(value):
            if isinstance(value, list):
                for item in value:
                    yield from descriptions(item)
            elif isinstance(value, dict):
                yield from (text for key, text in value.items() if key in ("Description", "GroupDescription"))
                for item in value.values():
                    yield from descriptions(item)

        found = [
            text
            for kind in ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
            for properties in self.of_type(kind).values()
            for text in descriptions(properties)
        ]
        self.assertGreater(len(found), 4)
        for text in found:
            self.assertRegex(text, r"^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}$")

    # Release

    def test_the_repository_s_metadata_is_valid(self):
        metadata = self.template["Metadata"]["AWS::ServerlessRepo::Application"]
        self.assertRegex(metadata["Name"], r"^[A-Za-z0-9-]{1,140}$")
        self.assertRegex(metadata["Author"], r"^[a-z0-9](?:-?[a-z0-9]){0,126}$")
        self.assertLessEqual(len(metadata["Description"]), 256)
        self.assertLessEqual(len(metadata["Labels"]), 10)
        for label in metadata["Labels"]:
            self.assertRegex(label, r"^[A-Za-z0-9+\-_:/@]{1,127}$")
        for key in ("LicenseUrl", "ReadmeUrl"):
            self.assertTrue((ROOT / metadata[key]).is_file(), key)
        workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]
        self.assertEqual(metadata["SemanticVersion"], workspace["version"])
        self.assertEqual(metadata["SpdxLicenseId"], workspace["license"])
        self.assertFalse(list(names_in(metadata)), "no intrinsic function may stand there")

    def test_in_one_piece_nothing_of_infra_is_lost_and_no_nested_stack_is_left(self):
        self.assertFalse(self.of_type(templates.NESTED))
        expected = sum(len(template["Resources"]) for template in self.files.values())
        nested = len(self.of_type(templates.NESTED, self.template))
        self.assertEqual(len(self.whole["Resources"]), expected - nested)
        known = set(self.whole["Parameters"]) | set(self.whole["Conditions"]) | set(self.whole["Resources"])
        unknown = {name for name in names_in(self.whole["Resources"]) if not name.startswith("AWS::")} - known
        self.assertFalse(unknown)


if __name__ == "__main__":
    unittest.main()
