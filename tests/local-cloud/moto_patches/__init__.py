"""What moto 5.2.5 does unlike AWS, put right. Each module has one subject and an `apply`."""


def apply(*, wait_scale: float, history_limit: int) -> None:
    """Applies every patch but `lean_imports`, which has to come before moto is imported at all."""
    from moto_patches import (
        api,
        assignments,
        clients,
        context,
        endings,
        error_names,
        event_history,
        field_values,
        jsonata,
        logs,
        output_errors,
        redrive,
        secrets,
        start_execution,
        status_changes,
        task_tokens,
        waiting,
    )

    jsonata.apply()
    logs.apply()
    context.apply()
    error_names.apply()
    field_values.apply()
    assignments.apply()
    output_errors.apply()
    secrets.apply()
    task_tokens.apply()
    waiting.apply(wait_scale=wait_scale)
    event_history.apply(limit=history_limit)
    api.apply()
    clients.apply()
    start_execution.apply()
    status_changes.apply()
    redrive.apply()
    endings.apply()
