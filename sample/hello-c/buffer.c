#include "buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_room(struct buffer *b, size_t more)
{
	if (more <= b->capacity - b->length)
		return;
	size_t capacity = b->capacity ? b->capacity : 1024;
	while (capacity - b->length < more && capacity <= SIZE_MAX / 2)
		capacity *= 2;
	char *data = realloc(b->data, capacity);
	if (data == NULL || capacity - b->length < more) {
		fputs("bootstrap: no memory left\n", stderr);
		exit(1);
	}
	b->data = data;
	b->capacity = capacity;
}

void buffer_append(struct buffer *b, const char *data, size_t length)
{
	if (length == 0)
		return;
	buffer_room(b, length);
	memcpy(b->data + b->length, data, length);
	b->length += length;
}

void buffer_text(struct buffer *b, const char *text)
{
	buffer_append(b, text, strlen(text));
}

void buffer_free(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){0};
}
