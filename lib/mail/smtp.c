/*
 * Submission by SMTP (RFC 5321, 3207, 8314) with libcurl.  Each connection is a thread with an easy
 * handle of its own that is kept for the whole run: libcurl waits for the reply to the final dot
 * inside one blocking call, its multi interface included, so that transfers sharing a multi handle
 * would wait for one another.  Threads touch nothing but libcurl and their own line; results are
 * told from the caller's thread.
 *
 * What the dialogue came to is read from libcurl's protocol trace (the commands it sent, the
 * replies it got), for its error codes do not tell a refused recipient from a broken connection.
 * The trace holds credentials too; only the first word of a command is ever looked at, and replies
 * to AUTH are not kept.
 */
#include "mail/transport.h"

#include <curl/curl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

/* How long a message may still take once we are asked to stop. */
#define STOP_LIMIT_US (4 * G_USEC_PER_SEC)
/* A server that drops this many messages in a row without a word is in trouble (S02). */
#define MAX_LOST 3
/* What is kept of one reply. */
#define MAX_REPLY   1000
#define MAX_CONNECT (30 * JP_SECOND)

typedef struct line line;

typedef struct smtp {
	jp_transport base;
	const jp_config *conf;
	char *url, *where; /* "smtp://host:587/ehlo.name", "host:587" */
	GPtrArray *lines;  /* of line *, owned */
	int lost;          /* messages in a row that ended without a reply; atomic */
} smtp;

/* One connection, and the message it carries. */
struct line {
	const smtp *s;
	CURL *easy;
	gboolean has_utf8; /* the server offers SMTPUTF8 */
	gboolean is_over;  /* QUIT was said, which libcurl does after a refusal: what follows says
			      nothing */
	jp_smtp_phase phase;
	int code;
	GString *reply;
	const jp_transport_item *item;
	gsize given;         /* bytes that libcurl took from us */
	gsize written, full; /* bytes on the wire, and all there will be but the final dot */
	gint64 stop_us;      /* when stopping was first seen */
};

/* What the threads of one batch share. */
typedef struct batch {
	smtp *s;
	const jp_transport_item *items;
	int n, next, halt; /* next and halt are atomic */
	GAsyncQueue *results;
} batch;

/* What goes from a thread to the caller's. */
typedef struct result {
	const jp_transport_item *item;
	jp_transport_outcome outcome;
	int code;
	char *reply;
	GError *trouble;
} result;

typedef struct job {
	batch *b;
	line *l;
} job;

/* ---- listening to the dialogue ------------------------------------------------------------ */

static void
enter(line *l, jp_smtp_phase phase)
{
	l->phase = phase;
	l->code = 0;
	g_string_truncate(l->reply, 0);
}

static void
on_command(line *l, const char *text, gsize len)
{
	static const struct {
		const char *verb;
		jp_smtp_phase phase;
	} verbs[] = {
	    {"EHLO ", JP_SMTP_HELLO},
	    {"HELO ", JP_SMTP_HELLO},
	    {"STARTTLS", JP_SMTP_HELLO},
	    {"AUTH ", JP_SMTP_AUTH},
	    {"MAIL FROM:", JP_SMTP_MAIL},
	    {"RCPT TO:", JP_SMTP_RCPT},
	    {"DATA\r", JP_SMTP_DATA},
	};
	gsize i;

	if (len >= 4 && memcmp(text, "QUIT", 4) == 0 && l->phase != JP_SMTP_AUTH)
		l->is_over = TRUE;
	for (i = 0; i < G_N_ELEMENTS(verbs); i++) {
		gsize n = strlen(verbs[i].verb);

		if (len < n || memcmp(text, verbs[i].verb, n) != 0)
			continue;
		if (verbs[i].phase == JP_SMTP_HELLO)
			l->has_utf8 = FALSE;
		enter(l, verbs[i].phase);
		return;
	}
}

