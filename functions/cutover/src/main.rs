//! The Lambda function `cutover`.

use adapters::lambda;
use cutover::{Clients, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let clients = Clients::new().await?;
    lambda::serve(|event| handle(&clients, event)).await
}
