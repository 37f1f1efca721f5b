"""Ends that a test cannot bring about at a moment of its choice: the machine's own timeout, and an error that no Catch
sees. StopExecution with one of these errors ends the execution so, with the status, events and EventBridge event that it
would have had.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails
from moto.stepfunctions.responses import StepFunctionResponse

TIMED_OUT = "LocalCloud.TimedOut"
DIED = "LocalCloud.Died"


def _die(env: Any) -> None:
    cause = "An error occurred while executing the state machine: it was asked for by a test."
    env.set_error(ExecutionFailedEventDetails(error="States.Runtime", cause=cause))
    for event in list(env.__dict__.get("wakers", ())):
        event.set()


def apply() -> None:
    stop_execution = StepFunctionResponse.stop_execution

    def stop_or_end(self: StepFunctionResponse) -> ActionResult:
        end = {TIMED_OUT: lambda env: env.set_timed_out(), DIED: _die}.get(self._get_param("error"))
        if end is None:
            return stop_execution(self)
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        if execution.status == "RUNNING":
            end(execution.exec_worker.env)
        return ActionResult({"stopDate": utcnow()})

    StepFunctionResponse.stop_execution = stop_or_end
