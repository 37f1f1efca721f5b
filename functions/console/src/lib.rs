//! The page: one migration and its forms, all migrations, and orders on their way to the function `signal`.
//!
//! Changes nothing itself. It reads executions and passes an order on, by invoking `signal`; its role can do nothing else,
//! so that whoever took the function over could still not wake a migration with a token. Twice is safe: an order that came
//! twice is for a verdict that was approved already, or for a migration that is over.
//!
//! Neither a link nor what stands in a form is ever logged.

mod chronicles;
mod order;
mod pages;

use adapters::config::ConsoleConfig;
use adapters::link_keys::LinkKeys;
use adapters::orders::Orders;
use adapters::step_functions::Migrations;
use adapters::{aws, clock};
use chronicles::{Chronicles, Known};
use domain::StepError;
use domain::page::{Answer, Keys, Link, Refusal, Request, Right, Route, Standing, Subject, Ticket, Wish};
use jiff::Timestamp;
use serde_json::{Value, json};

/// How often a browser loads the page of a running migration again, in seconds. Migrations are looked at every 10 to 60.
const REFRESH: u32 = 15;
/// How many of the newest executions are shown with their group.
const DESCRIBED: usize = 60;

/// What this function may call.
#[derive(Debug)]
pub struct Clients {
    migrations: Migrations,
    keys: LinkKeys,
    orders: Orders,
    chronicles: Chronicles,
}

impl Clients {
    /// Builds the clients once per sandbox.
    ///
    /// # Errors
    /// Where a variable of the environment is missing.
    pub async fn new() -> Result<Clients, adapters::config::ConfigError> {
        let config = ConsoleConfig::from_env()?;
        let aws = aws::config().await;
        Ok(Clients {
            migrations: Migrations::new(&aws, config.state_machine_arn),
            keys: LinkKeys::new(&aws, config.link_key_arn),
            orders: Orders::new(&aws, config.signal_function),
            chronicles: Chronicles::default(),
        })
    }
}

/// Answers one invocation: an HTTP request, or a wish for a link by somebody who may invoke the function itself. A request
/// always comes in an envelope of AWS's, so none can look like a wish.
///
/// # Errors
/// [`StepError::InvalidInput`] for a wish that is wrong. A request is always answered.
pub async fn handle(clients: &Clients, event: Value) -> Result<Value, StepError> {
    let now = clock::now();
    if let Some(wish) = event.get("link") {
        return mint(clients, wish, now).await;
    }
    let request: Request = serde_json::from_value(event).map_err(|error| {
        StepError::InvalidInput(format!(
            "neither a request nor a wish for a link such as {{\"link\":{{\"for\":\"fleet\",\"url\":\"<the page's \
             address>\"}}}}: {error}"
        ))
    })?;
    let answer = match Box::pin(answer(clients, &request, now)).await {
        Ok(answer) => answer,
        Err(refusal) => {
            tracing::info!(status = refusal.status(), "refused: {}", refusal.title());
            pages::refusal(&refusal)
        }
    };
    serde_json::to_value(answer).map_err(|error| StepError::Bug(error.to_string()))
}

async fn mint(clients: &Clients, wish: &Value, now: Timestamp) -> Result<Value, StepError> {
    let wish: Wish = serde_json::from_value(wish.clone())
        .map_err(|error| StepError::InvalidInput(format!("the wish for a link is wrong: {error}")))?;
    let link = wish.link(now).map_err(StepError::InvalidInput)?;
    let keys = clients.keys.get(now).await?;
    tracing::info!(subject = ?link.subject, acts = link.right.may_act(), expires = %link.expires, "a link was asked for");
    let url = format!("{}{}", wish.url(), link.path(&keys.current));
    Ok(json!({"url": url, "expires": link.expires}))
}

async fn answer(clients: &Clients, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let route = Route::of(request)?;
    match &route {
        Route::Order(id) => order::take(clients, id, request, now).await,
        Route::Fleet => {
            let (_, link, keys) = opened(clients, request, &route, now).await?;
            fleet(clients, &link, &keys).await
        }
        Route::Migration(id) => {
            let (text, link, _) = opened(clients, request, &route, now).await?;
            let known = known(clients, id, now).await?;
            let still = request.query("still").is_some();
            let refreshes = known.runs && !still;
            let page = pages::migration(&known, &link, &text, refreshes.then_some(REFRESH));
            let answer = Answer::html(200, page);
            Ok(if refreshes {
                answer.refreshing(REFRESH)
            } else {
                answer
            })
        }
        Route::Decision(id) => {
            let (text, link, keys) = opened(clients, request, &route, now).await?;
            if !link.right.may_act() {
                return Err(Refusal::MayOnlyLook);
            }
            let known = known(clients, id, now).await?;
            Ok(Answer::html(200, decision(&known, &link, &text, &keys, now)))
        }
    }
}

fn decision(known: &Known, link: &Link, text: &str, keys: &Keys, now: Timestamp) -> String {
    let standing = Standing::of(&known.report, known.runs);
    let verdict = standing
        .as_ref()
        .and_then(|standing| standing.approvable(&link.right, now))
        .unwrap_or_default();
    let ticket = Ticket { link: text, verdict }.issue(keys, now);
    pages::decision(&pages::Decision {
        report: &known.report,
        standing: standing.as_ref(),
        verdict,
        path: link.subject.path(),
        link: text,
        ticket: &ticket,
        now,
    })
}

async fn fleet(clients: &Clients, link: &Link, keys: &Keys) -> Result<Answer, Refusal> {
    let listed = clients
        .migrations
        .fleet(DESCRIBED)
        .await
        .map_err(|error| not_now(&error))?;
    let view = |id: &str| {
        Link {
            subject: Subject::Migration(id.to_owned()),
            right: Right::View,
            expires: link.expires,
        }
        .path(&keys.current)
    };
    Ok(Answer::html(200, pages::fleet(&listed, &view)))
}

/// The link in the query, opened for what the route is about: its text, what it allows, and the keys.
async fn opened(
    clients: &Clients,
    request: &Request,
    route: &Route,
    now: Timestamp,
) -> Result<(String, Link, Keys), Refusal> {
    let text = request.query("link").ok_or(Refusal::NoLink)?;
    let (link, keys) = open(clients, &text, route.subject(), now).await?;
    Ok((text, link, keys))
}

/// Opens a link. One of a key that this sandbox does not know may be of a newer one than it has read.
async fn open(
    clients: &Clients,
    text: &str,
    subject: Subject,
    now: Timestamp,
) -> Result<(Link, Keys), Refusal> {
    let keys = clients.keys.get(now).await.map_err(|error| not_now(&error))?;
    match keys.open(text, subject.clone(), now) {
        Err(Refusal::NoLink) if keys.is_of_unknown_key(text) => {
            let newer = clients
                .keys
                .get_newer(now)
                .await
                .map_err(|error| not_now(&error))?;
            Ok((newer.open(text, subject, now)?, newer))
        }
        opened => Ok((opened?, keys)),
    }
}

async fn known(clients: &Clients, id: &str, now: Timestamp) -> Result<Known, Refusal> {
    clients
        .chronicles
        .of(&clients.migrations, id, now)
        .await
        .map_err(|error| not_now(&error))?
        .ok_or(Refusal::NoSuchMigration)
}

/// What AWS did not do is logged whole and told in general: a stranger learns no name of a role or a key from it.
fn not_now(error: &StepError) -> Refusal {
    tracing::error!(error.name = error.name(), "{error}");
    Refusal::NotNow(
        "An AWS service did not answer as it should. Load the page again; the function's log says more."
            .to_owned(),
    )
}
