//! Free ports. Between finding one and the engine's taking it somebody else may: whoever starts an engine tries again.
//!
//! They are not asked of the system, which would give ones from the range that outgoing connections use. A dead
//! engine's port could then be taken by any connection before the engine is restarted, and a replica that tries again
//! and again to reach it would sooner or later connect to itself.

use std::io;
use std::net::{IpAddr, TcpListener};
use std::ops::Range;

/// Below Linux's usual range for outgoing connections (32768 and up), with the bus ports. No port is another's bus port:
/// an engine that leaves cluster mode for a while must find its own free when it comes back.
const PORTS: Range<u16> = 11_000..21_000;

/// What every engine adds to its port to get its cluster bus port, if it is not told otherwise. Old ones cannot be told.
const BUS: u16 = 10_000;

/// A port that is free now on an address; with `bus`, the cluster bus port that belongs to it is free as well.
pub(super) fn free(address: IpAddr, bus: bool) -> io::Result<u16> {
    let is_free = |port: u16| TcpListener::bind((address, port)).is_ok();
    // From a random one on: other test processes look for ports at the same time.
    let from = PORTS.start + (uuid::Uuid::new_v4().as_u128() % PORTS.len() as u128) as u16;
    (from..PORTS.end)
        .chain(PORTS.start..from)
        .find(|&port| is_free(port) && (!bus || is_free(port + BUS)))
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, format!("no free port on {address}")))
}
