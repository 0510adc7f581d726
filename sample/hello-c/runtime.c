#include "runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

#define API "/2018-06-01/runtime"

// post_error reports a failure. The type has Lambda's form, Category.Reason.
static bool post_error(struct http *api, const char *path, const char *type, const char *message, size_t length)
{
	char headers[256];
	snprintf(headers, sizeof headers, "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: %s\r\n", type);
	struct buffer body = {0};
	buffer_text(&body, "{\"errorMessage\":");
	json_quote(&body, message, length);
	buffer_text(&body, ",\"errorType\":");
	json_quote(&body, type, strlen(type));
	buffer_text(&body, ",\"stackTrace\":[]}");
	bool sent = http_send(api, "POST", path, headers, body.data, body.length);
	buffer_free(&body);
	return sent;
}

static int no_such_handler(struct http *api, const char *name, const struct handler *handlers, size_t count)
{
	struct buffer message = {0};
	buffer_text(&message, "no handler \"");
	buffer_text(&message, name);
	buffer_text(&message, "\"; this bootstrap has");
	for (size_t i = 0; i < count; i++) {
		buffer_text(&message, i == 0 ? " " : ", ");
		buffer_text(&message, handlers[i].name);
	}
	fprintf(stderr, "bootstrap: %.*s\n", (int)message.length, message.data);
	post_error(api, API "/init/error", "Runtime.NoSuchHandler", message.data, message.length);
	buffer_free(&message);
	return 1;
}

// answer handles the invocation that http_send has just received. false means
// that the Runtime API is gone.
static bool answer(struct http *api, handler_function *handle)
{
	const char *id = http_header(api, "Lambda-Runtime-Aws-Request-Id");
	if (api->status != 200 || id == NULL) {
		errno = EPROTO;
		return false;
	}
	const char *trace = http_header(api, "Lambda-Runtime-Trace-Id");
	if (trace != NULL)
		setenv("_X_AMZN_TRACE_ID", trace, 1);
	else
		unsetenv("_X_AMZN_TRACE_ID");

	const char *type = "Function.Error";
	struct buffer path = {0}, response = {0}, error = {0};
	buffer_text(&path, API "/invocation/");
	buffer_text(&path, id);
	bool good = false;
	struct json event = json_parse(api->body, api->body_length);
	if (event.start != NULL) {
		good = handle(event, &response, &error);
	} else {
		type = "Function.InvalidEvent";
		buffer_text(&error, "event is not JSON");
	}
	buffer_text(&path, good ? "/response" : "/error");
	buffer_append(&path, "", 1);

	bool sent;
	if (good)
		sent = http_send(api, "POST", path.data, "Content-Type: application/json\r\n", response.data, response.length);
	else
		sent = post_error(api, path.data, type, error.data, error.length);
	// 4xx, such as 413 for an answer that is too large: Lambda tells the
	// caller, and there will be a next event. After 500 there is none.
	if (sent && api->status != 202)
		fprintf(stderr, "bootstrap: %s: status %d\n", path.data, api->status);
	buffer_free(&path);
	buffer_free(&response);
	buffer_free(&error);
	if (sent && api->status >= 500)
		errno = EPROTO;
	return sent && api->status < 500;
}

int runtime_run(const struct handler *handlers, size_t count)
{
	const char *server = getenv("AWS_LAMBDA_RUNTIME_API");
	struct http api;
	if (server == NULL || !http_open(&api, server)) {
		fprintf(stderr, "bootstrap: AWS_LAMBDA_RUNTIME_API is no numeric address and port: \"%s\"\n", server ? server : "");
		return 1;
	}
	const char *name = getenv("_HANDLER");
	for (size_t i = 0; i < count; i++) {
		if (name == NULL || strcmp(handlers[i].name, name) != 0)
			continue;
		while (http_send(&api, "GET", API "/invocation/next", "", NULL, 0) && answer(&api, handlers[i].function))
			;
		fprintf(stderr, "bootstrap: runtime API at %s: %s\n", server, strerror(errno));
		return 1;
	}
	return no_such_handler(&api, name ? name : "", handlers, count);
}
