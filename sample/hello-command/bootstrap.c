// A Lambda function without a C library, to show what is left when everything
// is left out: a file of a few kilobytes and five system calls an invocation.
// Runtime API: "Using the Lambda runtime API for custom runtimes".
#include <stdint.h>

#include "json.h"
#include "linux.h"

enum { LIMIT = 6 << 20, HEAD = 64 << 10 };

// Memory that is not touched costs nothing.
static char received[HEAD + LIMIT], message[HEAD], body[HEAD + LIMIT];
static size_t received_length, message_length, body_length;

static struct text text_of(const char *zero_ended)
{
	struct text t = {zero_ended, 0};
	while (zero_ended[t.length] != 0)
		t.length++;
	return t;
}

static void fail(struct text reason)
{
	system_call(SYS_WRITE, 2, (long)reason.at, (long)reason.length, 0, 0, 0);
	system_call(SYS_EXIT_GROUP, 1, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

// What does not fit ends the program: names and paths are short, and an answer
// is no longer than its event.
static void add_to(char *buffer, size_t *length, size_t size, struct text t)
{
	if (t.length > size - *length)
		fail(TEXT("bootstrap: answer is too long\n"));
	memcpy(buffer + *length, t.at, t.length);
	*length += t.length;
}

static void head(struct text t)
{
	add_to(message, &message_length, sizeof message, t);
}

static void add(struct text t)
{
	add_to(body, &body_length, sizeof body, t);
}

static void add_quoted(struct text t)
{
	add(TEXT("\""));
	for (size_t i = 0; i < t.length; i++) {
		unsigned char c = (unsigned char)t.at[i];
		char escape[] = {'\\', 'u', '0', '0', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
		if (c < 0x20 || c == '"' || c == '\\')
			add((struct text){escape, sizeof escape});
		else
			add((struct text){t.at + i, 1});
	}
	add(TEXT("\""));
}

// --- HTTP/1.1 over one connection that is kept.

static struct text server;
static long connection = -1;
static struct text answer_head, answer_body;
static unsigned status;

// A number in decimal digits up to 2^32; text without digits is a failure.
static size_t number(struct text *t)
{
	size_t value = 0, digits = 0;
	while (t->length > 0 && *t->at >= '0' && *t->at <= '9' && value < UINT32_MAX) {
		value = value * 10 + (size_t)(*t->at++ - '0');
		t->length--;
		digits++;
	}
	if (digits == 0)
		fail(TEXT("bootstrap: AWS_LAMBDA_RUNTIME_API, or an answer from there, has no number where one belongs\n"));
	return value;
}

// An address is four numbers and a port, in network byte order.
static void open_connection(void)
{
	struct text t = server;
	struct { uint16_t family; uint8_t port[2], address[4], zero[8]; } address = {.family = 2};
	for (int i = 0; i < 4; i++) {
		size_t part = number(&t);
		if (part > 255 || t.length == 0 || *t.at != ":..."[(i + 1) % 4])
			fail(TEXT("bootstrap: AWS_LAMBDA_RUNTIME_API is no numeric address and port\n"));
		address.address[i] = (uint8_t)part;
		t.at++;
		t.length--;
	}
	size_t port = number(&t);
	if (port == 0 || port > 65535 || t.length > 0)
		fail(TEXT("bootstrap: AWS_LAMBDA_RUNTIME_API has no port from 1 to 65535\n"));
	address.port[0] = (uint8_t)(port >> 8);
	address.port[1] = (uint8_t)port;
	connection = system_call(SYS_SOCKET, 2, 1, 0, 0, 0, 0); // AF_INET, SOCK_STREAM
	if (connection < 0 || system_call(SYS_CONNECT, connection, (long)&address, sizeof address, 0, 0, 0) < 0)
		fail(TEXT("bootstrap: runtime API cannot be reached\n"));
	int on = 1;
	system_call(SYS_SETSOCKOPT, connection, 6, 1, (long)&on, sizeof on, 0); // TCP_NODELAY
}

static void transmit(struct text t)
{
	while (t.length > 0) {
		// MSG_NOSIGNAL: a closed connection is an error here.
		long sent = system_call(SYS_SENDTO, connection, (long)t.at, (long)t.length, 0x4000, 0, 0);
		if (sent == INTERRUPTED)
			continue;
		if (sent <= 0)
			fail(TEXT("bootstrap: runtime API has gone\n"));
		t.at += sent;
		t.length -= (size_t)sent;
	}
}

static void receive(void)
{
	long got;
	// One byte stays free for the zero behind the last.
	size_t room = sizeof received - 1 - received_length;
	do
		got = system_call(SYS_READ, connection, (long)received + (long)received_length, (long)room, 0, 0, 0);
	while (got == INTERRUPTED);
	if (got <= 0)
		fail(TEXT("bootstrap: runtime API has gone, or its event is too long\n"));
	received_length += (size_t)got;
}

// The value of a header of the last answer; length 0 if there is none. name is
// in lower case, with the colon.
static struct text header(struct text name)
{
	const char *line = answer_head.at, *end = line + answer_head.length;
	while (line < end) {
		const char *stop = line;
		while (*stop != '\r')
			stop++;
		size_t i = 0;
		while (i < name.length && line + i < stop && (name.at[i] == '-' || name.at[i] == ':' ? line[i] : line[i] | 32) == name.at[i])
			i++;
		if (i == name.length) {
			const char *value = line + i;
			while (*value == ' ' || *value == '\t')
				value++;
			return (struct text){value, (size_t)(stop - value)};
		}
		line = stop + 2;
	}
	return (struct text){line, 0};
}

// Sends a request whose first line up to the path is in message and whose body
// is in body, and waits for the answer without a limit: the process may be
// frozen meanwhile. headers are whole lines with CRLF.
static void exchange(struct text headers)
{
	char digits[20];
	size_t at = sizeof digits, rest = body_length;
	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	head(TEXT(" HTTP/1.1\r\nHost: "));
	head(server);
	head(TEXT("\r\nContent-Length: "));
	head((struct text){digits + at, sizeof digits - at});
	head(TEXT("\r\n"));
	head(headers);
	head(TEXT("\r\n"));
	if (connection < 0)
		open_connection();
	transmit((struct text){message, message_length});
	transmit((struct text){body, body_length});
	message_length = body_length = 0;

	received_length = 0;
	size_t end = 0;
	for (;;) {
		receive();
		while (end + 4 <= received_length && memcmp(received + end, "\r\n\r\n", 4) != 0)
			end++;
		if (end + 4 <= received_length)
			break;
	}
	answer_head = (struct text){received, end + 2};
	struct text line = {received + 9, end};
	if (end < 12 || memcmp(received, "HTTP/1.1 ", 9) != 0)
		fail(TEXT("bootstrap: runtime API does not speak HTTP/1.1\n"));
	status = (unsigned)number(&line);
	// The Runtime API always says how long its answers are.
	struct text length = header(TEXT("content-length:"));
	answer_body = (struct text){received + end + 4, number(&length)};
	while (received_length < end + 4 + answer_body.length)
		receive();
	received[end + 4 + answer_body.length] = 0;
	if (equal(header(TEXT("connection:")), TEXT("close"))) {
		system_call(SYS_CLOSE, connection, 0, 0, 0, 0, 0);
		connection = -1;
	}
}

// --- Handlers. They add their answer to the body, or give the reason why not.

static struct text httpevent(const char *event)
{
	if (*event != '{')
		return TEXT("event is no object");
	const char *parameters = member(event, TEXT("queryStringParameters"));
	if (parameters != NULL && *parameters != '{')
		return TEXT("\"queryStringParameters\" is no object");
	const char *name = parameters ? member(parameters, TEXT("hello")) : NULL;
	if (name != NULL && *name != '"')
		return TEXT("\"hello\" is no text");
	add(TEXT("{\"statusCode\":200,\"headers\":{\"Content-Type\":\"text/plain; charset=utf-8\"},\"body\":\"Hello "));
	// From one JSON string into another: what is escaped stays so.
	if (name != NULL)
		add((struct text){name + 1, (size_t)(skip_string(name) - name) - 2});
	else
		add(TEXT("World"));
	add(TEXT(" from make\"}"));
	return (struct text){0};
}

static struct text log_event(const char *event)
{
	struct text line = text_of(event);
	system_call(SYS_WRITE, 2, (long)line.at, (long)line.length, 0, 0, 0);
	system_call(SYS_WRITE, 2, (long)"\n", 1, 0, 0, 0);
	add(TEXT("{}"));
	return (struct text){0};
}

// --- The Runtime API.

#define API "/2018-06-01/runtime"
#define JSON "Content-Type: application/json\r\n"
#define KIND "Lambda-Runtime-Function-Error-Type: "

static void add_error(struct text kind, struct text reason)
{
	body_length = 0;
	add(TEXT("{\"errorMessage\":"));
	add_quoted(reason);
	add(TEXT(",\"errorType\":"));
	add_quoted(kind);
	add(TEXT(",\"stackTrace\":[]}"));
}

static struct text variable(char **environment, struct text name)
{
	for (; *environment != NULL; environment++) {
		struct text t = text_of(*environment);
		if (t.length >= name.length && memcmp(t.at, name.at, name.length) == 0)
			return (struct text){t.at + name.length, t.length - name.length};
	}
	return TEXT("");
}

// stack is what the kernel left for us: argc, the arguments, NULL, the
// environment, NULL.
__attribute__((noreturn, used)) void start(long *stack)
{
	char **environment = (char **)(stack + 1 + *stack + 1);
	server = variable(environment, TEXT("AWS_LAMBDA_RUNTIME_API="));
	struct text name = variable(environment, TEXT("_HANDLER="));
	struct text (*handler)(const char *) = equal(name, TEXT("httpevent")) ? httpevent : log_event;
	if (handler == log_event && !equal(name, TEXT("scheduledevent")) && !equal(name, TEXT("snsevent"))) {
		head(TEXT("POST " API "/init/error"));
		// Nothing is received yet: the memory for it holds the message.
		struct text parts[] = {TEXT("no handler \""), name, TEXT("\"; this bootstrap has httpevent, scheduledevent, snsevent")};
		for (int i = 0; i < 3; i++)
			add_to(received, &received_length, HEAD, parts[i]);
		add_error(TEXT("Runtime.NoSuchHandler"), (struct text){received, received_length});
		exchange(TEXT(JSON KIND "Runtime.NoSuchHandler\r\n"));
		fail(TEXT("bootstrap: no such handler; this bootstrap has httpevent, scheduledevent, snsevent\n"));
	}
	for (;;) {
		head(TEXT("GET " API "/invocation/next"));
		exchange(TEXT(""));
		// The trace id is for code that looks for it in the environment. There
		// is none here.
		struct text id = header(TEXT("lambda-runtime-aws-request-id:"));
		if (status != 200 || id.length == 0)
			fail(TEXT("bootstrap: runtime API gave no event\n"));
		head(TEXT("POST " API "/invocation/"));
		head(id);

		const char *event = skip_space(answer_body.at);
		const char *behind = skip_value(event, 0);
		if (behind == NULL || skip_space(behind) != answer_body.at + answer_body.length) {
			head(TEXT("/error"));
			add_error(TEXT("Function.InvalidEvent"), TEXT("event is not JSON"));
			exchange(TEXT(JSON KIND "Function.InvalidEvent\r\n"));
		} else {
			struct text reason = handler(event);
			head(reason.at == NULL ? TEXT("/response") : TEXT("/error"));
			if (reason.at != NULL)
				add_error(TEXT("Function.Error"), reason);
			exchange(reason.at == NULL ? TEXT(JSON) : TEXT(JSON KIND "Function.Error\r\n"));
		}
		// 4xx, such as 413 for an answer that is too large: Lambda tells the
		// caller, and there will be a next event. After 500 there is none.
		if (status >= 500)
			fail(TEXT("bootstrap: runtime API failed\n"));
	}
}
