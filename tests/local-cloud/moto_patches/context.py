"""The context object: AWS writes times as 2026-11-24T20:14:13.192Z, moto as Python prints them."""

import datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.states import ContextObject
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker


def _as_aws_writes(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def apply() -> None:
    environment_of = ExecutionWorker._get_evaluation_environment
    eval_state_input = CommonStateField._eval_state_input

    def with_execution_times(self: ExecutionWorker) -> Any:
        environment = environment_of(self)
        execution = environment.states.context_object.context_object_data["Execution"]
        if isinstance(execution["StartTime"], datetime.datetime):
            execution["StartTime"] = _as_aws_writes(execution["StartTime"])
        execution["RedriveCount"] = 0
        return environment

    def with_entered_time(self: CommonStateField, env: Any) -> None:
        # The state's context is made just before its input is evaluated.
        context: ContextObject = env.states.context_object
        state = context.context_object_data["State"]
        state["EnteredTime"] = _as_aws_writes(datetime.datetime.fromisoformat(state["EnteredTime"]))
        eval_state_input(self, env)

    ExecutionWorker._get_evaluation_environment = with_execution_times
    CommonStateField._eval_state_input = with_entered_time
