//! Least privilege, judged both ways: no call that the caller's policies would not allow, and nothing allowed that no call
//! used. Calls are judged as IAM does, by action, resource and conditions. It makes no call; tests/permissions does.

use anyhow::{Result, ensure};
use local_cloud::iam::{Decision, Effect, Policy, Statement};
use local_cloud::{Call, LocalCloud};
use std::collections::{BTreeMap, BTreeSet};

/// What functions and state machines may do, and what they did.
#[derive(Debug, Default)]
pub struct Ledger {
    policies: BTreeMap<String, Policy>,
    calls: Vec<Call>,
}

/// Actions that a role or policy allows and that are never seen as a call.
#[derive(Clone, Copy, Debug)]
pub struct Excuse {
    /// The role or policy.
    pub origin: &'static str,
    /// The actions.
    pub actions: &'static [&'static str],
    /// Who calls them, where they are not seen.
    pub why: &'static str,
}

/// A resource that a statement allows and that no call is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Unnamed {
    /// The role.
    pub origin: &'static str,
    /// The statement's only action.
    pub action: &'static str,
    /// A part of the resource.
    pub part: &'static str,
}

impl Ledger {
    /// What was called in a cloud, by those of its template.
    ///
    /// # Errors
    /// Where the template does not tell what somebody may do, or where a call would be denied.
    pub fn of(cloud: &LocalCloud) -> Result<Ledger> {
        let template = cloud.template();
        let policies = template.policies();
        let callers = template.functions.len() + template.state_machines.len();
        ensure!(policies.len() == callers, "not all policies are known");
        let mut calls = cloud.calls();
        calls.retain(|call| policies.contains_key(&call.caller));
        for call in &calls {
            let decision = policies[&call.caller].decide(&action(call), &call.resource, &context(call));
            ensure!(
                decision == Decision::Allowed,
                "{} may not {} {}",
                call.caller,
                call.operation,
                call.resource
            );
        }
        Ok(Ledger { policies, calls })
    }

    /// What was seen in both, of one template that may be deployed in several ways.
    #[must_use]
    pub fn and(mut self, other: Ledger) -> Ledger {
        for (caller, policy) in other.policies {
            let known = self.policies.entry(caller).or_default();
            for statement in policy.0 {
                if !known.0.contains(&statement) {
                    known.0.push(statement);
                }
            }
        }
        self.calls.extend(other.calls);
        self
    }

    /// What is wrong: who called nothing, what is allowed and was never used, and what is excused without need.
    #[must_use]
    pub fn faults(&self, excuses: &[Excuse], unnamed: &[Unnamed]) -> Vec<String> {
        let mut faults = vec![];
        let mut needed = BTreeSet::new();
        let mut met = BTreeSet::new();
        for (caller, policy) in &self.policies {
            let calls: Vec<&Call> = self.calls.iter().filter(|call| call.caller == *caller).collect();
            if calls.is_empty() {
                faults.push(format!("{caller} called nothing"));
            }
            for statement in policy.0.iter().filter(|one| one.effect == Effect::Allow) {
                for allowed in &statement.actions {
                    if calls
                        .iter()
                        .any(|call| action(call) == *allowed && statement.covers(allowed, &call.resource))
                    {
                        continue;
                    }
                    let origin = &statement.origin;
                    let excused = excuses
                        .iter()
                        .any(|one| one.origin == origin && one.actions.contains(&allowed.as_str()));
                    if !excused {
                        faults.push(format!("{caller} ({origin}) may call {allowed} and never does"));
                    }
                    needed.insert((origin.as_str(), allowed.as_str()));
                }
                for resource in unused_resources(statement, &calls) {
                    match unnamed.iter().position(|one| one.is(statement, resource)) {
                        Some(place) => drop(met.insert(place)),
                        None => faults.push(format!("{caller} may use {resource} and never does")),
                    }
                }
            }
        }
        for excuse in excuses {
            for action in excuse.actions {
                if !needed.contains(&(excuse.origin, *action)) {
                    faults.push(format!(
                        "{} {action} is excused and needs no excuse",
                        excuse.origin
                    ));
                }
            }
        }
        let needless = unnamed
            .iter()
            .enumerate()
            .filter(|(place, _)| !met.contains(place));
        faults.extend(needless.map(|(_, one)| format!("{one:?} needs no excuse")));
        faults
    }
}

impl Unnamed {
    fn is(&self, statement: &Statement, resource: &str) -> bool {
        self.origin == statement.origin && statement.actions == [self.action] && resource.contains(self.part)
    }
}

/// The resources of a statement that no call named, where any of its actions was called at all.
fn unused_resources<'s>(statement: &'s Statement, calls: &[&Call]) -> Vec<&'s str> {
    let used = |resources: &[String]| {
        let only = Statement {
            resources: resources.to_vec(),
            ..statement.clone()
        };
        calls
            .iter()
            .any(|call| only.covers(&action(call), &call.resource))
    };
    if !used(&statement.resources) {
        return vec![];
    }
    let unused = |resource: &&String| !used(std::slice::from_ref(*resource));
    statement
        .resources
        .iter()
        .filter(unused)
        .map(String::as_str)
        .collect()
}

fn action(call: &Call) -> String {
    local_cloud::iam::action(&call.service, &call.operation)
}

/// The condition keys of a call. Events have one source, which is held against the policy when they are put.
fn context(call: &Call) -> BTreeMap<String, String> {
    match (call.service.as_str(), call.operation.as_str()) {
        ("events", "PutEvents") => {
            BTreeMap::from([("events:source".to_owned(), "elasticache-migrator".to_owned())])
        }
        _ => BTreeMap::new(),
    }
}
