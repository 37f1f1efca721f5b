//! What `make bench-cold` and `make bench-profile` share: a Lambda host and an AWS that are just enough to start a function
//! and to invoke it, the measuring of one process, and the bars. Which tables are made of it is theirs.

pub mod aws;
pub mod functions;
pub mod measure;
pub mod runtime_api;

/// First `/next` against hello-world's, at most so many times: without and with Redis.
pub const FIRST_NEXT: (f64, f64) = (2.0, 3.0);
/// Resident memory after one invocation against hello-world's, at most so many times.
pub const RESIDENT: f64 = 4.0;
/// Zipped, at most so many bytes.
pub const ZIPPED: usize = 3_000_000;
