//! The same thing to many engines at the same time: writers of all of them wait for the slowest, and not for the sum.

use std::future::Future;
use tokio::task::JoinSet;

/// Does it to each, and answers in their order.
pub(crate) async fn at_once<I, T, F>(these: impl IntoIterator<Item = I>, work: impl Fn(I) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut running = JoinSet::new();
    for (at, one) in these.into_iter().enumerate() {
        let work = work(one);
        running.spawn(async move { (at, work.await) });
    }
    let mut done = running.join_all().await;
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
