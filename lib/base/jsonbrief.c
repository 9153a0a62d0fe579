/*
 * JSON made brief before cJSON sees it: cJSON reads strings byte by byte and twice, and most bytes
 * of a listing are the texts of a few long ones.  These are unescaped here, run by run, and in
 * their place cJSON finds "\377", which no UTF-8 text has; afterwards they go where it stands.
 * What cJSON would read otherwise than meant is mended on the way.  Standard: RFC 8259.
 */
#include "base/base.h"
#include "base/internal.h"

#include <string.h>

/* Bytes from which a string is kept from cJSON. */
#define LONG 32

struct jp_json_brief {
	GString *text;
	GPtrArray *strings; /* the long ones, in their order, as cJSON allocates */
	guint n_given;
	gsize shortest; /* of a long one */
};

/* ---- escapes -------------------------------------------------------------------------------- */

/* The value of \uXXXX at p (which points at the backslash), or -1. */
static int
unicode_escape(const char *p, const char *end)
{
	int value = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		if (!g_ascii_isxdigit(p[i]))
			return -1;
		value = value * 16 + (p[i] & 0xf) + (p[i] > '9' ? 9 : 0);
	}
	return value;
}

/*
 * Reads the escape at p: its character in *c, 0 for an escape that JSON has not; gives its length.
 * cJSON ends a string at "\u0000" and refuses half a surrogate pair; both mean U+FFFD here, since
 * one broken character must not cost a whole listing.
 */
static gsize
read_escape(const char *p, const char *end, gunichar *c)
{
	static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	int first = unicode_escape(p, end), second;
	const char *name;

	if (first < 0) {
		name = end - p > 1 ? memchr(names, p[1], sizeof names - 1) : NULL;
		*c = name ? (gunichar)meant[name - names] : 0;
		return end - p > 1 ? 2 : 1;
	}
	*c = first == 0 || (first >= 0xd800 && first < 0xe000) ? 0xfffd : (gunichar)first;
	if (first < 0xd800 || first > 0xdbff)
		return 6;
	second = unicode_escape(p + 6, end);
	if (second < 0xdc00 || second > 0xdfff)
		return 6;
	*c = 0x10000 + ((gunichar)(first - 0xd800) << 10) + (gunichar)(second - 0xdc00);
	return 12;
}

/* The string's quote that ends it, or the end of the text. */
static const char *
string_end(const char *p, const char *end)
{
	const char *quote = p, *slash;

	for (;;) {
		quote = memchr(p, '"', (gsize)(end - p));
		if (!quote)
			quote = end;
		/* past the escapes before it, one of which may be the quote's own; what else may
		 * belong to one is neither */
		while ((slash = memchr(p, '\\', (gsize)(quote - p))) != NULL) {
			p = slash + MIN(2, end - slash);
			if (p > quote)
				break;
		}
		if (!slash)
			return quote;
	}
}

/* ---- strings -------------------------------------------------------------------------------- */

/* The string without escapes; NULL when it has one that JSON has not.  Free with cJSON_free. */
static char *
unescaped(const char *p, const char *end)
{
	char *text = cJSON_malloc((gsize)(end - p) + 1), *to = text;

	if (!text)
		g_error("JSON: out of memory");
	while (p < end) {
		const char *slash = memchr(p, '\\', (gsize)(end - p));
		gsize run = (gsize)((slash ? slash : end) - p);
		gunichar c;

		memcpy(to, p, run);
		to += run;
		p += run;
		if (p == end)
			break;
		p += read_escape(p, end, &c);
		if (c == 0) {
			cJSON_free(text);
			return NULL;
		}
		/* never longer than the escape was */
		if (c < 0x80)
			*to++ = (char)c;
		else
			to += g_unichar_to_utf8(c, to);
	}
	*to = '\0';
	return text;
}

/* Copies the inside of a string, mended where cJSON needs it, with as many bytes. */
static void
copy_mended(GString *out, const char *p, const char *end)
{
	while (p < end) {
		const char *slash = memchr(p, '\\', (gsize)(end - p));
		gsize len;
		gunichar c;

		g_string_append_len(out, p, (slash ? slash : end) - p);
		if (!slash)
			break;
		len = read_escape(slash, end, &c);
		if (c == 0xfffd && len == 6)
			g_string_append(out, "\\ufffd");
		else
			g_string_append_len(out, slash, (gssize)len);
		p = slash + len;
	}
}

/* The string behind the quote at p; gives what is behind it. */
static const char *
take_string(jp_json_brief *b, const char *p, const char *end)
{
	const char *from = p + 1, *close = string_end(from, end);
	char *text = NULL;

	if (close < end && (gsize)(close - from) >= b->shortest)
		text = unescaped(from, close);
	g_string_append_c(b->text, '"');
	if (text) {
		g_string_append_c(b->text, '\377');
		g_ptr_array_add(b->strings, text);
	} else {
		copy_mended(b->text, from, close);
	}
	if (close == end)
		return end;
	g_string_append_c(b->text, '"');
	return close + 1;
}

/* ---- the whole text ------------------------------------------------------------------------- */

jp_json_brief *
jp_json_brief_new(const char *text, gsize len, gboolean whole, const char **too_deep)
{
	jp_json_brief *b = g_new0(jp_json_brief, 1);
	const char *p = text, *end = text + len, *from = text;
	int depth = 0;

	b->text = g_string_sized_new(whole ? len : len / 8);
	b->strings = g_ptr_array_new_with_free_func(cJSON_free);
	b->shortest = whole ? G_MAXSIZE : LONG;
	*too_deep = NULL;
	while (p < end && !*too_deep) {
		switch (*p) {
		case '"':
			g_string_append_len(b->text, from, p - from);
			p = from = take_string(b, p, end);
			continue;
		case '{':
		case '[':
			if (++depth > JP_MAX_JSON_DEPTH)
				*too_deep = p;
			break;
		case '}':
		case ']':
			depth--;
			break;
		}
		p++;
	}
	g_string_append_len(b->text, from, p - from);
	return b;
}

const char *
jp_json_brief_text(const jp_json_brief *b)
{
	return b->text->str;
}

static void
give(jp_json_brief *b, char **string)
{
	if (!*string || **string != '\377')
		return;
	cJSON_free(*string);
	*string = g_steal_pointer(&b->strings->pdata[b->n_given++]);
}

void
jp_json_brief_give(jp_json_brief *b, cJSON *item)
{
	for (; item; item = item->next) {
		give(b, &item->string);
		give(b, &item->valuestring);
		jp_json_brief_give(b, item->child);
	}
}

void
jp_json_brief_free(jp_json_brief *b)
{
	if (!b)
		return;
	g_string_free(b->text, TRUE);
	g_ptr_array_free(b->strings, TRUE); /* those not given: NULL is fine for free() */
	g_free(b);
}
