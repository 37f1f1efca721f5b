//! The Lambda function `report`.

use adapters::lambda;
use report::{Clients, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let clients = Clients::new().await?;
    lambda::serve_until(|input, left| handle(&clients, input, left)).await
}
