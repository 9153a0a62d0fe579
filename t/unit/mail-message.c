/*
 * Tests of lib/mail/message.c and header.c.  The reader of mail-reader.h checks every message
 * against the rules M01 to M12; the cases make it hard.
 */
#include "mail-reader.h"
#include "mail-sample.h"

static mail *
write_and_read(sample *s, const char *subject, const char *text, const char *html)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes =
	    jp_message_write(s->conf, &s->digest, subject, text, html, &error);

	g_assert_no_error(error);
	return mail_read(bytes);
}

static mail *
compose(sample *s)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *subject = NULL, *text = NULL, *html = NULL;

	g_assert_true(
	    jp_digest_compose(s->templates, s->conf, &s->digest, &subject, &text, &html, &error));
	return write_and_read(s, subject, text, html);
}

/* ---- the cases ------------------------------------------------------------------------------- */

static void
set_up(sample *s, gconstpointer data)
{
	sample_init(s, data ? data : sample_site);
	sample_fill(s);
}

static void
tear_down(sample *s, gconstpointer data)
{
	(void)data;
	sample_clear(s);
}

static void
test_headers(sample *s, gconstpointer data)
{
	g_autoptr(mail) m = compose(s);

	(void)data;
	assert_header(m, "MIME-Version", "1.0");
	assert_header(m, "From", "River Jobs <digest@jobs.example>");
	assert_decoded(m, "To", "Anna Öberg <anna@reader.example>");
	assert_header(m, "Subject", "3 new jobs: Senior Rust Engineer at Kiel & Sons and 2 more");
	assert_header(m, "Date", "Tue, 03 Mar 2026 07:00:00 +0000");
	assert_header(m, "Message-ID", "<" SAMPLE_ID ">");    /* M02 */
	assert_header(m, "Auto-Submitted", "auto-generated"); /* M10 */
}

static void
test_list(sample *s, gconstpointer data)
{
	g_autoptr(mail) m = compose(s);

	(void)data;
	assert_header(m, "List-Id", "River Jobs <digest.mail.jobs.example>");
	assert_header(m, "List-Post", "NO");
	assert_header(m, "List-Help", "<https://jobs.example>");
	assert_header(m, "List-Owner", "<mailto:desk@jobs.example>");
}

static void
test_unsubscribe(sample *s, gconstpointer data)
{
	g_autoptr(mail) m = compose(s);

	(void)data;
	assert_header(m, "List-Unsubscribe",
	    "<https://jobs.example/u/" SAMPLE_TOKEN ">, <mailto:unsub+" SAMPLE_TOKEN
	    "@mail.jobs.example>");
	assert_header(m, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
}

/* U01: 200 characters and more stay one URL, whole and as it is. */
static void
test_unsubscribe_long(sample *s, gconstpointer data)
{
	static const gsize lengths[] = {70, 78, 200, 900};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autofree char *path = g_strnfill(lengths[i] - 20 - 47, 'x');
		g_autofree char *expected = NULL;
		g_autoptr(mail) m = NULL;

		g_free(s->conf->site.url);
		s->conf->site.url = g_strconcat("https://jobs.example/", path, NULL);
		m = compose(s);
		expected =
		    g_strdup_printf("\r\nList-Unsubscribe: <%s/u/" SAMPLE_TOKEN ">,\r\n <mailto:",
			s->conf->site.url);
		g_assert_nonnull(strstr(m->raw, expected));
	}
}

