//! Who calls whom: the one part of a signature that the local cloud reads. The signature itself is not checked.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CredentialScope {
    pub(super) access_key_id: String,
    pub(super) service: String,
}

impl CredentialScope {
    pub(super) fn of(headers: &HeaderMap) -> Option<CredentialScope> {
        let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (_, after) = header.split_once("Credential=")?;
        let scope = after.split(',').next()?;
        let mut parts = scope.trim().rsplitn(5, '/');
        let (_terminator, service, _region, _date) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let access_key_id = parts.next()?;
        Some(CredentialScope {
            access_key_id: access_key_id.to_owned(),
            service: service.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope_of(authorization: &str) -> Option<CredentialScope> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        CredentialScope::of(&headers)
    }

    #[test]
    fn caller_and_service_are_read_from_a_signature() {
        let header = "AWS4-HMAC-SHA256 Credential=poll-lag/20261124/us-east-1/elasticache/aws4_request, \
                      SignedHeaders=host, Signature=00";
        let scope = scope_of(header).unwrap();
        assert_eq!(
            (scope.access_key_id.as_str(), scope.service.as_str()),
            ("poll-lag", "elasticache")
        );
    }

    #[test]
    fn other_ways_to_authorize_name_no_service() {
        assert_eq!(scope_of("Bearer abc"), None);
        assert_eq!(
            scope_of("AWS4-HMAC-SHA256 Credential=incomplete/aws4_request"),
            None
        );
    }
}
