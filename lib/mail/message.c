/*
 * One digest as a message (RFC 5322, 2045-2047, 6531), by GMime: multipart/alternative with plain
 * text, then HTML; the headers of a mailing list (RFC 2369, 2919, 8058) and of an automatic sender
 * (RFC 3834).  Pure, and the same bytes for the same digest: the date is the digest's, the boundary
 * comes from the Message-ID.  Nothing that comes from outside can begin a header or a line of its
 * own.
 */
#include "mail/internal.h"

#include <gmime/gmime.h>
#include <string.h>

#define MAX_LINE      998 /* RFC 5322 2.1.1 */
#define MAX_LIST_NAME 60  /* bytes: the header stays under 255 octets (M11) */

/* ---- what headers hold ----------------------------------------------------------------------- */

static const char *
our_domain(const jp_config *conf)
{
	const char *at = conf->mail.from ? strrchr(conf->mail.from, '@') : NULL;

	if (conf->mail.domain && *conf->mail.domain)
		return conf->mail.domain;
	return at ? at + 1 : "localhost";
}

/* The operator's page or address; where neither is told, the sender's address. */
static char *
owner_uri(const jp_config *conf)
{
	char *uri = jp_address_uri(conf->site.contact);

	return uri ? uri : jp_address_uri(conf->mail.from);
}

/* ---- headers ------------------------------------------------------------------------------ */

/* GMime encodes and folds a value that it is given; a raw one it writes as it stands. */
static void
set_raw(GMimeMessage *m, const char *name, const char *raw)
{
	GMimeObject *o = GMIME_OBJECT(m);

	g_mime_object_append_header(o, name, "", NULL);
	g_mime_header_set_raw_value(
	    g_mime_header_list_get_header(g_mime_object_get_header_list(o), name), raw);
}

static void
set_token(GMimeMessage *m, const char *name, const char *value)
{
	g_autofree char *raw = g_strdup_printf(" %s\n", value);

	set_raw(m, name, raw);
}

static void
set_bracketed(GMimeMessage *m, const char *name, const char *what)
{
	g_autofree char *value = g_strdup_printf("<%s>", what);

	set_token(m, name, value);
}

static void
set_mailbox(GMimeMessage *m, const char *name, const char *phrase, const char *address)
{
	g_autofree char *wire = jp_address_wire(address);
	g_autofree char *raw = jp_header_mailbox(name, phrase, wire, JP_MAX_NAME);

	set_raw(m, name, raw);
}

static void
set_list_id(GMimeMessage *m, const jp_config *conf)
{
	g_autofree char *id = g_strconcat("digest.", our_domain(conf), NULL);
	g_autofree char *name = jp_text_clean(conf->site.name, -1, MAX_LIST_NAME, FALSE);
	g_autofree char *raw =
	    jp_header_mailbox("List-Id", *name ? name : "JobPing", id, MAX_LIST_NAME);

	set_raw(m, "List-Id", raw);
}

/* U01: one https address, which no header encoder may touch, and one that takes mail. */
static gboolean
set_unsubscribe(GMimeMessage *m, const jp_config *conf, const jp_digest *d, GError **error)
{
	g_autofree char *url = jp_digest_unsubscribe_url(conf, d);
	g_autofree char *by_mail = NULL;
	g_autofree char *value = NULL;

	if (!d->token)
		return TRUE;
	by_mail = g_strdup_printf("<mailto:unsub+%s@%s>", d->token, our_domain(conf));
	if (!url || !g_str_has_prefix(url, "https://")) {
		set_token(m, "List-Unsubscribe", by_mail);
		return TRUE;
	}
	if (!jp_address_is_uri(url) || strlen(url) > MAX_LINE - 25) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "site.url: too long for a header, or has blanks or letters beyond ASCII");
		return FALSE;
	}
	value = g_strdup_printf("<%s>,\n %s", url, by_mail);
	set_token(m, "List-Unsubscribe", value);
	set_token(m, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
	return TRUE;
}

static gboolean
set_list(GMimeMessage *m, const jp_config *conf, const jp_digest *d, GError **error)
{
	g_autofree char *owner = owner_uri(conf);

	set_list_id(m, conf);
	if (!set_unsubscribe(m, conf, d, error))
		return FALSE;
	set_token(m, "List-Post", "NO");
	set_bracketed(m, "List-Help",
	    conf->site.url && jp_address_is_uri(conf->site.url) ? conf->site.url : owner);
	set_bracketed(m, "List-Owner", owner);
	return TRUE;
}

static void
set_date(GMimeMessage *m, gint64 now)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(now / JP_SECOND);

	g_mime_message_set_date(m, date);
}

