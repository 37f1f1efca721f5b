"""`states:startExecution`: moto sends StateMachineArn as it stands in the ASL, where the API has stateMachineArn.

The functions that convert are there, left over from the project that the interpreter comes from; nothing calls them.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.utils import boto_client


def _operation(service: StateTaskServiceSfn, action: str | None) -> Any:
    client = boto_client.boto_client_for(service="stepfunctions", region="us-east-1")
    name = client.meta.method_to_api_mapping[service._get_boto_service_action(action)]
    return client.meta.service_model.operation_model(name)


def apply() -> None:
    input_as_text = StateTaskServiceSfn._normalise_parameters

    def normalise_parameters(
        self: Any, parameters: dict, boto_service_name: str | None = None, service_action_name: str | None = None
    ) -> None:
        input_as_text(self, parameters, boto_service_name, service_action_name)
        self._to_boto_request(parameters, _operation(self, service_action_name).input_shape)

    def normalise_response(
        self: Any, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
    ) -> None:
        self._from_boto_response(response, _operation(self, service_action_name).output_shape)

    StateTaskServiceSfn._normalise_parameters = normalise_parameters
    StateTaskServiceSfn._normalise_response = normalise_response
