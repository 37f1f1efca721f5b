//! Which engine, which version, and which RDB format it writes. The format decides whether a target can load what a
//! source sends, which AWS's page does not mention: a reader refuses every number above its own.

use super::Info;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whose engine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Brand {
    /// Redis, open source or not.
    Redis,
    /// Valkey.
    Valkey,
}

/// An engine's brand and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineVersion {
    /// Whose engine.
    pub brand: Brand,
    /// Major and minor number; a patch level never changes the RDB format.
    pub release: (u32, u32),
    /// The version as the engine or ElastiCache prints it.
    pub text: String,
}

/// The number of an RDB format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RdbVersion(pub u32);

/// First release of a run of releases that write one RDB format, up to the next row.
/// Source: `RDB_VERSION` in `src/rdb.h` at each release's tag. Valkey 9.0 jumped to 80 to stay clear of Redis.
const RDB_VERSIONS: [(Brand, (u32, u32), u32); 9] = [
    (Brand::Redis, (2, 8), 6),
    (Brand::Redis, (3, 2), 7),
    (Brand::Redis, (4, 0), 8),
    (Brand::Redis, (5, 0), 9),
    (Brand::Redis, (7, 0), 10),
    (Brand::Redis, (7, 2), 11),
    (Brand::Redis, (7, 4), 12),
    (Brand::Valkey, (7, 2), 11),
    (Brand::Valkey, (9, 0), 80),
];

/// The newest releases whose format is known, by brand. What is newer is not guessed.
const NEWEST_KNOWN: [(Brand, (u32, u32)); 2] = [(Brand::Redis, (8, 0)), (Brand::Valkey, (9, 0))];

/// Formats that Valkey leaves to others and does not read unless `rdb-version-check` is `relaxed`, which nothing shows
/// ElastiCache to set. Redis 7.4 and later write them.
/// Source: `RDB_FOREIGN_VERSION_MIN` and `RDB_FOREIGN_VERSION_MAX` in Valkey's `src/rdb.h`.
const FOREIGN_TO_VALKEY: std::ops::RangeInclusive<u32> = 12..=79;

/// What is known of the format of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RdbFormat {
    /// This one.
    Exactly(RdbVersion),
    /// This one or a higher one: a later minor release of a known major one, and no release lowers the number.
    AtLeast(RdbVersion),
}

impl EngineVersion {
    /// Reads a version such as `7.0.15` or `8.2`.
    #[must_use]
    pub fn parse(brand: Brand, text: &str) -> Option<EngineVersion> {
        let mut numbers = text.split(['.', '-']);
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0);
        Some(EngineVersion {
            brand,
            release: (major, minor),
            text: text.to_owned(),
        })
    }

    /// The version an engine gives in INFO. Valkey keeps `redis_version` at 7.2.4 for old clients, so its own field
    /// goes first. Source: `REDIS_VERSION` in Valkey's `src/version.h`.
    #[must_use]
    pub fn from_info(info: &Info) -> Option<EngineVersion> {
        match info.text("valkey_version") {
            Some(version) => EngineVersion::parse(Brand::Valkey, version),
            None => EngineVersion::parse(Brand::Redis, info.text("redis_version")?),
        }
    }

    /// The version ElastiCache gives for a cache cluster: its `Engine` and `EngineVersion`.
    #[must_use]
    pub fn from_elasticache(engine: &str, version: &str) -> Option<EngineVersion> {
        match engine {
            "redis" => EngineVersion::parse(Brand::Redis, version),
            "valkey" => EngineVersion::parse(Brand::Valkey, version),
            _ => None,
        }
    }

    /// The RDB format this version writes, and the highest that it reads; none where the version is not known.
    #[must_use]
    pub fn rdb(&self) -> Option<RdbVersion> {
        match self.rdb_format()? {
            RdbFormat::Exactly(rdb) => Some(rdb),
            RdbFormat::AtLeast(_) => None,
        }
    }

    /// What is known of the format, also of a later minor release; none of a major release that is not known.
    #[must_use]
    pub fn rdb_format(&self) -> Option<RdbFormat> {
        let newest = NEWEST_KNOWN.iter().find(|(brand, _)| *brand == self.brand)?.1;
        if self.release.0 > newest.0 {
            return None;
        }
        let (_, _, rdb) = RDB_VERSIONS
            .iter()
            .rfind(|(brand, first, _)| *brand == self.brand && self.release >= *first)?;
        Some(if self.release > newest {
            RdbFormat::AtLeast(RdbVersion(*rdb))
        } else {
            RdbFormat::Exactly(RdbVersion(*rdb))
        })
    }

    /// Whether this version loads what `writer` writes; none where that does not follow from what is known.
    #[must_use]
    pub fn loads_from(&self, writer: &EngineVersion) -> Option<bool> {
        let (written, read) = (writer.rdb_format()?, self.rdb_format()?);
        let (RdbFormat::Exactly(low) | RdbFormat::AtLeast(low)) = written;
        // A later minor release of Redis stays in the range that Valkey leaves to it.
        if writer.brand == Brand::Redis && self.brand == Brand::Valkey && FOREIGN_TO_VALKEY.contains(&low.0) {
            return Some(false);
        }
        match (written, read) {
            (RdbFormat::Exactly(written), RdbFormat::Exactly(read)) => Some(written <= read),
            (RdbFormat::AtLeast(written), RdbFormat::Exactly(read)) if written > read => Some(false),
            (RdbFormat::Exactly(written), RdbFormat::AtLeast(read)) if written <= read => Some(true),
            _ => None,
        }
    }

    /// Whether it is this release and patch or a later one.
    #[must_use]
    pub fn is_at_least(&self, major: u32, minor: u32, patch: u32) -> bool {
        let own: u32 = self
            .text
            .split(['.', '-'])
            .nth(2)
            .and_then(|patch| patch.parse().ok())
            .unwrap_or(0);
        (self.release.0, self.release.1, own) >= (major, minor, patch)
    }
}

