/*
 * Fuzzes the whole way from a posting to a message (lib/mail/context.c, digest.c, message.c).  The
 * input is fields with a NUL between them: title, company, place, search, snippet, URL, the
 * reader's name.  Oracle: no part of them becomes a tag, a link that is not to the web, a header, a
 * second recipient or a long line; GMime reads the parts as they were composed.
 */
#include "../unit/mail-sample.h"

#include <gmime/gmime.h>
#include <stdint.h>
#include <stdio.h>

#define N_FIELDS 7

static guint
count(const char *text, const char *part)
{
	guint n = 0;

	for (const char *p = strstr(text, part); p; p = strstr(p + 1, part))
		n++;
	return n;
}

/* The markup is that of a posting without surprises. */
static void
check_html(const char *html, guint n_tags)
{
	g_assert_cmpuint(count(html, "<"), ==, n_tags);
	for (const char *p = strstr(html, "href=\""); p; p = strstr(p + 1, "href=\"")) {
		p += strlen("href=\"");
		g_assert_true(g_ascii_strncasecmp(p, "http://", 7) == 0 ||
		    g_ascii_strncasecmp(p, "https://", 8) == 0 ||
		    g_str_has_prefix(p, "mailto:desk@"));
	}
	g_assert_true(g_utf8_validate(html, -1, NULL));
}

static void
check_text(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		const char *line = lines[i] + strspn(lines[i], " ");

		g_assert_true(jp_text_width(lines[i]) <= 72 || !strchr(line, ' '));
		g_assert_null(strpbrk(lines[i], "\r\x1b\x07"));
	}
}

static void
check_part(GMimeMessage *m, int i, const char *expected)
{
	GMimeObject *part = g_mime_multipart_get_part(GMIME_MULTIPART(m->mime_part), i);
	g_autofree char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
	g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
	g_autofree char *joined = g_strjoinv("\n", lines);

	/* The line end before a boundary belongs to the boundary. */
	g_assert_cmpstr(g_strchomp(joined), ==, expected);
}

static void
check_message(GBytes *bytes, const char *text, const char *html)
{
	gsize len;
	const char *data = g_bytes_get_data(bytes, &len);
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(data, len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);
	g_autofree char *plain = g_strchomp(g_strdup(text)), *rich = g_strchomp(g_strdup(html));

	for (gsize i = 0; i < len; i++)
		g_assert_true(data[i] && (data[i] == '\n') == (i && data[i - 1] == '\r'));
	g_assert_cmpint(
	    g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(m))), ==, 13);
	g_assert_cmpint(internet_address_list_length(g_mime_message_get_to(m)), ==, 1);
	g_assert_null(g_mime_object_get_header(GMIME_OBJECT(m), "Bcc"));
	check_part(m, 0, plain);
	check_part(m, 1, rich);
	g_object_unref(m);
	g_object_unref(parser);
	g_object_unref(stream);
}

static guint
compose(sample *s)
{
	g_autofree char *subject = NULL, *text = NULL, *html = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = NULL;
	guint n;

	jp_digest_compose(s->templates, s->conf, &s->digest, &subject, &text, &html, &error);
	g_assert_no_error(error);
	bytes = jp_message_write(s->conf, &s->digest, subject, text, html, &error);
	g_assert_no_error(error);
	n = count(html, "<");
	check_html(html, n);
	check_text(text);
	check_message(bytes, text, html);
	return n;
}

/* The same fields with every character of markup made harmless: as many tags come out. */
static void
soften(char *text)
{
	g_strdelimit(text, "<>&\"'", 'x');
}

static void
run(char *const *fields)
{
	sample s;
	jp_digest_item *item;
	guint n;

	sample_init(&s, sample_site);
	item = sample_add(&s, fields[3], fields[0], fields[1], 50);
	item->place = fields[2];
	item->description = fields[4];
	item->url = fields[5];
	g_free(s.to.name);
	s.to.name = g_strdup(fields[6]);
	n = compose(&s);
	for (int i = 0; i < N_FIELDS; i++)
		if (i != 5)
			soften(fields[i]);
	g_free(s.to.name);
	s.to.name = g_strdup(fields[6]);
	g_assert_cmpuint(compose(&s), ==, n);
	sample_clear(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *fields[N_FIELDS];
	gsize at = 0;

	g_mime_init();
	for (int i = 0; i < N_FIELDS; i++) {
		gsize len = strnlen((const char *)data + at, size - at);
		g_autofree char *raw = g_strndup((const char *)data + at, len);

		fields[i] = g_utf8_make_valid(raw, -1); /* as postings are, once stored */
		at = MIN(at + len + 1, size);
	}
	run(fields);
	for (int i = 0; i < N_FIELDS; i++)
		g_free(fields[i]);
	return 0;
}
