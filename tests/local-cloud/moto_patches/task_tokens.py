"""Task tokens: one an attempt, and dead for good once its task is over.

AWS gives every attempt of a `.waitForTaskToken` task a token of its own, and answers TaskTimedOut to whoever sends with
a token whose task has ended. moto keeps one token for all attempts (a retry would end at once with the first attempt's
outcome) and answers 200 to a token that has timed out: the signal would be lost without anybody noticing.
"""

import threading
from typing import Any

from moto.core.exceptions import AWSError
from moto.stepfunctions.exceptions import InvalidToken
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackConsumerTimeout,
    CallbackEndpoint,
    CallbackNotifyConsumerError,
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
    CallbackPoolManager,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend


class TaskTimedOut(AWSError):
    TYPE = "TaskTimedOut"

    def __init__(self) -> None:
        super().__init__("Task Timed Out: 'Provided task does not exist anymore'")


# Guards the one question that matters: was the signal accepted before the task ended, or not?
_deciding = threading.Lock()


def _accept(self: CallbackEndpoint, outcome: CallbackOutcome) -> bool:
    with _deciding:
        if getattr(self, "closed", False) or self._outcome is not None:
            return False
        self._outcome = outcome
    self.interrupt_all()
    return True


def _close(self: CallbackEndpoint) -> bool:
    """Ends the token's life. False when a signal had been accepted before."""
    with _deciding:
        self.closed = True
        unanswered = self._outcome is None
    self.interrupt_all()
    return unanswered


def _notify(self: CallbackPoolManager, callback_id: str, outcome: CallbackOutcome) -> bool:
    endpoint = self.get(callback_id)
    if endpoint is None:
        return False
    if not endpoint.accept(outcome):
        raise CallbackNotifyConsumerError(callback_consumer_error=CallbackConsumerTimeout())
    return True


def _heartbeat(self: CallbackPoolManager, callback_id: str) -> bool:
    endpoint = self.get(callback_id)
    if endpoint is None:
        return False
    if getattr(endpoint, "closed", False):
        raise CallbackNotifyConsumerError(callback_consumer_error=CallbackConsumerTimeout())
    endpoint.notify_heartbeat()
    return True


def _to_its_task(backend: StepFunctionsParserBackend, send: Any) -> None:
    # Executions that have ended are asked too: their tokens are known, and dead. moto asks only those that run.
    for execution in backend._get_executions():
        environment = execution.exec_worker.env if execution.exec_worker else None
        if environment is None:  # started a moment ago: it cannot have given a token out
            continue
        try:
            if send(environment.callback_pool_manager):
                return
        except CallbackNotifyConsumerError:
            raise TaskTimedOut()
    raise InvalidToken("'Invalid token'")


def apply() -> None:
    CallbackEndpoint.accept = _accept
    CallbackEndpoint.close = _close
    CallbackPoolManager.notify = _notify
    CallbackPoolManager.heartbeat = _heartbeat

    def send_task_success(self: StepFunctionsParserBackend, task_token: str, outcome: str) -> None:
        success = CallbackOutcomeSuccess(callback_id=task_token, output=outcome)
        _to_its_task(self, lambda pool: pool.notify(callback_id=task_token, outcome=success))

    def send_task_failure(
        self: StepFunctionsParserBackend, task_token: str, error: str | None = None, cause: str | None = None
    ) -> None:
        failure = CallbackOutcomeFailure(callback_id=task_token, error=error, cause=cause)
        _to_its_task(self, lambda pool: pool.notify(callback_id=task_token, outcome=failure))

    def send_task_heartbeat(self: StepFunctionsParserBackend, task_token: str) -> None:
        _to_its_task(self, lambda pool: pool.heartbeat(callback_id=task_token))

    StepFunctionsParserBackend.send_task_success = send_task_success
    StepFunctionsParserBackend.send_task_failure = send_task_failure
    StepFunctionsParserBackend.send_task_heartbeat = send_task_heartbeat
