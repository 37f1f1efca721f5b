use super::*;
use crate::Endpoint;
use crate::cutover::{Mark, Means};
use crate::engine::{Brand, EngineVersion, Info};
use crate::plan::FenceKind;

fn replication(text: &str) -> Observed<Replication> {
    Observed::Known(Replication::from_info(&Info::parse(text)).expect("a role"))
}

fn source(offset: u64) -> Observed<Replication> {
    replication(&format!(
        "role:master\r\nmaster_replid:aa\r\nmaster_repl_offset:{offset}\r\n"
    ))
}

fn target(left: u64) -> Observed<Replication> {
    replication(&format!(
        "role:master\r\nmaster_replid2:aa\r\nsecond_repl_offset:{left}\r\nmaster_repl_offset:9\r\n"
    ))
}

fn fenced(kind: FenceKind, offset: u64, history: Option<&str>) -> FencedPrimary {
    let version = EngineVersion::parse(Brand::Redis, "7.0.15").expect("a version");
    FencedPrimary {
        shard: ShardId("0001".to_owned()),
        source: Endpoint::new("10.0.0.1", 6379).expect("an address"),
        seat: None,
        version: version.to_string(),
        means: Means::of(kind, &version).expect("a fence"),
        settings: vec![],
        mark: Some(Mark {
            at: Timestamp::UNIX_EPOCH,
            history: history.map(str::to_owned),
            offset: ReplicationOffset(offset),
            paused_until: None,
            refuses: false,
        }),
    }
}

fn prove(
    fence: Option<&FencedPrimary>,
    source: &Observed<Replication>,
    target: &Observed<Replication>,
) -> ShardProof {
    let promoted = Promoted {
        now: Timestamp::from_second(40).expect("a time"),
        fenced: fence,
        source,
        target,
    };
    ShardProof::of(ShardId("0001".to_owned()), &promoted)
}

#[test]
fn the_offsets_of_a_real_promotion_tell_what_was_lost() {
    assert_eq!(
        prove(None, &source(4627), &target(4628)).proof,
        Proof::NothingLost
    );
    let went_on = prove(None, &source(4627), &target(4600));
    assert_eq!(went_on.proof, Proof::SourceWentOn { bytes: 28 });
    assert_eq!(went_on.lost_bytes, Some(28));
}

#[test]
fn with_a_fence_pings_are_no_loss_and_more_than_pings_is_said() {
    let fence = fenced(FenceKind::Pause, 4627, Some("aa"));
    let proof = prove(Some(&fence), &source(4627 + 28), &target(4628));
    assert_eq!((&proof.proof, proof.lost_bytes), (&Proof::NothingLost, Some(0)));
    assert!(
        proof.basis.contains("28 bytes after it are the source's pings"),
        "{}",
        proof.basis
    );
    let leak = prove(Some(&fence), &source(4627 + 30), &target(4628));
    assert_eq!(leak.proof, Proof::SourceWentOn { bytes: 30 });
    // Nobody stopped the writers: a multiple of 14 may be writes as well.
    let open = fenced(FenceKind::None, 4627, Some("aa"));
    let open = prove(Some(&open), &source(4627 + 28), &target(4628));
    assert_eq!(open.proof, Proof::SourceWentOn { bytes: 28 });
}

#[test]
fn what_the_target_lacks_of_the_time_before_the_fence_is_lost_to_the_byte() {
    let fence = fenced(FenceKind::Pause, 4627, Some("aa"));
    let proof = prove(Some(&fence), &source(4641), &target(4600));
    assert_eq!(
        (proof.proof, proof.lost_bytes),
        (Proof::Lost { bytes: 28 }, Some(28))
    );
}

#[test]
fn a_fenced_source_that_is_gone_afterwards_still_proves_by_its_mark() {
    let gone = Observed::Unknown("no connection".to_owned());
    let fence = fenced(FenceKind::Pause, 4627, Some("aa"));
    assert_eq!(
        prove(Some(&fence), &gone, &target(4628)).proof,
        Proof::NothingLost
    );
    let open = fenced(FenceKind::None, 4627, Some("aa"));
    assert!(matches!(
        prove(Some(&open), &gone, &target(4628)).proof,
        Proof::NotProvable { .. }
    ));
}

#[test]
fn a_source_without_ids_proves_less_and_says_so() {
    let old = replication("role:master\r\nmaster_repl_offset:4627\r\n");
    let fence = fenced(FenceKind::Reject, 4627, None);
    let proof = prove(Some(&fence), &old, &target(4628));
    assert_eq!(proof.proof, Proof::NothingLost);
    assert!(proof.basis.contains("Weaker"), "{}", proof.basis);
}

#[test]
fn a_missing_figure_is_not_a_proof_of_anything() {
    let fence = fenced(FenceKind::Pause, 4627, Some("aa"));
    for target in [
        replication("role:master\r\nmaster_replid2:00\r\nsecond_repl_offset:-1\r\n"),
        replication("role:master\r\nmaster_replid2:bb\r\nsecond_repl_offset:4628\r\n"),
        Observed::Unknown("no connection".to_owned()),
    ] {
        for fence in [None, Some(&fence)] {
            let proof = prove(fence, &source(4627), &target);
            assert!(matches!(proof.proof, Proof::NotProvable { .. }), "{proof:?}");
            assert_eq!(proof.lost_bytes, None);
        }
    }
    let moved = replication("role:master\r\nmaster_replid:cc\r\nmaster_repl_offset:4627\r\n");
    assert!(matches!(
        prove(Some(&fence), &moved, &target(4628)).proof,
        Proof::NotProvable { .. }
    ));
}

#[test]
fn a_source_that_was_never_fenced_and_cannot_be_read_is_said_to_be_that() {
    let gone = Observed::Unknown("no connection".to_owned());
    let proof = prove(None, &gone, &target(4628));
    assert_eq!(proof.basis, "the source could not be read: no connection");
    assert!(
        matches!(proof.proof, Proof::NotProvable { .. }),
        "{:?}",
        proof.proof
    );
}

#[test]
fn a_source_without_ids_that_is_gone_afterwards_proves_by_its_mark_and_says_that_it_is_weaker() {
    let gone = Observed::Unknown("no connection".to_owned());
    let fence = fenced(FenceKind::Pause, 4627, None);
    let proof = prove(Some(&fence), &gone, &target(4628));
    assert_eq!(proof.proof, Proof::NothingLost);
    assert!(proof.basis.contains("Weaker"), "{}", proof.basis);
}
