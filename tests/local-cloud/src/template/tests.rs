//! Templates as small as the point they make.

use std::path::Path;
use std::time::Duration;

use super::{Overrides, Template, TemplateError};
use crate::iam::Statement;

fn parse(text: &str) -> Result<Template, TemplateError> {
    parse_with(text, &[])
}

fn parse_with(text: &str, overrides: &[(&str, &str)]) -> Result<Template, TemplateError> {
    let overrides: Overrides = overrides
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Template::parse(text, Path::new("/stack"), &overrides)
}

/// The value of one environment variable of a function, given as YAML after `V: `.
fn variable(value: &str, rest: &str, overrides: &[(&str, &str)]) -> Result<Option<String>, TemplateError> {
    let text = format!(
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: f\n      \
         Environment: {{Variables: {{V: {value}}}}}\n{rest}"
    );
    let template = parse_with(&text, overrides)?;
    Ok(template.functions[0].environment.get("V").cloned())
}

#[track_caller]
fn assert_variable(value: &str, rest: &str, expected: &str) {
    assert_eq!(
        variable(value, rest, &[]).unwrap().as_deref(),
        Some(expected),
        "{value}"
    );
}

const PARAMETERS: &str = "
Parameters:
  Group: {Type: String, Default: orders}
  Days: {Type: Number, Default: 90}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>', Default: 'subnet-a, subnet-b'}
  Vpc: {Type: 'AWS::EC2::VPC::Id'}
Conditions:
  IsOrders: !Equals [!Ref Group, orders]
  Long: !And [!Condition IsOrders, !Not [!Equals [!Ref Days, 7]]]
  Either: !Or [!Equals [a, b], {Condition: IsOrders}]
  Never: !Not [Condition: IsOrders]
Mappings:
  Sizes: {small: {memory: 128}}
";

#[test]
fn every_intrinsic_has_a_short_and_a_long_form() {
    for (value, expected) in [
        ("!Ref Group", "orders"),
        ("{Ref: Days}", "90"),
        ("!Ref AWS::Region", "us-east-1"),
        (
            "!Sub '${Group}-${AWS::AccountId}-${!kept}'",
            "orders-123456789012-${kept}",
        ),
        ("!Sub ['${a}/${Group}', {a: !Ref Days}]", "90/orders"),
        ("{'Fn::Sub': 'x${Group}'}", "xorders"),
        (
            "!Sub '${F.Arn}'",
            "arn:aws:lambda:us-east-1:123456789012:function:local-F",
        ),
        (
            "!GetAtt F.Arn",
            "arn:aws:lambda:us-east-1:123456789012:function:local-F",
        ),
        (
            "{'Fn::GetAtt': [F, Arn]}",
            "arn:aws:lambda:us-east-1:123456789012:function:local-F",
        ),
        ("!Ref F", "local-F"),
        ("!If [Long, yes please, no]", "yes please"),
        ("!If [Never, a, !If [Either, b, c]]", "b"),
        ("!Join [',', !Ref Subnets]", "subnet-a,subnet-b"),
        ("!Select [1, !Ref Subnets]", "subnet-b"),
        ("!Select ['0', !Split ['-', 'a-b']]", "a"),
        ("!FindInMap [Sizes, small, memory]", "128"),
        ("true", "true"),
    ] {
        assert_variable(value, PARAMETERS, expected);
    }
}

#[test]
fn no_value_removes_the_variable() {
    assert_eq!(variable("!Ref AWS::NoValue", "", &[]).unwrap(), None);
    assert_eq!(
        variable("!If [Never, x, !Ref AWS::NoValue]", PARAMETERS, &[]).unwrap(),
        None
    );
}

#[test]
fn an_override_beats_a_default_and_fills_what_has_none() {
    let given = |value, overrides: &[(&str, &str)]| variable(value, PARAMETERS, overrides);
    assert_eq!(
        given("!Ref Group", &[("Group", "carts")]).unwrap().as_deref(),
        Some("carts")
    );
    assert_eq!(
        given("!Ref Vpc", &[("Vpc", "vpc-1")]).unwrap().as_deref(),
        Some("vpc-1")
    );
    assert_eq!(
        given("!If [IsOrders, y, n]", &[("Group", "carts")])
            .unwrap()
            .as_deref(),
        Some("n")
    );
    let missing = given("!Ref Vpc", &[]).unwrap_err();
    assert!(matches!(missing, TemplateError::MissingParameter { parameter, .. } if parameter == "Vpc"));
    let misspelt = given("x", &[("Grupo", "carts")]).unwrap_err();
    assert!(matches!(misspelt, TemplateError::UnknownParameter { parameter } if parameter == "Grupo"));
}

