//! What nobody can read from outside, and preflight's prediction needs: speeds of the network, the disk and the kernel.
//! Each has a default that is on the careful side, and each can be set by somebody who has measured it.

use super::fields::Fields;
use crate::Seconds;
use serde::{Deserialize, Serialize};

/// The assumptions behind a prediction. MB are 1,000,000 bytes and GB are 1,000,000,000, as instance types are sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Assumptions {
    /// What the network carries from source to target, in MB/s. An assumption: 100 is under 1 Gbit/s.
    #[serde(rename = "networkMBps")]
    pub network_mbps: u64,
    /// How fast the source writes an RDB, in MB/s. Where the source's last save took longer, that counts.
    /// An assumption: 80 is under the 125 MiB/s that an EBS gp3 volume has at least, and leaves room for compression.
    /// Source of the 125: <https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html>.
    #[serde(rename = "saveMBps")]
    pub save_mbps: u64,
    /// How fast the target loads an RDB, in MB/s. An assumption: no faster than it is written, since one thread reads it too;
    /// neither AWS nor the engines publish a figure.
    #[serde(rename = "loadMBps")]
    pub load_mbps: u64,
    /// How long the source stands still for a fork, in ms per GB of its memory. Where its last fork took longer, that counts.
    /// 10 to 20 are usual on virtual machines with transparent huge pages off.
    /// Source: <https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/latency/>.
    #[serde(rename = "forkMsPerGB")]
    pub fork_ms_per_gb: u64,
    /// The size of the RDB as a part of the memory that the data use, in percent. An assumption: an RDB has no pointers and
    /// no hash tables, and `rdbcompression` (on by default: redis.conf, valkey.conf) helps only where values can be packed.
    pub rdb_percent_of_memory: u64,
    /// The part of the source's memory that is copied while the fork lives, because it is written to, in percent. An
    /// assumption: it depends on the writes, and 100 is the most. Where the last save copied more (`rdb_last_cow_size`, 4.0
    /// and later), that counts.
    pub copy_on_write_percent: u64,
    /// How many times the sampled write rate a burst during the sync may reach. An assumption.
    pub peak_factor: u64,
    /// How long a broken link shall be survived without a new full sync. An assumption of a minute.
    #[serde(rename = "linkLossSeconds")]
    pub link_loss: Seconds,
    /// How far the two samples of the source are apart.
    #[serde(rename = "sampleSeconds")]
    pub sample: Seconds,
}

impl Default for Assumptions {
    fn default() -> Assumptions {
        Assumptions {
            network_mbps: 100,
            save_mbps: 80,
            load_mbps: 80,
            fork_ms_per_gb: 20,
            rdb_percent_of_memory: 80,
            copy_on_write_percent: 30,
            peak_factor: 2,
            link_loss: Seconds(60),
            sample: Seconds(3),
        }
    }
}

impl Assumptions {
    /// Reads the section of a person's input.
    pub(super) fn read(section: &mut Fields<'_>) -> Assumptions {
        let default = Assumptions::default();
        Assumptions {
            network_mbps: section.integer("networkMBps", default.network_mbps, 1, 25_000),
            save_mbps: section.integer("saveMBps", default.save_mbps, 1, 25_000),
            load_mbps: section.integer("loadMBps", default.load_mbps, 1, 25_000),
            fork_ms_per_gb: section.integer("forkMsPerGB", default.fork_ms_per_gb, 1, 10_000),
            rdb_percent_of_memory: section.integer(
                "rdbPercentOfMemory",
                default.rdb_percent_of_memory,
                1,
                200,
            ),
            copy_on_write_percent: section.integer(
                "copyOnWritePercent",
                default.copy_on_write_percent,
                0,
                100,
            ),
            peak_factor: section.integer("peakFactor", default.peak_factor, 1, 100),
            link_loss: Seconds(section.integer("linkLossSeconds", default.link_loss.0, 1, 3_600)),
            sample: Seconds(section.integer("sampleSeconds", default.sample.0, 1, 10)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use serde_json::json;

    #[test]
    fn each_can_be_set_and_a_plan_of_an_earlier_version_has_the_defaults() {
        let input = json!({
            "replicationGroupId": "orders", "source": {"address": "10.0.0.241"},
            "assumptions": {"networkMBps": 1000, "peakFactor": 5}
        });
        let plan = Plan::from_input(&input).expect("valid");
        assert_eq!(
            (plan.assumptions.network_mbps, plan.assumptions.peak_factor),
            (1000, 5)
        );
        let mut earlier = serde_json::to_value(&plan).expect("JSON");
        earlier.as_object_mut().expect("an object").remove("assumptions");
        let read: Plan = serde_json::from_value(earlier).expect("a plan without the section");
        assert_eq!(read.assumptions, Assumptions::default());
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_bounds() {
        let input = json!({
            "replicationGroupId": "orders", "source": {"address": "10.0.0.241"}, "assumptions": {"networkMBps": 0}
        });
        let mistakes = Plan::from_input(&input).expect_err("no network");
        assert!(
            mistakes.to_string().contains("assumptions.networkMBps"),
            "{mistakes}"
        );
    }
}
