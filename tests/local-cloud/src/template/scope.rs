//! What a reference in a template can mean: parameters, pseudo parameters, resources and their attributes.

use serde_json::{Map, Value, json};

use super::{Overrides, TemplateError, resolver};
use crate::arn;

/// The stack's name in the local cloud: the first part of the names that a template leaves out.
pub(super) const STACK: &str = "local";

static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);

/// A template's sections, ready for lookups.
pub(super) struct Scope<'a> {
    parameters: &'a Map<String, Value>,
    pub(super) conditions: &'a Map<String, Value>,
    pub(super) mappings: &'a Map<String, Value>,
    resources: &'a Map<String, Value>,
    pub(super) globals: &'a Value,
    overrides: &'a Overrides,
}

impl<'a> Scope<'a> {
    pub(super) fn new(document: &'a Value, overrides: &'a Overrides) -> Result<Scope<'a>, TemplateError> {
        let section = |name: &str| document.get(name).and_then(Value::as_object).unwrap_or(&EMPTY);
        let scope = Scope {
            parameters: section("Parameters"),
            conditions: section("Conditions"),
            mappings: section("Mappings"),
            resources: section("Resources"),
            globals: document.get("Globals").unwrap_or(&Value::Null),
            overrides,
        };
        for name in overrides.keys() {
            let known = match name.split_once('.') {
                Some((resource, _)) => scope.resources.contains_key(resource),
                None => scope.parameters.contains_key(name),
            };
            if !known {
                return Err(TemplateError::UnknownParameter {
                    parameter: name.clone(),
                });
            }
        }
        Ok(scope)
    }

    /// The resource of a logical id and a type.
    pub(super) fn resource(&self, logical_id: &str, kind: &str) -> Option<Resource<'a>> {
        let (logical_id, body) = self.resources.get_key_value(logical_id)?;
        (body.get("Type").and_then(Value::as_str) == Some(kind)).then(|| Resource {
            logical_id,
            body,
            place: format!("Resources.{logical_id}"),
        })
    }

    /// The resources of the given types that exist: those whose condition holds.
    pub(super) fn resources(&self, types: &[&str]) -> Result<Vec<Resource<'a>>, TemplateError> {
        let mut found = Vec::new();
        for (logical_id, body) in self.resources {
            let kind = body.get("Type").and_then(Value::as_str).unwrap_or_default();
            if !types.contains(&kind) {
                continue;
            }
            let place = format!("Resources.{logical_id}");
            if let Some(condition) = body.get("Condition").and_then(Value::as_str)
                && !resolver::condition(self, condition, &place)?
            {
                continue;
            }
            found.push(Resource {
                logical_id,
                body,
                place,
            });
        }
        Ok(found)
    }

    /// What `Ref` gives; `None` for `AWS::NoValue`.
    pub(super) fn reference(&self, name: &str, place: &str) -> Result<Option<Value>, TemplateError> {
        let value = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::Region" => json!(arn::REGION),
            "AWS::AccountId" => json!(arn::ACCOUNT),
            "AWS::Partition" => json!(arn::PARTITION),
            "AWS::URLSuffix" => json!("amazonaws.com"),
            "AWS::StackName" => json!(STACK),
            "AWS::StackId" => json!(format!(
                "arn:{}:cloudformation:{}:{}:stack/{STACK}/local",
                arn::PARTITION,
                arn::REGION,
                arn::ACCOUNT
            )),
            "AWS::NotificationARNs" => json!([]),
            _ if self.parameters.contains_key(name) => self.parameter(name, place)?,
            _ => match self.resources.get(name) {
                Some(body) => self.physical_id(name, body)?,
                None => {
                    return Err(TemplateError::UnknownName {
                        place: place.to_owned(),
                        name: name.to_owned(),
                    });
                }
            },
        };
        Ok(Some(value))
    }

    fn parameter(&self, name: &str, place: &str) -> Result<Value, TemplateError> {
        let declaration = &self.parameters[name];
        let text = match (self.overrides.get(name), declaration.get("Default")) {
            (Some(given), _) => given.clone(),
            (None, Some(Value::String(text))) => text.clone(),
            (None, Some(default)) => default.to_string(),
            (None, None) => {
                return Err(TemplateError::MissingParameter {
                    place: place.to_owned(),
                    parameter: name.to_owned(),
                });
            }
        };
        let kind = declaration
            .get("Type")
            .and_then(Value::as_str)
            .unwrap_or("String");
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        Ok(match is_list {
            true if text.is_empty() => json!([]),
            true => text.split(',').map(|item| json!(item.trim())).collect(),
            false => json!(text),
        })
    }

    /// What `Ref` of a resource gives: an ARN for some types, a name for the others.
    fn physical_id(&self, logical_id: &str, body: &Value) -> Result<Value, TemplateError> {
        let name = self.name_of(logical_id, body)?;
        Ok(Value::String(match kind_of(body) {
            Kind::Topic => arn::topic(&name),
            Kind::StateMachine => arn::state_machine(&name),
            Kind::ManagedPolicy => arn::managed_policy(&name),
            Kind::Secret => arn::secret(&name),
            _ => name,
        }))
    }

    /// What `GetAtt` gives.
    pub(super) fn attribute(
        &self,
        logical_id: &str,
        attribute: &str,
        place: &str,
    ) -> Result<Value, TemplateError> {
        if let Some(given) = self.overrides.get(&format!("{logical_id}.{attribute}")) {
            return Ok(json!(given));
        }
        let Some(body) = self.resources.get(logical_id) else {
            return Err(TemplateError::UnknownName {
                place: place.to_owned(),
                name: logical_id.to_owned(),
            });
        };
        let name = self.name_of(logical_id, body)?;
        let value = match (kind_of(body), attribute) {
            (Kind::Function, "Arn") => arn::function(&name),
            (Kind::Topic, "TopicArn") => arn::topic(&name),
            (Kind::Topic, "TopicName") | (Kind::StateMachine, "Name") => name,
            (Kind::StateMachine, "Arn") => arn::state_machine(&name),
            (Kind::Role, "Arn") => arn::role(&name),
            (Kind::LogGroup, "Arn") => arn::log_group(&name),
            (Kind::Queue, "Arn") => arn::queue(&name),
            (Kind::Queue, "QueueName") => name,
            (Kind::Key, "Arn") => arn::key(&name),
            (Kind::Bucket, "Arn") => arn::bucket(&name),
            (Kind::Bucket, "RegionalDomainName") => format!("{name}.s3.{}.amazonaws.com", arn::REGION),
            _ => {
                return Err(TemplateError::UnknownAttribute {
                    place: place.to_owned(),
                    resource: logical_id.to_owned(),
                    attribute: attribute.to_owned(),
                });
            }
        };
        Ok(Value::String(value))
    }

    /// A resource's name: the property that names its kind, else `<stack>-<logical id>`.
    pub(super) fn name_of(&self, logical_id: &str, body: &Value) -> Result<String, TemplateError> {
        let property = match kind_of(body) {
            Kind::Function => "FunctionName",
            Kind::Topic => "TopicName",
            Kind::StateMachine => "Name",
            Kind::Role => "RoleName",
            Kind::LogGroup => "LogGroupName",
            Kind::Queue => "QueueName",
            Kind::ManagedPolicy => "ManagedPolicyName",
            Kind::Secret => "Name",
            Kind::Bucket => "BucketName",
            Kind::Key | Kind::Other => "",
        };
        let place = format!("Resources.{logical_id}.Properties.{property}");
        let of_its_own = || match kind_of(body) {
            // A bucket has no capital letters.
            Kind::Bucket => format!("{STACK}-{}", logical_id.to_ascii_lowercase()),
            _ => format!("{STACK}-{logical_id}"),
        };
        match body
            .get("Properties")
            .and_then(|properties| properties.get(property))
        {
            Some(name) => match resolver::text(self, name, &place)? {
                Some(name) => Ok(name),
                None => Ok(of_its_own()),
            },
            None => Ok(of_its_own()),
        }
    }
}

