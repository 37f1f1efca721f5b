//! S9: the source is able to fork and save now, and has the processor time for it.

use super::super::{Check, Facts, Node, Verdict};
use super::PREPARE;
use crate::Observed;
use crate::engine::Info;

pub(super) const CHECK: Check = Check {
    id: "S9",
    cause: "source_cannot_save",
    title: "The source's last save succeeded, no other is under way, and its processor has room",
    why: "A full sync begins with a save in a forked process: where saving fails, so does the sync; where another child \
          is at work the sync waits for it; and a main thread that is busy already falls behind its clients.",
    reference: PREPARE,
    rule,
};

/// Above this part of one processor the main thread counts as busy, in percent. A fork's page faults and the feeding of
/// one more replica come on top.
const BUSY: f64 = 80.0;

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(judge)
}

fn judge(node: &Node<'_>) -> Result<Verdict, Verdict> {
    let info = node.info()?;
    let at = node.endpoint;
    let status = info
        .text("rdb_last_bgsave_status")
        .ok_or_else(|| Verdict::unknown(format!("INFO of {at} has no rdb_last_bgsave_status"), ""))?;
    if status != "ok" {
        return Ok(Verdict::fail(
            format!("the last save of {at} failed (rdb_last_bgsave_status:{status})"),
            format!(
                "its log says why (disk full, no right to write, fork refused: sysctl vm.overcommit_memory=1); then {} \
                 until rdb_last_bgsave_status is ok",
                node.cli("BGSAVE")
            ),
        ));
    }
    let mut concerns = vec![];
    if info.is_set("rdb_bgsave_in_progress") {
        concerns.push("it is saving right now".to_owned());
    }
    if info.is_set("aof_rewrite_in_progress") || info.is_set("aof_rewrite_scheduled") {
        concerns.push("it is rewriting its append-only file, or is about to".to_owned());
    }
    if info
        .text("aof_last_bgrewrite_status")
        .is_some_and(|status| status != "ok")
    {
        concerns.push("its last rewrite of the append-only file failed".to_owned());
    }
    let busy = busy_percent(node);
    if let Some(busy) = busy.filter(|busy| *busy >= BUSY) {
        concerns.push(format!("its process uses {busy:.0} % of a processor"));
    }
    let load = busy.map_or("its processor time could not be sampled".to_owned(), |busy| {
        format!("{busy:.0} % of a processor in use")
    });
    Ok(if concerns.is_empty() {
        Verdict::pass(format!(
            "the last save of {at} succeeded, none is under way, {load}"
        ))
    } else {
        Verdict::warn(
            format!("{at}: {}", concerns.join("; ")),
            format!(
                "start at a quieter time, and let the append-only file grow for the duration: {}",
                node.cli("CONFIG SET auto-aof-rewrite-percentage 0")
            ),
        )
    })
}

/// The processor time of the process between the samples, in percent of one processor.
fn busy_percent(node: &Node<'_>) -> Option<f64> {
    let Observed::Known(later) = &node.answers.later else {
        return None;
    };
    let used = |info: &Info| -> Option<f64> {
        let seconds = |field| info.text(field)?.trim().parse::<f64>().ok();
        Some(seconds("used_cpu_sys")? + seconds("used_cpu_user")?)
    };
    let spent = used(&later.info)? - used(node.info.as_ref().ok()?)?;
    let elapsed = later.after_millis as f64 / 1_000.0;
    (elapsed > 0.0 && spent.is_finite() && spent >= 0.0).then(|| 100.0 * spent / elapsed)
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_info};
    use super::*;

    #[test]
    fn a_failed_save_stops_the_start_and_work_under_way_is_told() {
        for (lines, outcome) in [
            ("rdb_last_bgsave_status:err\r\n", Outcome::Fail),
            ("rdb_bgsave_in_progress:1\r\n", Outcome::Warn),
            ("aof_rewrite_in_progress:1\r\n", Outcome::Warn),
            ("aof_last_bgrewrite_status:err\r\n", Outcome::Warn),
            ("", Outcome::Pass),
        ] {
            assert_eq!(rule(&with_info(lines)).outcome, outcome, "{lines}");
        }
    }

    #[test]
    fn a_busy_main_thread_is_told() {
        let mut facts = clean();
        if let Observed::Known(later) = &mut facts.source.answers.later {
            later.info = Info::parse("used_cpu_sys:2.0\r\nused_cpu_user:2.7\r\n");
        }
        let verdict = rule(&facts);
        assert_eq!(verdict.outcome, Outcome::Warn);
        assert!(
            verdict.evidence.contains("90 % of a processor"),
            "{}",
            verdict.evidence
        );
    }

    #[test]
    fn an_info_without_the_status_is_unknown() {
        let facts = super::super::super::testing::with_source(Ok("role:master"));
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
