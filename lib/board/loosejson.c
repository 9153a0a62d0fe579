/*
 * JSON as pages have it: wrapped in CDATA or comments, with raw newlines and bare quotes inside
 * strings, with comments, trailing commas, a semicolon at the end, or several values one after the
 * other.  What is JSON (RFC 8259) is read as such; only what is not is mended, in one pass, and
 * read again.  Nothing is invented: a text that ends too early stays broken.
 */
#include "board/internal.h"

#include <string.h>

struct mender {
	const char *p, *end;
	GString *out;
	int depth;
	gboolean comma;  /* one is owed before the next value */
	gboolean opened; /* nothing stands in the list or object yet */
	gboolean closed; /* a whole value stands at the top */
};

/* ---- what JSON has no place for ------------------------------------------------------------- */

static gboolean
at(const struct mender *m, const char *word)
{
	gsize len = strlen(word);

	return (gsize)(m->end - m->p) >= len && memcmp(m->p, word, len) == 0;
}

static gboolean
skip(struct mender *m, const char *word)
{
	if (!at(m, word))
		return FALSE;
	m->p += strlen(word);
	return TRUE;
}

/* To the end of a comment, or of the text when it has none. */
static void
skip_past(struct mender *m, const char *word)
{
	const char *found = g_strstr_len(m->p, m->end - m->p, word);

	m->p = found ? found + strlen(word) : m->end;
}

/* Wrappers, comments and blanks that are not ASCII's; FALSE when none stands here. */
static gboolean
skip_noise(struct mender *m)
{
	static const char *const noise[] = {"/*<![CDATA[*/", "/*]]>*/", "//<![CDATA[", "//]]>",
	    "<![CDATA[", "]]>", "<!--", "-->", "\302\240", "\342\200\250", "\342\200\251",
	    "\357\273\277"};

	for (guint i = 0; i < G_N_ELEMENTS(noise); i++)
		if (skip(m, noise[i]))
			return TRUE;
	if (skip(m, "//"))
		skip_past(m, "\n");
	else if (skip(m, "/*"))
		skip_past(m, "*/");
	else
		return FALSE;
	return TRUE;
}

/* ---- strings -------------------------------------------------------------------------------- */

static const char *
past_blanks(const char *p, const char *end)
{
	while (p < end && (guchar)*p <= ' ')
		p++;
	return p;
}

/* After a comma comes a value or a key, or the end; a word is neither. */
static gboolean
goes_on(const char *p, const char *end)
{
	static const char *const words[] = {"true", "false", "null", "//", "/*"};

	p = past_blanks(p, end);
	if (p == end || strchr("\"{[}],-0123456789", *p))
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if ((gsize)(end - p) >= strlen(words[i]) &&
		    memcmp(p, words[i], strlen(words[i])) == 0)
			return TRUE;
	return FALSE;
}

/* A quote ends its string when what follows could not stand in one. */
static gboolean
ends_string(const char *quote, const char *end)
{
	const char *p = past_blanks(quote + 1, end);

	if (p == end || strchr(":}]", *p))
		return TRUE;
	if (*p == '/')
		return end - p > 1 && (p[1] == '/' || p[1] == '*');
	return *p == ',' && goes_on(p + 1, end);
}

static gboolean
is_unicode_escape(const char *p, const char *end)
{
	if (end - p < 6 || p[1] != 'u')
		return FALSE;
	for (int i = 2; i < 6; i++)
		if (!g_ascii_isxdigit(p[i]))
			return FALSE;
	return TRUE;
}

/* A backslash that begins no escape is dropped, what it stood before is kept. */
static void
mend_escape(struct mender *m)
{
	gsize len = is_unicode_escape(m->p, m->end)                                 ? 6
	    : m->end - m->p > 1 && m->p[1] != '\0' && strchr("\"\\/bfnrt", m->p[1]) ? 2
										    : 0;

	g_string_append_len(m->out, m->p, (gssize)len);
	m->p += len ? len : 1;
}

static void
mend_string(struct mender *m)
{
	g_string_append_c(m->out, *m->p++);
	while (m->p < m->end) {
		guchar c = (guchar)*m->p;

		if (c == '\\') {
			mend_escape(m);
			continue;
		}
		if (c == '"' && ends_string(m->p, m->end)) {
			g_string_append_c(m->out, *m->p++);
			return;
		}
		if (c == '"')
			g_string_append(m->out, "\\\"");
		else if (c < ' ')
			g_string_append_printf(m->out, "\\u%04x", c);
		else
			g_string_append_c(m->out, (char)c);
		m->p++;
	}
}

/* ---- the rest ------------------------------------------------------------------------------- */

/* What is owed before a value: the comma that stood there, or one between two values at the top. */
static void
pay_comma(struct mender *m)
{
	if ((m->comma && !m->opened) || (m->depth == 0 && m->closed))
		g_string_append_c(m->out, ',');
	m->comma = FALSE;
	m->opened = FALSE;
	m->closed = FALSE;
}

static void
mend_bracket(struct mender *m, char c)
{
	if (c == '{' || c == '[') {
		pay_comma(m);
		m->depth++;
		m->opened = TRUE;
	} else {
		m->comma = FALSE; /* it trailed */
		m->opened = FALSE;
		m->depth--;
		m->closed = m->depth == 0;
	}
	g_string_append_c(m->out, c);
	m->p++;
}

static void
mend_one(struct mender *m)
{
	char c = *m->p;

	if (strchr("{}[]", c)) {
		mend_bracket(m, c);
	} else if (c == ',') {
		m->comma = TRUE;
		m->p++;
	} else if (c == ';' && m->depth == 0) {
		m->p++;
	} else if (c == '"') {
		pay_comma(m);
		mend_string(m);
		m->closed = m->depth == 0;
	} else if (c == ':') {
		g_string_append_c(m->out, *m->p++);
	} else {
		if (m->comma)
			pay_comma(m);
		m->opened = FALSE;
		g_string_append_c(m->out, *m->p++);
	}
}

/* The text as a list of the values in it. */
static char *
mend(const char *text, gsize len)
{
	struct mender m = {.p = text, .end = text + len, .out = g_string_sized_new(len + 16)};

	m.opened = TRUE;
	g_string_append_c(m.out, '[');
	while (m.p < m.end) {
		if ((guchar)*m.p <= ' ') {
			g_string_append_c(m.out, ' ');
			m.p++;
		} else if (!skip_noise(&m)) {
			mend_one(&m);
		}
	}
	g_string_append_c(m.out, ']');
	return g_string_free(m.out, FALSE);
}

cJSON *
jp_loosejson_parse(const char *text, gsize len, GError **error)
{
	g_autofree char *decoded = NULL, *mended = NULL;
	cJSON *root = jp_json_parse(text, len, NULL);
	const char *from = past_blanks(text, text + len);

	if (root)
		return root;
	/* a page generator that escaped once too often */
	if ((gsize)(text + len - from) > 6 && (*from == '{' || *from == '[') &&
	    g_str_has_prefix(past_blanks(from + 1, text + len), "&quot;")) {
		decoded = jp_html_decode(from, text + len - from);
		mended = mend(decoded, strlen(decoded));
	} else {
		mended = mend(text, len);
	}
	return jp_json_parse(mended, strlen(mended), error);
}
