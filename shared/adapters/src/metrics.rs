//! Prints metrics where CloudWatch Logs finds them: a JSON object on a line of its own on standard output.
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use domain::StepError;
use std::io::Write;

/// Prints one line in the embedded metric format.
///
/// # Errors
/// Where standard output is gone, which ends every Lambda.
pub fn emit(line: &serde_json::Value) -> Result<(), StepError> {
    // In one write: a line that is torn apart by another is no JSON.
    std::io::stdout()
        .lock()
        .write_all(format!("{line}\n").as_bytes())
        .map_err(|error| StepError::Bug(format!("standard output takes nothing: {error}")))
}