static void
test_unsubscribe_too_long(sample *s, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_strnfill(1000, 'x');

	(void)data;
	g_free(s->conf->site.url);
	s->conf->site.url = g_strconcat("https://jobs.example/", path, NULL);
	g_assert_null(jp_message_write(s->conf, &s->digest, "s", "t", "h", &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
}

/* A mailbox on this machine needs no site: what is left says how by mail. */
static void
test_no_site(sample *s, gconstpointer data)
{
	g_autoptr(mail) m = compose(s);

	(void)data;
	assert_header(m, "List-Unsubscribe", "<mailto:unsub+" SAMPLE_TOKEN "@mail.jobs.example>");
	assert_header(m, "List-Unsubscribe-Post", NULL);
	assert_header(m, "List-Help", "<mailto:digest@jobs.example>");
	assert_header(m, "List-Owner", "<mailto:digest@jobs.example>");
}

/* M04: line ends in whatever comes from outside. */
static void
test_injection(sample *s, gconstpointer data)
{
	static const char *const hostile[] = {
	    "Eve\r\nBcc: eve@spy.example",
	    "Eve\nBcc: eve@spy.example",
	    "Eve\rBcc: eve@spy.example",
	    "Eve\r\n\r\n<h1>body</h1>",
	    "Eve\xe2\x80\xa8"
	    "Bcc: eve@spy.example",
	    "Eve\xc2\x85"
	    "Bcc: eve@spy.example",
	    "=?utf-8?q?Eve=0D=0ABcc=3A_eve=40spy.example?=",
	    "\"Eve\" <eve@spy.example>, \"",
	    "Eve\\",
	    "Eve (",
	};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		jp_digest_item *item = s->digest.items->pdata[0];
		g_autoptr(mail) m = NULL;

		g_free(s->to.name);
		s->to.name = g_strdup(hostile[i]);
		g_free(s->conf->site.name);
		s->conf->site.name = g_strdup(hostile[i]);
		g_free(s->conf->mail.from_name);
		s->conf->mail.from_name = g_strdup(hostile[i]);
		item->title = item->company = item->url = item->search = hostile[i];
		m = compose(s); /* and every rule is checked */
		for (int k = 0; k < 2; k++)
			g_assert_null(strstr(m->text[k], "\nBcc:"));
		mail_free(g_steal_pointer(&m));
		m = write_and_read(s, hostile[i], "t\n", "h\n");
	}
}

static void
test_bad_recipient(sample *s, gconstpointer data)
{
	static const char *const bad[] = {
	    "anna@reader.example\r\nBcc: eve@spy.example", "a@b.example,c@d.example", "anna", ""};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_free(s->to.email);
		s->to.email = g_strdup(bad[i]);
		g_assert_null(jp_message_write(s->conf, &s->digest, "s", "t", "h", &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	}
}

static char *
repeat(const char *s, guint n)
{
	GString *out = g_string_new(NULL);

	while (n--)
		g_string_append(out, s);
	return g_string_free(out, FALSE);
}

/* M05: whatever letters, in whatever length, in every header with a text. */
static void
test_encoded_words(sample *s, gconstpointer data)
{
	static const char *const units[] = {"a", "word ", "ä", "ä ", "жук", "職", "😀",
	    "👩‍👩‍👧 ", "שלום ", "e\xcc\x81", "a ä ", "aaaaaaaaaaaaaaaä ", "=?",
	    "?= ", "_", "\"", "x, y; z ", "(c) "};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		for (guint n = 1; n <= 1000; n = n * 3 + 1) {
			g_autofree char *text = repeat(units[i], n);
			g_autofree char *subject = jp_text_clean(text, -1, JP_MAX_TITLE, FALSE);
			g_autofree char *value = NULL;
			g_autofree char *decoded = NULL;
			g_autoptr(mail) m = NULL;

			g_free(s->to.name);
			s->to.name = g_strdup(text);
			g_free(s->conf->site.name);
			s->conf->site.name = g_strdup(text);
			m = write_and_read(s, text, "t\n", "h\n");
			value = value_of(m->headers, "Subject");
			decoded = decode_value(value);
			if (strcmp(decoded, subject) != 0)
				g_error("unit \"%s\" %u times: \"%s\"", units[i], n, value);
		}
	}
}

/* M05: names decode to themselves, and none of them becomes a second recipient. */
static void
test_names(sample *s, gconstpointer data)
{
	static const char *const names[] = {"Anna", "Anna Öberg", "Öberg, Anna", "安娜", "Anna 😀 B",
	    "אנה", "Jean-Łukasz Brzęczyszczykiewicz von und zu Großwörterbüchlein der Ältere"};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *expected = g_strdup_printf("%s <anna@reader.example>", names[i]);
		g_autoptr(mail) m = NULL;

		g_free(s->to.name);
		s->to.name = g_strdup(names[i]);
		m = write_and_read(s, "s", "t\n", "h\n");
		assert_decoded(m, "To", expected);
	}
	g_free(s->to.name);
	s->to.name = NULL;
	g_autoptr(mail) m = write_and_read(s, "s", "t\n", "h\n");
	assert_header(m, "To", "anna@reader.example");
}

