//! An order from the page's form: whether it is ours, whether it may be passed on, and what became of it.

use crate::{Clients, known, not_now, open, pages};
use adapters::orders::Passed;
use domain::StepError;
use domain::page::{Answer, Asked, Refusal, Request, Standing, Subject, Ticket, decide};
use jiff::Timestamp;

/// Takes an order.
///
/// # Errors
/// Every [`Refusal`]; in each case nothing was ordered, but for one of which the outcome is not known, which says so.
pub(crate) async fn take(
    clients: &Clients,
    id: &str,
    request: &Request,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    if !request.is_from_here() {
        return Err(Refusal::FromElsewhere);
    }
    let form = request.form()?;
    let text = form.get("link").ok_or(Refusal::NoLink)?;
    let (link, keys) = open(clients, text, Subject::Migration(id.to_owned()), now).await?;
    if !link.right.may_act() {
        return Err(Refusal::MayOnlyLook);
    }
    let asked = Asked::read(&form)?;
    let shown = Ticket {
        link: text,
        verdict: &asked.verdict,
    };
    shown.check(form.get("ticket").map_or("", String::as_str), &keys, now)?;

    // What stands is read anew: it may be used up since the form was shown.
    clients.chronicles.forget(id).await;
    let known = known(clients, id, now).await?;
    let standing = Standing::of(&known.report, known.runs)
        .ok_or_else(|| Refusal::TooLate("The migration was not admitted yet.".to_owned()))?;
    let order = decide(&asked, &link.right, &standing, request.signed_by(), now)?;
    let passed = clients.orders.pass(&order).await.map_err(|error| match error {
        StepError::Transient(words) => Refusal::NotNow(words),
        error => not_now(&error),
    })?;
    clients.chronicles.forget(id).await;
    tracing::info!(migration = id, action = ?order.action, by = %order.by, ?passed, "an order from the page");
    match passed {
        Passed::Taken => Ok(pages::taken(&order, &link, text)),
        Passed::NotTaken(words) => Err(Refusal::TooLate(format!("It was not taken: {words}."))),
        Passed::NotKnown => Err(Refusal::NotNow(
            "The migration is busy and has not answered yet. The order may still be taken: look at the migration's page \
             before you send it again."
                .to_owned(),
        )),
    }
}
