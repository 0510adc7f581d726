// HTTP/1.1 over one connection that is kept, to a server given by its numeric
// IPv4 address: the Runtime API is always one, and so nothing here needs a
// resolver.
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>

#include "buffer.h"

struct http {
	const char *server; // address:port
	int connection;     // -1: none is open
	int status;         // of the last answer
	struct buffer answer;
	char *body; // inside answer
	size_t body_length;
};

// http_open gives false if server is no numeric address and port.
bool http_open(struct http *h, const char *server);
// http_send sends a request and waits for its answer without a limit, for the
// process may be frozen meanwhile. headers are whole lines with CRLF. false
// means that there is no answer; errno says why.
bool http_send(struct http *h, const char *method, const char *path, const char *headers, const char *body, size_t length);
// http_header gives the value of a header of the last answer, or NULL.
const char *http_header(const struct http *h, const char *name);

#endif
