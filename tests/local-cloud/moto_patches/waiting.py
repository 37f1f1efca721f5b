"""Every place where an execution waits: for a task, for a token, in a Wait state, before a retry.

Three things are put right: a signal that arrives as the time runs out is either taken or refused, never both;
StopExecution and the machine's own TimeoutSeconds end a wait at once, as on AWS; and a factor shortens waits for tests
(not the time a function is given to answer).
"""

import copy
import threading
from typing import Any

from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import MaxAttemptsOutcome
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_outcome import RetrierOutcome
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint
from moto.stepfunctions.parser.asl.eval.environment import Environment


def _wait_or_end(env: Environment, event: threading.Event, seconds: float | None = None) -> bool:
    """Waits for an event, for at most so many seconds or until the execution ends. False if the time ran out."""
    wakers = env.__dict__.setdefault("wakers", set())
    wakers.add(event)
    if not env.is_running():
        event.set()
    came = event.wait(seconds)
    wakers.discard(event)
    return came


def _waking(end: Any) -> Any:
    """Ends an environment, then wakes all that wait in it."""

    def end_and_wake(self: Environment, *arguments: Any, **named: Any) -> None:
        end(self, *arguments, **named)
        for event in list(self.__dict__.get("wakers", ())):
            event.set()

    return end_and_wake


def _new_token(state: ExecutionState, env: Environment) -> CallbackEndpoint | None:
    if not isinstance(state, StateTaskServiceCallback):
        return None
    if state.resource.condition != ResourceCondition.WaitForTaskToken:
        return None
    return env.callback_pool_manager.add(env.states.context_object.update_task_token())


def _evaluate_with_timeout(self: ExecutionState, env: Environment, wait_scale: float) -> None:
    self.timeout.eval(env=env)
    timeout_seconds = env.stack.pop()
    endpoint = _new_token(self, env)
    if endpoint is not None:
        timeout_seconds *= wait_scale

    frame = env.open_frame()
    frame.states.reset(input_value=env.states.get_input())
    frame.stack = copy.deepcopy(env.stack)
    outputs: list[Any] = []
    errors: list[Exception] = []
    ended = threading.Event()

    def evaluate() -> None:
        try:
            self._eval_execution(frame)
            outputs.extend(frame.stack)
        except Exception as error:
            errors.append(error)
        ended.set()

    threading.Thread(target=evaluate, daemon=True).start()
    on_time = _wait_or_end(env, ended, timeout_seconds)
    if endpoint is not None and env.is_running():
        if not on_time and not endpoint.close():
            # A signal was accepted at the last moment: the task goes on with it.
            on_time = _wait_or_end(env, ended)
    frame.set_ended()
    env.close_frame(frame)
    if endpoint is not None:
        endpoint.close()

    if not env.is_running():
        env.stack.append({})  # nobody reads it: the state is left without an event
        return
    if not on_time:
        raise EvalTimeoutError()
    if errors:
        raise errors.pop()

    output = outputs.pop()
    env.stack.append(output)
    if not self._is_language_query_jsonpath():
        env.states.set_result(output)
    if self.assign_decl:
        self.assign_decl.eval(env=env)
    if self.result_selector:
        self.result_selector.eval(env=env)
    if self.result_path:
        self.result_path.eval(env)
    else:
        env.states.reset(input_value=env.stack.pop())


def _retry(self: RetrierDecl, env: Environment, wait_scale: float) -> None:
    self.error_equals.eval(env)
    if not env.stack.pop():
        env.stack.append(RetrierOutcome.Skipped)
        return
    self.max_attempts.eval(env=env)
    if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
        env.stack.append(RetrierOutcome.Failed)
        return
    self.interval_seconds.eval(env=env)
    self.backoff_rate.eval(env=env)
    self.max_delay_seconds.eval(env=env)
    self.jitter_strategy.eval(env=env)
    _wait_or_end(env, threading.Event(), env.stack.pop() * wait_scale)
    env.stack.append(RetrierOutcome.Executed)


def apply(*, wait_scale: float) -> None:
    def until_answered(_self: Any, timeout_seconds: float, callback_endpoint: CallbackEndpoint) -> Any:
        # The state keeps the time, alone: with two clocks a signal could fall between them.
        return callback_endpoint.wait()

    def wait_interval(_self: WaitFunction, env: Environment, wait_seconds: float) -> None:
        if wait_seconds > 0:
            _wait_or_end(env, threading.Event(), wait_seconds * wait_scale)

    submitted = StateTaskServiceCallback._after_eval_execution
    succeeded = StateTaskService._after_eval_execution

    def unless_over(after: Any) -> Any:
        def after_eval_execution(self: Any, env: Environment, **named: Any) -> None:
            # The call of a task that has timed out or been stopped may still return: the history has gone on.
            if not env.is_running():
                raise EvalTimeoutError()
            after(self, env=env, **named)

        return after_eval_execution

    ExecutionState._evaluate_with_timeout = lambda self, env: _evaluate_with_timeout(self, env, wait_scale)
    RetrierDecl._eval_body = lambda self, env: _retry(self, env, wait_scale)
    WaitFunction._wait_interval = wait_interval
    StateTaskServiceCallback._wait_for_task_token_timeout = until_answered
    StateTaskServiceCallback._after_eval_execution = unless_over(submitted)
    StateTaskService._after_eval_execution = unless_over(succeeded)
    Environment.set_stop = _waking(Environment.set_stop)
    Environment.set_timed_out = _waking(Environment.set_timed_out)
