//! HTTP: POST / and nothing else.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request as HttpRequest, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{ControlPlane, operations};
use crate::calls::{Call, Outcome};
use crate::faults::Fault;
use crate::wire::{ApiError, Element, Form, Request, caller, render_answer, render_error};

/// The connection is to be closed without an answer: hyper does so when the service fails.
#[derive(Debug, thiserror::Error)]
#[error("a fault drops this connection")]
struct Dropped;

const LARGEST_BODY: usize = 1024 * 1024;

/// Serves connections until it is dropped; then they are closed too.
pub(crate) async fn serve(listener: TcpListener, plane: Arc<ControlPlane>) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(connection(stream, plane.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, plane: Arc<ControlPlane>) {
    let service = service_fn(move |request| answer(request, plane.clone()));
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended early");
    }
}

async fn answer(
    request: HttpRequest<Incoming>,
    plane: Arc<ControlPlane>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let is_query = request.method() == Method::POST && request.uri().path() == "/";
    let authorization = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body = Limited::new(request.into_body(), LARGEST_BODY)
        .collect()
        .await
        .map_err(|_| Dropped)?
        .to_bytes();
    let form = Form::decode(&body);
    let action = form.text("Action").unwrap_or_default().to_owned();
    let caller = caller(authorization.as_deref());
    let key = caller.clone().unwrap_or_default();

    let fault = plane.faults.strike(&action);
    let result = match &fault {
        _ if !is_query => Err(ApiError::malformed("The stand-in answers POST / only.")),
        Some(Fault::Answer(error)) => Err(error.clone()),
        Some(Fault::DropBefore) => {
            record(&plane, &form, key, Outcome::Dropped);
            return Err(Dropped);
        }
        _ => {
            if let Some(Fault::Delay(delay)) = fault {
                tokio::time::sleep(delay).await;
            }
            perform(&plane, &form, caller, fault.as_ref()).await
        }
    };
    if fault == Some(Fault::DropAfter) {
        record(&plane, &form, key, Outcome::Dropped);
        return Err(Dropped);
    }
    let outcome = match &result {
        Ok(_) => Outcome::Ok,
        Err(error) => Outcome::Error {
            status: error.status,
            code: error.code.clone(),
        },
    };
    record(&plane, &form, key, outcome);
    Ok(respond(&action, result))
}

async fn perform(
    plane: &Arc<ControlPlane>,
    form: &Form,
    caller: Result<String, ApiError>,
    fault: Option<&Fault>,
) -> Result<Vec<Element>, ApiError> {
    if plane.settings.with(|settings| settings.require_signature) {
        caller?;
    }
    operations::perform(plane, Request::read(form)?, fault).await
}

fn record(plane: &ControlPlane, form: &Form, access_key_id: String, outcome: Outcome) {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let parameters = form
        .pairs()
        .filter(|(name, _)| !["Action", "Version"].contains(name))
        .map(owned)
        .collect();
    let action = form.text("Action").unwrap_or_default().to_owned();
    let call = Call {
        at: Timestamp::now(),
        action,
        access_key_id,
        parameters,
        outcome,
    };
    tracing::debug!(action = call.action, outcome = ?call.outcome, "call");
    plane.calls.with(|calls| calls.push(call));
}

fn respond(action: &str, result: Result<Vec<Element>, ApiError>) -> Response<Full<Bytes>> {
    let request_id = uuid::Uuid::new_v4().to_string();
    let (status, xml) = match result {
        Ok(result) => (200, render_answer(action, result, &request_id)),
        Err(error) => (error.status, render_error(&error, &request_id)),
    };
    let body = xml.unwrap_or_else(|error| error.to_string());
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("text/xml"));
    if let Ok(id) = request_id.parse() {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