/// One resource of a template.
pub(super) struct Resource<'a> {
    pub(super) logical_id: &'a str,
    pub(super) body: &'a Value,
    pub(super) place: String,
}

impl Resource<'_> {
    /// A property's value and its place; none if it is not there or `AWS::NoValue`.
    pub(super) fn property(&self, scope: &Scope<'_>, name: &str) -> Result<Option<Value>, TemplateError> {
        match self
            .body
            .get("Properties")
            .and_then(|properties| properties.get(name))
        {
            Some(value) => resolver::resolve(scope, value, &self.property_place(name)),
            None => Ok(None),
        }
    }

    pub(super) fn property_place(&self, name: &str) -> String {
        format!("{}.Properties.{name}", self.place)
    }
}

/// The kinds of resources whose names and attributes the local cloud knows.
enum Kind {
    Function,
    Topic,
    StateMachine,
    Role,
    LogGroup,
    Queue,
    ManagedPolicy,
    Key,
    Secret,
    Bucket,
    Other,
}

fn kind_of(body: &Value) -> Kind {
    match body.get("Type").and_then(Value::as_str).unwrap_or_default() {
        "AWS::Serverless::Function" | "AWS::Lambda::Function" => Kind::Function,
        "AWS::SNS::Topic" => Kind::Topic,
        "AWS::Serverless::StateMachine" | "AWS::StepFunctions::StateMachine" => Kind::StateMachine,
        "AWS::IAM::Role" => Kind::Role,
        "AWS::Logs::LogGroup" => Kind::LogGroup,
        "AWS::SQS::Queue" => Kind::Queue,
        "AWS::IAM::ManagedPolicy" => Kind::ManagedPolicy,
        "AWS::KMS::Key" => Kind::Key,
        "AWS::SecretsManager::Secret" => Kind::Secret,
        "AWS::S3::Bucket" => Kind::Bucket,
        _ => Kind::Other,
    }
}
