#define _GNU_SOURCE // memmem
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static bool address_of(const char *server, struct sockaddr_in *address)
{
	char host[INET_ADDRSTRLEN];
	const char *colon = strchr(server, ':');
	if (colon == NULL || (size_t)(colon - server) >= sizeof host)
		return false;
	memcpy(host, server, (size_t)(colon - server));
	host[colon - server] = 0;
	char *end;
	// A port does not fit into a signed 16-bit number.
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end != 0 || port == 0 || port > 65535)
		return false;
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	return inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

bool http_open(struct http *h, const char *server)
{
	struct sockaddr_in address;
	*h = (struct http){.server = server, .connection = -1};
	return address_of(server, &address);
}

static bool http_connect(struct http *h)
{
	struct sockaddr_in address;
	if (!address_of(h->server, &address))
		return false;
	h->connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (h->connection < 0)
		return false;
	int on = 1;
	setsockopt(h->connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return connect(h->connection, (struct sockaddr *)&address, sizeof address) == 0;
}

static void http_close(struct http *h)
{
	if (h->connection >= 0)
		close(h->connection);
	h->connection = -1;
}

static bool send_all(int connection, struct iovec *parts, int count)
{
	while (count > 0) {
		struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
		// MSG_NOSIGNAL: a closed connection is an error here, not the end.
		ssize_t sent = sendmsg(connection, &message, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		while (count > 0 && (size_t)sent >= parts->iov_len) {
			sent -= (ssize_t)parts->iov_len;
			parts++;
			count--;
		}
		if (count > 0) {
			parts->iov_base = (char *)parts->iov_base + sent;
			parts->iov_len -= (size_t)sent;
		}
	}
	return true;
}

static bool receive(struct http *h)
{
	buffer_room(&h->answer, 65536);
	ssize_t got;
	do
		got = recv(h->connection, h->answer.data + h->answer.length, h->answer.capacity - h->answer.length, 0);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		errno = ECONNRESET;
	if (got <= 0)
		return false;
	h->answer.length += (size_t)got;
	return true;
}

const char *http_header(const struct http *h, const char *name)
{
	size_t length = strlen(name);
	// Each line of the head ends in a zero byte since http_send read it.
	for (char *line = h->answer.data; line < h->body; line += strlen(line) + 2) {
		if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
			const char *value = line + length + 1;
			return value + strspn(value, " \t");
		}
	}
	return NULL;
}

static bool receive_answer(struct http *h)
{
	char *head_end;
	h->answer.length = 0;
	do {
		if (!receive(h))
			return false;
		head_end = memmem(h->answer.data, h->answer.length, "\r\n\r\n", 4);
	} while (head_end == NULL);

	size_t head = (size_t)(head_end - h->answer.data) + 4;
	h->body = h->answer.data + head;
	for (char *p = h->answer.data; p < h->body; p++)
		if (*p == '\r')
			*p = 0;
	if (sscanf(h->answer.data, "HTTP/1.1 %d", &h->status) != 1)
		return false;

	// The Runtime API always says how long its answers are.
	const char *length = http_header(h, "Content-Length");
	if (length == NULL || http_header(h, "Transfer-Encoding") != NULL) {
		errno = EPROTO;
		return false;
	}
	h->body_length = strtoul(length, NULL, 10);
	while (h->answer.length - head < h->body_length)
		if (!receive(h))
			return false;
	// The bytes may have moved.
	h->body = h->answer.data + head;
	return true;
}

bool http_send(struct http *h, const char *method, const char *path, const char *headers, const char *body, size_t length)
{
	if (h->connection < 0 && !http_connect(h)) {
		http_close(h);
		return false;
	}
	struct buffer head = {0};
	char count[32];
	snprintf(count, sizeof count, "%zu", length);
	const char *texts[] = {method, " ", path, " HTTP/1.1\r\nHost: ", h->server, "\r\nContent-Length: ", count, "\r\n", headers, "\r\n"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		buffer_text(&head, texts[i]);
	struct iovec parts[] = {{head.data, head.length}, {(char *)body, length}};
	bool answered = send_all(h->connection, parts, length > 0 ? 2 : 1) && receive_answer(h);
	buffer_free(&head);
	const char *connection = answered ? http_header(h, "Connection") : "close";
	if (connection != NULL && strcasecmp(connection, "close") == 0) {
		int why = errno;
		http_close(h);
		errno = why;
	}
	return answered;
}
