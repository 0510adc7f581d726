// A growing string of bytes.
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>

struct buffer {
	char *data;
	size_t length, capacity;
};

void buffer_append(struct buffer *b, const char *data, size_t length);
void buffer_text(struct buffer *b, const char *text);
// buffer_room makes space for that many more bytes behind the last.
void buffer_room(struct buffer *b, size_t more);
void buffer_free(struct buffer *b);

#endif
