"""States.ALL does not match States.Runtime and States.DataLimitExceeded: those end an execution, on AWS."""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl

_TERMINAL = {"States.Runtime", "States.DataLimitExceeded"}


def apply() -> None:
    matches = ErrorEqualsDecl._eval_body

    def matches_unless_terminal(self: ErrorEqualsDecl, env: Any) -> None:
        error = env.stack[-1]
        if error is not None and error.error_name in _TERMINAL and error not in self.error_names:
            env.stack.pop()
            env.stack.append(False)
            return
        matches(self, env)

    ErrorEqualsDecl._eval_body = matches_unless_terminal
