//! Many questions at a time, their answers in the order in which they stand.

use std::future::Future;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Questions that are asked at the same time: many, because they wait and do not work; not all, because a sandbox has
/// 1,024 file descriptors and a pair may have a dozen nodes, and the smallest has 256 MB for their answers.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>; the memory is template.yaml's.
const AT_ONCE: usize = 64;

/// All answers. One that panics is no answer to leave out: the panic is the caller's.
pub(crate) async fn together<Q>(questions: impl IntoIterator<Item = Q>) -> Vec<Q::Output>
where
    Q: Future<Output: Send> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut asked = JoinSet::new();
    for (at, question) in questions.into_iter().enumerate() {
        let room = Arc::clone(&room);
        asked.spawn(async move {
            // A closed semaphore is impossible: nobody closes it.
            let _room = room.acquire().await;
            (at, question.await)
        });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
