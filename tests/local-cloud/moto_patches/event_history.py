"""The event history: AWS ends an execution at 25,000 events; moto has no limit, and copies all of it at each look."""

from typing import Any

from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager


class MaximumHistoryEventsReached(Exception):
    """Ends the execution: the interpreter turns what it does not know into States.Runtime."""


def apply(*, limit: int) -> None:
    add_event = EventManager.add_event

    def add_event_within_limit(self: EventManager, context: Any, event_type: Any, *more: Any, **named: Any) -> int:
        is_last = event_type.value.startswith("Execution")
        if len(self._history_event_list) >= limit - 1 and not is_last:
            raise MaximumHistoryEventsReached(f"The execution reached the maximum number of history events ({limit}).")
        return add_event(self, context, event_type, *more, **named)

    def get_event_history(self: EventManager) -> list[Any]:
        # An event never changes once it is there, so the list alone is copied.
        with self._mutex:
            return list(self._history_event_list)

    EventManager.add_event = add_event_within_limit
    EventManager.get_event_history = get_event_history
