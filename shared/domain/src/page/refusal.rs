//! Why a request is not answered with what it asked for: a table of status and words.

use super::Method;

/// A refusal. Each says to a person what to do, and to a stranger nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no valid link: none, an altered one, one for something else, or one whose key is gone.
    NoLink,
    /// The link's time is over.
    LinkExpired,
    /// The link allows to look alone.
    MayOnlyLook,
    /// Nothing is at this path.
    NoSuchPage,
    /// The path knows another method.
    WrongMethod(Method),
    /// The body is too large, or no form.
    NoForm,
    /// The form was sent from another site, or by a program that does not say from where.
    FromElsewhere,
    /// The form's own signature is wrong, or is for another link or verdict.
    NotOurForm,
    /// The form was open for too long.
    FormExpired,
    /// A field is wrong.
    Field(String),
    /// The migration is not where this can be ordered any more; in words.
    TooLate(String),
    /// There is no such migration.
    NoSuchMigration,
    /// Something behind the page did not answer; in words.
    NotNow(String),
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Refusal::NoLink
            | Refusal::MayOnlyLook
            | Refusal::FromElsewhere
            | Refusal::NotOurForm
            | Refusal::FormExpired => 403,
            Refusal::LinkExpired => 410,
            Refusal::NoSuchPage | Refusal::NoSuchMigration => 404,
            Refusal::WrongMethod(_) => 405,
            Refusal::NoForm => 400,
            Refusal::Field(_) => 422,
            Refusal::TooLate(_) => 409,
            Refusal::NotNow(_) => 503,
        }
    }

    /// In a few words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Refusal::NoLink => "This link is not valid",
            Refusal::LinkExpired => "This link has expired",
            Refusal::MayOnlyLook => "This link allows to look only",
            Refusal::NoSuchPage => "There is no such page",
            Refusal::WrongMethod(_) => "Not in this way",
            Refusal::NoForm => "This is no form of the page",
            Refusal::FromElsewhere => "This form was not sent from the page",
            Refusal::NotOurForm => "This form does not belong to this link",
            Refusal::FormExpired => "This form was open for too long",
            Refusal::Field(_) => "Something is missing",
            Refusal::TooLate(_) => "Nothing was ordered",
            Refusal::NoSuchMigration => "This migration is not known any more",
            Refusal::NotNow(_) => "Not now",
        }
    }

    /// What happened and what to do.
    #[must_use]
    pub fn words(&self) -> String {
        const ANOTHER: &str =
            "Open the link of the newest message, or ask for another one: docs/operations.md says how.";
        match self {
            Refusal::NoLink => format!("It is incomplete, was altered, or is for another migration. {ANOTHER}"),
            Refusal::LinkExpired => format!("Nothing was ordered. {ANOTHER}"),
            Refusal::MayOnlyLook => {
                "Nothing was ordered. The message \"ready\" has the link that approves, puts off and gives up.".to_owned()
            }
            Refusal::NoSuchPage => "A page has the path /migrations, with a link from a message.".to_owned(),
            Refusal::WrongMethod(_) => "Nothing was ordered. Open the page, and use its form.".to_owned(),
            Refusal::NoForm | Refusal::FromElsewhere | Refusal::NotOurForm => {
                "Nothing was ordered. Open the page by its link, and send its own form from there.".to_owned()
            }
            Refusal::FormExpired => "Nothing was ordered. Open the page again: the migration may have moved on.".to_owned(),
            Refusal::Field(words) | Refusal::TooLate(words) | Refusal::NotNow(words) => words.clone(),
            Refusal::NoSuchMigration => {
                "Step Functions keeps an execution for 90 days after its end. The migration's report stays.".to_owned()
            }
        }
    }
}
