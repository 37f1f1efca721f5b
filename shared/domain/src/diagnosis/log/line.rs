//! A line of an engine's log, out of the wrapping in which it was delivered. ElastiCache delivers JSON or text, by the
//! group's setting; an agent on the source's host delivers what the engine wrote.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html>

use super::Side;
use serde_json::Value;

/// A line of an engine's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Whose.
    pub side: Side,
    /// What the engine said, with the node that said it where that is known.
    pub text: String,
}

/// The longest line that is shown, in characters: what engines say of a failed sync is far shorter.
const LONGEST: usize = 300;

impl LogLine {
    /// Reads a line as it was delivered. What is no JSON is a line as it is.
    #[must_use]
    pub fn read(side: Side, delivered: &str) -> LogLine {
        let field = |document: &Value, name: &str| document.get(name)?.as_str().map(str::to_owned);
        let unwrapped = serde_json::from_str::<Value>(delivered)
            .ok()
            .and_then(|document| {
                let message = field(&document, "Message")?;
                Some(match field(&document, "CacheClusterId") {
                    Some(node) => format!("{node}: {message}"),
                    None => message,
                })
            });
        let text = unwrapped.unwrap_or_else(|| delivered.to_owned());
        LogLine {
            side,
            text: text.trim().chars().take(LONGEST).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elasticaches_json_is_unwrapped_and_everything_else_stays() {
        // The user guide's own example of an engine log entry.
        let json = r#"{"CacheClusterId": "logslowxxxxmsxj", "CacheNodeId": "0001", "LogLevel": "VERBOSE", "Role": "M",
            "Time": "12-11-2020 01:20:22 UTC",
            "Message": "Replica is waiting for next BGSAVE before synchronizing with the primary. Check back later"}"#;
        let read = |text: &str| LogLine::read(Side::Target, text).text;
        assert_eq!(
            read(json),
            "logslowxxxxmsxj: Replica is waiting for next BGSAVE before synchronizing with the primary. Check back later"
        );
        let text =
            "logslowxxxxmsxj/0001/VERBOSE/M/12-11-2020 01:20:22 UTC: Replica is waiting for next BGSAVE";
        assert_eq!(read(text), text);
        assert_eq!(
            read("  4711:M 24 Nov 2026 # Background saving error \n"),
            "4711:M 24 Nov 2026 # Background saving error"
        );
        assert_eq!(read(r#"{"Message": 5}"#), r#"{"Message": 5}"#);
        assert_eq!(read(&"ü".repeat(1_000)).chars().count(), LONGEST);
    }
}
