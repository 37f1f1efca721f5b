"""Assign and Output see the state as it was entered.

AWS evaluates both from the same values, in parallel; moto assigns first, so that an Output would see the new values.
Here an Assign is kept until the state is about to be left. Its size is limited as on AWS, which moto does not do.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.assign.assign_decl import AssignDecl
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.variable_store import VariableStore
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.quotas import is_within_size_quota

from moto_patches.jsonata import evaluation_failed


def _evaluate_only(self: AssignDecl, env: Any) -> None:
    declarations: dict[str, Any] = {}
    for binding in self.declaration_bindings:
        binding.eval(env=env)
        declarations.update(env.stack.pop())
    if not is_within_size_quota(declarations):
        raise evaluation_failed(env, "The variables of one Assign exceed 256 KiB.")
    # A later Assign of the same state (that of its Catch) replaces an earlier one.
    env.pending_assignments = declarations


def _commit(env: Any) -> None:
    for name, value in (getattr(env, "pending_assignments", None) or {}).items():
        env.variable_store.set(variable_identifier=name, variable_value=value)
    env.pending_assignments = None


def _assigned_variables(self: VariableStore) -> dict[str, str]:
    # moto puts a string between quotes without escaping what is in it.
    return {name: to_json_str(self.get(name), separators=(",", ":")) for name in self._declaration_tracing}


def apply() -> None:
    set_next = CommonStateField._set_next
    choose = StateChoice._eval_state_output

    def commit_then_set_next(self: CommonStateField, env: Any) -> None:
        _commit(env)
        set_next(self, env)

    def choose_then_commit(self: StateChoice, env: Any) -> None:
        choose(self, env)
        _commit(env)

    AssignDecl._eval_body = _evaluate_only
    CommonStateField._set_next = commit_then_set_next
    StateChoice._eval_state_output = choose_then_commit
    VariableStore.get_assigned_variables = _assigned_variables
