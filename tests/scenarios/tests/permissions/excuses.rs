//! What is allowed and not seen on this machine, each with its reason. An excuse that is not needed any more fails the test.

use scenarios::{Excuse, Unnamed};

/// Allowed, and never seen as a call.
pub(crate) const EXCUSES: &[Excuse] = &[
    of(
        "FunctionBasics",
        &[
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
        ],
        LAMBDA,
    ),
    of(
        "FunctionNetwork",
        &[
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
        ],
        LAMBDA,
    ),
    of("SignalRole", &["sqs:SendMessage"], DEAD_LETTERS),
    of("ReportRole", &["sqs:SendMessage"], DEAD_LETTERS),
    of("StartRole", &["sqs:SendMessage"], DEAD_LETTERS),
    of("CutoverRole", &["sqs:SendMessage"], DEAD_LETTERS),
    of("NotifyRole", &["sqs:SendMessage"], DEAD_LETTERS),
    of("CutoverRole", &["kms:Decrypt", "kms:GenerateDataKey"], SNS),
    of("NotifyRole", &["kms:Decrypt", "kms:GenerateDataKey"], SNS),
    of("ReportRole", &["kms:GenerateDataKey"], S3),
    of("FleetRole", &["kms:Decrypt", "kms:GenerateDataKey"], S3),
    of("FleetStateMachineRole", &["kms:Decrypt"], S3),
    of(
        "MigrateStateMachineRole",
        &["states:DescribeExecution", "states:StopExecution"],
        DISTRIBUTED,
    ),
    of("MigrateStateMachineRole", LOGS_AND_TRACES, STEP_FUNCTIONS),
    of("FleetStateMachineRole", LOGS_AND_TRACES, STEP_FUNCTIONS),
    of(
        "FleetStateMachineRole",
        &["events:PutTargets", "events:PutRule", "events:DescribeRule"],
        WAITING,
    ),
];

const LOGS_AND_TRACES: &[&str] = &[
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
];
const LAMBDA: &str = "Lambda calls it for the function, and this machine has no such service";
const DEAD_LETTERS: &str = "Lambda puts the events there that the function failed at";
const SNS: &str = "SNS uses the topic's key with the publisher's permissions";
const S3: &str = "S3 uses the bucket's key with the permissions of who reads and writes";
const STEP_FUNCTIONS: &str =
    "Step Functions calls it for the state machine, and this machine has no such service";
const DISTRIBUTED: &str = "Step Functions starts, watches and stops the executions of a Distributed Map with the state machine's role";
const WAITING: &str =
    "Step Functions makes a rule with it, by which it hears that an execution that it waits for has ended";

/// Allowed, and named by no call.
pub(crate) const UNNAMED: &[Unnamed] = &[
    // The version that an execution was started with by the alias: AWS's example names the machine alone.
    unnamed("MigrateStateMachineRole", "states:StartExecution", "-migrate:*"),
    // Step Functions starts and watches a lane, an execution of a Distributed Map, with the role of the machine.
    unnamed(
        "FleetStateMachineRole",
        "states:StartExecution",
        ":stateMachine:local-fleet",
    ),
    unnamed(
        "FleetStateMachineRole",
        "states:DescribeExecution",
        ":execution:local-fleet",
    ),
    // AWS's reference names two kinds of resource for these actions and does not say which it asks for; being denied at a
    // cutover would be worse than naming both.
    unnamed("CutoverRole", "elasticache:CompleteMigration", ":cluster:"),
    unnamed("PreflightRole", "elasticache:DescribeUpdateActions", ":cluster:"),
];

const fn of(origin: &'static str, actions: &'static [&'static str], why: &'static str) -> Excuse {
    Excuse { origin, actions, why }
}

const fn unnamed(origin: &'static str, action: &'static str, part: &'static str) -> Unnamed {
    Unnamed { origin, action, part }
}