#[test]
fn the_output_of_a_nested_stack_can_be_given() {
    let nested =
        "  Net:\n    Type: AWS::Serverless::Application\n    Properties: {Location: infra/network.yaml}\n";
    let unknown = variable("!GetAtt Net.Outputs.Group", nested, &[]).unwrap_err();
    assert!(
        matches!(unknown, TemplateError::UnknownAttribute { attribute, .. } if attribute == "Outputs.Group")
    );
    let given = variable(
        "!GetAtt Net.Outputs.Group",
        nested,
        &[("Net.Outputs.Group", "sg-1")],
    )
    .unwrap();
    assert_eq!(given.as_deref(), Some("sg-1"));
}

#[test]
fn what_is_not_understood_is_an_error_that_names_the_place() {
    let imported = variable("!ImportValue other", "", &[]).unwrap_err();
    assert_eq!(
        imported.to_string(),
        "Resources.F.Properties.Environment.Variables.V (Fn::ImportValue): the local cloud does not understand \
         Fn::ImportValue: teach it to template/resolver.rs, or do without"
    );
    let nobody = variable("!Sub '${Nobody}'", "", &[]).unwrap_err();
    assert!(matches!(nobody, TemplateError::UnknownName { name, .. } if name == "Nobody"));
    assert!(matches!(
        variable("!Sub '${open'", "", &[]),
        Err(TemplateError::Shape { .. })
    ));
    assert!(matches!(
        variable("[a, list]", "", &[]),
        Err(TemplateError::Shape { .. })
    ));
}

#[test]
fn globals_stand_under_a_function_s_own_settings() {
    let template = parse(
        "
Globals:
  Function: {Timeout: 60, MemorySize: 256, Environment: {Variables: {A: global, B: global}}}
Resources:
  Plain: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: functions/plain/}}
  Own:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: other-name}}
    Properties: {FunctionName: own, CodeUri: ., Timeout: 5, Environment: {Variables: {B: own}}}
  Absent: {Type: 'AWS::Serverless::Function', Condition: Never, Properties: {CodeUri: x}}
Conditions: {Never: !Equals [a, b]}
",
    )
    .unwrap();
    let [plain, own] = template.functions.as_slice() else {
        panic!("{:?}", template.functions);
    };
    assert_eq!(
        (plain.name.as_str(), plain.binary.as_str()),
        ("local-Plain", "plain")
    );
    assert_eq!((plain.timeout, plain.memory), (Duration::from_secs(60), 256));
    assert_eq!((own.name.as_str(), own.binary.as_str()), ("own", "other-name"));
    assert_eq!((own.timeout, own.memory), (Duration::from_secs(5), 256));
    assert_eq!(
        (own.environment["A"].as_str(), own.environment["B"].as_str()),
        ("global", "own")
    );
}

/// Each statement as `origin effect actions resources conditions`; none where the template does not tell.
fn statements(properties: &str, resources: &str) -> Option<Vec<String>> {
    let text = format!(
        "Parameters: {{Tagged: {{Type: String, Default: 'yes'}}}}\nConditions: {{IsTagged: !Equals [!Ref Tagged, 'yes']}}\n\
         Resources:\n  F: {{Type: 'AWS::Serverless::Function', Properties: {{CodeUri: f, {properties}}}}}\n{resources}"
    );
    let policy = parse(&text).unwrap().functions.remove(0).policy?;
    let in_words = |statement: &Statement| {
        let conditions: Vec<String> = statement
            .conditions
            .iter()
            .map(|condition| format!("{} {} {:?}", condition.operator, condition.key, condition.values))
            .collect();
        format!(
            "{} {:?} {:?} {:?} {conditions:?}",
            statement.origin, statement.effect, statement.actions, statement.resources
        )
    };
    Some(policy.0.iter().map(in_words).collect())
}

#[test]
fn a_function_s_own_policies_are_its_statements() {
    let statement = "{Statement: [{Effect: Allow, Action: [sns:Publish, 'states:List*'], Resource: '*'}]}";
    assert_eq!(
        statements(
            &format!("Policies: [AWSLambdaBasicExecutionRole, {statement}]"),
            ""
        )
        .unwrap(),
        [r#"F Allow ["sns:Publish", "states:List*"] ["*"] []"#]
    );
    assert_eq!(statements("Timeout: 3", ""), Some(Vec::new()));
    assert_eq!(
        statements("Policies: [{SNSPublishMessagePolicy: {TopicName: t}}]", ""),
        None
    );
    assert_eq!(statements("Policies: [AdministratorAccess]", ""), None);
}

const ROLE: &str = "
  R:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Ref Basics]
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: elasticache:StartMigration
                Resource: !Sub 'arn:aws:elasticache:${AWS::Region}:1:replicationgroup:*'
                Condition: !If [IsTagged, {StringEquals: {aws:ResourceTag/ok: 'true'}}, !Ref AWS::NoValue]
              - !If [IsTagged, !Ref AWS::NoValue, {Effect: Allow, Action: kms:Decrypt, Resource: '*'}]
  Basics:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Statement: {Effect: Deny, Action: 'ec2:*', Resource: '*'}}
