//! The Lambda function `console`.

use adapters::lambda;
use console::{Clients, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let clients = Clients::new().await?;
    lambda::serve(|input| handle(&clients, input)).await
}
