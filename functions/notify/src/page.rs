//! The link to the page that a message carries. It is signed here, at the last moment, so that it stands in no execution's
//! history, in no log, and in nothing but the message.

use adapters::config::PageConfig;
use adapters::link_keys::LinkKeys;
use domain::contract::notify::Input;
use domain::page::{fleet_link, link_of};
use jiff::Timestamp;

/// The page of this stack.
#[derive(Debug)]
pub(crate) struct Page {
    url: String,
    keys: LinkKeys,
}

impl Page {
    pub(crate) fn new(aws: &aws_types::SdkConfig, config: PageConfig) -> Page {
        Page {
            url: config.url,
            keys: LinkKeys::new(aws, config.link_key_arn),
        }
    }

    /// A message's link. Without the key the message goes out all the same, with the command in it.
    pub(crate) async fn link(&self, input: &Input, now: Timestamp) -> Option<String> {
        let migration = input.migration.as_ref()?;
        let verdict = input
            .observation
            .as_ref()
            .and_then(|observation| observation.verdict.as_ref());
        match self.keys.get(now).await {
            Ok(keys) => {
                let link = match input.fleet {
                    Some(_) => fleet_link(now),
                    None => link_of(migration, verdict, now),
                };
                Some(format!("{}{}", self.url, link.path(&keys.current)))
            }
            Err(error) => {
                tracing::warn!(
                    error.name = error.name(),
                    "the message goes out without a link: {error}"
                );
                None
            }
        }
    }
}
