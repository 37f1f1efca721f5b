//! Plain text, for e-mail: the first line says where it stands, names and values are aligned, a URL has its own line.

use super::{About, Story, cut};

/// SNS's limit is "less than 100 characters".
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
const LONGEST_SUBJECT: usize = 99;

/// Printable ASCII only, cut to what SNS takes.
pub(super) fn subject(story: &Story, about: &About) -> String {
    let test = if about.test { "[TEST] " } else { "" };
    let what = story.subject.as_deref().unwrap_or(&story.headline);
    format!("{test}[migration {}] {}: {what}", about.kind.name, about.whom)
        .chars()
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .take(LONGEST_SUBJECT)
        .collect()
}

/// The whole message. What is too long is cut in its middle part: what to do and where to look always stand at the end.
pub(super) fn text(story: &Story, about: &About) -> String {
    let foot = foot(story, about);
    let mut lines = vec![format!("{}: {}.", about.whom, story.headline)];
    if about.test {
        lines.push("This is a test of the messages. Nothing of what follows happened.".to_owned());
    }
    lines.push(String::new());
    let width = story.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    for (name, value) in &story.facts {
        lines.push(format!("{:width$} {value}", format!("{name}:")));
    }
    lines.extend(story.lines.iter().cloned());
    let left = cut::LONGEST_TEXT.saturating_sub(foot.len());
    format!("{}\n{foot}", cut::bytes(&lines.join("\n"), left))
}

fn foot(story: &Story, about: &About) -> String {
    let mut lines = vec![];
    if !story.next.is_empty() {
        lines.extend([String::new(), "Next:".to_owned()]);
    }
    for step in &story.next {
        lines.push(format!("- {}", step.text));
        if let Some(command) = &step.command {
            lines.push(format!("  {command}"));
        }
    }
    lines.extend([String::new(), "Where to look:".to_owned()]);
    for link in [&about.page, &about.console].into_iter().flatten() {
        lines.push(link.clone());
    }
    if let Some(report) = &about.report {
        lines.push(format!("report: {report}"));
    }
    if let Some(arn) = &about.execution_arn {
        lines.push(format!("execution: {arn}"));
    }
    lines.push(format!("migration: {}", about.migration));
    lines.push(format!("message:   {}", about.message_id));
    cut::bytes(&lines.join("\n"), cut::LONGEST_TEXT / 2)
}
