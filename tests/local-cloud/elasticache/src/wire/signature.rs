//! Who calls: the SigV4 `Authorization` header. The signature itself is not verified, since a stand-in has no secrets.

use super::ApiError;

/// The caller's access key id, out of `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/elasticache/aws4_request, …`.
pub(crate) fn caller(authorization: Option<&str>) -> Result<String, ApiError> {
    let credential = authorization
        .and_then(|header| header.strip_prefix("AWS4-HMAC-SHA256 "))
        .and_then(|rest| {
            rest.split(',')
                .find_map(|part| part.trim().strip_prefix("Credential="))
        })
        .ok_or_else(ApiError::missing_token)?;
    let scope: Vec<&str> = credential.split('/').collect();
    match scope.as_slice() {
        [key, _date, _region, "elasticache", "aws4_request"] => Ok((*key).to_owned()),
        _ => Err(ApiError::wrong_scope()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/elasticache/aws4_request, \
                        SignedHeaders=host;x-amz-date, Signature=00";

    #[test]
    fn the_key_is_read() {
        assert_eq!(caller(Some(GOOD)).unwrap(), "AKIDEXAMPLE");
    }

    #[test]
    fn unsigned_calls_and_other_services_are_refused() {
        assert_eq!(caller(None).unwrap_err().code, "MissingAuthenticationToken");
        assert_eq!(caller(Some("Bearer x")).unwrap_err().status, 403);
        let other = GOOD.replace("/elasticache/", "/sqs/");
        assert_eq!(caller(Some(&other)).unwrap_err().code, "SignatureDoesNotMatch");
    }
}
