//! Whether an order from the page's form may be passed on to the function `signal`. The migration itself judges an
//! approval again, by its verdict; what is refused here is refused early, and in words.

use super::{Refusal, Right};
use crate::ReplicationGroupId;
use crate::progress::StageName;
use crate::report::Report;
use crate::signal::{Action, Order};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// In characters, enough for a name and a team; it stands in the history and in messages.
const LONGEST_NAME: usize = 80;

/// Where the migration stands, as far as an order is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The target.
    pub group: ReplicationGroupId,
    /// Whether its execution runs.
    pub runs: bool,
    /// The digest of the verdict that stands, and until when it can be approved; none where nothing can be.
    pub verdict: Option<(String, Timestamp)>,
    /// The verdicts that were approved already, and by whom.
    pub approved: Vec<(String, String)>,
    /// Whether CompleteMigration was accepted: from then on there is nothing to put off or to give up.
    pub too_late: bool,
}

impl Standing {
    /// As a report tells it; none where the migration was not admitted yet, so that nobody can order anything.
    #[must_use]
    pub fn of(report: &Report, runs: bool) -> Option<Standing> {
        let latest = report.latest.as_ref();
        let verdict = latest.and_then(|latest| latest.verdict.as_ref());
        Some(Standing {
            group: report.plan.as_ref()?.replication_group_id.clone(),
            runs: runs && !report.outcome.is_over(),
            verdict: verdict.map(|verdict| (verdict.digest.clone(), verdict.expires_at)),
            approved: report
                .approvals
                .iter()
                .map(|approved| (approved.approval.verdict.clone(), approved.approval.by.clone()))
                .collect(),
            too_late: latest.is_some_and(|latest| latest.stage.name == StageName::Promotion)
                || report
                    .cutover
                    .as_ref()
                    .is_some_and(|cutover| cutover.promoted_at.is_some()),
        })
    }

    /// The digest of the verdict that a link may approve now; none where there is none.
    #[must_use]
    pub fn approvable(&self, right: &Right, now: Timestamp) -> Option<&str> {
        let (digest, expires) = self.verdict.as_ref()?;
        let for_it = match right {
            Right::View => false,
            Right::Act { verdict: None } => true,
            Right::Act {
                verdict: Some(theirs),
            } => theirs == digest,
        };
        let open = self.runs && !self.too_late && *expires > now && self.approver(digest).is_none();
        (for_it && open).then_some(digest)
    }

    /// Who approved a verdict.
    fn approver(&self, digest: &str) -> Option<&str> {
        self.approved
            .iter()
            .find(|(approved, _)| approved == digest)
            .map(|(_, by)| by.as_str())
    }
}

/// What a form asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What to do.
    pub action: Action,
    /// The digest of the verdict that the form showed; empty where it showed none.
    pub verdict: String,
    until: String,
    by: String,
    confirm: String,
}

impl Asked {
    /// Reads the form's fields: `action`, `verdict`, `until` (UTC), `by`, `confirm`.
    ///
    /// # Errors
    /// [`Refusal::NoForm`] where it asks for nothing that is known.
    pub fn read(form: &BTreeMap<String, String>) -> Result<Asked, Refusal> {
        let field = |name: &str| form.get(name).map_or("", |value| value.trim()).to_owned();
        let action = match field("action").as_str() {
            "approve" => Action::Approve,
            "postpone" => Action::Postpone,
            "abort" => Action::Abort,
            _ => return Err(Refusal::NoForm),
        };
        Ok(Asked {
            action,
            verdict: field("verdict"),
            until: field("until"),
            by: field("by"),
            confirm: field("confirm"),
        })
    }
}

