"""One client a service: moto makes a new one for every task, which costs more than the call (about 20 ms)."""

import threading
import types
from typing import Any

import boto3
from botocore.config import Config
from moto.stepfunctions.parser.asl.utils import boto_client

# How the front door knows that a call came from a state machine; functions sign with their own name.
ACCESS_KEY_ID = "state-machine"

_clients: dict[tuple[str, str], Any] = {}
_making = threading.Lock()


def _client(*, service_name: str, region_name: str, config: Config, **arguments: Any) -> Any:
    arguments["aws_access_key_id"] = ACCESS_KEY_ID
    # The front door listens on 127.0.0.1 alone; `localhost` may mean ::1 first, or nothing at all.
    arguments["endpoint_url"] = arguments["endpoint_url"].replace("localhost", "127.0.0.1")
    with _making:  # boto3's default session is not made for several threads
        key = (service_name, region_name)
        if key not in _clients:
            # Many executions call at once; a pool of ten would throw connections away.
            config = config.merge(Config(max_pool_connections=100))
            _clients[key] = boto3.client(
                service_name=service_name, region_name=region_name, config=config, **arguments
            )
        return _clients[key]


def apply() -> None:
    boto_client.boto3 = types.SimpleNamespace(client=_client)
