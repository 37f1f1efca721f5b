//! The names that things have in the local cloud's one account and region.

/// The region of the local cloud.
pub const REGION: &str = "us-east-1";
/// The account of the local cloud.
pub const ACCOUNT: &str = "123456789012";
/// The partition of the local cloud.
pub const PARTITION: &str = "aws";

/// The ARN of a Lambda function.
pub fn function(name: &str) -> String {
    format!("arn:{PARTITION}:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// The ARN of an SNS topic.
pub fn topic(name: &str) -> String {
    format!("arn:{PARTITION}:sns:{REGION}:{ACCOUNT}:{name}")
}

/// The ARN of a state machine.
pub fn state_machine(name: &str) -> String {
    format!("arn:{PARTITION}:states:{REGION}:{ACCOUNT}:stateMachine:{name}")
}

/// The ARN of a role.
pub fn role(name: &str) -> String {
    format!("arn:{PARTITION}:iam::{ACCOUNT}:role/{name}")
}

/// The ARN of a managed policy of the account's own.
pub fn managed_policy(name: &str) -> String {
    format!("arn:{PARTITION}:iam::{ACCOUNT}:policy/{name}")
}

/// The ARN of a KMS key.
pub fn key(id: &str) -> String {
    format!("arn:{PARTITION}:kms:{REGION}:{ACCOUNT}:key/{id}")
}

/// The ARN of a secret. AWS puts six random letters behind the name; here they are always these.
pub fn secret(name: &str) -> String {
    format!("arn:{PARTITION}:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf")
}

/// The ARN of a CloudWatch log group, as `GetAtt Arn` gives it.
pub fn log_group(name: &str) -> String {
    format!("arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:{name}:*")
}

/// The ARN of an SQS queue.
pub fn queue(name: &str) -> String {
    format!("arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// The ARN of a bucket.
pub(crate) fn bucket(name: &str) -> String {
    format!("arn:{PARTITION}:s3:::{name}")
}
