/*
 * Escaping for where text is shown: terminals, where a control byte can do harm, TSV, where a tab
 * would be another field, and HTML.  Apart from html.c, so that who only writes HTML does not load
 * what reads it.
 */
#include <string.h>

#include "text/internal.h"

char *
jp_escape_terminal(const char *text)
{
	GString *out = g_string_sized_new(strlen(text) + 16);

	for (const char *p = text; *p;) {
		gunichar c;

		if (*p >= 0x20 && *p < 0x7f) {
			g_string_append_c(out, *p++);
			continue;
		}
		c = *p & 0x80 ? g_utf8_get_char_validated(p, -1) : (guchar)*p;
		if (c >= (gunichar)-2 || c < 0x80) {
			g_string_append_printf(out, "\\x%02x", (guchar)*p++);
			continue;
		}
		if (c < 0xa0)
			g_string_append_printf(out, "\\x%02x", c);
		else if (jp_is_bidi(c) || c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029)
			g_string_append_printf(out, "\\u{%04x}", c);
		else
			g_string_append_len(out, p, g_utf8_next_char(p) - p);
		p = g_utf8_next_char(p);
	}
	return g_string_free(out, FALSE);
}

char *
jp_escape_tsv(const char *text)
{
	gsize len = strcspn(text, "\t\n\r\\");
	GString *out = g_string_sized_new(len + 16);

	for (const char *p = text; *p; len = strcspn(p, "\t\n\r\\")) {
		g_string_append_len(out, p, (gssize)len);
		p += len;
		if (!*p)
			break;
		g_string_append_c(out, '\\');
		g_string_append_c(out,
		    *p == '\t'       ? 't'
			: *p == '\n' ? 'n'
			: *p == '\r' ? 'r'
				     : '\\');
		p++;
	}
	return g_string_free(out, FALSE);
}

static char
unescaped(char c)
{
	switch (c) {
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case '\\':
		return '\\';
	}
	return '\0';
}

void
jp_unescape_tsv(char *field)
{
	char *to = strchr(field, '\\');

	if (!to)
		return;
	for (const char *from = to; *from; from++) {
		char c = *from == '\\' ? unescaped(from[1]) : '\0';

		if (c)
			from++;
		*to++ = c ? c : *from;
	}
	*to = '\0';
}

char *
jp_html_escape(const char *text)
{
	GString *out = g_string_sized_new(strlen(text) + 32);

	for (const char *p = text; *p;) {
		gsize len = strcspn(p, "&<>\"'");

		g_string_append_len(out, p, (gssize)len);
		p += len;
		switch (*p) {
		case '&':
			g_string_append(out, "&amp;");
			break;
		case '<':
			g_string_append(out, "&lt;");
			break;
		case '>':
			g_string_append(out, "&gt;");
			break;
		case '"':
			g_string_append(out, "&quot;");
			break;
		case '\'':
			g_string_append(out, "&#39;");
			break;
		case '\0':
			return g_string_free(out, FALSE);
		}
		p++;
	}
	return g_string_free(out, FALSE);
}