/// The order to pass on, given what was asked, by which right, where the migration stands, and who signed the request
/// where IAM stands in front.
///
/// # Errors
/// [`Refusal::MayOnlyLook`], [`Refusal::Field`] and [`Refusal::TooLate`].
pub fn decide(
    asked: &Asked,
    right: &Right,
    standing: &Standing,
    signed_by: Option<&str>,
    now: Timestamp,
) -> Result<Order, Refusal> {
    if !right.may_act() {
        return Err(Refusal::MayOnlyLook);
    }
    if !standing.runs {
        return Err(Refusal::TooLate("The migration has ended.".to_owned()));
    }
    if standing.too_late {
        return Err(Refusal::TooLate(
            "CompleteMigration was accepted: the target takes over, and nothing is left to decide."
                .to_owned(),
        ));
    }
    let by = name(&asked.by, signed_by)?;
    if asked.action != Action::Postpone && asked.confirm != standing.group.as_str() {
        return Err(Refusal::Field(format!(
            "Type the name of the replication group, {}, to confirm.",
            standing.group
        )));
    }
    let mut order = Order {
        replication_group_id: standing.group.clone(),
        action: asked.action,
        verdict: None,
        until: None,
        by,
    };
    match asked.action {
        Action::Approve => order.verdict = Some(approved(asked, right, standing, now)?),
        Action::Postpone => order.until = Some(until(&asked.until, now)?),
        Action::Abort => {}
    }
    Ok(order)
}

fn approved(asked: &Asked, right: &Right, standing: &Standing, now: Timestamp) -> Result<String, Refusal> {
    if let Some(digest) = standing.approvable(right, now)
        && digest == asked.verdict
    {
        return Ok(digest.to_owned());
    }
    let words = match (standing.approver(&asked.verdict), &standing.verdict) {
        (Some(by), _) => format!("This verdict was approved already, by {by}."),
        (None, Some((digest, _))) if *digest != asked.verdict => {
            "The verdict that you saw does not stand any more; another one has taken its place. The message about it has \
             the link that approves it."
                .to_owned()
        }
        (None, Some((_, expires))) if *expires <= now => {
            "The time in which this verdict could be approved is over; a new one will be drawn up.".to_owned()
        }
        (None, Some(_)) => {
            "This link is from the message about an earlier verdict. The message about the one that stands has the link \
             that approves it."
                .to_owned()
        }
        (None, None) => "The verdict that you saw does not stand any more: source and target are not in sync at present. \
                         You will hear when there is another one."
            .to_owned(),
    };
    Err(Refusal::TooLate(words))
}

fn name(typed: &str, signed_by: Option<&str>) -> Result<String, Refusal> {
    let typed: String = typed.chars().filter(|c| !c.is_control()).collect();
    if typed.is_empty() {
        return Err(Refusal::Field(
            "Type your name: it stands in the migration's history.".to_owned(),
        ));
    }
    if typed.chars().count() > LONGEST_NAME {
        return Err(Refusal::Field(format!(
            "A name of {LONGEST_NAME} characters at most will do."
        )));
    }
    Ok(match signed_by {
        Some(arn) => format!("{typed} ({arn})"),
        None => typed,
    })
}

