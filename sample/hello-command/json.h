// As much JSON (RFC 8259) as the handlers need: an event is checked as a whole,
// and members of its objects are found by name.
#include <stdbool.h>

#include "linux.h"

struct text {
	const char *at;
	size_t length;
};
#define TEXT(literal) ((struct text){literal, sizeof literal - 1})

enum { MAX_DEPTH = 128 };

static bool equal(struct text a, struct text b)
{
	return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

// The skip functions give the position behind a thing, or NULL if it is
// malformed. The texts end in a zero byte, which is part of nothing.

static const char *skip_space(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	return p;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static const char *skip_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	for (; *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p != '\\')
			continue;
		switch (*++p) {
		case 'u':
			for (int i = 0; i < 4; i++)
				if (!is_hex(*++p))
					return NULL;
			break;
		case '"':
		case '\\':
		case '/':
		case 'b':
		case 'f':
		case 'n':
		case 'r':
		case 't':
			break;
		default:
			return NULL;
		}
	}
	return p + 1;
}

static const char *skip_digits(const char *p)
{
	if (*p < '0' || *p > '9')
		return NULL;
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

static const char *skip_number(const char *p)
{
	p += *p == '-';
	p = *p == '0' ? p + 1 : skip_digits(p);
	if (p != NULL && *p == '.')
		p = skip_digits(p + 1);
	if (p != NULL && (*p | 32) == 'e') {
		p++;
		p = skip_digits(p + (*p == '+' || *p == '-'));
	}
	return p;
}

static const char *skip_word(const char *p, struct text word)
{
	for (size_t i = 0; i < word.length; i++)
		if (p[i] != word.at[i])
			return NULL;
	return p + word.length;
}

static const char *skip_value(const char *p, int depth)
{
	if (depth > MAX_DEPTH)
		return NULL;
	switch (*p) {
	case '"':
		return skip_string(p);
	case 'n':
		return skip_word(p, TEXT("null"));
	case 't':
		return skip_word(p, TEXT("true"));
	case 'f':
		return skip_word(p, TEXT("false"));
	case '{':
	case '[':
		break;
	default:
		return skip_number(p);
	}
	char closing = *p == '{' ? '}' : ']';
	p = skip_space(p + 1);
	if (*p == closing)
		return p + 1;
	for (;;) {
		if (closing == '}') {
			p = skip_string(p);
			if (p == NULL)
				return NULL;
			p = skip_space(p);
			if (*p++ != ':')
				return NULL;
			p = skip_space(p);
		}
		p = skip_value(p, depth + 1);
		if (p == NULL)
			return NULL;
		p = skip_space(p);
		if (*p == closing)
			return p + 1;
		if (*p++ != ',')
			return NULL;
		p = skip_space(p);
	}
}

// The value of an object's member, NULL if there is none or if it is null. The
// object is well formed. Names are compared as they are written: one spelled
// with escapes is another name here.
static const char *member(const char *object, struct text name)
{
	const char *found = NULL;
	const char *p = skip_space(object + 1);
	while (*p == '"') {
		const char *behind = skip_string(p);
		struct text key = {p + 1, (size_t)(behind - p) - 2};
		p = skip_space(skip_space(behind) + 1);
		if (equal(key, name))
			found = *p == 'n' ? NULL : p;
		p = skip_space(skip_value(p, 0));
		if (*p == ',')
			p = skip_space(p + 1);
	}
	return found;
}
