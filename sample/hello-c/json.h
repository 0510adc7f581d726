// As much JSON (RFC 8259) as a function needs to read an event and answer it:
// the event is checked as a whole and values are found in it by name.
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

// A value inside a text that json_parse has accepted; start is NULL for "not
// there".
struct json {
	const char *start, *end;
};

// json_parse gives the one value that the text consists of, or start NULL if
// it is not JSON (or nested more than 128 deep).
struct json json_parse(const char *text, size_t length);
// json_member gives the object's member of that name, the last one of several.
struct json json_member(struct json object, const char *name);
bool json_is_null(struct json value);
bool json_is_string(struct json value);
// json_string appends what the string stands for, as UTF-8.
void json_string(struct json value, struct buffer *out);
// json_quote appends text as a JSON string, quotes included. The text is
// UTF-8.
void json_quote(struct buffer *out, const char *text, size_t length);

#endif
