//! given a source that forks or does not between the approval and the fence; then its times of last use are believed only
//! where it surely did not.

use super::*;

const SOURCE: &str = recorded!("valkey-8.0.1/info.source.online.txt");
const TARGET: &str = recorded!("valkey-8.0.1/info.target_valkey-8.0.1.insync.txt");

/// What a migration makes of what its source says at the look that takes the approval and at those of the promotion.
fn kept(approved: &str, promotion: &[&str]) -> bool {
    let mut watched = Watched::started();
    watched.stage.name = StageName::Approval;
    watched.sees(&but(SOURCE, approved), TARGET);
    watched.stage.name = StageName::Promotion;
    let mut kept = false;
    for said in promotion {
        kept = watched.sees(&but(SOURCE, said), TARGET).watch.ages_kept;
    }
    kept
}

#[test]
fn what_forks_once_the_source_is_fenced_is_of_no_account() {
    assert!(kept("total_forks:4", &["total_forks:4"]));
    assert!(kept("total_forks:4", &["total_forks:4", "total_forks:5"]));
}

#[test]
fn a_child_between_the_approval_and_the_fence_is_never_overlooked() {
    assert!(!kept("total_forks:4", &["total_forks:5"]));
    assert!(!kept("total_forks:4", &["total_forks:5", "total_forks:5"]));
    assert!(!kept(
        "total_forks:4 aof_rewrite_in_progress:1",
        &["total_forks:4"]
    ));
    assert!(!kept("total_forks:no", &["total_forks:no"]), "nobody counts");
}

#[test]
fn a_source_that_is_out_of_sight_for_a_look_is_judged_at_the_next() {
    let mut watched = Watched::started();
    watched.stage.name = StageName::Approval;
    watched.sees(&but(SOURCE, "total_forks:4"), TARGET);
    watched.stage.name = StageName::Promotion;
    let mut hidden = pair(SOURCE, TARGET);
    hidden.source = unseen();
    assert!(!watched.look(5, vec![hidden]).shards[0].watch.ages_kept);
    assert!(
        watched
            .sees(&but(SOURCE, "total_forks:4"), TARGET)
            .watch
            .ages_kept
    );
}

#[test]
fn a_cutover_that_was_not_completed_says_nothing_about_the_next() {
    let mut watched = Watched::started();
    for forks in ["total_forks:4", "total_forks:9"] {
        watched.stage.name = StageName::Approval;
        assert!(!watched.sees(&but(SOURCE, forks), TARGET).watch.ages_kept);
        watched.stage.name = StageName::Promotion;
        assert!(watched.sees(&but(SOURCE, forks), TARGET).watch.ages_kept);
    }
}
