/*
 * Text on lines of a width: for plain-text mails and for terminals.  Widths are columns as
 * terminals count them, not bytes or characters.
 */
#include <string.h>

#include "text/text.h"

static guint
char_width(gunichar c)
{
	if (c >= (gunichar)-2)
		return 1;
	if (g_unichar_iszerowidth(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

/* The character at p, an invalid byte as one column; gives what follows. */
static const char *
step(const char *p, guint *width)
{
	gunichar c;

	if (!(*p & 0x80)) {
		*width = 1;
		return p + 1;
	}
	c = g_utf8_get_char_validated(p, -1);
	*width = char_width(c);
	return c >= (gunichar)-2 ? p + 1 : g_utf8_next_char(p);
}

gsize
jp_text_width(const char *text)
{
	gsize columns = 0;
	guint width;

	while (*text) {
		text = step(text, &width);
		columns += width;
	}
	return columns;
}

/* Wraps one paragraph, a line of the input; appends it without a newline at the end. */
static void
wrap_line(GString *out, const char *p, const char *end, guint width, guint indent)
{
	gsize column = 0;

	while (p < end) {
		const char *word, *q;
		gsize columns = 0;

		while (p < end && *p == ' ')
			p++;
		for (word = q = p; q < end && *q != ' ';) {
			guint w;

			q = step(q, &w);
			columns += w;
		}
		if (q == word)
			return;
		if (column > 0 && column + 1 + columns <= width) {
			g_string_append_c(out, ' ');
			column++;
		} else {
			if (column > 0)
				g_string_append_c(out, '\n');
			g_string_append_printf(out, "%*s", (int)indent, "");
			column = indent;
		}
		g_string_append_len(out, word, q - word);
		column += columns;
		p = q;
	}
}

char *
jp_text_wrap(const char *text, guint width, guint indent)
{
	GString *out = g_string_sized_new(strlen(text) + strlen(text) / 16 + 16);

	for (const char *p = text;;) {
		const char *end = strchrnul(p, '\n');

		wrap_line(out, p, end, MAX(width, indent + 1), indent);
		if (!*end)
			break;
		g_string_append_c(out, '\n');
		p = end + 1;
	}
	return g_string_free(out, FALSE);
}

char *
jp_text_cut(const char *text, guint columns)
{
	const char *p = text, *fits = text;
	gsize column = 0;

	while (*p) {
		guint width;
		const char *next = step(p, &width);

		if (column + width > columns)
			return columns ? g_strdup_printf("%.*s…", (int)(fits - text), text)
				       : g_strdup("");
		column += width;
		p = next;
		if (column < columns)
			fits = p; /* leaves a column for the ellipsis */
	}
	return g_strdup(text);
}
