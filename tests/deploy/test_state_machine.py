"""The second of two independent checks of the state machine files; the first is npm's asl-validator (check.mjs)."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import state_machine

# What statelint 3.1.0 says of things that Step Functions allows.
# https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html and concepts-error-handling.html
MISTAKEN = (
    # "A number": 2 is one.
    "BackoffRate is 2 but should be a Float",
    # In a JSONata state TimeoutSeconds may be an expression.
    'TimeoutSeconds is "{% $observation.waitSeconds %}" but should be an Integer',
    # A Distributed Map may have one: it names the child executions, and so the role's permission for them.
    # https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
    'Field "Label" not allowed in State Machine.States.Compare',
    'Field "Label" not allowed in State Machine.States.Lanes',
    # In a JSONata state both may be expressions, and a reader of JSON has an input type.
    # https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
    'MaxConcurrency is "{% $fleet.concurrency %}" but should be numeric',
    'ToleratedFailurePercentage is "{% 100 %}" but should be an Integer',
    'Field "InputType" not allowed in State Machine.States.Lanes.ItemReader.ReaderConfig',
)


def statelint(definition):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "machine.json"
        file.write_text(state_machine.json.dumps(definition))
        program = Path(sys.executable).parent / "statelint"
        run = subprocess.run([program, file], capture_output=True, text=True)
    return [line.strip() for line in run.stdout.splitlines() if line.startswith(" ")]


class StateMachine(unittest.TestCase):
    def setUp(self):
        self.machines = dict(state_machine.rendered())

    def test_statelint_finds_nothing(self):
        self.assertTrue(self.machines)
        for file, definition in self.machines.items():
            problems = [line for line in statelint(definition) if not line.endswith(MISTAKEN)]
            self.assertEqual(problems, [], file)

    def test_statelint_would_find_a_state_that_leads_nowhere(self):
        definition = next(iter(self.machines.values()))
        name = next(name for name, state in definition["States"].items() if "Next" in state)
        definition["States"][name]["Next"] = "Nowhere"
        self.assertIn("Nowhere", "\n".join(statelint(definition)))


if __name__ == "__main__":
    unittest.main()
