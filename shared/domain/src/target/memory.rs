//! How much data a node type holds before `reserved-memory-percent` is taken off: the fixed `maxmemory` that AWS
//! publishes, in bytes. A type that is not here is not guessed.
//!
//! Source: "Valkey and Redis OSS node-type specific parameters",
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html>.

use crate::Bytes;

/// Family, size, bytes.
const MAX_MEMORY: [(&str, &str, u64); 103] = [
    ("t2", "micro", 581_959_680),
    ("t2", "small", 1_665_138_688),
    ("t2", "medium", 3_461_349_376),
    ("t3", "micro", 536_870_912),
    ("t3", "small", 1_471_026_299),
    ("t3", "medium", 3_317_862_236),
    ("t4g", "micro", 536_870_912),
    ("t4g", "small", 1_471_026_299),
    ("t4g", "medium", 3_317_862_236),
    ("m3", "medium", 2_988_441_600),
    ("m3", "large", 6_501_171_200),
    ("m3", "xlarge", 14_260_633_600),
    ("m3", "2xlarge", 29_989_273_600),
    ("m4", "large", 6_892_593_152),
    ("m4", "xlarge", 15_328_501_760),
    ("m4", "2xlarge", 31_889_126_359),
    ("m4", "4xlarge", 65_257_290_629),
    ("m4", "10xlarge", 166_047_614_239),
    ("m5", "large", 6_854_542_746),
    ("m5", "xlarge", 13_891_921_715),
    ("m5", "2xlarge", 27_966_669_210),
    ("m5", "4xlarge", 56_116_178_125),
    ("m5", "12xlarge", 168_715_971_994),
    ("m5", "24xlarge", 337_500_562_842),
    ("m6g", "large", 6_854_542_746),
    ("m6g", "xlarge", 13_891_921_715),
    ("m6g", "2xlarge", 27_966_669_210),
    ("m6g", "4xlarge", 56_116_178_125),
    ("m6g", "8xlarge", 111_325_552_312),
    ("m6g", "12xlarge", 168_715_971_994),
    ("m6g", "16xlarge", 225_000_375_228),
    ("m7g", "large", 6_854_542_746),
    ("m7g", "xlarge", 13_891_921_715),
    ("m7g", "2xlarge", 27_966_669_210),
    ("m7g", "4xlarge", 56_116_178_125),
    ("m7g", "8xlarge", 111_325_552_312),
    ("m7g", "12xlarge", 168_715_971_994),
    ("m7g", "16xlarge", 225_000_375_228),
    ("m8g", "large", 7_294_178_820),
    ("m8g", "xlarge", 15_222_495_510),
    ("m8g", "2xlarge", 31_866_224_640),
    ("m8g", "4xlarge", 65_856_864_256),
    ("m8g", "8xlarge", 133_838_143_488),
    ("m8g", "12xlarge", 201_819_422_720),
    ("m8g", "16xlarge", 269_800_701_952),
    ("r3", "large", 14_470_348_800),
    ("r3", "xlarge", 30_513_561_600),
    ("r3", "2xlarge", 62_495_129_600),
    ("r3", "4xlarge", 126_458_265_600),
    ("r3", "8xlarge", 254_384_537_600),
    ("r4", "large", 13_201_781_556),
    ("r4", "xlarge", 26_898_228_839),
    ("r4", "2xlarge", 54_197_537_997),
    ("r4", "4xlarge", 108_858_546_586),
    ("r4", "8xlarge", 218_255_432_090),
    ("r4", "16xlarge", 437_021_573_120),
    ("r5", "large", 14_037_181_030),
    ("r5", "xlarge", 28_261_849_702),
    ("r5", "2xlarge", 56_711_183_565),
    ("r5", "4xlarge", 113_609_865_216),
    ("r5", "12xlarge", 341_206_346_547),
    ("r5", "24xlarge", 682_485_973_811),
    ("r6g", "large", 14_037_181_030),
    ("r6g", "xlarge", 28_261_849_702),
    ("r6g", "2xlarge", 56_711_183_565),
    ("r6g", "4xlarge", 113_609_865_216),
    ("r6g", "8xlarge", 225_000_375_228),
    ("r6g", "12xlarge", 341_206_346_547),
    ("r6g", "16xlarge", 450_000_750_456),
    ("r6gd", "xlarge", 28_261_849_702),
    ("r6gd", "2xlarge", 56_711_183_565),
    ("r6gd", "4xlarge", 113_609_865_216),
    ("r6gd", "8xlarge", 225_000_375_228),
    ("r6gd", "12xlarge", 341_206_346_547),
    ("r6gd", "16xlarge", 450_000_750_456),
    ("r7g", "large", 14_037_181_030),
    ("r7g", "xlarge", 28_261_849_702),
    ("r7g", "2xlarge", 56_711_183_565),
    ("r7g", "4xlarge", 113_609_865_216),
    ("r7g", "8xlarge", 225_000_375_228),
    ("r7g", "12xlarge", 341_206_346_547),
    ("r7g", "16xlarge", 450_000_750_456),
    ("r8g", "large", 15_222_495_510),
    ("r8g", "xlarge", 31_866_224_640),
    ("r8g", "2xlarge", 65_856_864_256),
    ("r8g", "4xlarge", 133_838_143_488),
    ("r8g", "8xlarge", 269_800_701_952),
    ("r8g", "12xlarge", 405_763_260_416),
    ("r8g", "16xlarge", 541_725_818_880),
    ("c7gn", "large", 3_317_862_236),
    ("c7gn", "xlarge", 6_854_542_746),
    ("c7gn", "2xlarge", 13_891_921_715),
    ("c7gn", "4xlarge", 27_966_669_210),
    ("c7gn", "8xlarge", 56_116_178_125),
    ("c7gn", "12xlarge", 84_357_985_997),
    ("c7gn", "16xlarge", 113_609_865_216),
    ("c8gn", "large", 3_330_020_474),
    ("c8gn", "xlarge", 7_294_178_820),
    ("c8gn", "2xlarge", 15_222_495_510),
    ("c8gn", "4xlarge", 31_866_224_640),
    ("c8gn", "8xlarge", 65_856_864_256),
    ("c8gn", "12xlarge", 99_847_503_872),
    ("c8gn", "16xlarge", 133_838_143_488),
];

/// The `maxmemory` of a node type such as `cache.r7g.large`.
#[must_use]
pub fn max_memory(node_type: &str) -> Option<Bytes> {
    let (family, size) = node_type.strip_prefix("cache.")?.split_once('.')?;
    MAX_MEMORY
        .iter()
        .find(|row| (row.0, row.1) == (family, size))
        .map(|row| Bytes(row.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_type_that_aws_lists_is_known_and_any_other_is_not_guessed() {
        assert_eq!(max_memory("cache.t4g.micro"), Some(Bytes(536_870_912)));
        assert_eq!(max_memory("cache.r7g.large"), Some(Bytes(14_037_181_030)));
        for unknown in [
            "cache.r99g.large",
            "r7g.large",
            "cache.r7g",
            "",
            "cache.r7g.large.x",
        ] {
            assert_eq!(max_memory(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn each_type_stands_in_the_table_once_and_a_larger_size_holds_more() {
        let types: BTreeSet<_> = MAX_MEMORY.iter().map(|row| (row.0, row.1)).collect();
        assert_eq!(types.len(), MAX_MEMORY.len());
        for pair in MAX_MEMORY.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            assert!(pair[0].2 < pair[1].2, "{pair:?}");
        }
    }
}
