//! The function has no way to the AWS API.

use super::super::Evidence;
use super::{CauseRule, Explained, VPC, has_any};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "lambda_network",
    title: "The function has no way to the AWS API",
    why: "A function in a VPC needs a NAT gateway or an interface endpoint for the ElastiCache API; a new network interface may also take its time.",
    fix: "give the functions' subnets a NAT gateway, or an interface endpoint: aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --service-name com.amazonaws.<region>.elasticache --vpc-id <vpc> --subnet-ids <subnets>; then redrive",
    reference: VPC,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let error = evidence.error.as_ref()?;
    let text = format!("{}: {}", error.error, error.message());
    has_any(
        &text,
        &[
            "was not answered",
            "sandbox.timedout",
            "states.timeout",
            "task timed out",
            "timed out after",
        ],
    )
    .then(|| Explained::likely(text))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;
    use crate::StepError;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Observe").error(&StepError::Transient(
                "elasticache:DescribeEvents was not answered: timeout".to_owned()
            )))
            .is_some()
        );
        assert!(
            explains(&seen("Observe").named("Sandbox.Timedout", "Task timed out after 60.00 seconds"))
                .is_some()
        );
        assert!(
            explains(&seen("Observe").error(&StepError::Transient(
                "elasticache:DescribeEvents: Throttling".to_owned()
            )))
            .is_none()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
