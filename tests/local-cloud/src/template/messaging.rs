//! The topics of a template and who listens to them: inline subscriptions, subscription resources, and SNS events of
//! functions. A topic that something subscribes to by an ARN from outside is made as well.

use std::collections::BTreeMap;

use serde_json::Value;

use super::resolver::{as_text, resolve, text};
use super::scope::Scope;
use super::{SubscriptionSpec, TemplateError, TopicSpec};
use crate::arn;

pub(super) fn read(scope: &Scope<'_>) -> Result<Vec<TopicSpec>, TemplateError> {
    let mut topics = Topics(Vec::new());
    for resource in scope.resources(&["AWS::SNS::Topic"])? {
        let subscriptions = match resource.property(scope, "Subscription")? {
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| subscription(item, &resource.property_place("Subscription")))
                .collect::<Result<_, _>>()?,
            _ => Vec::new(),
        };
        topics.0.push(TopicSpec {
            logical_id: Some(resource.logical_id.to_owned()),
            name: scope.name_of(resource.logical_id, resource.body)?,
            subscriptions,
        });
    }
    for resource in scope.resources(&["AWS::SNS::Subscription"])? {
        let properties = resource.body.get("Properties").unwrap_or(&Value::Null);
        let place = format!("{}.Properties", resource.place);
        if let Some(properties) = resolve(scope, properties, &place)? {
            let topic = properties.get("TopicArn").unwrap_or(&Value::Null);
            topics.subscribe(
                &as_text(topic, &place)?,
                subscription(&properties, &place)?,
                &place,
            )?;
        }
    }
    for resource in scope.resources(&["AWS::Serverless::Function"])? {
        let events = resource
            .body
            .get("Properties")
            .and_then(|properties| properties.get("Events"));
        for (name, event) in events.and_then(Value::as_object).into_iter().flatten() {
            if event.get("Type").and_then(Value::as_str) != Some("SNS") {
                continue;
            }
            let place = format!("{}.Properties.Events.{name}.Properties", resource.place);
            let properties = event.get("Properties").unwrap_or(&Value::Null);
            let Some(topic) = text(scope, properties.get("Topic").unwrap_or(&Value::Null), &place)? else {
                continue;
            };
            let function = scope.name_of(resource.logical_id, resource.body)?;
            let subscription = SubscriptionSpec {
                protocol: "lambda".to_owned(),
                endpoint: arn::function(&function),
                filter: filter(properties.get("FilterPolicy"), &place)?,
            };
            topics.subscribe(&topic, subscription, &place)?;
        }
    }
    Ok(topics.0)
}

struct Topics(Vec<TopicSpec>);

impl Topics {
    fn subscribe(
        &mut self,
        topic_arn: &str,
        subscription: SubscriptionSpec,
        place: &str,
    ) -> Result<(), TemplateError> {
        let problem = || TemplateError::shape(place, format!("{topic_arn:?} is not the ARN of a topic"));
        let name = topic_arn
            .rsplit(':')
            .next()
            .filter(|_| topic_arn.starts_with("arn:"))
            .ok_or_else(problem)?;
        match self.0.iter_mut().find(|topic| topic.name == name) {
            Some(topic) => topic.subscriptions.push(subscription),
            None => self.0.push(TopicSpec {
                logical_id: None,
                name: name.to_owned(),
                subscriptions: vec![subscription],
            }),
        }
        Ok(())
    }
}

fn subscription(properties: &Value, place: &str) -> Result<SubscriptionSpec, TemplateError> {
    Ok(SubscriptionSpec {
        protocol: as_text(properties.get("Protocol").unwrap_or(&Value::Null), place)?,
        endpoint: as_text(properties.get("Endpoint").unwrap_or(&Value::Null), place)?,
        filter: filter(properties.get("FilterPolicy"), place)?,
    })
}

fn filter(policy: Option<&Value>, place: &str) -> Result<BTreeMap<String, Vec<String>>, TemplateError> {
    let mut filter = BTreeMap::new();
    for (attribute, wanted) in policy.and_then(Value::as_object).into_iter().flatten() {
        let wanted: Option<Vec<String>> = wanted.as_array().and_then(|values| {
            values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect()
        });
        let problem = || {
            TemplateError::shape(
                place,
                "the local cloud understands filters of plain strings alone",
            )
        };
        filter.insert(attribute.clone(), wanted.ok_or_else(problem)?);
    }
    Ok(filter)
}