static gboolean
set_headers(
    GMimeMessage *m, const jp_config *conf, const jp_digest *d, const char *subject, GError **error)
{
	g_autofree char *raw_subject = jp_header_text("Subject", subject, JP_MAX_TITLE);

	set_mailbox(m, "From", conf->mail.from_name, conf->mail.from);
	set_mailbox(m, "To", d->to->name, d->to->email);
	set_raw(m, "Subject", raw_subject);
	set_date(m, d->now);
	set_bracketed(m, "Message-ID", d->message_id);
	set_token(m, "Auto-Submitted", "auto-generated");
	return set_list(m, conf, d, error);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static gboolean
is_kept(guchar c)
{
	return c >= ' ' ? c != 0x7f : c == '\n' || c == '\t';
}

/* Valid UTF-8, lines ended by LF alone, no controls but tabs, a newline at the end. */
static char *
clean_body(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *s = g_string_sized_new(strlen(valid) + 2);

	for (const char *p = valid; *p;) {
		const char *run = p;

		while (is_kept((guchar)*p))
			p++;
		g_string_append_len(s, run, p - run);
		if (*p == '\r' && p[1] != '\n')
			g_string_append_c(s, '\n');
		p += *p != '\0';
	}
	if (!s->len || s->str[s->len - 1] != '\n')
		g_string_append_c(s, '\n');
	return g_string_free(s, FALSE);
}

/* Lines that mail systems are known to change: too long, blanks at the end, "From " at the
 * start. */
static gboolean
is_fragile(const char *text)
{
	for (const char *end; *text; text = end + 1) {
		end = strchrnul(text, '\n');
		if (end - text > MAX_LINE || g_str_has_prefix(text, "From ") ||
		    (end > text && (end[-1] == ' ' || end[-1] == '\t')))
			return TRUE;
		if (!*end)
			break;
	}
	return FALSE;
}

/* M07: nothing where nothing is needed; quoted-printable for a few letters, base64 for many. */
static GMimeContentEncoding
choose_encoding(const char *text)
{
	gsize n_high = 0, len = strlen(text);

	for (gsize i = 0; i < len; i++)
		n_high += (guchar)text[i] >> 7;
	if (n_high > len / 5)
		return GMIME_CONTENT_ENCODING_BASE64;
	return n_high || is_fragile(text) ? GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE
					  : GMIME_CONTENT_ENCODING_7BIT;
}

/* The line ends of what base64 hides are ours to make; GMime makes the others. */
static char *
crlf(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	return g_strjoinv("\r\n", lines);
}

static GMimePart *
make_part(const char *subtype, const char *body)
{
	GMimePart *part = g_mime_part_new_with_type("text", subtype);
	GMimeContentEncoding encoding = choose_encoding(body);
	g_autofree char *canonical =
	    encoding == GMIME_CONTENT_ENCODING_BASE64 ? crlf(body) : g_strdup(body);
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(canonical, strlen(canonical));
	GMimeDataWrapper *content =
	    g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
	g_mime_part_set_content_encoding(part, encoding);
	g_mime_part_set_content(part, content);
	g_object_unref(content);
	g_object_unref(stream);
	return part;
}

/* M06: from the Message-ID, so that writing again gives the same bytes; another one where a part,
 * against all odds, has it. */
static char *
make_boundary(const char *message_id, const char *text, const char *html)
{
	for (guint i = 0;; i++) {
		g_autofree char *seed = g_strdup_printf("%s %u", message_id, i);
		g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, seed, -1);
		g_autofree char *boundary = g_strdup_printf("=_%.40s", hash);

		if (!strstr(text, boundary) && !strstr(html, boundary))
			return g_steal_pointer(&boundary);
	}
}

static void
set_body(GMimeMessage *m, const char *message_id, const char *text, const char *html)
{
	GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");
	GMimePart *plain = make_part("plain", text), *rich = make_part("html", html);
	g_autofree char *boundary = make_boundary(message_id, text, html);

	g_mime_multipart_set_boundary(both, boundary);
	g_mime_multipart_add(both, GMIME_OBJECT(plain));
	g_mime_multipart_add(both, GMIME_OBJECT(rich));
	g_mime_message_set_mime_part(m, GMIME_OBJECT(both));
	g_object_unref(plain);
	g_object_unref(rich);
	g_object_unref(both);
}

/* ---- the message -------------------------------------------------------------------------- */

static GBytes *
write_bytes(GMimeMessage *m)
{
	GMimeFormatOptions *options = g_mime_format_options_new();
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes = g_byte_array_new();

	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), bytes);
	g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
	g_mime_object_write_to_stream(GMIME_OBJECT(m), options, stream);
	g_object_unref(stream);
	g_mime_format_options_free(options);
	return g_byte_array_free_to_bytes(bytes);
}

GBytes *
jp_message_write(const jp_config *conf, const jp_digest *d, const char *subject, const char *text,
    const char *html, GError **error)
{
	g_autofree char *plain = clean_body(text), *rich = clean_body(html);
	GMimeMessage *m;
	GBytes *bytes = NULL;

	if (!jp_address_check(d->to->email, error))
		return NULL;
	if (!jp_address_check(conf->mail.from, error)) {
		g_prefix_error(error, "mail.from: ");
		return NULL;
	}
	g_mime_init(); /* counts its calls; there is nothing to undo before the process ends */
	m = g_mime_message_new(FALSE);
	set_body(m, d->message_id, plain, rich);
	if (set_headers(m, conf, d, subject, error))
		bytes = write_bytes(m);
	g_object_unref(m);
	return bytes;
}
