//! Where a migration's report is: it follows from the migration's id, so that everybody who knows one knows the other.

use serde::{Deserialize, Serialize};

/// The folder in the bucket.
const FOLDER: &str = "migrations";

/// Where a report is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The page: an `s3://` address.
    pub html: String,
    /// The document.
    pub json: String,
    /// Where a signed-in person opens the page in a browser.
    pub console: String,
}

impl Location {
    /// The place of a migration's report.
    #[must_use]
    pub fn new(migration_id: &str, bucket: &str, region: &str) -> Location {
        // An execution's name may hold other characters; these stand in any URL as they are.
        let name: String = migration_id
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        let base = format!("s3://{bucket}/{FOLDER}/{name}/report");
        Location {
            console: format!(
                "https://{}/s3/object/{bucket}?region={region}&prefix={FOLDER}/{name}/report.html",
                console_host(region)
            ),
            html: format!("{base}.html"),
            json: format!("{base}.json"),
        }
    }

    /// The page's key in the bucket.
    #[must_use]
    pub fn html_key(&self) -> String {
        key(&self.html)
    }

    /// The document's key in the bucket.
    #[must_use]
    pub fn json_key(&self) -> String {
        key(&self.json)
    }
}

/// What comes after the bucket.
fn key(address: &str) -> String {
    address.splitn(4, '/').nth(3).unwrap_or_default().to_owned()
}

/// The AWS console of a region's partition.
fn console_host(region: &str) -> String {
    if region.starts_with("cn-") {
        "console.amazonaws.cn".to_owned()
    } else if region.starts_with("us-gov-") {
        "console.amazonaws-us-gov.com".to_owned()
    } else {
        format!("{region}.console.aws.amazon.com")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_found_by_its_migration() {
        let location = Location::new("orders 2026/11", "reports", "eu-central-1");
        assert_eq!(
            location.html,
            "s3://reports/migrations/orders_2026_11/report.html"
        );
        assert_eq!(location.json_key(), "migrations/orders_2026_11/report.json");
        assert_eq!(
            location.console,
            "https://eu-central-1.console.aws.amazon.com/s3/object/reports?region=eu-central-1&prefix=migrations/orders_2026_11/report.html"
        );
        assert!(
            Location::new("m", "b", "cn-north-1")
                .console
                .starts_with("https://console.amazonaws.cn/")
        );
    }
}
