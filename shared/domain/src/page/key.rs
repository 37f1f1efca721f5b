//! The secret that links and forms are signed with, in the two versions that a rotation leaves valid.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// One version of the secret. Debug shows its id alone.
#[derive(Clone)]
pub struct Key {
    id: String,
    /// Keyed, and nothing signed yet.
    mac: Hmac<Sha256>,
}

/// Fewer bytes than the digest has would make the key the weakest part (RFC 2104, section 3).
const SHORTEST_SECRET: usize = 32;
/// Enough to tell two versions apart; the id is no secret.
const ID_LENGTH: usize = 8;

impl Key {
    /// A key from a version of the secret. Its id is the beginning of the version's.
    ///
    /// # Errors
    /// Where the secret is shorter than 32 bytes, or the version's id is not one.
    pub fn new(version_id: &str, secret: &[u8]) -> Result<Key, String> {
        let id: String = version_id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(ID_LENGTH)
            .collect();
        if id.len() < ID_LENGTH {
            return Err(format!("{version_id:?} is no version id of a secret"));
        }
        if secret.len() < SHORTEST_SECRET {
            return Err(format!(
                "the key that signs links has {} bytes and needs {SHORTEST_SECRET}: rotate its secret",
                secret.len()
            ));
        }
        let mac = Hmac::new_from_slice(secret).map_err(|error| error.to_string())?;
        Ok(Key { id, mac })
    }

    /// Names the version in what it signed.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The signature of the parts, for one purpose. What was signed for one is not valid for another.
    pub(super) fn sign(&self, purpose: &str, parts: &[&str]) -> Vec<u8> {
        self.mac(purpose, parts).finalize().into_bytes().to_vec()
    }

    /// Whether a signature is that of the parts; takes as long for every wrong one.
    pub(super) fn verifies(&self, purpose: &str, parts: &[&str], signature: &[u8]) -> bool {
        self.mac(purpose, parts).verify_slice(signature).is_ok()
    }

    /// Each part with its length before it, so that no two lists of parts give the same bytes.
    fn mac(&self, purpose: &str, parts: &[&str]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The current version, which signs, and the one before it, which is still accepted.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs and verifies.
    pub current: Key,
    /// Verifies; none before the first rotation.
    pub previous: Option<Key>,
}

impl Keys {
    /// The key of an id; none where it is neither of the two.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|key| key.id == id)
    }

    /// Whether a link's text names a key that is neither of the two: it may be newer than what was read.
    #[must_use]
    pub fn is_of_unknown_key(&self, text: &str) -> bool {
        text.split('.').nth(3).is_some_and(|id| self.find(id).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_long_enough_and_shows_nothing_of_itself() {
        assert!(Key::new("0a1b2c3d-0000-0000-0000-000000000000", &[7; 31]).is_err());
        assert!(Key::new("short", &[7; 32]).is_err());
        let key = Key::new("0a1b2c3d-0000-0000-0000-000000000000", &[b'S'; 32]).expect("a key");
        assert_eq!(format!("{key:?}"), "Key { id: \"0a1b2c3d\", .. }");
    }

    #[test]
    fn where_one_part_ends_and_what_it_is_for_are_signed_too() {
        let key = Key::new("0a1b2c3d", &[7; 32]).expect("a key");
        let signature = key.sign("link", &["ab", "c"]);
        assert!(key.verifies("link", &["ab", "c"], &signature));
        assert!(!key.verifies("link", &["a", "bc"], &signature));
        assert!(!key.verifies("form", &["ab", "c"], &signature));
        assert!(!key.verifies("link", &["ab", "c"], &signature[1..]));
    }

    /// RFC 4231, test case 1, through our framing: the frame is part of what is signed, so only the primitive is compared.
    #[test]
    fn the_primitive_is_hmac_sha256() {
        let mut mac = Hmac::<Sha256>::new_from_slice(&[0x0b; 20]).expect("a key");
        mac.update(b"Hi There");
        let digest = mac.finalize().into_bytes();
        assert_eq!(digest[..4], [0xb0, 0x34, 0x4c, 0x61]);
    }
}
