//! The chart: lag and throughput over time as SVG, with the same in words for who cannot see it, and in a table.

use crate::words;
use domain::report::Series;
use domain::{Bytes, LagBytes};
use jiff::Timestamp;
use maud::{Markup, html};
use std::fmt::Write;

/// The drawing's size in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 160.0;
/// Room for the figures at the axis.
const LEFT: f64 = 76.0;
const BELOW: f64 = 22.0;

/// One curve: its values by time; none is a gap.
pub(crate) type Curve = Vec<(Timestamp, Option<f64>)>;

/// The migration's curves.
pub(crate) fn chart(series: &Series) -> Markup {
    let lag: Curve = curve(series, |point| point.lag.map(|LagBytes(bytes)| as_float(bytes)));
    let throughput: Curve = curve(series, |point| point.throughput.map(as_float));
    let percent: Curve = curve(series, |point| point.percent);
    html! {
        @if series.points.is_empty() {
            p { "No look was taken at the sync, so there is nothing to draw." }
        } @else {
            (figure("lag", "How far the target was behind the source", &lag, |value| Bytes(round(value)).to_string()))
            (figure("throughput", "What the target received of the full sync", &throughput,
                |value| format!("{}/s", Bytes(round(value)))))
            (figure("progress", "Progress of the phase it was in", &percent, |value| format!("{value:.0} %")))
            (table(series))
        }
    }
}

fn curve(series: &Series, value: impl Fn(&domain::report::Point) -> Option<f64>) -> Curve {
    series
        .points
        .iter()
        .map(|point| (point.at, value(point)))
        .collect()
}

/// A drawing with its caption; a sentence instead where there is no figure at all.
fn figure(id: &str, title: &str, curve: &Curve, show: impl Fn(f64) -> String) -> Markup {
    let Some(summary) = in_words(curve, &show) else {
        return html! { p { (title) ": no figure was to be had." } };
    };
    let top = curve.iter().filter_map(|(_, value)| *value).fold(0.0, f64::max);
    let top = if top > 0.0 { top } else { 1.0 };
    let (from, to) = (curve[0].0, curve[curve.len() - 1].0);
    let viewbox = format!("0 0 {WIDTH} {HEIGHT}");
    let (right, floor) = (WIDTH - 8.0, HEIGHT - BELOW);
    html! {
        figure {
            figcaption id=(format!("caption-{id}")) { strong { (title) } ". " (summary) }
            svg viewBox=(viewbox) role="img" aria-labelledby=(format!("caption-{id}")) {
                line.axis x1=(LEFT) y1="8" x2=(right) y2="8" {}
                line.axis x1=(LEFT) y1=(floor) x2=(right) y2=(floor) {}
                text x="0" y="14" { (show(top)) }
                text x="0" y=(floor) { (show(0.0)) }
                text x=(LEFT) y=(HEIGHT - 5.0) { (from.strftime("%m-%d %H:%M").to_string()) }
                text x=(right) y=(HEIGHT - 5.0) text-anchor="end" { (to.strftime("%m-%d %H:%M").to_string()) }
                path.curve d=(path(curve, top, LEFT, 8.0, right - LEFT, floor - 8.0)) {}
            }
        }
    }
}

/// A curve without axes, for a row of a table; `words` is what a screen reader says.
pub(crate) fn sparkline(curve: &Curve, words: &str) -> Markup {
    let top = curve.iter().filter_map(|(_, value)| *value).fold(0.0, f64::max);
    if curve.iter().all(|(_, value)| value.is_none()) {
        return words::none();
    }
    let top = if top > 0.0 { top } else { 1.0 };
    html! {
        svg.small viewBox="0 0 144 28" role="img" aria-label=(words) {
            path.curve d=(path(curve, top, 1.0, 2.0, 142.0, 24.0)) {}
        }
    }
}

/// An SVG path; it breaks where there is no figure. A single figure is a short stroke.
fn path(curve: &Curve, top: f64, left: f64, above: f64, width: f64, height: f64) -> String {
    let (Some((from, _)), Some((to, _))) = (curve.first(), curve.last()) else {
        return String::new();
    };
    let whole = to.duration_since(*from).as_secs_f64().max(1.0);
    let mut path = String::new();
    let mut drawing = false;
    for (at, value) in curve {
        let Some(value) = value else {
            drawing = false;
            continue;
        };
        let x = left + at.duration_since(*from).as_secs_f64() / whole * width;
        let y = above + (1.0 - value / top) * height;
        // Writing to a String cannot fail.
        let _ = if drawing {
            write!(path, "L{x:.1} {y:.1}")
        } else {
            write!(path, "M{x:.1} {y:.1}h1")
        };
        drawing = true;
    }
    path
}

/// The curve for who cannot see it; none where it has no figure.
fn in_words(curve: &Curve, show: &impl Fn(f64) -> String) -> Option<String> {
    let known: Vec<(Timestamp, f64)> = curve
        .iter()
        .filter_map(|(at, value)| Some((*at, (*value)?)))
        .collect();
    let (first, last) = (known.first()?, known.last()?);
    let most = known
        .iter()
        .copied()
        .reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    Some(format!(
        "From {} at {} to {} at {}; at most {} at {}.",
        show(first.1),
        time(first.0),
        show(last.1),
        time(last.0),
        show(most.1),
        time(most.0)
    ))
}

fn table(series: &Series) -> Markup {
    html! {
        details {
            summary { "The chart's figures as a table (" (series.points.len()) " rows)" }
            div.scroll tabindex="0" role="region" aria-label="The chart's figures" {
                table {
                    caption {
                        "One row stands for up to " (series.span_seconds) " s, with the largest lag in them; made from "
                        (series.looks) " looks."
                    }
                    thead {
                        tr {
                            th scope="col" { "When" }
                            th scope="col" { "Phase" }
                            th.figure scope="col" { "Progress" }
                            th.figure scope="col" { "Lag" }
                            th.figure scope="col" { "Lag in seconds" }
                            th.figure scope="col" { "Received" }
                            th.figure scope="col" { "Written by the source" }
                        }
                    }
                    tbody {
                        @for point in &series.points {
                            tr {
                                th scope="row" { (words::moment(point.at)) }
                                td { (point.phase.word()) }
                                td.figure { @if let Some(percent) = point.percent { (percent) " %" } @else { (words::none()) } }
                                td.figure { (words::lag(point.lag)) }
                                td.figure { @if let Some(seconds) = point.lag_seconds { (seconds) } @else { (words::none()) } }
                                td.figure { (words::rate(point.throughput)) }
                                td.figure { (words::rate(point.write_rate)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn as_float(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast saturates, and no figure here is negative"
)]
fn round(value: f64) -> u64 {
    value.round() as u64
}
