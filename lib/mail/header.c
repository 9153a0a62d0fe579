/*
 * Texts and names in headers: folded at 78 columns (RFC 5322 2.2.3), and as encoded-words where
 * they must be (RFC 2047): UTF-8, at most 75 characters each, a line with one at most 76, no
 * character split between two (M05).  GMime's own encoder picks other charsets, folds by tabs and
 * lets lines with encoded-words grow past 76, so values are made here and given to it raw.  Pure.
 */
#include "mail/internal.h"

#include <string.h>

#define MAX_LINE         78
#define MAX_ENCODED_LINE 76
#define MAX_WORD         75
#define WORD_FRAME       12 /* "=?UTF-8?B?" and "?=" */

/* ---- encoded-words --------------------------------------------------------------------------- */

typedef struct encoder {
	GString *out;
	gsize column; /* of the line being written */
} encoder;

/* What may stand in an encoded-word of every kind of header (RFC 2047 5.3). */
static gboolean
is_q_plain(guchar c)
{
	return g_ascii_isalnum(c) || (c && strchr("!*+-/", c));
}

static gsize
q_len(const char *text, gsize len)
{
	gsize n = 0;

	for (gsize i = 0; i < len; i++)
		n += is_q_plain((guchar)text[i]) || text[i] == ' ' ? 1 : 3;
	return n;
}

static gsize
b_len(gsize len)
{
	return (len + 2) / 3 * 4;
}

static void
append_q(GString *out, const char *text, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (text[i] == ' ')
			g_string_append_c(out, '_');
		else if (is_q_plain((guchar)text[i]))
			g_string_append_c(out, text[i]);
		else
			g_string_append_printf(out, "=%02X", (guchar)text[i]);
	}
}

/* The bytes of whole characters that a quoted word of `room` characters can hold. */
static gsize
fitting_q(const char *text, gsize room)
{
	gsize len = 0;

	while (text[len]) {
		gsize next = len + (gsize)(g_utf8_next_char(text + len) - (text + len));

		if (WORD_FRAME + q_len(text, next) > room)
			break;
		len = next;
	}
	return len;
}

/* The same for base64.  Only the last word has padding: GMime, and so the mail readers built on it,
 * loses what stands in the words behind it. */
static gsize
fitting_b(const char *text, gsize room)
{
	gsize len = 0, whole = 0;

	while (text[len]) {
		gsize next = len + (gsize)(g_utf8_next_char(text + len) - (text + len));

		if (WORD_FRAME + b_len(next) > room)
			return whole;
		len = next;
		if (len % 3 == 0)
			whole = len;
	}
	return len;
}

static void
append_word(encoder *e, const char *text, gsize len, gboolean base64)
{
	gsize before = e->out->len;

	if (base64) {
		g_autofree char *b64 = g_base64_encode((const guchar *)text, len);

		g_string_append_printf(e->out, "=?UTF-8?B?%s?=", b64);
	} else {
		g_string_append(e->out, "=?UTF-8?Q?");
		append_q(e->out, text, len);
		g_string_append(e->out, "?=");
	}
	e->column += e->out->len - before;
}

static void
fold(encoder *e)
{
	g_string_append(e->out, "\n ");
	e->column = 1;
}

static void
append_encoded(encoder *e, const char *text)
{
	gboolean prefer_b = b_len(strlen(text)) < q_len(text, strlen(text));

	while (*text) {
		gsize room = MIN(MAX_ENCODED_LINE - MIN(e->column, MAX_ENCODED_LINE), MAX_WORD);
		gsize len = prefer_b ? fitting_b(text, room) : 0;
		gboolean base64 = len > 0;

		if (!base64)
			len = fitting_q(text, room);
		if (len)
			append_word(e, text, len, base64);
		text += len;
		if (*text)
			fold(e);
	}
}

/* ---- plain text ------------------------------------------------------------------------------ */

/* ASCII, nothing that reads as an encoded-word, no word that no line can hold. */
static gboolean
is_plain(const char *text)
{
	gsize word = 0;

	if (!g_str_is_ascii(text) || strstr(text, "=?"))
		return FALSE;
	for (; *text; text++) {
		word = *text == ' ' ? 0 : word + 1;
		if (word > MAX_LINE - 20)
			return FALSE;
	}
	return TRUE;
}

static void
append_plain(encoder *e, const char *text)
{
	while (*text) {
		gsize len = strcspn(text, " ");

		if (e->column > 1 && e->column + 1 + len > MAX_LINE) {
			fold(e);
		} else if (e->out->str[e->out->len - 1] != ' ') {
			g_string_append_c(e->out, ' ');
			e->column++;
		}
		g_string_append_len(e->out, text, (gssize)len);
		e->column += len;
		text += len;
		text += strspn(text, " ");
	}
}

static encoder
begin(const char *name)
{
	return (encoder){.out = g_string_new(" "), .column = strlen(name) + 2};
}

static char *
finish(encoder *e)
{
	g_string_append_c(e->out, '\n');
	return g_string_free(e->out, FALSE);
}

char *
jp_header_text(const char *name, const char *text, gsize max)
{
	g_autofree char *clean = jp_text_clean(text, -1, max, FALSE);
	encoder e = begin(name);

	if (is_plain(clean))
		append_plain(&e, clean);
	else
		append_encoded(&e, clean);
	return finish(&e);
}

/* ---- names ----------------------------------------------------------------------------------- */

static gboolean
is_atoms(const char *text)
{
	for (; *text; text++)
		if (!g_ascii_isalnum(*text) && !strchr(" !#$%&'*+-/=?^_`{|}~", *text))
			return FALSE;
	return TRUE;
}

static char *
quote(const char *text)
{
	GString *s = g_string_new("\"");

	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(s, '\\');
		g_string_append_c(s, *text);
	}
	g_string_append_c(s, '"');
	return g_string_free(s, FALSE);
}

/* Atoms as they are, other ASCII that fits on one line quoted, and the rest encoded: never an
 * encoded-word in quotes. */
static void
append_phrase(encoder *e, const char *text)
{
	g_autofree char *quoted = quote(text);

	if (is_plain(text) && is_atoms(text)) {
		append_plain(e, text);
	} else if (is_plain(text) && e->column + strlen(quoted) <= MAX_LINE) {
		g_string_append(e->out, quoted);
		e->column += strlen(quoted);
	} else {
		append_encoded(e, text);
	}
}

char *
jp_header_mailbox(const char *name, const char *phrase, const char *address, gsize max)
{
	g_autofree char *clean = jp_text_clean(phrase ? phrase : "", -1, max, FALSE);
	encoder e = begin(name);

	if (!*clean) {
		g_string_append(e.out, address);
		return finish(&e);
	}
	append_phrase(&e, clean);
	if (e.column + strlen(address) + 3 > MAX_ENCODED_LINE)
		fold(&e);
	else
		g_string_append_c(e.out, ' ');
	g_string_append_printf(e.out, "<%s>", address);
	return finish(&e);
}
