"""An Output that cannot be evaluated fails its state like the task itself: Catch applies. moto ends the execution."""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.catch.catch_outcome import CatchOutcome
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState


def apply() -> None:
    evaluate_output = ExecutionState._eval_state_output

    def evaluate_or_catch(self: ExecutionState, env: Any) -> None:
        try:
            evaluate_output(self, env)
        except FailureEventException as failure:
            error_output = self._construct_error_output_value(failure_event=failure.failure_event)
            env.states.set_error_output(error_output)
            env.pending_assignments = None  # the state has failed: what it would have assigned is void
            if self.catch:
                self._handle_catch(env=env, failure_event=failure.failure_event)
                if env.stack[-1] == CatchOutcome.Caught:
                    return
            raise

    ExecutionState._eval_state_output = evaluate_or_catch
