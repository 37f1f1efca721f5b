"""The Step Functions API as its callers see it: pages, fields and names that moto leaves out."""

import json
import uuid
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

_HISTORY_PAGE = 100  # AWS's default; at most 1,000
_LARGEST_DATA = 262_144  # characters in the input of an execution or the output of a task


class InvalidOutput(AWSError):
    TYPE = "InvalidOutput"


class InvalidExecutionInput(AWSError):
    TYPE = "InvalidExecutionInput"


def _get_execution_history(self: StepFunctionResponse) -> ActionResult:
    """moto ignores reverseOrder, maxResults and nextToken."""
    events = self.stepfunction_backend.get_execution_history(self._get_param("executionArn"))["events"]
    if self._get_param("reverseOrder"):
        events = events[::-1]
    size = min(self._get_int_param("maxResults") or _HISTORY_PAGE, 1000)
    start = int(self._get_param("nextToken") or 0)
    page: dict[str, Any] = {"events": events[start : start + size]}
    if start + size < len(events):
        page["nextToken"] = str(start + size)
    return ActionResult(page)


def _send_task_success(self: StepFunctionResponse) -> EmptyResult:
    """moto takes what is not JSON, and the execution fails on it later."""
    output = self._get_param("output")
    try:
        json.loads(output)
    except ValueError as error:
        raise InvalidOutput(f"Invalid Output: '{error}'")
    if len(output) > _LARGEST_DATA:
        raise InvalidOutput(f"Invalid Output: longer than {_LARGEST_DATA} characters")
    self.stepfunction_backend.send_task_success(self._get_param("taskToken"), output)
    return EmptyResult()


def _send_task_failure(self: StepFunctionResponse) -> EmptyResult:
    """moto drops the cause."""
    self.stepfunction_backend.send_task_failure(
        self._get_param("taskToken"), error=self._get_param("error"), cause=self._get_param("cause")
    )
    return EmptyResult()


def _stop_execution(self: StepFunctionResponse) -> ActionResult:
    """moto drops error and cause, and stops what has already ended."""
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    if execution.status == "RUNNING":
        execution.error = self._get_param("error")
        execution.cause = self._get_param("cause")
        self.stepfunction_backend.stop_execution(execution.execution_arn)
    return ActionResult({"stopDate": execution.stop_date})


def apply() -> None:
    describe_execution = StepFunctionResponse.describe_execution
    start_execution = StepFunctionsParserBackend.start_execution
    stop_machine = StateMachine.stop_execution

    def describe_as_json(self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        result = describe_execution(self)
        if execution.status == "SUCCEEDED":
            # moto gives a string as it is, and no output at all for null: an output is always JSON.
            result._result["output"] = json.dumps(execution.output)
        if execution.stop_date is not None:
            result._result["stopDate"] = execution.stop_date
        return result

    def start_with_name(
        self: StepFunctionsParserBackend, state_machine_arn: str, name: str | None = None, execution_input: str = "{}"
    ) -> Any:
        # moto checks a name only where it does not execute, and calls every nameless execution "None".
        if name:
            self._validate_name(name)
        if len(execution_input) > _LARGEST_DATA:
            raise InvalidExecutionInput(f"Invalid Execution Input: longer than {_LARGEST_DATA} characters")
        return start_execution(self, state_machine_arn, name or str(uuid.uuid4()), execution_input)

    def stop_with_reason(self: StateMachine, execution_arn: str) -> Any:
        execution = next((each for each in self.executions if each.execution_arn == execution_arn), None)
        if execution is None:
            return stop_machine(self, execution_arn)
        execution.stop(stop_date=utcnow(), error=execution.error, cause=execution.cause)
        return execution

    StepFunctionResponse.describe_execution = describe_as_json
    StepFunctionResponse.get_execution_history = _get_execution_history
    StepFunctionResponse.send_task_success = _send_task_success
    StepFunctionResponse.send_task_failure = _send_task_failure
    StepFunctionResponse.stop_execution = _stop_execution
    StepFunctionsParserBackend.start_execution = start_with_name
    StateMachine.stop_execution = stop_with_reason
