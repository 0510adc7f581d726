## A Lambda function in Nim: one bootstrap with several handlers, of which
## _HANDLER names the one to run.

import std/json
import runtime

proc member(value: JsonNode, name: string, kind: JsonNodeKind): JsonNode =
  ## The member of that name, nil if there is none or if it is null.
  result = value.getOrDefault(name)
  if result != nil and result.kind == JNull:
    result = nil
  if result != nil and result.kind != kind:
    raise newException(ValueError, "\"" & name & "\" is no " & (if kind == JString: "text" else: "object"))

proc httpevent(event: JsonNode): JsonNode =
  ## Answers an HTTP request (API Gateway, function URL) and greets
  ## ?hello=NAME.
  if event.kind != JObject:
    raise newException(ValueError, "event is no object")
  var user = "World"
  let parameters = event.member("queryStringParameters", JObject)
  if parameters != nil:
    let name = parameters.member("hello", JString)
    if name != nil:
      user = name.getStr
  %*{
    "statusCode": 200,
    "headers": {"Content-Type": "text/plain; charset=utf-8"},
    "body": "Hello " & user & " from Nim",
  }

proc scheduledevent(event: JsonNode): JsonNode =
  ## Called by the clock (EventBridge).
  stderr.writeLine("scheduled event: ", event)
  newJObject()

proc snsevent(event: JsonNode): JsonNode =
  ## Called with messages of an SNS topic.
  stderr.writeLine("SNS event: ", event)
  newJObject()

stderr.writeLine("bootstrap: ", run({
  "httpevent": Handler(httpevent),
  "scheduledevent": Handler(scheduledevent),
  "snsevent": Handler(snsevent),
}))
quit(1)