static void
test_quoted_name(sample *s, gconstpointer data)
{
	g_autoptr(mail) m = NULL;

	(void)data;
	g_free(s->to.name);
	s->to.name = g_strdup("Berg, Anna \"A.\" <x@y.example>");
	m = write_and_read(s, "s", "t\n", "h\n");
	assert_header(m, "To", "\"Berg, Anna \\\"A.\\\" <x@y.example>\" <anna@reader.example>");
}

static void
test_idn(sample *s, gconstpointer data)
{
	g_autoptr(mail) m = NULL;

	(void)data;
	g_free(s->to.email);
	s->to.email = g_strdup("anna@bücher.example");
	g_free(s->to.name);
	s->to.name = NULL;
	m = write_and_read(s, "s", "t\n", "h\n");
	assert_header(m, "To", "anna@xn--bcher-kva.example");
}

static const struct {
	const char *name, *text, *encoding;
} encodings[] = {
    {"ascii", "Plain text.\nTwo lines.\n", "7bit"},
    {"no-newline-at-the-end", "Plain text.", "7bit"},
    {"few-letters", "A café in Zürich, and plenty of ASCII around it\n", "quoted-printable"},
    {"many-letters", "職人を募集しています\n", "base64"},
    {"blank-at-the-end", "two \nlines\n", "quoted-printable"},
    {"tab-at-the-end", "two\t\nlines\n", "quoted-printable"},
    {"from-line", "a\nFrom here\n", "quoted-printable"},
    {"from-first", "From here\n", "quoted-printable"},
    {"dots", ".\n..\n.a\n", "7bit"},
    {"equals", "a=b =3D\n", "7bit"},
    {"empty", "", "7bit"},
};

static void
test_encoding(sample *s, gconstpointer data)
{
	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
		g_autoptr(mail) m = write_and_read(s, "s", encodings[i].text, encodings[i].text);
		g_autofree char *expected = g_strconcat(
		    encodings[i].text, g_str_has_suffix(encodings[i].text, "\n") ? "" : "\n", NULL);

		for (int k = 0; k < 2; k++) {
			/* The line end before the boundary belongs to the boundary. */
			g_autofree char *text = g_str_has_suffix(m->text[k], "\n")
			    ? g_strdup(m->text[k])
			    : g_strconcat(m->text[k], "\n", NULL);

			g_test_message("%s", encodings[i].name);
			g_assert_cmpstr(text, ==, expected);
			g_assert_cmpstr(m->encoding[k], ==, encodings[i].encoding);
		}
	}
}

static void
test_long_lines(sample *s, gconstpointer data)
{
	static const gsize lengths[] = {76, 77, 998, 999, 5000};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autofree char *line = g_strnfill(lengths[i], 'x');
		g_autofree char *text = g_strconcat(line, "\nä\n", NULL);
		g_autofree char *plain = g_strconcat(line, "\n", NULL);
		g_autoptr(mail) m = write_and_read(s, "s", plain, text);

		g_assert_true(g_str_has_prefix(m->text[0], line));
		g_assert_true(g_str_has_prefix(m->text[1], text));
		g_assert_cmpstr(m->encoding[0], ==, lengths[i] > 998 ? "quoted-printable" : "7bit");
	}
}

static void
test_controls(sample *s, gconstpointer data)
{
	g_autoptr(mail) m =
	    write_and_read(s, "s", "a\rb\r\nc\x01\x1b[31md\x7f\te\xff\n", "<p>a\r\n\rb\n");

	(void)data;
	g_assert_cmpstr(m->text[0], ==, "a\nb\nc[31md\te\xef\xbf\xbd\n");
	g_assert_true(g_str_has_prefix(m->text[1], "<p>a\n\nb"));
}

