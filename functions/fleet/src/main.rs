//! The Lambda function `fleet`.

use adapters::lambda;
use fleet::{Clients, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let clients = Clients::new().await?;
    lambda::serve(|input| handle(&clients, input)).await
}
