//! The fault matrix. `matrix.md` is a table that a person reads: what goes wrong, when, how the migration must end, and what
//! must still be true. Each row is one whole migration on real engines, in a local cloud of its own.
//!
//! `matrix` reads the table; `stage` sets a row up, `source` with its engines; `fault` does what goes wrong; `play` runs the row; `truth` looks at what
//! must be true after every row, whatever happened in it.

mod fault;
mod matrix;
mod play;
mod proxy;
mod source;
mod stage;
mod truth;
mod writer;

pub use fault::known_faults;
pub use matrix::{Brand, End, MATRIX, Moment, Pair, Row, rows};
pub use play::{Played, Used, play};
