/*
 * A small reader of raw messages for tests, which shares nothing with GMime.  mail_read() checks
 * what holds for every message (M01 to M07) and takes it apart.
 */
#ifndef JP_MAIL_READER_H
#define JP_MAIL_READER_H

#include <glib.h>
#include <string.h>

/* ---- reading a message, byte by byte --------------------------------------------------------- */

typedef struct mail {
	char *raw; /* NUL-terminated */
	gsize len;
	GPtrArray *headers; /* of char *: whole fields, their folds kept as CRLF and a blank */
	const char *body;
	char *boundary;
	char *encoding[2]; /* of the two parts */
	char *part[2];     /* as they stand */
	char *text[2];     /* decoded, lines ended by LF */
} mail;

static inline GPtrArray *
split_headers(const char **at)
{
	GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);
	GString *field = g_string_new(NULL);

	while (!g_str_has_prefix(*at, "\r\n")) {
		const char *end = strstr(*at, "\r\n");

		g_assert_nonnull(end);
		if (**at != ' ' && **at != '\t' && field->len) {
			g_ptr_array_add(fields, g_strdup(field->str));
			g_string_truncate(field, 0);
		}
		g_string_append_len(field, *at, end + 2 - *at);
		*at = end + 2;
	}
	g_ptr_array_add(fields, g_string_free(field, FALSE));
	*at += 2;
	return fields;
}

/* The value of the only field of that name, unfolded; NULL when there is none. */
static inline char *
value_of(const GPtrArray *fields, const char *name)
{
	char *found = NULL;

	for (guint i = 0; i < fields->len; i++) {
		const char *f = fields->pdata[i];
		gsize len = strlen(name);
		g_auto(GStrv) lines = NULL;

		if (g_ascii_strncasecmp(f, name, len) != 0 || f[len] != ':')
			continue;
		g_assert_null(found); /* M01: one of each */
		lines = g_strsplit(f + len + 1, "\r\n", -1);
		found = g_strstrip(g_strjoinv("", lines));
	}
	return found;
}

static inline void
assert_header(const mail *m, const char *name, const char *expected)
{
	g_autofree char *value = value_of(m->headers, name);

	g_assert_cmpstr(value, ==, expected);
}

static inline int
hex(char c)
{
	int v = g_ascii_xdigit_value(c);

	g_assert_cmpint(v, >=, 0);
	return v;
}

static inline char *
decode_qp(const char *p)
{
	GString *s = g_string_new(NULL);

	for (; *p; p++) {
		if (*p != '=') {
			g_string_append_c(s, *p);
		} else if (p[1] == '\r' && p[2] == '\n') {
			p += 2;
		} else {
			g_string_append_c(s, (char)(hex(p[1]) << 4 | hex(p[2])));
			p += 2;
		}
	}
	return g_string_free(s, FALSE);
}

static inline char *
decode_part(const char *encoding, const char *part)
{
	g_autofree char *decoded = NULL;
	g_auto(GStrv) lines = NULL;

	if (g_ascii_strcasecmp(encoding, "quoted-printable") == 0) {
		decoded = decode_qp(part);
	} else if (g_ascii_strcasecmp(encoding, "base64") == 0) {
		gsize len;
		guchar *data = g_base64_decode(part, &len);

		decoded = g_strndup((const char *)data, len);
		g_free(data);
	} else {
		g_assert_cmpstr(encoding, ==, "7bit");
		decoded = g_strdup(part);
	}
	lines = g_strsplit(decoded, "\r\n", -1);
	return g_strjoinv("\n", lines);
}