/* M06: both parts have the same postings, links and ways out. */
static void
test_both_parts(sample *s, gconstpointer data)
{
	static const char *const both[] = {"Senior Rust Engineer", "Go Developer, Payments",
	    "Embedded Developer", "Windmill Works", "70,000–90,000 EUR/year",
	    "https://boards.example/acme/jobs/1017", "https://jobs.example/u/" SAMPLE_TOKEN,
	    "https://jobs.example/m/" SAMPLE_MANAGE, "Unsubscribe", "1 Quay Street, 1000 Riverton"};
	g_autoptr(mail) m = compose(s);

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(both); i++)
		for (int k = 0; k < 2; k++)
			if (!strstr(m->text[k], both[i]))
				g_error("part %d lacks %s", k, both[i]);
}

/* A part that tries to hold the boundary: the message gets another one. */
static void
test_boundary(sample *s, gconstpointer data)
{
	g_autoptr(mail) first = write_and_read(s, "s", "t\n", "h\n");
	g_autofree char *text = g_strdup_printf("x\n--%s--\ny\n", first->boundary);
	g_autoptr(mail) m = write_and_read(s, "s", text, "h\n");

	(void)data;
	g_assert_cmpstr(m->boundary, !=, first->boundary);
	g_assert_nonnull(strstr(m->text[0], first->boundary));
}

static void
test_same_bytes(sample *s, gconstpointer data)
{
	g_autoptr(mail) a = compose(s);
	g_autoptr(mail) b = compose(s);

	(void)data;
	g_assert_cmpstr(a->raw, ==, b->raw);
}

/* M12: the reader's address is in To and nowhere else. */
static void
test_address_once(sample *s, gconstpointer data)
{
	g_autoptr(mail) m = compose(s);
	const char *at = strstr(m->raw, "anna@reader.example");

	(void)data;
	g_assert_nonnull(at);
	g_assert_null(strstr(at + 1, "anna@"));
	g_assert_null(strstr(m->text[0], "reader.example"));
	g_assert_null(strstr(m->text[1], "reader.example"));
}

#define ADD(name, data, func) g_test_add(name, sample, data, set_up, func, tear_down)

int
main(int argc, char **argv)
{
	static const char no_site[] = "mail:\n"
				      "  from: digest@jobs.example\n"
				      "  domain: mail.jobs.example\n";

	g_test_init(&argc, &argv, NULL);
	ADD("/mail/message/M01-headers", NULL, test_headers);
	ADD("/mail/message/M04-injection", NULL, test_injection);
	ADD("/mail/message/M04-bad-recipient", NULL, test_bad_recipient);
	ADD("/mail/message/M05-encoded-words", NULL, test_encoded_words);
	ADD("/mail/message/M05-names", NULL, test_names);
	ADD("/mail/message/M05-quoted-name", NULL, test_quoted_name);
	ADD("/mail/message/M06-both-parts", NULL, test_both_parts);
	ADD("/mail/message/M06-boundary", NULL, test_boundary);
	ADD("/mail/message/M07-encoding", NULL, test_encoding);
	ADD("/mail/message/M07-long-lines", NULL, test_long_lines);
	ADD("/mail/message/M03-controls", NULL, test_controls);
	ADD("/mail/message/M11-list", NULL, test_list);
	ADD("/mail/message/M12-address-once", NULL, test_address_once);
	ADD("/mail/message/U01-unsubscribe", NULL, test_unsubscribe);
	ADD("/mail/message/U01-long-url", NULL, test_unsubscribe_long);
	ADD("/mail/message/U01-too-long-url", NULL, test_unsubscribe_too_long);
	ADD("/mail/message/no-site", no_site, test_no_site);
	ADD("/mail/message/idn", NULL, test_idn);
	ADD("/mail/message/M02-same-bytes", NULL, test_same_bytes);
	return g_test_run();
}
