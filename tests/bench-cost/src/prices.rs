//! List prices in dollars, us-east-1, without any free tier: the one place where they stand. Region and time change them;
//! compare with the pages named here before relying on a figure.

/// When the prices were written down.
pub(crate) const AS_OF: &str = "November 2026";

/// One state transition. <https://aws.amazon.com/step-functions/pricing/>
pub(crate) const TRANSITION: f64 = 0.025 / 1_000.0;
/// One request of a Lambda function. <https://aws.amazon.com/lambda/pricing/>
pub(crate) const REQUEST: f64 = 0.20 / 1_000_000.0;
/// A GB-second of a Lambda function on arm64. <https://aws.amazon.com/lambda/pricing/>
pub(crate) const GB_SECOND: f64 = 0.000_013_333_4;
/// One message published. <https://aws.amazon.com/sns/pricing/>
pub(crate) const MESSAGE: f64 = 0.50 / 1_000_000.0;
/// A custom metric for an hour, of 730 in a month. <https://aws.amazon.com/cloudwatch/pricing/>
pub(crate) const METRIC_HOUR: f64 = 0.30 / 730.0;
/// How many custom metrics a look emits.
pub(crate) const METRICS: f64 = 6.0;
/// A GB of logs taken in, of functions and of state machines. <https://aws.amazon.com/cloudwatch/pricing/>
pub(crate) const LOG_GB: f64 = 0.50;
/// What the log of a state machine holds of one event, in bytes, execution data left out: an assumption, on the high side.
pub(crate) const EVENT_LOGGED: f64 = 1_000.0;
/// A trace that is recorded. <https://aws.amazon.com/xray/pricing/>
pub(crate) const TRACE: f64 = 5.0 / 1_000_000.0;
