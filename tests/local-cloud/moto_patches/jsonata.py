"""JSONata, which moto 5.2.5 leaves unplugged.

moto pastes every variable as text before the expression: a string with a quote in it breaks the expression, and all of
the state is parsed again each time. Here variables are bound as values, and an expression is parsed once.
"""

import datetime
import functools
import hashlib
import json
import random
import threading
import uuid
from typing import Any

from jsonata import Jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

# Evaluation is Python and holds the interpreter's lock anyway; a parsed expression is not safe for two threads at once.
_evaluating = threading.RLock()


class Undefined(Exception):
    """The expression has no value: an error in Step Functions, not null."""


class Unsupported(Exception):
    """The expression gives what JSON cannot hold, a function for example."""


@functools.lru_cache(maxsize=4096)
def _parsed(expression: str) -> Jsonata:
    parsed = Jsonata(expression)
    # Keeps null and undefined apart, which Step Functions does and Python's None does not.
    parsed.set_output_convert_nulls(False)
    return parsed


def evaluate(expression: str, variables: dict[str, Any]) -> Any:
    """The value of an expression as plain JSON. Raises `Undefined`, `Unsupported` or jsonata's own `JException`."""
    bindings = {**_FUNCTIONS}
    for name, value in variables.items():
        bindings[name] = Utils.NULL_VALUE if value is None else value
    with _evaluating:
        parsed = _parsed(expression)
        Jsonata.CURRENT.jsonata = parsed
        result = parsed.evaluate(None, bindings)
        if result is None:
            raise Undefined(expression)
        return _plain(result)


def _plain(value: Any) -> Any:
    """A copy made of Python's own types. jsonata's lists are subclasses that the JSON encoder reads as empty."""
    if value is Utils.NULL_VALUE or value is None:
        return None
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, datetime.datetime):  # in the answer of an AWS API
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(value[index]) for index in range(len(value))]
    raise Unsupported(type(value).__name__)


def _forbidden_eval(*_arguments: Any) -> None:
    raise JException("$eval is not available in Step Functions: use $parse", 0)


def _partition(array: list, size: int) -> list:
    return [array[start : start + int(size)] for start in range(0, len(array), int(size))]


def _range(first: int, last: int, step: int) -> list:
    return list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))


def _hash(value: str, algorithm: str) -> str:
    return hashlib.new(algorithm.replace("SHA-", "sha"), value.encode()).hexdigest()


def _random(*seed: Any) -> float:
    return random.Random(*seed).random()


# What Step Functions adds to JSONata 2.0.6, and the one function that it takes away.
_FUNCTIONS = {
    name: Jsonata.JLambda(function)
    for name, function in {
        "eval": _forbidden_eval,
        "hash": _hash,
        "parse": json.loads,
        "partition": _partition,
        "random": _random,
        "range": _range,
        "uuid": lambda: str(uuid.uuid4()),
    }.items()
}


def _variables_of(env: Any) -> dict[str, Any]:
    store = env.variable_store
    return {**store._outer_scope, **store._inner_scope, "states": env.states._states_data}


def evaluation_failed(env: Any, cause: str) -> FailureEventException:
    """States.QueryEvaluationError, written into the history as AWS does."""
    error = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    details = EventDetails(
        evaluationFailedEventDetails=EvaluationFailedEventDetails(cause=cause, error=error.error_name)
    )
    failure = FailureEventException(
        failure_event=FailureEvent(
            env=env, error_name=error, event_type=HistoryEventType.EvaluationFailed, event_details=details
        )
    )
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=EventDetails(evaluationFailedEventDetails=failure.get_evaluation_failed_event_details()),
    )
    return failure


def _eval_body(self: Any, env: Any) -> None:
    try:
        result = evaluate(self.expression, _variables_of(env))
    except Undefined:
        raise evaluation_failed(env, f"The JSONata expression '{self.expression}' returned nothing (undefined).")
    except Unsupported:
        raise evaluation_failed(env, f"The JSONata expression '{self.expression}' returned an unsupported result type.")
    except Exception as error:  # jsonata raises its own, and Python's own for what it did not foresee
        cause = f"The JSONata expression '{self.expression}' threw an error during evaluation. {error}"
        raise evaluation_failed(env, cause)
    env.stack.append(result)


def apply() -> None:
    string_expression.StringJSONata._eval_body = _eval_body