/* One encoded-word at p; appends its text, checks it, gives what follows (M05). */
static const char *
decode_word(GString *out, const char *p)
{
	const char *text, *end = NULL;
	g_autofree char *b64 = NULL;
	g_autofree guchar *data = NULL;
	gsize len;

	g_assert_cmpint(g_ascii_strncasecmp(p, "=?utf-8?", 8), ==, 0);
	text = p + 10;
	end = strstr(text, "?=");
	g_assert_nonnull(end);
	g_assert_cmpint(end + 2 - p, <=, 75);
	if (g_ascii_tolower(p[8]) == 'b') {
		b64 = g_strndup(text, (gsize)(end - text));
		data = g_base64_decode(b64, &len);
	} else {
		g_autofree char *q = g_strndup(text, (gsize)(end - text));

		g_assert_cmpint(g_ascii_tolower(p[8]), ==, 'q');
		data = (guchar *)decode_qp(g_strdelimit(q, "_", ' '));
		len = strlen((char *)data);
	}
	/* No character is split between two words. */
	g_assert_true(g_utf8_validate((char *)data, (gssize)len, NULL));
	g_string_append_len(out, (char *)data, (gssize)len);
	return end + 2;
}

/* Decodes an unfolded value; blanks between two encoded-words are not part of the text. */
static inline char *
decode_value(const char *p)
{
	GString *out = g_string_new(NULL);
	gboolean after_word = FALSE;

	while (*p) {
		gsize blanks = strspn(p, " \t");

		if (after_word && g_str_has_prefix(p + blanks, "=?"))
			p += blanks;
		if (g_str_has_prefix(p, "=?")) {
			p = decode_word(out, p);
			after_word = TRUE;
			continue;
		}
		after_word = FALSE;
		g_string_append_c(out, *p++);
	}
	return g_string_free(out, FALSE);
}

static inline void
assert_decoded(const mail *m, const char *name, const char *expected)
{
	g_autofree char *value = value_of(m->headers, name);
	g_autofree char *decoded = decode_value(value);

	g_assert_cmpstr(decoded, ==, expected);
}

static inline void
split_part(mail *m, int i, const char *at, const char *end)
{
	static const char *const types[] = {"text/plain", "text/html"};
	g_autofree char *type = NULL;
	g_autofree char *block = g_strndup(at, (gsize)(end - at));
	const char *p = block;
	g_autoptr(GPtrArray) fields = split_headers(&p);

	type = value_of(fields, "Content-Type");
	g_assert_true(g_str_has_prefix(type, types[i])); /* M06: text first, HTML last */
	g_assert_nonnull(strstr(type, "charset=utf-8"));
	m->encoding[i] = value_of(fields, "Content-Transfer-Encoding");
	m->part[i] = g_strdup(p);
	m->text[i] = decode_part(m->encoding[i] ? m->encoding[i] : "7bit", p);
}

static inline void
split_body(mail *m)
{
	g_autofree char *type = value_of(m->headers, "Content-Type");
	g_autofree char *line = NULL;
	const char *b = strstr(type, "boundary=\""), *first, *second, *last;

	g_assert_true(g_str_has_prefix(type, "multipart/alternative;"));
	g_assert_nonnull(b);
	b += strlen("boundary=\"");
	m->boundary = g_strndup(b, strcspn(b, "\""));
	g_assert_cmpuint(strlen(m->boundary), <=, 70);
	line = g_strdup_printf("\r\n--%s", m->boundary);
	first = strstr(m->body - 2, line);
	g_assert_nonnull(first);
	second = strstr(first + 1, line);
	g_assert_nonnull(second);
	last = strstr(second + 1, line);
	g_assert_nonnull(last);
	g_assert_null(strstr(last + 1, line));
	g_assert_true(g_str_has_prefix(last + strlen(line), "--\r\n"));
	split_part(m, 0, first + strlen(line) + 2, second);
	split_part(m, 1, second + strlen(line) + 2, last);
	for (int i = 0; i < 2; i++)
		g_assert_null(strstr(m->part[i], m->boundary));
}

/* ---- the rules that hold for every message --------------------------------------------------- */