static void
on_reply(line *l, const char *text, gsize len)
{
	if (len < 3 || !g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]) ||
	    !g_ascii_isdigit(text[2]))
		return;
	if (l->phase == JP_SMTP_END)
		enter(l, JP_SMTP_REPLIED);
	l->code = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
	if (l->phase == JP_SMTP_HELLO && len >= 12 &&
	    g_ascii_strncasecmp(text + 4, "SMTPUTF8", 8) == 0)
		l->has_utf8 = TRUE;
	if (l->phase != JP_SMTP_AUTH && l->reply->len + len < MAX_REPLY)
		g_string_append_len(l->reply, text, (gssize)len);
	if (l->phase == JP_SMTP_DATA && l->code == 354)
		enter(l, l->item->len > 0 ? JP_SMTP_BODY : JP_SMTP_END);
}

static int
on_trace(CURL *easy, curl_infotype type, char *text, size_t len, void *data)
{
	line *l = data;

	(void)easy; /* libcurl's signature */
	if (!l->item || l->is_over)
		return 0;
	if (type == CURLINFO_HEADER_OUT)
		on_command(l, text, len);
	else if (type == CURLINFO_HEADER_IN)
		on_reply(l, text, len);
	else if (type == CURLINFO_DATA_OUT)
		l->written += len;
	return 0;
}

static size_t
on_read(char *buffer, size_t size, size_t n, void *data)
{
	line *l = data;
	gsize len = MIN(size * n, l->item->len - l->given);

	memcpy(buffer, l->item->bytes + l->given, len);
	l->given += len;
	if (l->given == l->item->len && l->phase == JP_SMTP_BODY)
		enter(l, JP_SMTP_END);
	return len;
}

static int
on_progress(void *data, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	line *l = data;

	(void)dltotal, (void)dlnow, (void)ultotal, (void)ulnow; /* libcurl's signature */
	if (!jp_stopping())
		return 0;
	if (!l->stop_us)
		l->stop_us = jp_monotonic_us();
	return jp_monotonic_us() - l->stop_us > STOP_LIMIT_US;
}

/* Addresses beyond ASCII need SMTPUTF8 (RFC 6531); libcurl asks for it where it is offered, and we
 * go no further where it is not. */
static int
on_ready(void *data, char *to_ip, char *from_ip, int to_port, int from_port)
{
	const line *l = data;

	(void)to_ip, (void)from_ip, (void)to_port, (void)from_port; /* libcurl's signature */
	return g_str_is_ascii(l->item->to) || l->has_utf8 ? CURL_PREREQFUNC_OK
							  : CURL_PREREQFUNC_ABORT;
}

static size_t
on_body(char *text, size_t size, size_t n, void *data)
{
	(void)text, (void)data; /* nothing that a server says goes to our stdout */
	return size * n;
}

/* ---- one message -------------------------------------------------------------------------- */

/* Bytes on the wire after dots at the start of a line are doubled. */
static gsize
stuffed_len(const char *bytes, gsize len)
{
	gsize n = len, i;

	for (i = 0; i < len; i++)
		if (bytes[i] == '.' && (i == 0 || bytes[i - 1] == '\n'))
			n++;
	return n;
}

