// The Runtime API by sockets alone: one connection for each request.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[8 << 20];

static void fail(const char *why)
{
	perror(why);
	exit(1);
}

static int dial(void)
{
	static char host[64];
	snprintf(host, sizeof host, "%s", getenv("AWS_LAMBDA_RUNTIME_API"));
	char *port = strchr(host, ':');
	if (port)
		*port++ = 0;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port ? atoi(port) : 80)};
	inet_pton(AF_INET, host, &to.sin_addr);
	int s = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(s, (struct sockaddr *)&to, sizeof to))
		fail("connect");
	return s;
}

static void send_all(int s, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(s, data, length);
		if (n <= 0)
			fail("write");
		data += n;
		length -= n;
	}
}

// read_all reads an answer to its end, and returns its body.
static char *read_all(int s)
{
	size_t length = 0;
	ssize_t n;
	while ((n = read(s, buffer + length, sizeof buffer - 1 - length)) > 0)
		length += n;
	close(s);
	buffer[length] = 0;
	char *body = strstr(buffer, "\r\n\r\n");
	if (!body)
		fail("no answer");
	return body + 4;
}

static void post(const char *id, const char *what, const char *body, size_t length)
{
	char head[512];
	int s = dial();
	int n = snprintf(head, sizeof head, "POST /2018-06-01/runtime/invocation/%s/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", id, what, length);
	send_all(s, head, n);
	send_all(s, body, length);
	read_all(s);
}

int main(void)
{
	static char event[1 << 20], big[5000002];
	for (;;) {
		static const char next[] = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
		int s = dial();
		send_all(s, next, sizeof next - 1);
		snprintf(event, sizeof event, "%s", read_all(s));
		char id[64] = "", *found = strcasestr(buffer, "\r\nlambda-runtime-aws-request-id:");
		if (!found || sscanf(strchr(found, ':') + 1, " %63[^\r]", id) != 1)
			fail(buffer);
		if (strstr(event, "\"op\":\"error\"")) {
			static const char error[] = "{\"errorMessage\":\"no luck\",\"errorType\":\"Luck\"}";
			post(id, "error", error, sizeof error - 1);
		} else if (strstr(event, "\"op\":\"crash\"")) {
			exit(3);
		} else if (strstr(event, "\"op\":\"hang\"")) {
			sleep(60);
		} else if (strstr(event, "\"op\":\"big\"")) {
			memset(big, 'x', sizeof big);
			big[0] = big[sizeof big - 1] = '"';
			post(id, "response", big, sizeof big);
		} else if (strstr(event, "\"op\":\"stream\"")) {
			char head[512];
			s = dial();
			int n = snprintf(head, sizeof head, "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nLambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none \r\n", id);
			send_all(s, head, n);
			usleep(100000);
			send_all(s, "3\r\ntwo\r\n0\r\n\r\n", 13);
			read_all(s);
		} else {
			post(id, "response", event, strlen(event));
		}
	}
}
