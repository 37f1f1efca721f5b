//! Configurations for AWS SDK clients that call the front door.

use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;

use crate::arn;

/// The access key id of [`LocalCloud::sdk_config`](crate::LocalCloud::sdk_config): how a test's own calls are told from
/// the functions'.
pub const OWN_ACCESS_KEY_ID: &str = "local-cloud";

/// A client's configuration. Nothing of the machine's own AWS configuration is read.
pub(super) fn config(endpoint_url: &str, access_key_id: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, "local", None, None, "local-cloud");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(arn::REGION))
        .endpoint_url(endpoint_url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
