"""One client a service and role: moto makes a new one for every task, which costs more than the call (about 20 ms).

And the caller's name: AWS calls with the role of the state machine, moto with none.
"""

import sys
import threading
import types
from typing import Any

import boto3
from botocore.config import Config
from moto.stepfunctions.parser.asl.utils import boto_client

# How the front door knows which state machine a call came from; functions sign with their own name. A function may have
# the name of a state machine.
PREFIX = "state-machine."

_clients: dict[tuple[str, str, str], Any] = {}
_making = threading.Lock()


def _client(*, service_name: str, region_name: str, config: Config, **arguments: Any) -> Any:
    # moto hands the role to the function that calls this one, which drops it. A state machine's role is named like it.
    # start_execution.py gives none: it asks a client for its model and calls nothing.
    credentials = sys._getframe(1).f_locals["state_credentials"]
    caller = PREFIX + (credentials.role_arn.rsplit("/", 1)[-1] if credentials else "")
    arguments["aws_access_key_id"] = caller
    # The front door listens on 127.0.0.1 alone; `localhost` may mean ::1 first, or nothing at all.
    arguments["endpoint_url"] = arguments["endpoint_url"].replace("localhost", "127.0.0.1")
    with _making:  # boto3's default session is not made for several threads
        key = (service_name, region_name, caller)
        if key not in _clients:
            # Many executions call at once; a pool of ten would throw connections away.
            config = config.merge(Config(max_pool_connections=100))
            _clients[key] = boto3.client(
                service_name=service_name, region_name=region_name, config=config, **arguments
            )
        return _clients[key]


def apply() -> None:
    boto_client.boto3 = types.SimpleNamespace(client=_client)