impl fmt::Display for EngineVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let brand = match self.brand {
            Brand::Redis => "Redis",
            Brand::Valkey => "Valkey",
        };
        write!(f, "{brand} {}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rdb(brand: Brand, version: &str) -> Option<u32> {
        EngineVersion::parse(brand, version)?.rdb().map(|rdb| rdb.0)
    }

    #[test]
    fn each_release_has_the_format_its_source_says() {
        let redis = [
            ("2.8.21", 6),
            ("3.0.7", 6),
            ("3.2.0", 7),
            ("4.0.14", 8),
            ("5.0.6", 9),
            ("6.0.20", 9),
            ("6.2.14", 9),
            ("7.0.15", 10),
            ("7.2.0", 11),
            ("7.4.6", 12),
            ("8.0.1", 12),
        ];
        for (version, expected) in redis {
            assert_eq!(rdb(Brand::Redis, version), Some(expected), "{version}");
        }
        for (version, expected) in [("7.2.5", 11), ("8.0.1", 11), ("8.1.0", 11), ("9.0.0", 80)] {
            assert_eq!(rdb(Brand::Valkey, version), Some(expected), "{version}");
        }
    }

    #[test]
    fn what_is_older_or_newer_than_the_table_is_not_guessed() {
        assert_eq!(rdb(Brand::Redis, "2.6.17"), None);
        assert_eq!(rdb(Brand::Redis, "11.0"), None);
        assert_eq!(rdb(Brand::Valkey, "9.1.0"), None);
        assert_eq!(rdb(Brand::Redis, "unstable"), None);
    }

    #[test]
    fn whether_one_loads_the_others_rdb_follows_from_what_is_known_only() {
        let version = |text: &str| {
            let (brand, text) = text.split_once(' ').expect("brand and version");
            EngineVersion::from_elasticache(brand, text).expect("a version")
        };
        for (writer, reader, loads) in [
            ("redis 2.8.21", "valkey 8.0.1", Some(true)),
            ("redis 7.2.4", "redis 7.0.7", Some(false)),
            ("redis 7.2.4", "valkey 7.2.6", Some(true)),
            ("redis 7.4.6", "valkey 8.2.0", Some(false)),
            // 12 is below Valkey 9's 80, and still not read: the range is another engine's.
            ("redis 7.4.6", "valkey 9.0.0", Some(false)),
            ("redis 8.4.0", "valkey 9.0.0", Some(false)),
            ("valkey 8.1.0", "valkey 9.1.0", Some(true)),
            ("valkey 9.1.0", "valkey 8.1.0", Some(false)),
            ("valkey 9.1.0", "valkey 9.0.0", None),
            ("redis 10.0.0", "valkey 8.0.1", None),
            ("redis 7.0.15", "valkey 12.0.0", None),
        ] {
            assert_eq!(
                version(reader).loads_from(&version(writer)),
                loads,
                "{writer} -> {reader}"
            );
        }
        assert!(version("redis 2.8.21").is_at_least(2, 8, 21));
        assert!(!version("redis 2.8.19").is_at_least(2, 8, 21));
    }

    #[test]
    fn valkey_is_not_taken_for_the_redis_it_claims_to_be() {
        let info = Info::parse("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n");
        assert_eq!(
            EngineVersion::from_info(&info).expect("read").to_string(),
            "Valkey 8.0.1"
        );
    }
}
