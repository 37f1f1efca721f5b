//! The page from outside: a stack that serves it, links to it, and a request without a browser.

use crate::Story;
use anyhow::{Context, Result};
use local_cloud::{FunctionUrl, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A stack that serves the page.
#[must_use]
pub fn with_page() -> Options {
    Options {
        parameters: [("Console".to_owned(), "function-url".to_owned())].into(),
        function_urls: vec![FunctionUrl {
            function: "ConsoleFunction".to_owned(),
            output: "ConsoleFront.Outputs.PageUrl".to_owned(),
        }],
        ..Options::default()
    }
}

/// What the page answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Head and body.
    pub text: String,
}

/// A GET, without a browser.
pub async fn get(url: &str) -> Result<Answer> {
    ask(url, "GET", "", "").await
}

/// A form of this page's, sent without a browser. Its fields need no encoding.
pub async fn post(url: &str, fields: &[(&str, &str)]) -> Result<Answer> {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let body = fields.join("&");
    let head = format!(
        "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        body.len()
    );
    ask(url, "POST", &head, &body).await
}

async fn ask(url: &str, method: &str, head: &str, body: &str) -> Result<Answer> {
    let (host, path) = url
        .trim_start_matches("http://")
        .split_once('/')
        .context("no path")?;
    let mut connection = TcpStream::connect(host).await?;
    let request =
        format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{head}\r\n{body}");
    connection.write_all(request.as_bytes()).await?;
    let mut text = String::new();
    connection.read_to_string(&mut text).await?;
    let status = text.split_whitespace().nth(1).context("no status")?.parse()?;
    Ok(Answer { status, text })
}

impl Story {
    /// A link that whoever may invoke the function `console` asks for.
    pub async fn link_made(&self, wish: Value) -> Result<String> {
        let mut wish = wish;
        wish["url"] = json!(self.cloud.function_url("ConsoleFunction").context("no page")?);
        let made = self
            .cloud
            .invoke("ConsoleFunction", json!({ "link": wish }))
            .await??;
        Ok(made["url"].as_str().context("no link was made")?.to_owned())
    }

    /// The id and the value of the key that signs links now, read as no function may but those that have it.
    pub async fn link_key(&self) -> Result<(String, String)> {
        let secret = aws_sdk_secretsmanager::Client::new(&self.cloud.sdk_config())
            .get_secret_value()
            .secret_id("local-LinkKey")
            .version_stage("AWSCURRENT")
            .send()
            .await?;
        let id = secret.version_id().context("a key without an id")?;
        Ok((
            id.to_owned(),
            secret.secret_string().context("no key")?.to_owned(),
        ))
    }

    /// Rotates the key that signs links, as Secrets Manager does: four steps for one new version; each is asked for twice,
    /// as after a lost answer.
    pub async fn rotate_link_key(&self, version: &str) -> Result<()> {
        let secret = aws_sdk_secretsmanager::Client::new(&self.cloud.sdk_config())
            .describe_secret()
            .secret_id("local-LinkKey")
            .send()
            .await?;
        for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
            for _ in 0..2 {
                let event = json!({"Step": step, "SecretId": secret.arn(), "ClientRequestToken": version});
                self.cloud
                    .invoke("RotateKeyFunction", event)
                    .await?
                    .context(step)?;
            }
        }
        Ok(())
    }
}
