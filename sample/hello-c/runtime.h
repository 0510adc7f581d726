// The part of AWS Lambda's Runtime API, version 2018-06-01, that a function
// needs ("Using the Lambda runtime API for custom runtimes").
#ifndef RUNTIME_H
#define RUNTIME_H

#include <stdbool.h>

#include "buffer.h"
#include "json.h"

// A handler reads the event and appends its answer, which is JSON, to response
// and gives true; or it appends a message to error, in UTF-8, and gives false.
// One call at a time.
typedef bool handler_function(struct json event, struct buffer *response, struct buffer *error);

struct handler {
	const char *name; // the value of _HANDLER
	handler_function *function;
};

// runtime_run answers events with the handler that _HANDLER names, for as long
// as the process lives. It gives the exit status when there is nothing left to
// do: no such handler, or no Runtime API.
int runtime_run(const struct handler *handlers, size_t count);

#endif