";

#[test]
fn a_function_with_a_role_of_the_template_has_the_role_s_statements() {
    assert_eq!(
        statements("Role: !GetAtt R.Arn", ROLE).unwrap(),
        [
            r#"R Allow ["elasticache:StartMigration"] ["arn:aws:elasticache:us-east-1:1:replicationgroup:*"] ["StringEquals aws:ResourceTag/ok [\"true\"]"]"#,
            r#"Basics Deny ["ec2:*"] ["*"] []"#,
        ]
    );
    assert_eq!(statements("Role: 'arn:aws:iam::1:role/x'", ""), None);
    let unknown = ROLE.replace("!Ref Basics", "'arn:aws:iam::aws:policy/AdministratorAccess'");
    assert_eq!(statements("Role: !GetAtt R.Arn", &unknown), None);
}

#[test]
fn a_statement_that_is_not_understood_is_an_error() {
    let text = "Resources: {F: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: f, Policies: \
                {Statement: {Effect: Allow, NotAction: 'sns:*', Resource: '*'}}}}}";
    let error = parse(text).unwrap_err().to_string();
    assert!(
        error.contains("a statement without Action is not understood"),
        "{error}"
    );
}

#[test]
fn a_function_without_a_binary_says_what_to_set() {
    let text = "Resources:\n  F: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: .}}";
    assert!(
        parse(text)
            .unwrap_err()
            .to_string()
            .contains("Metadata.BuildProperties.Binary")
    );
}

#[test]
fn a_state_machine_has_its_file_and_substitutions() {
    let template = parse(
        "
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: statemachine/migrate.asl.json
      DefinitionSubstitutions: {Topic: !Ref Topic, Days: 7}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: messages}}
",
    )
    .unwrap();
    let machine = &template.state_machines[0];
    assert_eq!(machine.name, "local-Machine");
    assert_eq!(
        machine.definition,
        Path::new("/stack/statemachine/migrate.asl.json")
    );
    assert_eq!(
        machine.substitutions["Topic"],
        "arn:aws:sns:us-east-1:123456789012:messages"
    );
    assert_eq!(machine.substitutions["Days"], "7");
}

#[test]
fn subscriptions_come_from_three_places() {
    let template = parse(
        "
Parameters: {Mail: {Type: String, Default: ''}}
Conditions: {HasMail: !Not [!Equals [!Ref Mail, '']]}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Protocol: email, Endpoint: a@example.com}]}
  More:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: https, Endpoint: 'https://example.com'}
  Mail:
    Type: AWS::SNS::Subscription
    Condition: HasMail
    Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: !Ref Mail}
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: f
      Events:
        Ours: {Type: SNS, Properties: {Topic: !Ref Topic, FilterPolicy: {severity: [critical]}}}
        Theirs: {Type: SNS, Properties: {Topic: 'arn:aws:sns:us-east-1:123456789012:theirs'}}
        Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
",
    )
    .unwrap();
    let [ours, theirs] = template.topics.as_slice() else {
        panic!("{:?}", template.topics);
    };
    let protocols: Vec<_> = ours
        .subscriptions
        .iter()
        .map(|each| each.protocol.as_str())
        .collect();
    assert_eq!(protocols, ["email", "https", "lambda"]);
    assert_eq!(ours.subscriptions[2].filter["severity"], ["critical"]);
    assert_eq!(
        (theirs.logical_id.as_deref(), theirs.name.as_str()),
        (None, "theirs")
    );
    assert_eq!(
        theirs.subscriptions[0].endpoint,
        "arn:aws:lambda:us-east-1:123456789012:function:local-F"
    );
}

#[test]
fn a_filter_that_is_not_understood_is_an_error() {
    let text = "
Resources:
  Topic: {Type: AWS::SNS::Topic}
  More:
    Type: AWS::SNS::Subscription
    Properties:
      {TopicArn: !Ref Topic, Protocol: email, Endpoint: a@b.c, FilterPolicy: {size: [{numeric: ['>', 1]}]}}
";
    assert!(matches!(parse(text), Err(TemplateError::Shape { .. })));
}
