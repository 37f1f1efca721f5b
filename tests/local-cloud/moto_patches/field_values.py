"""What an expression gives has to fit its field: AWS says States.QueryEvaluationError where moto converts.

moto cuts a TimeoutSeconds of 0.5 down to 0, and takes a Condition that is no boolean for one that does not hold.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSecondsJSONata
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison import ConditionStringJSONata
from moto.stepfunctions.parser.asl.component.state.fail.cause_decl import Cause
from moto.stepfunctions.parser.asl.component.state.fail.error_decl import Error
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.seconds import SecondsJSONata

from moto_patches.jsonata import evaluation_failed

_LONGEST_WAIT = 99_999_999


def _checked(field: str, part: str, fits: Any) -> Any:
    """Evaluates the expression held in `part` of a field, and checks its value."""

    def value_of(self: Any, env: Any) -> Any:
        expression = getattr(self, part)
        expression.eval(env=env)
        value = env.stack.pop()
        if not fits(value):
            source = expression.literal_value
            raise evaluation_failed(
                env, f"The expression '{source}' specified for the field '{field}' returned an unexpected value: {value!r}."
            )
        return value

    return value_of


def _whole_seconds(least: int) -> Any:
    return lambda value: type(value) is int and least <= value <= _LONGEST_WAIT


def _pushed(value_of: Any) -> Any:
    return lambda self, env: env.stack.append(value_of(self, env))


def apply() -> None:
    is_text = lambda value: isinstance(value, str)  # noqa: E731
    is_boolean = lambda value: isinstance(value, bool)  # noqa: E731
    TimeoutSecondsJSONata._eval_seconds = _checked("TimeoutSeconds", "string_jsonata", _whole_seconds(1))
    SecondsJSONata._get_wait_seconds = _checked("Seconds", "string_jsonata", _whole_seconds(0))
    ConditionStringJSONata._eval_body = _pushed(_checked("Condition", "string_jsonata", is_boolean))
    Error._eval_body = _pushed(_checked("Error", "string_expression", is_text))
    Cause._eval_body = _pushed(_checked("Cause", "string_expression", is_text))
