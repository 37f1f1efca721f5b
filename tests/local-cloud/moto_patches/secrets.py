"""A secret's ARN. AWS and moto put six random letters behind the name; here they are known before the secret is made, as a
function's environment and policies have to name it."""

from typing import Any

from moto.secretsmanager.utils import SecretsManagerSecretIdentifier
from moto.utilities.utils import get_partition

_LETTERS = "AbCdEf"


def _generate(self: SecretsManagerSecretIdentifier, *_arguments: Any, **_named: Any) -> str:
    return (
        f"arn:{get_partition(self.region)}:secretsmanager:{self.region}:{self.account_id}:secret:{self.name}-{_LETTERS}"
    )


def apply() -> None:
    SecretsManagerSecretIdentifier.generate = _generate
