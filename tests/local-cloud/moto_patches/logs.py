"""CloudWatch Logs, as a state machine asks it: the service's names in Step Functions, and patterns of optional terms.

moto knows patterns of one term or phrase, and lets every line through for any other.
"""

import re
from typing import Any

from moto.logs.utils import EventMessageFilter
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService

# `?ERROR ?"exact phrase"`: a line with any of them.
_OPTIONAL_TERM = re.compile(r'\?(?:"([^"]*)"|(\S+))\s*')


def apply() -> None:
    StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES["cloudwatchlogs"] = "logs"
    state_task_service_aws_sdk._SERVICE_ERROR_NAMES["cloudwatchlogs"] = "CloudWatchLogs"

    matches = EventMessageFilter.matches
    begin = EventMessageFilter.__init__

    def begin_with_optional_terms(self: Any, pattern: str) -> None:
        begin(self, pattern)
        self.optional_terms = None
        if pattern and _OPTIONAL_TERM.sub("", pattern) == "":
            self.optional_terms = [phrase or term for phrase, term in _OPTIONAL_TERM.findall(pattern)]

    def matches_any(self: Any, message: str) -> bool:
        if self.optional_terms is not None:
            return any(term in message for term in self.optional_terms)
        return matches(self, message)

    EventMessageFilter.__init__ = begin_with_optional_terms
    EventMessageFilter.matches = matches_any