static CURLcode
perform(line *l, gboolean fresh)
{
	struct curl_slist *to = curl_slist_append(NULL, l->item->to);
	CURLcode rc;

	enter(l, JP_SMTP_CONNECT);
	l->is_over = FALSE;
	l->given = l->written = 0;
	curl_easy_setopt(l->easy, CURLOPT_MAIL_FROM, l->item->from);
	curl_easy_setopt(l->easy, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(l->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)l->item->len);
	curl_easy_setopt(l->easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
	rc = to ? curl_easy_perform(l->easy) : CURLE_OUT_OF_MEMORY;
	curl_slist_free_all(to);
	/* All was taken from us, but not all of it reached the wire: nobody saw the final dot. */
	if (rc != CURLE_OK && l->phase == JP_SMTP_END &&
	    (rc == CURLE_SEND_ERROR || (l->written > 0 && l->written < l->full)))
		enter(l, JP_SMTP_BODY);
	return rc;
}

/* A connection that was kept may have been closed meanwhile, or be used up ("421 too many
 * messages"): that says nothing about the next one. */
static gboolean
is_worn_out(const line *l, CURLcode rc)
{
	long connects = 1;

	if (rc == CURLE_OK || l->phase > JP_SMTP_DATA || (l->code != 0 && l->code != 421))
		return FALSE;
	return curl_easy_getinfo(l->easy, CURLINFO_NUM_CONNECTS, &connects) == CURLE_OK &&
	    connects == 0;
}

/* The reply in one line, or what libcurl says; free with g_free. */
static char *
words_of(const line *l, CURLcode rc)
{
	g_autofree char *text = NULL;

	if (l->reply->len == 0)
		return g_strdup(rc == CURLE_OK ? "sent" : curl_easy_strerror(rc));
	text = g_utf8_make_valid(l->reply->str, (gssize)l->reply->len);
	g_strdelimit(g_strchomp(text), "\r\n", ' ');
	return g_steal_pointer(&text);
}

/* What stands between us and the server, with what to do. */
static GError *
trouble_of(const line *l, CURLcode rc, const char *words)
{
	const char *why = words;
	jp_error code = JP_ERROR_TEMP;

	if (rc == CURLE_LOGIN_DENIED || (l->phase == JP_SMTP_AUTH && l->code >= 500)) {
		code = JP_ERROR_PERM;
		why = "login denied; check mail.smtp.user and its password";
	} else if (rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_CACERT_BADFILE) {
		code = JP_ERROR_UNAVAILABLE;
		why = "its certificate cannot be verified; see mail.smtp.ca_file";
	} else if (rc == CURLE_USE_SSL_FAILED) {
		code = JP_ERROR_UNAVAILABLE;
		why = "it does not offer STARTTLS; see mail.smtp.tls";
	}
	return g_error_new(JP_ERROR, code, "mail.smtp: %s: %s", l->s->where, why);
}

static result *
carry(line *l, const jp_transport_item *item)
{
	result *r = g_new0(result, 1);
	gboolean is_host = FALSE;
	CURLcode rc;

	r->item = l->item = item;
	l->full = stuffed_len(item->bytes, item->len);
	rc = perform(l, FALSE);
	if (is_worn_out(l, rc))
		rc = perform(l, TRUE);
	r->outcome = jp_smtp_judge(
	    &(jp_smtp_end){l->phase, l->code, l->reply->str, rc == CURLE_OK}, &is_host);
	r->code = l->code;
	r->reply = words_of(l, rc);
	if (rc == CURLE_ABORTED_BY_CALLBACK && !l->stop_us && l->phase < JP_SMTP_MAIL) {
		r->outcome = JP_TRANSPORT_FAILED;
		r->code = 0;
		g_free(r->reply);
		r->reply = g_strdup("the server does not offer SMTPUTF8, which the address needs");
	} else if (is_host && !l->stop_us)
		r->trouble = trouble_of(l, rc, r->reply);
	l->item = NULL;
	return r;
}

/* Counts messages that were dropped without a word; the third in a row is the server's trouble. */
static void
count_lost(smtp *s, result *r)
{
	if (r->outcome == JP_TRANSPORT_NOT_TRIED || r->trouble)
		return;
	if (r->outcome == JP_TRANSPORT_SENT || r->code != 0) {
		g_atomic_int_set(&s->lost, 0);
		return;
	}
	if (g_atomic_int_add(&s->lost, 1) + 1 >= MAX_LOST)
		r->trouble = g_error_new(JP_ERROR, JP_ERROR_TEMP,
		    "mail.smtp: %s: %d messages in a row ended without a reply (%s)", s->where,
		    MAX_LOST, r->reply);
}

/* ---- a batch over several connections ----------------------------------------------------- */

static gboolean
may_start(const batch *b)
{
	gint64 until = b->s->base.start_until_us;

	return !g_atomic_int_get(&b->halt) && !jp_stopping() &&
	    (!until || jp_monotonic_us() < until);
}

static gpointer
work(gpointer data)
{
	const job *j = data;
	batch *b = j->b;
	sigset_t all;
	int i;

	/* Signals belong to the main thread. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL); /* cannot fail with these arguments */
	while ((i = g_atomic_int_add(&b->next, 1)) < b->n) {
		result *r;

		if (may_start(b)) {
			r = carry(j->l, &b->items[i]);
		} else {
			r = g_new0(result, 1);
			r->item = &b->items[i];
			r->outcome = JP_TRANSPORT_NOT_TRIED;
			r->reply = g_strdup("not tried");
		}
		count_lost(b->s, r);
		if (r->trouble)
			g_atomic_int_set(&b->halt, 1);
		g_async_queue_push(b->results, r);
	}
	return NULL;
}

static void
line_free(gpointer data)
{
	line *l = data;
	curl_socket_t fd = CURL_SOCKET_BAD;

	/* libcurl waits for the answer to QUIT; when we are in a hurry there shall be none. */
	if (jp_stopping() && curl_easy_getinfo(l->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
	    fd != CURL_SOCKET_BAD)
		(void)shutdown(fd, SHUT_RDWR); /* it may be closed already */
	curl_easy_cleanup(l->easy);
	g_string_free(l->reply, TRUE);
	g_free(l);
}

static void
set_security(CURL *easy, const jp_config *conf)
{
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (conf->mail.smtp.ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, conf->mail.smtp.ca_file);
	if (conf->mail.smtp.tls != JP_TLS_NONE)
		curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	if (conf->mail.smtp.user && conf->mail.smtp.tls != JP_TLS_NONE) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, conf->mail.smtp.user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD,
		    conf->mail.smtp.password ? conf->mail.smtp.password : "");
	}
}