static inline void
check_lines(const mail *m)
{
	gsize line = 0;

	g_assert_cmpuint(strlen(m->raw), ==, m->len); /* M03: no NUL */
	for (gsize i = 0; i < m->len; i++) {
		if (m->raw[i] == '\n')
			g_assert_true(i > 0 && m->raw[i - 1] == '\r');
		if (m->raw[i] == '\r')
			g_assert_true(m->raw[i + 1] == '\n');
		line = m->raw[i] == '\n' ? 0 : line + 1;
		g_assert_cmpuint(line, <=, 999); /* 998 and the CR */
	}
	g_assert_true(g_str_has_suffix(m->raw, "\r\n"));
}

/* M04: whatever was put in, these fields come out and no other. */
static inline void
check_names(const mail *m)
{
	static const char *const known[] = {"MIME-Version", "From", "To", "Subject", "Date",
	    "Message-ID", "Auto-Submitted", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
	    "List-Post", "List-Help", "List-Owner", "Content-Type"};
	static const char *const wanted[] = {
	    "MIME-Version", "From", "To", "Subject", "Date", "Message-ID", "Content-Type"};

	for (guint i = 0; i < m->headers->len; i++) {
		const char *f = m->headers->pdata[i];
		g_autofree char *name = g_strndup(f, strcspn(f, ":"));
		gboolean is_known = FALSE;

		for (gsize k = 0; k < G_N_ELEMENTS(known); k++)
			is_known = is_known || strcmp(known[k], name) == 0;
		if (!is_known)
			g_error("unexpected header: %s", f);
	}
	for (gsize k = 0; k < G_N_ELEMENTS(wanted); k++) {
		g_autofree char *value = value_of(m->headers, wanted[k]);

		g_assert_nonnull(value);
	}
}

/* A header line is over 78 only where there is no blank to fold at (M03), and 76 with an
 * encoded-word in it (M05). */
static inline void
check_folds(const mail *m)
{
	for (guint i = 0; i < m->headers->len; i++) {
		g_auto(GStrv) lines = g_strsplit(m->headers->pdata[i], "\r\n", -1);

		for (guint k = 0; lines[k]; k++) {
			const char *value = k == 0 ? strchr(lines[k], ':') + 2 : lines[k] + 1;

			g_assert_true(g_str_is_ascii(lines[k]));
			if (strstr(lines[k], "=?") && strlen(lines[k]) > 76)
				g_error("over 76: %s", lines[k]);
			else if (strlen(lines[k]) > 78)
				g_assert_null(strpbrk(value, " \t"));
			/* A line of blanks alone would end the headers for some. */
			g_assert_true(!*lines[k] || lines[k][strspn(lines[k], " \t")]);
		}
	}
}

static inline void
check_encoding(const mail *m, int i)
{
	g_auto(GStrv) lines = g_strsplit(m->part[i], "\r\n", -1);
	const char *e = m->encoding[i];

	g_assert_true(g_str_is_ascii(m->part[i]));
	if (!e || g_ascii_strcasecmp(e, "7bit") == 0)
		return;
	for (guint k = 0; lines[k]; k++) { /* M07 */
		gsize len = strlen(lines[k]);

		g_assert_cmpuint(len, <=, 76);
		g_assert_true(!len || (lines[k][len - 1] != ' ' && lines[k][len - 1] != '\t'));
	}
}

static inline mail *
mail_read(GBytes *bytes)
{
	mail *m = g_new0(mail, 1);
	const char *at;

	m->raw = g_strndup(g_bytes_get_data(bytes, &m->len), g_bytes_get_size(bytes));
	at = m->raw;
	check_lines(m);
	m->headers = split_headers(&at);
	m->body = at;
	check_names(m);
	check_folds(m);
	split_body(m);
	check_encoding(m, 0);
	check_encoding(m, 1);
	return m;
}

static inline void
mail_free(mail *m)
{
	for (int i = 0; i < 2; i++) {
		g_free(m->encoding[i]);
		g_free(m->part[i]);
		g_free(m->text[i]);
	}
	g_ptr_array_unref(m->headers);
	g_free(m->boundary);
	g_free(m->raw);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mail, mail_free)

#endif
