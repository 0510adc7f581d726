#include "json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 128 };

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

// The value of four hexadecimal digits, or -1.
static int hex4(const char *p, const char *end)
{
	if (end - p < 4)
		return -1;
	int value = 0;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

// The skip functions give the position behind the thing, or NULL if it is not
// well formed.
static const char *skip_string(const char *p, const char *end)
{
	if (p == end || *p != '"')
		return NULL;
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p != '\\')
			continue;
		if (++p == end)
			return NULL;
		if (*p == 'u') {
			if (hex4(p + 1, end) < 0)
				return NULL;
			p += 4;
		} else if (strchr("\"\\/bfnrt", *p) == NULL || *p == 0) {
			return NULL;
		}
	}
	return NULL;
}

static const char *skip_digits(const char *p, const char *end)
{
	const char *start = p;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p > start ? p : NULL;
}

static const char *skip_number(const char *p, const char *end)
{
	if (p < end && *p == '-')
		p++;
	p = p < end && *p == '0' ? p + 1 : skip_digits(p, end);
	if (p != NULL && p < end && *p == '.')
		p = skip_digits(p + 1, end);
	if (p != NULL && p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = skip_digits(p, end);
	}
	return p;
}

static const char *skip_value(const char *p, const char *end, int depth);

static const char *skip_members(const char *p, const char *end, char closing, int depth)
{
	p = skip_space(p + 1, end);
	if (p < end && *p == closing)
		return p + 1;
	for (;;) {
		if (closing == '}') {
			p = skip_string(p, end);
			if (p == NULL)
				return NULL;
			p = skip_space(p, end);
			if (p == end || *p++ != ':')
				return NULL;
			p = skip_space(p, end);
		}
		p = skip_value(p, end, depth);
		if (p == NULL)
			return NULL;
		p = skip_space(p, end);
		if (p == end)
			return NULL;
		if (*p == closing)
			return p + 1;
		if (*p++ != ',')
			return NULL;
		p = skip_space(p, end);
	}
}

static const char *skip_word(const char *p, const char *end, const char *word)
{
	size_t length = strlen(word);
	return (size_t)(end - p) >= length && memcmp(p, word, length) == 0 ? p + length : NULL;
}

static const char *skip_value(const char *p, const char *end, int depth)
{
	if (p == end || depth == MAX_DEPTH)
		return NULL;
	switch (*p) {
	case '{':
		return skip_members(p, end, '}', depth + 1);
	case '[':
		return skip_members(p, end, ']', depth + 1);
	case '"':
		return skip_string(p, end);
	case 't':
		return skip_word(p, end, "true");
	case 'f':
		return skip_word(p, end, "false");
	case 'n':
		return skip_word(p, end, "null");
	default:
		return skip_number(p, end);
	}
}

struct json json_parse(const char *text, size_t length)
{
	const char *end = text + length;
	const char *start = skip_space(text, end);
	const char *behind = skip_value(start, end, 0);
	if (behind == NULL || skip_space(behind, end) != end)
		return (struct json){NULL, NULL};
	return (struct json){start, behind};
}

struct json json_member(struct json object, const char *name)
{
	struct json found = {NULL, NULL};
	if (object.start == NULL || *object.start != '{')
		return found;
	// json_parse has been here: what follows is well formed.
	const char *p = skip_space(object.start + 1, object.end);
	while (*p == '"') {
		struct json key = {p, skip_string(p, object.end)};
		p = skip_space(key.end, object.end) + 1;
		struct json value = {skip_space(p, object.end), NULL};
		value.end = skip_value(value.start, object.end, 0);
		struct buffer text = {0};
		json_string(key, &text);
		if (text.length == strlen(name) && memcmp(text.data, name, text.length) == 0)
			found = value;
		buffer_free(&text);
		p = skip_space(value.end, object.end);
		if (*p == ',')
			p = skip_space(p + 1, object.end);
	}
	return found;
}

bool json_is_null(struct json value)
{
	return value.start == NULL || *value.start == 'n';
}

bool json_is_string(struct json value)
{
	return value.start != NULL && *value.start == '"';
}

static void append_utf8(struct buffer *out, uint32_t c)
{
	char bytes[4];
	size_t length;
	if (c < 0x80) {
		bytes[0] = (char)c;
		length = 1;
	} else if (c < 0x800) {
		bytes[0] = (char)(0xC0 | c >> 6);
		length = 2;
	} else if (c < 0x10000) {
		bytes[0] = (char)(0xE0 | c >> 12);
		length = 3;
	} else {
		bytes[0] = (char)(0xF0 | c >> 18);
		length = 4;
	}
	for (size_t i = 1; i < length; i++)
		bytes[i] = (char)(0x80 | (c >> 6 * (length - 1 - i) & 0x3F));
	buffer_append(out, bytes, length);
}

void json_string(struct json value, struct buffer *out)
{
	const char *end = value.end - 1;
	for (const char *p = value.start + 1; p < end;) {
		const char *plain = p;
		while (p < end && *p != '\\')
			p++;
		buffer_append(out, plain, (size_t)(p - plain));
		if (p == end)
			return;
		char c = p[1];
		p += 2;
		if (c != 'u') {
			static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
			const char *found = strchr(from, c);
			buffer_append(out, found ? &to[found - from] : &c, 1);
			continue;
		}
		int32_t unit = hex4(p, end);
		p += 4;
		if (unit >= 0xD800 && unit < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
			int32_t low = hex4(p + 2, end);
			if (low >= 0xDC00 && low < 0xE000) {
				unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
				p += 6;
			}
		}
		// Half a pair alone stands for no character.
		append_utf8(out, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : (uint32_t)unit);
	}
}

void json_quote(struct buffer *out, const char *text, size_t length)
{
	buffer_text(out, "\"");
	const char *end = text + length;
	while (text < end) {
		const char *plain = text;
		while (text < end && *text != '"' && *text != '\\' && (unsigned char)*text >= 0x20)
			text++;
		buffer_append(out, plain, (size_t)(text - plain));
		if (text == end)
			break;
		char escape[8];
		if ((unsigned char)*text < 0x20)
			snprintf(escape, sizeof escape, "\\u%04x", (unsigned)*text);
		else
			snprintf(escape, sizeof escape, "\\%c", *text);
		buffer_text(out, escape);
		text++;
	}
	buffer_text(out, "\"");
}
