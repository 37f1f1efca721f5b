//! An engine that is looked at again and again, on a connection that is kept.

use super::Connection;
use domain::engine::Replication;
use domain::{Endpoint, Observed};
use std::time::Duration;

/// It connects when it has to.
#[derive(Debug)]
pub struct Watched {
    endpoint: Endpoint,
    connection: Option<Connection>,
    patience: Duration,
}

impl Watched {
    /// Nothing is connected yet. Each answer may take as long as `patience`.
    #[must_use]
    pub fn new(endpoint: Endpoint, patience: Duration) -> Watched {
        Watched {
            endpoint,
            connection: None,
            patience,
        }
    }

    /// Its replication section now.
    pub async fn replication(&mut self) -> Observed<Replication> {
        let looked = async {
            let connection = match &mut self.connection {
                Some(connection) => connection,
                None => self
                    .connection
                    .insert(Connection::keep(&self.endpoint, self.patience).await?),
            };
            connection.replication().await
        };
        match looked.await {
            Ok(info) => Replication::from_info(&info).map_or_else(
                || Observed::Unknown("its INFO has no role".to_owned()),
                Observed::Known,
            ),
            Err(fault) => {
                self.connection = None;
                Observed::Unknown(fault.to_string())
            }
        }
    }
}
