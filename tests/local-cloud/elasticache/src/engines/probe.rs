//! Looking at a migration's source from where the target is, as an ordinary client without credentials.

use super::EngineError;
use super::control::Control;
use crate::state::Reason;
use crate::wire::Endpoint;

/// Whether a migration from this source could begin: it answers PING and tells its replication state without a
/// password. What AWS's own test looks at is not public.
pub(crate) async fn probe_source(source: &Endpoint) -> Result<(), Reason> {
    let control = Control::new(source.address.clone(), source.port, None);
    for words in [&["PING"][..], &["INFO", "replication"]] {
        if let Err(error) = control.command(words).await {
            return Err(reason(&error));
        }
    }
    Ok(())
}

/// The source's replication offset, when it tells.
pub(crate) async fn source_offset(source: &Endpoint) -> Option<i64> {
    let control = Control::new(source.address.clone(), source.port, None);
    let replication = control.info("replication").await.ok()?;
    // A source that is itself a replica has its own count, which is that of its primary.
    replication.get("master_repl_offset")?.parse().ok()
}

pub(super) fn reason(error: &EngineError) -> Reason {
    let EngineError::Command { source, .. } = error else {
        return Reason::Unknown;
    };
    if source.is_io_error() || source.is_timeout() || source.is_connection_dropped() {
        let text = source.to_string();
        return if text.contains("lookup") || text.contains("resolve") {
            Reason::UnknownHost
        } else {
            Reason::Unreachable
        };
    }
    match source.code() {
        Some("NOAUTH") => Reason::AuthRequired,
        Some("DENIED") => Reason::ProtectedMode,
        Some("NOPERM") => Reason::ReplicationRefused,
        Some("LOADING" | "MASTERDOWN") => Reason::SourceNotReady,
        _ if source.to_string().contains("unknown command") => Reason::ReplicationRefused,
        _ => Reason::Unknown,
    }
}
