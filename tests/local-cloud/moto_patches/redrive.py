"""RedriveExecution, which moto does not have: an execution that ended badly goes on at the state that failed.

As AWS describes it (https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html): the state is entered
again with the same input and the variables that it had, its retries count from the start, a Fail state fails again, the
machine's own timeout begins anew, and the history goes on with ExecutionRedriven. Only the newest 14 days count on AWS;
here nothing is that old. Map and Parallel states are redriven whole, which AWS does not do: no machine here needs more.
"""

import threading
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.responses import StepFunctionResponse

# AWS: an execution that has as many events has no room for more.
_MOST_EVENTS = 24_999


class ExecutionNotRedrivable(AWSError):
    TYPE = "ExecutionNotRedrivable"


class ExecutionDoesNotExist(AWSError):
    TYPE = "ExecutionDoesNotExist"


def _redriven_environment(worker: ExecutionWorker, count: int) -> Environment:
    """A new environment: what is left of the old one, a call that is still under way perhaps, stays ended."""
    old = worker.env
    state, state_input = old.last_entered
    env = worker._get_evaluation_environment()
    env.event_manager = old.event_manager
    env.event_history_context.source_event_id = old.event_history_context.source_event_id
    env.event_history_context.last_published_event_id = old.event_history_context.last_published_event_id
    for name, value in old.variable_store._inner_scope.items():
        env.variable_store.set(variable_identifier=name, variable_value=value)
    env.variable_store.reset_tracing()
    env.states.reset(input_value=state_input)
    env.redrive_from = state
    execution = env.states.context_object.context_object_data["Execution"]
    execution["RedriveCount"] = count
    execution["RedriveTime"] = utcnow().isoformat(timespec="milliseconds").replace("+00:00", "") + "Z"
    return env


def _run(execution: Any, env: Environment) -> None:
    worker = execution.exec_worker
    program = worker._get_evaluation_entrypoint()
    program.start_at = StartAt(env.redrive_from)
    program.eval(env)
    worker._execution_communication.terminated()


def redrive(execution: Any) -> Any:
    """Starts the execution again where it stopped; answers when."""
    status = str(getattr(execution.exec_status, "value", execution.exec_status))
    if status not in ("FAILED", "ABORTED", "TIMED_OUT"):
        raise ExecutionNotRedrivable(f"Execution is {status} and cannot be redriven")
    old = execution.exec_worker.env
    if len(old.event_manager.get_event_history()) >= _MOST_EVENTS:
        raise ExecutionNotRedrivable("Execution history event limit exceeded")
    execution.redrive_count = getattr(execution, "redrive_count", 0) + 1
    execution.redrive_date = utcnow()
    env = _redriven_environment(execution.exec_worker, execution.redrive_count)
    execution.exec_worker.env = env
    execution.error = execution.cause = execution.stop_date = None
    execution.exec_status = ExecutionStatus.RUNNING
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.ExecutionRedriven,
        event_details=EventDetails(executionRedrivenEventDetails={"redriveCount": execution.redrive_count}),
        update_source_event_id=False,
    )
    threading.Thread(target=_run, args=(execution, env), daemon=True).start()
    return execution.redrive_date


def _redrive_execution(self: StepFunctionResponse) -> ActionResult:
    arn = self._get_param("executionArn")
    for machine in self.stepfunction_backend.state_machines:
        for execution in machine.executions:
            if execution.execution_arn == arn:
                return ActionResult({"redriveDate": redrive(execution)})
    raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{arn}'")


def apply() -> None:
    enter = CommonStateField._eval_body
    describe_execution = StepFunctionResponse.describe_execution

    def enter_and_note(self: CommonStateField, env: Any) -> None:
        if not env.is_frame():
            env.last_entered = (self.name, env.states.get_input())
        enter(self, env)

    def describe_with_redrives(self: StepFunctionResponse) -> ActionResult:
        result = describe_execution(self)
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        result._result["redriveCount"] = getattr(execution, "redrive_count", 0)
        if getattr(execution, "redrive_date", None) is not None:
            result._result["redriveDate"] = execution.redrive_date
        ended_badly = execution.status in ("FAILED", "ABORTED", "TIMED_OUT")
        result._result["redriveStatus"] = "REDRIVABLE" if ended_badly else "NOT_REDRIVABLE"
        if not ended_badly:
            result._result["redriveStatusReason"] = f"Execution is {execution.status} and cannot be redriven"
        return result

    CommonStateField._eval_body = enter_and_note
    StepFunctionResponse.describe_execution = describe_with_redrives
    StepFunctionResponse.redrive_execution = _redrive_execution
