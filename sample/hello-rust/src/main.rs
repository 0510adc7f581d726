//! A Lambda function in Rust, without crates: one bootstrap with several
//! handlers, of which _HANDLER names the one to run.

mod http;
mod json;
mod runtime;

use json::Json;

/// Answers an HTTP request (API Gateway, function URL) and greets ?hello=NAME.
fn httpevent(event: &Json) -> Result<String, String> {
    if !matches!(event, Json::Object(_)) {
        return Err("event is no object".into());
    }
    let name = match event.member("queryStringParameters") {
        None => None,
        Some(parameters @ Json::Object(_)) => parameters.member("hello"),
        Some(_) => return Err("\"queryStringParameters\" is no object".into()),
    };
    let name = match name {
        None => "World",
        Some(Json::Text(name)) => name,
        Some(_) => return Err("\"hello\" is no text".into()),
    };
    let mut response =
        String::from("{\"statusCode\":200,\"headers\":{\"Content-Type\":\"text/plain; charset=utf-8\"},\"body\":");
    json::quote(&mut response, &format!("Hello {name} from Rust"));
    response.push('}');
    Ok(response)
}

/// Called by the clock (EventBridge).
fn scheduledevent(event: &Json) -> Result<String, String> {
    let detail = match event.member("detail-type") {
        Some(Json::Text(detail)) => detail,
        _ => "",
    };
    eprintln!("scheduled event: {detail}");
    Ok("{}".into())
}

/// Called with messages of an SNS topic.
fn snsevent(event: &Json) -> Result<String, String> {
    if event.member("Records").is_none() {
        eprintln!("SNS event without records");
    } else {
        eprintln!("SNS event");
    }
    Ok("{}".into())
}

fn main() {
    let reason = runtime::run(&[
        ("httpevent", httpevent),
        ("scheduledevent", scheduledevent),
        ("snsevent", snsevent),
    ]);
    eprintln!("bootstrap: {reason}");
    std::process::exit(1);
}
