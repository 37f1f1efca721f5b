//! The sequence: everything is set up, the migration runs while the writer writes, the writer moves, and all is checked.

use crate::check::count_keys;
use crate::failure::Failure;
use crate::follow::{Follower, Reached};
use crate::handover::{self, Shard};
use crate::ledger::Ledger;
use crate::observation::Verdict;
use crate::options::{Approve, Options};
use crate::outcome::Outcome;
use crate::scene::{CONSOLE, GROUP, Scene};
use crate::steps::{Step, steps};
use crate::summary::{show_messages, show_outcome, show_steps};
use crate::view::View;
use crate::words::{count, span};
use crate::writer::Writer;
use anyhow::{anyhow, bail};
use local_cloud::{ExecutionStatus, LocalCloud};
use serde_json::json;
use std::time::{Duration, Instant};

/// How long the writer goes on at the target.
const AFTERWARDS: Duration = Duration::from_secs(4);

/// How long a person may take to approve.
const A_PERSONS_TIME: Duration = Duration::from_secs(3_600);

/// The function that takes orders, and who gives them here.
const SIGNAL: &str = "SignalFunction";
const APPROVER: &str = "make demo";

/// Tells the whole story. An error says what went wrong; everything that ran is gone in any case.
pub(crate) async fn tell(options: &Options, view: &mut View) -> anyhow::Result<()> {
    view.line("Moves a live Redis into a Valkey replication group, all of it on this machine.\n");
    let scene = Scene::set(options, view).await?;
    let mut limit = Duration::from_secs(u64::from(options.limit));
    if options.approve == Approve::Manual {
        limit += A_PERSONS_TIME;
    }
    let told = match tokio::time::timeout(limit, migrate(&scene, options, view)).await {
        Ok(told) => told,
        Err(_) => Err(anyhow!(
            "not done after {}; last seen: {}",
            span(limit),
            view.last()
        )),
    };
    view.end_bar();
    scene.end().await;
    told
}

async fn migrate(scene: &Scene, options: &Options, view: &mut View) -> anyhow::Result<()> {
    let began = Instant::now();
    let writer = Writer::start(&scene.source, Ledger::default(), options.writes_per_second);
    view.note(
        "writer",
        format!(
            "{} writes a second, to the source",
            count(options.writes_per_second)
        ),
    );
    if options.transfer > 0 {
        view.note(
            "pace",
            format!(
                "the source takes about {} s to send its data, to be seen",
                options.transfer
            ),
        );
    }
    let input = json!({
        "replicationGroupId": GROUP,
        "source": {"address": scene.source.host, "port": scene.source.port},
    });
    let arn = scene.cloud.start_execution(None, input.clone()).await?;
    view.note("input", &input);
    let page = page(&scene.cloud, &arn).await?;
    view.note("page", format_args!("{page}\n"));
    view.begin();

    let mut follower = Follower::new(&scene.cloud, arn);
    let ready = match follower.follow(view, Some(&writer)).await? {
        Reached::Approvable(verdict) => verdict,
        Reached::End(execution) => {
            return Err(Failure::of(&execution, follower.visits(), &scene.cloud).into());
        }
    };
    let ledger = writer.stop().await?;
    let stopped = Instant::now();
    view.tell(
        "(writer)",
        &format!("stopped; {} writes acknowledged", count(ledger.acknowledged())),
    );
    let approving = (options.approve == Approve::Manual).then_some(page.as_str());
    let endpoints = cut_over(&scene.cloud, &mut follower, ready, approving, view).await?;
    let keys = count_keys(&scene.source, &endpoints.primary, &scene.dataset).await?;
    let writer = Writer::start(&endpoints.primary, ledger, options.writes_per_second);
    let paused = stopped.elapsed();
    view.tell("(writer)", &format!("goes on at {}", endpoints.primary));
    view.busy("the writer goes on");
    tokio::time::sleep(AFTERWARDS).await;
    let ledger = writer.stop().await?;

    let checking = Instant::now();
    view.busy("checking every key and every write");
    let outcome = Outcome::reach(scene, &endpoints, &ledger, keys).await?;
    let total = outcome.writes.total();
    view.end_bar();

    let mut all = vec![scene.set_up.clone()];
    all.extend(steps(follower.visits()));
    all.extend([
        Step::new(
            "(no writes)",
            paused,
            "from the writer's stop until it went on at the target",
        ),
        Step::new(
            "(check)",
            checking.elapsed(),
            format!("{} acknowledged writes", count(total.acknowledged)),
        ),
        Step::new(
            "All but the set-up",
            began.elapsed(),
            format!("{} missing", count(total.missing)),
        ),
    ]);
    show_steps(view, &all);
    show_messages(view, &scene.cloud.messages());
    show_outcome(view, &ledger, &outcome);
    let wrong = outcome.wrong();
    if !wrong.is_empty() {
        bail!("the target is not what it must be\n{}", wrong.join("\n"));
    }
    Ok(())
}

/// The migration's page, by a link that acts: what the messages would carry, from the beginning.
async fn page(cloud: &LocalCloud, arn: &str) -> anyhow::Result<String> {
    let id = arn.rsplit(':').next().unwrap_or_default();
    let url = cloud
        .function_url(CONSOLE)
        .ok_or_else(|| anyhow!("the page has no address"))?;
    let wish = json!({"link": {"for": id, "right": "act", "url": url}});
    let made = cloud.invoke(CONSOLE, wish).await??;
    let url = made["url"].as_str();
    Ok(url.ok_or_else(|| anyhow!("no link was made"))?.to_owned())
}

/// Approves, again where another verdict takes the place of the one that was approved, until the end.
async fn cut_over(
    cloud: &LocalCloud,
    follower: &mut Follower<'_>,
    mut ready: Verdict,
    on_the_page: Option<&str>,
    view: &mut View,
) -> anyhow::Result<Shard> {
    loop {
        match on_the_page {
            Some(page) => view.tell(
                "(demo)",
                &format!("waits for you to approve {} on the page: {page}", ready.digest),
            ),
            None => approve(cloud, &ready, view).await?,
        }
        follower.approved(&ready);
        match follower.follow(view, None).await? {
            Reached::Approvable(another) => ready = another,
            Reached::End(execution) if execution.status == ExecutionStatus::Succeeded => {
                return handover::read(&execution);
            }
            Reached::End(execution) => {
                return Err(Failure::of(&execution, follower.visits(), cloud).into());
            }
        }
    }
}

async fn approve(cloud: &LocalCloud, ready: &Verdict, view: &mut View) -> anyhow::Result<()> {
    let order = json!({
        "replicationGroupId": GROUP,
        "action": "approve",
        "verdict": ready.digest,
        "by": APPROVER,
    });
    view.tell(
        "(demo)",
        &format!("approves {} ({})", ready.digest, ready.findings),
    );
    let answer = cloud.invoke(SIGNAL, order).await??;
    if answer["delivered"] != true {
        bail!("the approval was not delivered: {answer}");
    }
    Ok(())
}
