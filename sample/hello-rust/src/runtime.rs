//! The part of AWS Lambda's Runtime API, version 2018-06-01, that a function
//! needs ("Using the Lambda runtime API for custom runtimes").

use std::io::{Error, ErrorKind, Result};
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::http::{Client, Response};
use crate::json::{quote, Json};

/// A handler takes the event and gives its answer as JSON text, or a message
/// that becomes the error of the invocation, as a panic does.
pub type Handler = fn(&Json) -> std::result::Result<String, String>;

const API: &str = "/2018-06-01/runtime";

/// Answers events with the handler that _HANDLER names for as long as the
/// process lives. Gives the reason when there is nothing left to do.
pub fn run(handlers: &[(&str, Handler)]) -> String {
    let server = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap_or_default();
    let name = std::env::var("_HANDLER").unwrap_or_default();
    match serve(&server, &name, handlers) {
        Ok(reason) => reason,
        Err(err) => format!("runtime API at {server:?}: {err}"),
    }
}

fn serve(server: &str, name: &str, handlers: &[(&str, Handler)]) -> Result<String> {
    let mut api = Client::new(server)?;
    let Some((_, handler)) = handlers.iter().find(|(key, _)| *key == name) else {
        let names: Vec<&str> = handlers.iter().map(|(key, _)| *key).collect();
        let message = format!("no handler \"{name}\"; this bootstrap has {}", names.join(", "));
        post_error(&mut api, &format!("{API}/init/error"), "Runtime.NoSuchHandler", &message)?;
        return Ok(message);
    };
    loop {
        let event = api.send("GET", &format!("{API}/invocation/next"), "", b"")?;
        answer(&mut api, &event, *handler)?;
    }
}

fn answer(api: &mut Client, event: &Response, handler: Handler) -> Result<()> {
    let id = match event.header("Lambda-Runtime-Aws-Request-Id") {
        Some(id) if event.status == 200 => id,
        _ => return Err(gone(event.status)),
    };
    // There is one thread, so nobody reads the environment meanwhile.
    match event.header("Lambda-Runtime-Trace-Id") {
        Some(trace) => std::env::set_var("_X_AMZN_TRACE_ID", trace),
        None => std::env::remove_var("_X_AMZN_TRACE_ID"),
    }
    let path = format!("{API}/invocation/{id}");
    let event = match Json::parse(&event.body) {
        Ok(event) => event,
        Err(message) => return post_error(api, &format!("{path}/error"), "Function.InvalidEvent", &message),
    };
    match catch_unwind(AssertUnwindSafe(|| handler(&event))) {
        Ok(Ok(response)) => post(api, &format!("{path}/response"), "", &response),
        Ok(Err(message)) => post_error(api, &format!("{path}/error"), "Function.Error", &message),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let message = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("panic");
            post_error(api, &format!("{path}/error"), "Function.Panic", message)
        }
    }
}

/// Reports a failure. The kind has Lambda's form, Category.Reason.
fn post_error(api: &mut Client, path: &str, kind: &str, message: &str) -> Result<()> {
    let mut body = String::from("{\"errorMessage\":");
    quote(&mut body, message);
    body.push_str(",\"errorType\":");
    quote(&mut body, kind);
    body.push_str(",\"stackTrace\":[]}");
    post(api, path, &format!("Lambda-Runtime-Function-Error-Type: {kind}\r\n"), &body)
}

/// 4xx, such as 413 for an answer that is too large: Lambda tells the caller,
/// and there will be a next event. After 500 there is none.
fn post(api: &mut Client, path: &str, headers: &str, body: &str) -> Result<()> {
    let headers = format!("Content-Type: application/json\r\n{headers}");
    let status = api.send("POST", path, &headers, body.as_bytes())?.status;
    if status != 202 {
        eprintln!("bootstrap: {path}: status {status}");
    }
    if status >= 500 {
        return Err(gone(status));
    }
    Ok(())
}

fn gone(status: u16) -> Error {
    Error::new(ErrorKind::InvalidData, format!("status {status}"))
}