/// A browser gives a date and a time without a zone; the form says that it is UTC.
fn until(typed: &str, now: Timestamp) -> Result<Timestamp, Refusal> {
    let at = typed
        .parse::<DateTime>()
        .ok()
        .and_then(|at| TimeZone::UTC.to_timestamp(at).ok());
    match at {
        Some(at) if at > now => Ok(at),
        Some(_) => Err(Refusal::Field(
            "Put it off to a time to come; the time is UTC.".to_owned(),
        )),
        None => Err(Refusal::Field(
            "Say until when it is put off, in UTC, such as 2026-11-29T02:00.".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERDICT: &str = "00112233aabbccdd";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn standing() -> Standing {
        Standing {
            group: ReplicationGroupId::try_from("orders-cache".to_owned()).expect("an id"),
            runs: true,
            verdict: Some((VERDICT.to_owned(), at(5_000))),
            approved: vec![],
            too_late: false,
        }
    }

    fn act() -> Right {
        Right::Act {
            verdict: Some(VERDICT.to_owned()),
        }
    }

    fn asked(changes: &[(&str, &str)]) -> Asked {
        let mut form: BTreeMap<String, String> = [
            ("action", "approve"),
            ("verdict", VERDICT),
            ("by", " Ada\n"),
            ("confirm", "orders-cache"),
            ("until", "1970-01-01T02:00"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        form.extend(
            changes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        Asked::read(&form).expect("a form")
    }

    #[test]
    fn an_order_says_who_and_for_which_verdict() {
        let order = decide(&asked(&[]), &act(), &standing(), None, at(0)).expect("an order");
        assert_eq!(
            (order.by.as_str(), order.verdict.as_deref()),
            ("Ada", Some(VERDICT))
        );
        let signed = decide(&asked(&[]), &act(), &standing(), Some("arn:x"), at(0)).expect("an order");
        assert_eq!(signed.by, "Ada (arn:x)");

        let postponed = decide(
            &asked(&[("action", "postpone"), ("confirm", "")]),
            &act(),
            &standing(),
            None,
            at(0),
        );
        let postponed = postponed.expect("an order");
        assert_eq!((postponed.until, postponed.verdict), (Some(at(7_200)), None));

        let aborted = decide(
            &asked(&[("action", "abort")]),
            &Right::Act { verdict: None },
            &standing(),
            None,
            at(0),
        );
        assert!(aborted.is_ok_and(|order| order.signal(at(0)).is_ok()));
    }

    #[test]
    fn who_may_look_alone_orders_nothing() {
        for action in ["approve", "postpone", "abort"] {
            let refused = decide(
                &asked(&[("action", action)]),
                &Right::View,
                &standing(),
                None,
                at(0),
            );
            assert_eq!(refused, Err(Refusal::MayOnlyLook));
        }
    }

    #[test]
    fn an_approval_is_for_the_verdict_that_was_shown_that_stands_and_that_the_link_is_for() {
        let too_late = |standing: Standing, right: Right, now| match decide(
            &asked(&[]),
            &right,
            &standing,
            None,
            at(now),
        ) {
            Err(Refusal::TooLate(words)) => words,
            other => panic!("{other:?}"),
        };
        let another = Standing {
            verdict: Some(("ffff".to_owned(), at(5_000))),
            ..standing()
        };
        assert!(too_late(another, act(), 0).contains("another one has taken its place"));
        let none = Standing {
            verdict: None,
            ..standing()
        };
        assert!(too_late(none, act(), 0).contains("not in sync"));
        assert!(too_late(standing(), act(), 5_000).contains("time in which"));
        let of_another = Right::Act {
            verdict: Some("ffff".to_owned()),
        };
        assert!(too_late(standing(), of_another, 0).contains("earlier verdict"));
        let used = Standing {
            approved: vec![(VERDICT.to_owned(), "Bob".to_owned())],
            ..standing()
        };
        assert!(too_late(used, act(), 0).contains("approved already, by Bob"));
    }

    #[test]
    fn nothing_is_ordered_of_a_migration_that_is_over_or_past_its_completion() {
        for action in ["approve", "postpone", "abort"] {
            for standing in [
                Standing {
                    runs: false,
                    ..standing()
                },
                Standing {
                    too_late: true,
                    ..standing()
                },
            ] {
                let refused = decide(&asked(&[("action", action)]), &act(), &standing, None, at(0));
                assert!(matches!(refused, Err(Refusal::TooLate(_))), "{refused:?}");
            }
        }
    }

    #[test]
    fn what_is_typed_is_checked() {
        for changes in [
            ("by", ""),
            ("by", "\u{7}"),
            ("confirm", "orders"),
            ("by", &"x".repeat(81)),
        ] {
            let refused = decide(&asked(&[changes]), &act(), &standing(), None, at(0));
            assert!(matches!(refused, Err(Refusal::Field(_))), "{changes:?}");
        }
        for until in ["", "tomorrow", "1969-12-31T23:59"] {
            let form = asked(&[("action", "postpone"), ("until", until)]);
            let refused = decide(&form, &act(), &standing(), None, at(0));
            assert!(matches!(refused, Err(Refusal::Field(_))), "{until}");
        }
        let form = BTreeMap::from([("action".to_owned(), "delete".to_owned())]);
        assert_eq!(Asked::read(&form), Err(Refusal::NoForm));
    }
}
