/*
 * Comma-separated values as RFC 4180 has them: fields in quotes may hold commas, line ends and
 * doubled quotes.  Line ends may be LF, which every tool but the standard writes.  Pure.
 */
#include "text/text.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void
jp_csv_init(jp_csv *c, const char *text, gsize len)
{
	if (len >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0) {
		text += 3;
		len -= 3;
	}
	*c = (jp_csv){text, text + len, 0, 1};
}

/* Steps over a line end; FALSE when there is none here. */
static gboolean
skip_line_end(jp_csv *c)
{
	if (c->p < c->end && *c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n')
		c->p++;
	else if (c->p >= c->end || *c->p != '\n')
		return FALSE;
	c->p++;
	c->next++;
	return TRUE;
}

static gboolean
is_field_end(const jp_csv *c)
{
	return c->p >= c->end || *c->p == ',' || *c->p == '\n' ||
	    (*c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n');
}

/* Reads a field in quotes, the first of which is behind us; NULL when it is broken. */
static const char *
read_quoted(jp_csv *c, GString *field)
{
	for (; c->p < c->end; c->p++) {
		if (*c->p == '\n')
			c->next++;
		if (*c->p != '"') {
			g_string_append_c(field, *c->p);
			continue;
		}
		if (c->p + 1 >= c->end || c->p[1] != '"') {
			c->p++;
			return is_field_end(c) ? NULL : "text after a closing quote";
		}
		g_string_append_c(field, '"');
		c->p++;
	}
	return "a quote is never closed";
}

/* Reads one field; NULL, or what is wrong with it. */
static const char *
read_field(jp_csv *c, GPtrArray *fields)
{
	g_autoptr(GString) field = g_string_new(NULL);
	const char *wrong = NULL;

	if (fields->len == JP_CSV_MAX_FIELDS)
		return "too many fields";
	if (c->p < c->end && *c->p == '"') {
		c->p++;
		wrong = read_quoted(c, field);
	} else {
		while (!is_field_end(c))
			g_string_append_c(field, *c->p++);
	}
	if (!wrong && memchr(field->str, '\0', field->len))
		wrong = "a NUL byte";
	g_ptr_array_add(fields, g_string_free(g_steal_pointer(&field), FALSE));
	return wrong;
}

/* The line after the one where the broken record began. */
static void
resume(jp_csv *c, const char *start)
{
	const char *nl = memchr(start, '\n', (gsize)(c->end - start));

	c->p = nl ? nl + 1 : c->end;
	c->next = c->line + 1;
}

gboolean
jp_csv_next(jp_csv *c, GPtrArray *fields, GError **error)
{
	const char *wrong, *start;

	g_ptr_array_set_size(fields, 0);
	while (skip_line_end(c))
		;
	if (c->p >= c->end)
		return FALSE;
	start = c->p;
	c->line = c->next;
	for (;;) {
		wrong = read_field(c, fields);
		if (wrong || c->p >= c->end || *c->p != ',')
			break;
		c->p++;
	}
	if (!wrong) {
		(void)skip_line_end(c); /* the text may end without one */
		return TRUE;
	}
	resume(c, start);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "line %u: %s", c->line, wrong);
	return FALSE;
}

/* What would not be read back as it is: a lone empty field is a blank line, a first one may look
 * like a byte order mark. */
static gboolean
needs_quotes(const char *p, guint n, gboolean is_first)
{
	return strpbrk(p, ",\"\r\n") || (n == 1 && *p == '\0') ||
	    (is_first && g_str_has_prefix(p, BYTE_ORDER_MARK));
}

void
jp_csv_write(GString *out, const char *const *fields, guint n)
{
	for (guint i = 0; i < n; i++) {
		const char *p = fields[i] ? fields[i] : "";
		gboolean is_first = out->len == 0;

		if (i > 0)
			g_string_append_c(out, ',');
		if (!needs_quotes(p, n, is_first)) {
			g_string_append(out, p);
			continue;
		}
		g_string_append_c(out, '"');
		for (; *p; p++) {
			if (*p == '"')
				g_string_append_c(out, '"');
			g_string_append_c(out, *p);
		}
		g_string_append_c(out, '"');
	}
	g_string_append(out, "\r\n");
}
