"""EventBridge hears of every execution that ends, however it ended; moto tells nobody.

The event is sent to the front door, which has the template's rules, with an access key id of its own: `aws.states` is a
source that no client may use. AWS also tells of the start (RUNNING); nothing here listens to that.
"""

import datetime
import json
import os
import threading
from typing import Any

import boto3
from botocore.config import Config
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication

ACCESS_KEY_ID = "step-functions"


def _milliseconds(moment: datetime.datetime | str | None) -> int | None:
    if isinstance(moment, str):
        moment = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return None if moment is None else int(moment.timestamp() * 1000)


def _detail(execution: Any) -> dict[str, Any]:
    partition, service, region, account, _, machine = execution.exec_arn.split(":")[1:7]
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": f"arn:{partition}:{service}:{region}:{account}:stateMachine:{machine}",
        "name": execution.name,
        "status": str(getattr(execution.exec_status, "value", execution.exec_status)),
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date),
        "input": json.dumps(execution.input_data),
        "inputDetails": {"included": True},
        "error": execution.error,
        "cause": execution.cause,
    }


def _send(execution: Any) -> None:
    detail = _detail(execution)
    client = boto3.session.Session().client(
        "events",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{os.environ['MOTO_PORT']}",
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5),
    )
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Resources": [detail["executionArn"]],
        "Detail": json.dumps(detail),
    }
    client.put_events(Entries=[entry])


def apply() -> None:
    terminated = BaseExecutionWorkerCommunication.terminated

    def terminated_and_told(self: BaseExecutionWorkerCommunication) -> None:
        terminated(self)
        threading.Thread(target=_send, args=(self.execution,), daemon=True).start()

    BaseExecutionWorkerCommunication.terminated = terminated_and_told
