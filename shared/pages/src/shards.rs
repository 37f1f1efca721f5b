//! Each shard pair: where it stands, and its lag over time.

use crate::chart::{Curve, sparkline};
use crate::words;
use domain::LagBytes;
use domain::report::{LatestShard, Report, ShardSeries};
use maud::{Markup, html};

/// The section; nothing where no look was taken.
pub(crate) fn shards(report: &Report) -> Markup {
    let Some(latest) = &report.latest else {
        return html! {};
    };
    html! {
        section aria-labelledby="shards" {
            h2 id="shards" { "Shards" }
            p { "At the last look, " (words::moment(latest.at)) ". " (latest.why) "." }
            div.scroll tabindex="0" role="region" aria-label="Shards" {
                table {
                    caption { "Each shard of the target and the source shard that it follows" }
                    thead {
                        tr {
                            th scope="col" { "Shard" }
                            th scope="col" { "Phase" }
                            th.figure scope="col" { "Progress" }
                            th.figure scope="col" { "Received" }
                            th.figure scope="col" { "Lag" }
                            th scope="col" { "Lag over time" }
                        }
                    }
                    tbody {
                        @for shard in &latest.shards { (row(report, shard)) }
                    }
                }
            }
        }
    }
}

fn row(report: &Report, shard: &LatestShard) -> Markup {
    let series = report
        .series
        .shards
        .iter()
        .find(|series| series.shard == shard.shard);
    html! {
        tr {
            th scope="row" { (shard.shard.0) }
            td {
                (shard.phase.describe())
                @if let Some(why) = &shard.unseen { br; span.care { (why) } }
            }
            td.figure { @if let Some(progress) = shard.progress { (progress.percent) " %" } @else { (words::none()) } }
            td.figure { @if let Some(received) = shard.received { (received.to_string()) } @else { (words::none()) } }
            td.figure { (words::lag(shard.lag)) }
            td { @if let Some(series) = series { (lag_over_time(report, series)) } @else { (words::none()) } }
        }
    }
}

fn lag_over_time(report: &Report, series: &ShardSeries) -> Markup {
    let curve: Curve = report
        .series
        .shard_times
        .iter()
        .zip(&series.lag)
        .map(|(at, lag)| (*at, lag.map(|LagBytes(bytes)| bytes as f64)))
        .collect();
    let most = series.lag.iter().flatten().max();
    let words = most.map_or_else(
        || "No lag was to be had".to_owned(),
        |most| format!("Lag of shard {}: at most {most}", series.shard.0),
    );
    sparkline(&curve, &words)
}
