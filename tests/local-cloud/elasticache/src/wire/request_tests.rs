use super::*;

fn read(body: &str) -> Result<Request, ApiError> {
    Request::read(&Form::decode(format!("Version=2015-02-02&{body}").as_bytes()))
}

fn code(body: &str) -> String {
    read(body).unwrap_err().code
}

const START: &str =
    "Action=StartMigration&ReplicationGroupId=RG&CustomerNodeEndpointList.member.1.Address=10.0.0.1";

#[test]
fn a_start_is_read_as_an_sdk_sends_it() {
    let request = read(&format!(
        "{START}&CustomerNodeEndpointList.member.1.Port=6379&Unknown=ignored"
    ));
    let source = Endpoint {
        address: "10.0.0.1".into(),
        port: 6379,
    };
    assert_eq!(
        request,
        Ok(Request::StartMigration(Migration {
            group: "rg".into(),
            source
        }))
    );
}

#[test]
fn exactly_one_usable_endpoint() {
    let second = "CustomerNodeEndpointList.member.1.Port=1&CustomerNodeEndpointList.member.2.Address=b";
    assert_eq!(code(&format!("{START}&{second}")), "InvalidParameterValue");
    for port in [
        "",
        "&CustomerNodeEndpointList.member.1.Port=0",
        "&CustomerNodeEndpointList.member.1.Port=65536",
    ] {
        assert_eq!(code(&format!("{START}{port}")), "InvalidParameterValue");
    }
    assert_eq!(
        code("Action=StartMigration&ReplicationGroupId=rg"),
        "InvalidParameterValue"
    );
    assert_eq!(
        code("Action=TestMigration&ReplicationGroupId=rg"),
        "MissingParameter"
    );
    let blank = "Action=StartMigration&ReplicationGroupId=rg&CustomerNodeEndpointList.member.1.Address=\
                 &CustomerNodeEndpointList.member.1.Port=1";
    assert_eq!(code(blank), "InvalidParameterValue");
}

#[test]
fn a_group_or_a_serverless_cache_but_not_both() {
    assert_eq!(code("Action=CompleteMigration"), "InvalidParameterCombination");
    assert_eq!(
        code("Action=CompleteMigration&ServerlessCacheName=x"),
        "ServerlessCacheNotFoundFault"
    );
    let both = "Action=CompleteMigration&ServerlessCacheName=x&ReplicationGroupId=y";
    assert_eq!(code(both), "InvalidParameterCombination");
    let cutover = format!("{START}&CustomerNodeEndpointList.member.1.Port=1&AutoCutover=true");
    assert_eq!(code(&cutover), "InvalidParameterCombination");
}

#[test]
fn operations_and_versions_that_do_not_exist() {
    assert_eq!(code("Action=Fly"), "InvalidAction");
    assert_eq!(code(""), "MissingAction");
    let form = Form::decode(b"Action=DescribeEvents&Version=2014-01-01");
    assert_eq!(Request::read(&form).unwrap_err().code, "InvalidAction");
}
