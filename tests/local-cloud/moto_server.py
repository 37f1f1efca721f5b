"""Starts moto for the local cloud: Step Functions with JSONata, SNS, STS, IAM, EC2.

moto executes state machines, but not as AWS does in everything that matters to a migration. What it gets wrong is put
right in moto_patches, one file a subject; each says what AWS does. This file only applies them and serves.

    python moto_server.py --front-door-port 4566 [--wait-scale 0.1]

It listens on a free port of 127.0.0.1 and says so with one line on standard output: "listening on <port>".
"""

import argparse
import logging
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

# First of all: it keeps moto from loading what nobody asked for, which would double the start time.
from moto_patches import lean_imports

lean_imports.apply()


def main() -> None:
    parser = argparse.ArgumentParser(description="moto for the local cloud")
    parser.add_argument("--front-door-port", required=True, help="where the tasks of a state machine call AWS")
    parser.add_argument("--wait-scale", type=float, default=1.0, help="a factor on every wait of a state machine")
    parser.add_argument("--history-limit", type=int, default=25_000, help="events after which AWS ends an execution")
    options = parser.parse_args()

    # The interpreter sends the calls of a Task to http://localhost:$MOTO_PORT, whatever AWS_ENDPOINT_URL says.
    os.environ["MOTO_PORT"] = options.front_door_port

    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    default_user_config["stepfunctions"] = {"execute_state_machine": True}

    import moto_patches

    moto_patches.apply(wait_scale=options.wait_scale, history_limit=options.history_limit)

    class QuietRequestHandler(MotoRequestHandler):
        # Without keep-alive every call of every function would open a connection of its own.
        protocol_version = "HTTP/1.1"

        def log_request(self, *_arguments) -> None:
            """The front door keeps the record of calls."""

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server(
        "127.0.0.1",
        0,
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        request_handler=QuietRequestHandler,
    )
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
