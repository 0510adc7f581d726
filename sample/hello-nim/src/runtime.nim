## The part of AWS Lambda's Runtime API, version 2018-06-01, that a function
## needs ("Using the Lambda runtime API for custom runtimes").

import std/[json, os, strutils, tables]
import connection

type Handler* = proc(event: JsonNode): JsonNode
  ## Takes the event and gives its answer. What it raises becomes the error of
  ## its invocation.

const api = "/2018-06-01/runtime"

proc post(c: var Connection, path, headers, body: string) =
  ## 4xx, such as 413 for an answer that is too large: Lambda tells the caller,
  ## and there will be a next event. After 500 there is none.
  let status = c.send("POST", path, "Content-Type: application/json\r\n" & headers, body).status
  if status != 202:
    stderr.writeLine("bootstrap: ", path, ": status ", status)
  if status >= 500:
    raise newException(IOError, "status " & $status)

proc postError(c: var Connection, path, kind, message: string) =
  ## Reports a failure. The kind has Lambda's form, Category.Reason.
  let body = %*{"errorMessage": message, "errorType": kind, "stackTrace": []}
  c.post(path, "Lambda-Runtime-Function-Error-Type: " & kind & "\r\n", $body)

proc answer(c: var Connection, handler: Handler) =
  let event = c.send("GET", api & "/invocation/next")
  let id = event.headers.getOrDefault("lambda-runtime-aws-request-id")
  if event.status != 200 or id == "":
    raise newException(IOError, "status " & $event.status & " instead of an event")
  if "lambda-runtime-trace-id" in event.headers:
    putEnv("_X_AMZN_TRACE_ID", event.headers["lambda-runtime-trace-id"])
  else:
    delEnv("_X_AMZN_TRACE_ID")

  let path = api & "/invocation/" & id
  var response: string
  try:
    response = $handler(parseJson(event.body))
  except JsonParsingError as e:
    c.postError(path & "/error", "Function.InvalidEvent", "event is not JSON: " & e.msg)
    return
  except Exception as e: # defects too, such as an index out of bounds
    c.postError(path & "/error", "Function." & $e.name, e.msg)
    return
  c.post(path & "/response", "", response)

proc run*(handlers: openArray[(string, Handler)]): string =
  ## Answers events with the handler that _HANDLER names for as long as the
  ## process lives. Gives the reason when there is nothing left to do.
  let server = getEnv("AWS_LAMBDA_RUNTIME_API")
  let name = getEnv("_HANDLER")
  try:
    var c = newConnection(server)
    var names: seq[string]
    for (known, handler) in handlers:
      names.add(known)
      if known == name:
        while true:
          c.answer(handler)
    result = "no handler \"" & name & "\"; this bootstrap has " & names.join(", ")
    c.postError(api & "/init/error", "Runtime.NoSuchHandler", result)
  except OSError, IOError, ValueError:
    result = "runtime API at \"" & server & "\": " & getCurrentExceptionMsg()
