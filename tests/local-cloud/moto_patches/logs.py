"""CloudWatch Logs, as a state machine asks it: the names of the service and of its fields, and patterns of optional terms.

Step Functions names every field of an SDK integration with a capital; the API has logGroupName, and moto sends what stands
in the ASL. moto knows patterns of one term or phrase, and lets every line through for any other.
"""

import re
from typing import Any

from moto.logs.utils import EventMessageFilter
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.utils import boto_client

# `?ERROR ?"exact phrase"`: a line with any of them.
_OPTIONAL_TERM = re.compile(r'\?(?:"([^"]*)"|(\S+))\s*')


AwsSdk = state_task_service_aws_sdk.StateTaskServiceAwsSdk


def _operation(service: Any) -> Any:
    """The API's shape of a call of CloudWatch Logs; none for other services, whose fields have capitals."""
    if service._get_boto_service_name() != "logs":
        return None
    client = boto_client.boto_client_for(service="logs", region="us-east-1")
    name = client.meta.method_to_api_mapping[service._get_boto_service_action()]
    return client.meta.service_model.operation_model(name)


def _normalise_parameters(self: Any, parameters: dict, *_names: str | None) -> None:
    if operation := _operation(self):
        self._to_boto_request(parameters, operation.input_shape)


def _normalise_response(self: Any, response: Any, *_names: str | None) -> None:
    if operation := _operation(self):
        self._from_boto_response(response, operation.output_shape)


def apply() -> None:
    AwsSdk._normalise_parameters = _normalise_parameters
    AwsSdk._normalise_response = _normalise_response
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
