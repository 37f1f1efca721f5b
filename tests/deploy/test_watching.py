"""What watches a deployed stack: alarms, dashboard, the rule for migrations that died."""

import json
import re
import unittest

import templates
from templates import FUNCTION, ROOT

# What AWS emits. https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html and the like.
OF_AWS = {
    "AWS/States": {
        "ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted",
    },
    "AWS/Lambda": {"Invocations", "Errors", "Throttles", "Duration"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
}


def dashboard(resources):
    """The dashboard with its references replaced by samples."""
    body = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    return json.loads(re.sub(r"\$\{([^}]+)\}", lambda match: match.group(1).split(".")[0], body))


def drawn(resources):
    """(namespace, metric) of everything on the dashboard."""
    for widget in dashboard(resources)["widgets"]:
        for row in widget["properties"].get("metrics", []):
            if isinstance(row[0], dict):
                searched = re.search(r"SEARCH\('\{([^,]+),[^}]*\} MetricName=\"([^\"]+)\"'", row[0]["expression"])
                yield searched.groups()
            else:
                yield row[0], row[1]


def alarmed(resources):
    """(alarm, namespace, metric) of every alarm."""
    for name, body in resources.items():
        if body["Type"] != "AWS::CloudWatch::Alarm":
            continue
        alarm = body["Properties"]
        if "MetricName" in alarm:
            yield name, alarm["Namespace"], alarm["MetricName"]
        for metric in alarm.get("Metrics", []):
            selected = re.search(r'^SELECT [A-Z]+\((\w+)\) FROM SCHEMA\("([^"]+)",', metric.get("Expression", ""))
            if selected:
                yield name, selected.group(2), selected.group(1)
            if "MetricStat" in metric:
                yield name, metric["MetricStat"]["Metric"]["Namespace"], metric["MetricStat"]["Metric"]["MetricName"]


class Watching(unittest.TestCase):
    def setUp(self):
        self.resources = templates.in_one_piece()["Resources"]
        self.alarms = {
            name: body["Properties"]
            for name, body in self.resources.items()
            if body["Type"] == "AWS::CloudWatch::Alarm"
        }
        self.functions = {
            body["Metadata"]["BuildProperties"]["Binary"]
            for body in self.resources.values()
            if body["Type"] == FUNCTION
        }

    def test_every_metric_of_aws_is_one_that_aws_emits(self):
        # Our own are held against what the functions print: tests/scenarios/tests/watching.rs.
        seen = list(drawn(self.resources)) + [(space, name) for _, space, name in alarmed(self.resources)]
        for namespace, metric in seen:
            if namespace != "ElastiCacheMigrator":
                self.assertIn(metric, OF_AWS[namespace])
        watched = {name for name, _, _ in alarmed(self.resources)}
        self.assertEqual(watched, set(self.alarms), "an alarm over nothing")
        self.assertGreaterEqual(len(seen), 20)

    def test_every_function_is_drawn_and_watched_for_throttles(self):
        rows = [
            row
            for widget in dashboard(self.resources)["widgets"]
            for row in widget["properties"].get("metrics", [])
            if row[0] == "AWS/Lambda"
        ]
        for metric in ("Invocations", "Errors", "Throttles", "Duration"):
            names = {row[3].removeprefix("AWS::StackName-") for row in rows if row[1] == metric}
            self.assertEqual(names, self.functions, metric)
        throttles = json.dumps(self.alarms["ThrottlesAlarm"])
        # Whoever calls the page too often is held up as was asked for, and Secrets Manager tries a rotation again.
        # A fleet's state machine tries again for minutes, and a line whose gate does not answer stops.
        for function in self.functions - {"console", "rotate-key", "fleet"}:
            self.assertIn(f"${{AWS::StackName}}-{function}\"", throttles)
        self.assertLessEqual(len(self.alarms["ThrottlesAlarm"]["Metrics"]), 10, "an alarm takes ten metrics")

    def test_a_label_names_the_function_whose_line_it_is(self):
        labelled = [
            (row[3].removeprefix("AWS::StackName-"), row[1], row[4]["label"])
            for widget in dashboard(self.resources)["widgets"]
            for row in widget["properties"].get("metrics", [])
            if row[0] == "AWS/Lambda" and "label" in row[4]
        ]
        self.assertEqual(len(labelled), 2 * len(self.functions), "errors and throttles of each")
        for function, metric, label in labelled:
            self.assertEqual(label, f"{function} {metric.lower()}")

    def test_every_alarm_tells_people_is_on_the_dashboard_and_in_the_run_book(self):
        [shown] = [w["properties"]["alarms"] for w in dashboard(self.resources)["widgets"] if w["type"] == "alarm"]
        self.assertEqual(set(shown), set(self.alarms))
        run_book = (ROOT / "docs/operations.md").read_text()
        for name, alarm in self.alarms.items():
            self.assertEqual(alarm["AlarmActions"], [{"Ref": "MessagesTopic"}], name)
            title = alarm["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
            self.assertIn(f"### {title}\n", run_book)
            self.assertIn(f"run book, {title})", alarm["AlarmDescription"])

    def test_the_stuck_alarm_looks_back_no_further_than_cloudwatch_does(self):
        longest = max(templates.main_template()["Parameters"]["StuckAfterHours"]["AllowedValues"])
        self.assertLessEqual(longest * self.alarms["StuckAlarm"]["Period"], 7 * 24 * 3600)

    def test_the_rule_for_the_dead_leaves_out_the_failures_that_the_state_machine_tells_itself(self):
        pattern = self.resources["DiedRule"]["Properties"]["EventPattern"]["detail"]["$or"]
        self.assertIn({"status": ["TIMED_OUT", "ABORTED"]}, pattern)
        [own_names] = [each["error"] for each in pattern if each.get("error", [{}])[0] and "error" in each]
        self.assertEqual(own_names, [{"anything-but": {"prefix": "Migration."}}])
        table = re.search(r"pub const NAMES[^=]*= \[(.*?)\];", (ROOT / "shared/domain/src/error.rs").read_text(), re.S)
        names = re.findall(r'"([^"]+)"', table.group(1))
        self.assertGreater(len(names), 3)
        for name in names:
            self.assertTrue(name.startswith("Migration."), name)


if __name__ == "__main__":
    unittest.main()
