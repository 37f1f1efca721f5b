//! EC2 for tests: what a person does to the VPC while a migration runs.

use std::net::SocketAddr;

use super::CloudError;
use super::moto_call::post;

/// Makes a call of the Query API (`Action=DescribeSecurityGroups&..`), and gives the document of its answer.
pub(super) async fn ask(moto: SocketAddr, query: &str) -> Result<String, CloudError> {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    match post(moto, "ec2", &headers, format!("Version=2016-11-15&{query}")).await? {
        (true, document) => Ok(document),
        (false, document) => Err(std::io::Error::other(format!("{query}: {document}")).into()),
    }
}
