//! The plan's part about the cutover: who approves, what stops the writers, for how long, and when.
//!
//! The defaults are the safe ones. A person approves. The fence is a pause: it stops scripts as well as plain commands
//! on every version that has it, changes no setting of the source before AWS has been asked to complete, and ends by
//! itself, so that a workflow that dies with it in place stops nobody for longer than the budget. `reject` gives
//! clients a fast error instead of a wait, and lasts until somebody takes it back.

use super::Window;
use super::fields::Fields;
use crate::Seconds;
use serde::{Deserialize, Serialize};

/// Who approves the cutover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ApprovalMode {
    /// A person. No answer is never an approval.
    #[default]
    Manual,
    /// The plan itself, inside its window, once; after an attempt that did not succeed a person has to.
    Automatic,
}

/// What stops writes on the source while the last bytes travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FenceKind {
    /// `CLIENT PAUSE`: writers wait.
    #[default]
    Pause,
    /// `min-replicas-to-write`: writers get the error NOREPLICAS.
    Reject,
    /// Nothing: whoever owns the writers has stopped them.
    None,
}

/// How the cutover is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CutoverPlan {
    /// Who approves.
    pub approval: ApprovalMode,
    /// What stops the writers.
    pub fence: FenceKind,
    /// How long one pause lasts once AWS was asked to complete. It is renewed after a third of that.
    pub fence_seconds: Seconds,
    /// How long writes may be refused before CompleteMigration was accepted. Past it the fence is released, the
    /// migration is ready again, and nothing is lost.
    pub budget_seconds: Seconds,
    /// For how long a verdict can be approved. After that a new one is drawn up and people are told again.
    pub approve_within: Seconds,
    /// When an automatic cutover may happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

impl Default for CutoverPlan {
    fn default() -> CutoverPlan {
        CutoverPlan {
            approval: ApprovalMode::Manual,
            fence: FenceKind::Pause,
            fence_seconds: Seconds(60),
            budget_seconds: Seconds(30),
            approve_within: Seconds(86_400),
            window: None,
        }
    }
}

/// The function that makes the cutover is given a minute at a time; what it holds must outlast the change from one of
/// its runs to the next. In seconds; an assumption.
const SHORTEST_PAUSE: u64 = 5;

impl CutoverPlan {
    pub(super) fn read(root: &mut Fields<'_>) -> CutoverPlan {
        let default = CutoverPlan::default();
        let mut section = root.section("cutover", false);
        let approval = section.word(
            "approval",
            default.approval,
            &[
                ("manual", ApprovalMode::Manual),
                ("automatic", ApprovalMode::Automatic),
            ],
        );
        let fence = section.word(
            "fence",
            default.fence,
            &[
                ("pause", FenceKind::Pause),
                ("reject", FenceKind::Reject),
                ("none", FenceKind::None),
            ],
        );
        let fence_seconds =
            Seconds(section.integer("fenceSeconds", default.fence_seconds.0, SHORTEST_PAUSE, 600));
        let budget_seconds = Seconds(section.integer("budgetSeconds", default.budget_seconds.0, 1, 600));
        let approve_within =
            Seconds(60 * section.integer("approveWithinMinutes", default.approve_within.0 / 60, 1, 43_200));
        let window = section
            .has("window")
            .then(|| Window::read(&mut section))
            .flatten();
        if approval == ApprovalMode::Automatic && !section.has("window") {
            section.mistake(
                "window",
                "is missing: an automatic cutover happens inside a window only, for example {\"days\": [\"sun\"], \
                 \"from\": \"02:00\", \"to\": \"04:00\", \"timeZone\": \"Europe/Berlin\"}",
            );
        }
        root.merge(section);
        CutoverPlan {
            approval,
            fence,
            fence_seconds,
            budget_seconds,
            approve_within,
            window,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::Plan;
    use serde_json::{Value, json};

    fn read(cutover: Value) -> Result<super::CutoverPlan, String> {
        Plan::from_input(&json!({
            "replicationGroupId": "orders", "source": {"address": "10.0.0.1"}, "cutover": cutover
        }))
        .map(|plan| plan.cutover)
        .map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn an_automatic_cutover_needs_a_window() {
        let refused = read(json!({"approval": "automatic"})).expect_err("no window");
        assert!(refused.contains("cutover.window: is missing"), "{refused}");
        assert!(read(json!({"approval": "manual"})).is_ok());
    }

    #[test]
    fn what_a_window_cannot_be_is_named_with_what_it_can_be() {
        let refused = read(json!({
            "fence": "freeze",
            "window": {"days": ["monday"], "from": "2:00", "to": "24:00", "timeZone": "Berlin"}
        }))
        .expect_err("all wrong");
        for part in [
            "cutover.fence: must be one of pause, reject, none",
            "cutover.window.days: must be a list of mon, tue, wed, thu, fri, sat, sun",
            "cutover.window.from: must be a time of day",
            "cutover.window.to: must be a time of day",
            "cutover.window.timeZone: is not the name of a time zone",
        ] {
            assert!(refused.contains(part), "{part} in {refused}");
        }
    }

    #[test]
    fn what_admit_wrote_is_read_back_the_same() {
        let plan = read(json!({
            "approval": "automatic",
            "window": {"days": ["sun", "mon"], "from": "02:00", "to": "04:30", "timeZone": "Asia/Tokyo"}
        }))
        .expect("valid");
        let text = serde_json::to_string(&plan).expect("JSON");
        assert_eq!(
            serde_json::from_str::<super::CutoverPlan>(&text).expect("read"),
            plan
        );
    }
}
