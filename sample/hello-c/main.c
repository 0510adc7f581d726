// A Lambda function in C: one bootstrap with several handlers, of which
// _HANDLER names the one to run.
#include <stdio.h>

#include "runtime.h"

// httpevent answers an HTTP request (API Gateway, function URL) and greets
// ?hello=NAME.
static bool httpevent(struct json event, struct buffer *response, struct buffer *error)
{
	if (*event.start != '{') {
		buffer_text(error, "event is no object");
		return false;
	}
	struct json parameters = json_member(event, "queryStringParameters");
	if (!json_is_null(parameters) && *parameters.start != '{') {
		buffer_text(error, "\"queryStringParameters\" is no object");
		return false;
	}
	struct json name = json_member(parameters, "hello");
	struct buffer greeting = {0};
	buffer_text(&greeting, "Hello ");
	if (json_is_string(name)) {
		json_string(name, &greeting);
	} else if (json_is_null(name)) {
		buffer_text(&greeting, "World");
	} else {
		buffer_free(&greeting);
		buffer_text(error, "\"hello\" is no text");
		return false;
	}
	buffer_text(&greeting, " from C");

	buffer_text(response, "{\"statusCode\":200,\"headers\":{\"Content-Type\":\"text/plain; charset=utf-8\"},\"body\":");
	json_quote(response, greeting.data, greeting.length);
	buffer_text(response, "}");
	buffer_free(&greeting);
	return true;
}

static bool log_event(const char *what, struct json event, struct buffer *response)
{
	fprintf(stderr, "%s: %.*s\n", what, (int)(event.end - event.start), event.start);
	buffer_text(response, "{}");
	return true;
}

// scheduledevent is called by the clock (EventBridge).
static bool scheduledevent(struct json event, struct buffer *response, struct buffer *error)
{
	(void)error;
	return log_event("scheduled event", event, response);
}

// snsevent is called with messages of an SNS topic.
static bool snsevent(struct json event, struct buffer *response, struct buffer *error)
{
	(void)error;
	return log_event("SNS event", event, response);
}

int main(void)
{
	static const struct handler handlers[] = {
		{"httpevent", httpevent},
		{"scheduledevent", scheduledevent},
		{"snsevent", snsevent},
	};
	return runtime_run(handlers, sizeof handlers / sizeof *handlers);
}
