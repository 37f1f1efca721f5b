//! Prints when the fence ends, so that an alarm comes before a pause runs out that nobody renews. Where standard output is
//! gone the cutover goes on: a fence matters more than its alarm.

use adapters::{clock, config, metrics};
use domain::cutover::{Fence, ending_metrics};

/// The pause was set, or set anew.
pub(crate) fn renewed(before: &Fence, after: &Fence) {
    print(before, Some(after));
}

/// Nothing runs out any more: the fence was released, or made to last.
pub(crate) fn over(fence: &Fence) {
    print(fence, None);
}

fn print(before: &Fence, after: Option<&Fence>) {
    for line in ending_metrics(&config::function_name(), clock::now(), before, after) {
        if let Err(error) = metrics::emit(&line) {
            tracing::error!("when the fence ends is not told: {error}");
        }
    }
}