static line *
line_new(const smtp *s)
{
	line *l = g_new0(line, 1);
	long timeout = (long)s->conf->mail.smtp.timeout;

	l->s = s;
	l->reply = g_string_new(NULL);
	l->easy = curl_easy_init();
	if (!l->easy)
		g_error("libcurl has no memory");
	curl_easy_setopt(l->easy, CURLOPT_URL, s->url);
	curl_easy_setopt(l->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(l->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(l->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(l->easy, CURLOPT_CONNECTTIMEOUT_MS, MIN(timeout, (long)MAX_CONNECT));
	curl_easy_setopt(l->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (timeout + 999) / 1000);
	curl_easy_setopt(l->easy, CURLOPT_TIMEOUT_MS, 2 * timeout);
	set_security(l->easy, s->conf);
	curl_easy_setopt(l->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(l->easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(l->easy, CURLOPT_READDATA, l);
	curl_easy_setopt(l->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(l->easy, CURLOPT_PREREQFUNCTION, on_ready);
	curl_easy_setopt(l->easy, CURLOPT_PREREQDATA, l);
	curl_easy_setopt(l->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(l->easy, CURLOPT_XFERINFODATA, l);
	curl_easy_setopt(l->easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(l->easy, CURLOPT_DEBUGFUNCTION, on_trace);
	curl_easy_setopt(l->easy, CURLOPT_DEBUGDATA, l);
	curl_easy_setopt(l->easy, CURLOPT_VERBOSE, 1L);
	return l;
}

/* Takes the results as they come and tells them. */
static void
tell_all(batch *b, jp_transport_done done, gpointer data)
{
	int i;

	for (i = 0; i < b->n; i++) {
		result *r = g_async_queue_pop(b->results);

		if (r->trouble)
			jp_transport_set_trouble(&b->s->base, r->trouble);
		jp_transport_tell(r->item, r->outcome, r->code, r->reply, done, data);
		g_free(r->reply);
		g_free(r);
	}
}

static void
smtp_send(
    jp_transport *t, const jp_transport_item *items, guint n, jp_transport_done done, gpointer data)
{
	smtp *s = (smtp *)t;
	guint n_lines = MIN(n, (guint)s->conf->mail.smtp.connections);
	batch b = {.s = s, .items = items, .n = (int)n, .halt = t->trouble != NULL};
	g_autofree job *jobs = g_new0(job, n_lines + 1);
	g_autofree GThread **threads = g_new0(GThread *, n_lines + 1);
	guint i;

	b.results = g_async_queue_new();
	for (i = 0; i < n_lines; i++) {
		if (s->lines->len <= i)
			g_ptr_array_add(s->lines, line_new(s));
		jobs[i] = (job){&b, g_ptr_array_index(s->lines, i)};
		threads[i] = g_thread_new("smtp", work, &jobs[i]);
	}
	tell_all(&b, done, data);
	for (i = 0; i < n_lines; i++)
		g_thread_join(threads[i]);
	g_async_queue_unref(b.results);
}

/* ---- opening ------------------------------------------------------------------------------ */

static void
smtp_free(jp_transport *t)
{
	smtp *s = (smtp *)t;

	g_ptr_array_unref(s->lines);
	g_free(s->url);
	g_free(s->where);
	g_free(s);
}

static gboolean
is_loopback(const char *host)
{
	return g_ascii_strcasecmp(host, "localhost") == 0 || g_str_has_prefix(host, "127.") ||
	    strcmp(host, "::1") == 0;
}

/* Without TLS mail goes to this machine only, or where the operator allowed it by name; and a
 * password goes nowhere (S03). */
static gboolean
check_security(const jp_config *conf, const char *where, GError **error)
{
	const char *host = conf->mail.smtp.host;

	if (conf->mail.smtp.tls != JP_TLS_NONE)
		return TRUE;
	if (conf->mail.smtp.user) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "mail.smtp.user needs mail.smtp.tls: a password is never sent in clear");
		return FALSE;
	}
	if (is_loopback(host) || g_strv_contains((const char *const *)conf->http.allow, host) ||
	    g_strv_contains((const char *const *)conf->http.allow, where))
		return TRUE;
	g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
	    "mail.smtp.tls: none is for this machine only; use implicit or starttls, or list %s in "
	    "http.allow",
	    where);
	return FALSE;
}

static char *
make_url(const jp_config *conf, const char *where)
{
	g_autofree char *name = g_uri_escape_string(conf->mail.domain, NULL, FALSE);

	return g_strdup_printf(
	    "%s://%s/%s", conf->mail.smtp.tls == JP_TLS_IMPLICIT ? "smtps" : "smtp", where, name);
}

jp_transport *
jp_smtp_open(const jp_config *conf, GError **error)
{
	const char *host = conf->mail.smtp.host;
	g_autofree char *where = NULL;
	smtp *s;

	if (!*host) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "mail.smtp.host is not set; give the server that takes our mail");
		return NULL;
	}
	where = g_strdup_printf(
	    strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, (int)conf->mail.smtp.port);
	if (!check_security(conf, where, error))
		return NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		g_set_error(error, JP_ERROR, JP_ERROR_BUG, "libcurl cannot be initialised");
		return NULL;
	}
	s = g_new0(smtp, 1);
	s->base = (jp_transport){.name = "smtp",
	    .batch = (guint)conf->mail.smtp.connections, /* what a crash leaves in doubt */
	    .item_limit = 4 * conf->mail.smtp.timeout,
	    .send = smtp_send,
	    .free = smtp_free};
	s->conf = conf;
	s->url = make_url(conf, where);
	s->where = g_steal_pointer(&where);
	s->lines = g_ptr_array_new_with_free_func(line_free);
	return &s->base;
}
