//! Where to look: the execution in the Step Functions console. Each partition has a console of its own; of a partition
//! that is not known no link is made up.

/// The console's page of an execution; none where the ARN is none, or of a partition whose console is not known.
/// Sources: <https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html>, the consoles' own addresses
/// `amazonaws.cn` (China) and `console.amazonaws-us-gov.com` (GovCloud).
#[must_use]
pub fn console_link(execution_arn: &str) -> Option<String> {
    let mut parts = execution_arn.split(':');
    let (arn, partition, service, region) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if arn != "arn" || service != "states" || region.is_empty() {
        return None;
    }
    let host = match partition {
        "aws" => format!("{region}.console.aws.amazon.com"),
        "aws-cn" => format!("{region}.console.amazonaws.cn"),
        "aws-us-gov" => format!("{region}.console.amazonaws-us-gov.com"),
        _ => return None,
    };
    Some(format!(
        "https://{host}/states/home?region={region}#/v2/executions/details/{execution_arn}"
    ))
}

/// The state machine of an execution; none where the ARN is none. By it a chat channel tells two stacks apart.
pub(super) fn state_machine(execution_arn: &str) -> Option<String> {
    let parts: Vec<&str> = execution_arn.split(':').collect();
    match parts[..] {
        [
            "arn",
            partition,
            "states",
            region,
            account,
            "execution",
            machine,
            ..,
        ] => Some(format!(
            "arn:{partition}:states:{region}:{account}:stateMachine:{machine}"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_names_its_state_machine() {
        let arn = "arn:aws:states:eu-west-1:1:execution:local-migrate:orders:1";
        assert_eq!(
            state_machine(arn).as_deref(),
            Some("arn:aws:states:eu-west-1:1:stateMachine:local-migrate")
        );
        assert_eq!(state_machine("arn"), None);
    }

    #[test]
    fn each_partition_has_its_console_and_an_unknown_one_has_none() {
        for (arn, host) in [
            (
                "arn:aws:states:eu-west-1:1:execution:m:x",
                Some("eu-west-1.console.aws.amazon.com"),
            ),
            (
                "arn:aws-cn:states:cn-north-1:1:execution:m:x",
                Some("cn-north-1.console.amazonaws.cn"),
            ),
            (
                "arn:aws-us-gov:states:us-gov-west-1:1:execution:m:x",
                Some("us-gov-west-1.console.amazonaws-us-gov.com"),
            ),
            ("arn:aws-iso:states:us-iso-east-1:1:execution:m:x", None),
            ("arn", None),
            ("", None),
        ] {
            let link = console_link(arn);
            assert_eq!(link.is_some(), host.is_some(), "{arn}");
            if let (Some(link), Some(host)) = (link, host) {
                assert!(
                    link.starts_with(&format!("https://{host}/")) && link.ends_with(arn),
                    "{link}"
                );
            }
        }
    }
}
