/*
 * One hop of one request: what libcurl is told, what is counted while bytes arrive, and what the
 * outcome means.  Every limit on a transfer is set here (H09, H10): time, speed, bytes of head and
 * body before and after inflating, schemes, addresses.  Redirects and retries are client.c's.
 */
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "http/internal.h"

/* ---- URLs ------------------------------------------------------------------------------------ */

static char *
url_part(CURLU *u, CURLUPart part, unsigned flags)
{
	char *value = NULL;
	char *copy;

	if (curl_url_get(u, part, &value, flags) != CURLUE_OK)
		return NULL;
	copy = g_strdup(value);
	curl_free(value);
	return copy;
}

char *
jp_url_plain(const char *url)
{
	CURLU *u = curl_url();
	char *plain = NULL;

	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
		(void)curl_url_set(u, CURLUPART_USER, NULL, 0); /* taking away cannot fail */
		(void)curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
		(void)curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
		plain = url_part(u, CURLUPART_URL, 0);
	}
	curl_url_cleanup(u);
	return plain ? plain : g_strdup("?");
}

/* Bytes that the secret takes where a URL goes on with it, whichever of them are escaped; 0: it
 * does not. */
static gsize
secret_at(const char *url, const char *secret)
{
	const char *p = url;

	for (; *secret; secret++) {
		if (*p == *secret || (*p == '+' && *secret == ' '))
			p++;
		else if (*p == '%' && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2]) &&
		    (guchar)*secret == g_ascii_xdigit_value(p[1]) * 16 + g_ascii_xdigit_value(p[2]))
			p += 3;
		else
			return 0;
	}
	return (gsize)(p - url);
}

char *
jp_transfer_plain(const jp_transfer *t, const char *url)
{
	g_autoptr(GString) hidden = NULL;

	if (!t->secret || *t->secret == '\0')
		return jp_url_plain(url);
	hidden = g_string_new(NULL);
	while (*url) {
		gsize n = secret_at(url, t->secret);

		if (n > 0)
			g_string_append(hidden, "***");
		else
			g_string_append_c(hidden, *url);
		url += MAX(n, 1);
	}
	return jp_url_plain(hidden->str);
}

static gboolean
aim(jp_transfer *t, CURLU *u, GError **error)
{
	g_autofree char *scheme = url_part(u, CURLUPART_SCHEME, 0);
	g_autofree char *port = url_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	gboolean is_https = g_strcmp0(scheme, "https") == 0;
	gint64 n;

	if (!is_https && g_strcmp0(scheme, "http") != 0) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s is not fetched, only https",
		    scheme ? scheme : "a URL without a scheme");
		return FALSE;
	}
	if (t->hops > 0 && t->is_https && !is_https) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "redirected from https to http");
		return FALSE;
	}
	if (t->hops > 0) { /* nobody but the caller gives credentials */
		(void)curl_url_set(u, CURLUPART_USER, NULL, 0);
		(void)curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
	}
	g_free(t->at);
	g_free(t->name);
	t->at = url_part(u, CURLUPART_URL, 0);
	t->name = url_part(u, CURLUPART_HOST, 0);
	t->is_https = is_https;
	t->port = port && jp_int_parse(port, 1, 65535, &n) ? (guint16)n : 0;
	if (t->at && t->name && *t->name && strlen(t->at) <= JP_MAX_URL)
		return TRUE;
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "a URL without a host or too long");
	return FALSE;
}

gboolean
jp_transfer_aim(jp_transfer *t, const char *url, GError **error)
{
	CURLU *u = curl_url();
	CURLUcode rc =
	    strlen(url) > JP_MAX_URL ? CURLUE_BAD_HANDLE : curl_url_set(u, CURLUPART_URL, url, 0);
	gboolean ok;

	if (rc != CURLUE_OK)
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "not a usable URL: %s",
		    strlen(url) > JP_MAX_URL ? "too long" : curl_url_strerror(rc));
	ok = rc == CURLUE_OK && aim(t, u, error);
	curl_url_cleanup(u);
	return ok;
}

/* ---- life ------------------------------------------------------------------------------------ */

jp_transfer *
jp_transfer_new(const jp_config *conf, const jp_http_request *q)
{
	jp_transfer *t = g_new0(jp_transfer, 1);
	g_autoptr(GError) error = NULL;

	t->conf = conf;
	t->method = g_strdup(q->method ? q->method : "GET");
	t->url = g_strdup(q->url);
	t->accept = g_strdup(q->accept);
	t->accept_language = g_strdup(q->accept_language);
	t->content_type = g_strdup(q->content_type);
	t->body = g_strdup(q->body);
	t->etag = g_strdup(q->etag);
	t->last_modified = g_strdup(q->last_modified);
	t->host_key = g_strdup(q->host_key);
	t->more = g_strdupv((char **)q->headers);
	t->secret = g_strdup(q->secret);
	t->limits = q->limits;
	t->is_exempt = q->is_exempt;
	t->takes_gzip = q->takes_gzip;
	t->timeout = q->timeout > 0 ? q->timeout : conf->http.timeout;
	t->head = g_string_new(NULL);
	t->content = g_string_new(NULL);
	t->retry_after = -1;
	t->outcome = JP_HTTP_ANSWER;
	if (!jp_transfer_aim(t, t->url, &error))
		jp_transfer_fail(t, JP_HTTP_REFUSED, g_strdup(error->message));
	else
		t->first = g_strdup_printf("%s:%u", t->name, t->port);
	return t;
}

static void
drop_handle(jp_transfer *t)
{
	curl_easy_cleanup(t->easy); /* NULL is fine for both */
	curl_slist_free_all(t->headers);
	t->easy = NULL;
	t->headers = NULL;
}

void
jp_transfer_free(jp_transfer *t)
{
	if (!t)
		return;
	drop_handle(t);
	jp_head_clear(&t->answer);
	g_string_free(t->head, TRUE);
	if (t->content) /* nobody kept it */
		g_string_free(t->content, TRUE);
	g_free(t->method);
	g_free(t->url);
	g_free(t->accept);
	g_free(t->accept_language);
	g_free(t->content_type);
	g_free(t->body);
	g_free(t->etag);
	g_free(t->last_modified);
	g_free(t->host_key);
	g_strfreev(t->more);
	g_free(t->first);
	if (t->secret)
		explicit_bzero(t->secret, strlen(t->secret));
	g_free(t->secret);
	g_free(t->at);
	g_free(t->name);
	g_free(t->refused);
	g_free(t->why);
	g_free(t->next);
	g_free(t);
}

void
jp_transfer_fail(jp_transfer *t, jp_http_outcome outcome, char *why)
{
	g_free(t->why);
	t->outcome = outcome;
	t->why = why;
}

/* ---- while bytes arrive ---------------------------------------------------------------------- */

static void G_GNUC_PRINTF(2, 3) refuse(jp_transfer *t, const char *fmt, ...)
{
	va_list ap;

	if (t->refused)
		return;
	va_start(ap, fmt);
	t->refused = g_strdup_vprintf(fmt, ap);
	va_end(ap);
}

/* The very address that is about to be connected to. */
static curl_socket_t
on_socket(void *data, curlsocktype purpose, struct curl_sockaddr *a)
{
	jp_transfer *t = data;
	g_autofree char *text = NULL;

	(void)purpose; /* there is only one */
	if (jp_addr_is_public(&a->addr) && !t->conf->site.contact && !t->conf->site.url) {
		t->lacks_contact = TRUE;
		refuse(t, "site.contact is not set, and nobody is asked without it");
		return CURL_SOCKET_BAD;
	}
	if (jp_addr_is_public(&a->addr) || jp_allow_match(t->allow, t->name, t->port, &a->addr))
		return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	text = jp_addr_text(&a->addr);
	refuse(t, "%s is at %s, which is not a public address; http.allow can permit it", t->name,
	    text);
	return CURL_SOCKET_BAD;
}

/* Each line of the head, of 1xx and of trailers too: all are counted, the last head is kept. */
static size_t
on_head(char *line, size_t size, size_t n, void *data)
{
	jp_transfer *t = data;

	n *= size;
	t->head_bytes += n;
	if (t->head_bytes > JP_MAX_HEADERS) {
		refuse(t, "%s sends over %d KiB of headers", t->name, JP_MAX_HEADERS / JP_KIB);
		return 0;
	}
	if (t->head_done && n >= 5 && memcmp(line, "HTTP/", 5) == 0 && t->content->len == 0) {
		g_string_truncate(t->head, 0);
		t->head_done = FALSE;
	}
	if (t->head_done)
		return n; /* a trailer */
	g_string_append_len(t->head, line, (gssize)n);
	t->head_done = n <= 2 && line[n - 1] == '\n';
	return n;
}

static gboolean
too_large(jp_transfer *t)
{
	g_autofree char *why = jp_response_too_large(t->name, (gsize)t->conf->http.max_body);

	refuse(t, "%s", why);
	return TRUE;
}

/* Bytes of the body as they came. */
static size_t
on_body(char *bytes, size_t size, size_t n, void *data)
{
	jp_transfer *t = data;

	n *= size;
	if (n > (gsize)t->conf->http.max_body - t->content->len && too_large(t))
		return 0;
	g_string_append_len(t->content, bytes, (gssize)n);
	return n;
}

/* A body that is announced as too large is not begun. */
static int
on_progress(void *data, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
	jp_transfer *t = data;

	(void)now;
	(void)up_total;
	(void)up_now;
	return total > t->conf->http.max_body && too_large(t);
}

/* ---- setting up ------------------------------------------------------------------------------ */

/* Adds a header unless the value is missing or could break out of its line. */
static void
add_header(jp_transfer *t, const char *name, const char *value)
{
	g_autofree char *line = NULL;

	if (!value || strlen(value) > JP_MAX_URL)
		return;
	for (const char *p = value; *p; p++)
		if ((guchar)*p < 0x20 || *p == 0x7f)
			return;
	line = g_strdup_printf("%s: %s", name, value);
	t->headers = curl_slist_append(t->headers, line);
}

/* The caller's own lines go to the host that they were given for, and to no other. */
static void
add_more(jp_transfer *t)
{
	g_autofree char *here = g_strdup_printf("%s:%u", t->name, t->port);

	if (!t->more || g_ascii_strcasecmp(here, t->first) != 0)
		return;
	for (char **line = t->more; *line; line++) {
		char *colon = strchr(*line, ':');

		if (colon) {
			g_autofree char *name = g_strndup(*line, (gsize)(colon - *line));

			add_header(t, name, colon + 1 + strspn(colon + 1, " "));
		}
	}
}

static void
set_headers(jp_transfer *t, gboolean fresh)
{
	add_header(t, "Accept", t->accept);
	add_header(t, "Accept-Language", t->accept_language);
	add_header(t, "Accept-Encoding", "gzip"); /* libcurl leaves the body as it is then */
	add_more(t);
	if (t->body && !t->became_get) {
		add_header(t, "Content-Type", t->content_type);
		t->headers = curl_slist_append(t->headers, "Expect:");
	}
	if (fresh)
		return;
	if (t->etag)
		add_header(t, "If-None-Match", t->etag);
	else
		add_header(t, "If-Modified-Since", t->last_modified);
}

static void
set_limits(jp_transfer *t)
{
	CURL *e = t->easy;
	gint64 left = MAX(t->timeout - t->spent_us / 1000, 1);

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* a stop does not wait for a slow DNS */
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)t->conf->http.connect_timeout);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)left);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)JP_MIN_SPEED);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)JP_MIN_SPEED_TIME);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, t->is_https ? "https" : "http");
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* as curl(1) has it: a file of CAs instead of the system's, never a way around them */
	if (g_getenv("SSL_CERT_FILE"))
		curl_easy_setopt(e, CURLOPT_CAINFO, g_getenv("SSL_CERT_FILE"));
}

static void
set_callbacks(jp_transfer *t)
{
	CURL *e = t->easy;

	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
}

static void
forget_answer(jp_transfer *t)
{
	jp_head_clear(&t->answer);
	g_string_truncate(t->head, 0);
	g_string_truncate(t->content, 0);
	g_clear_pointer(&t->refused, g_free);
	g_clear_pointer(&t->why, g_free);
	g_clear_pointer(&t->next, g_free);
	t->head_done = FALSE;
	t->head_bytes = 0;
	t->is_gzip = FALSE;
	t->error[0] = '\0';
	t->outcome = JP_HTTP_ANSWER;
	t->retry_after = -1;
}

CURL *
jp_transfer_begin(jp_transfer *t, const jp_allow *allow, const char *agent, gboolean fresh)
{
	forget_answer(t);
	t->allow = allow;
	t->easy = curl_easy_init();
	if (!t->easy)
		g_error("libcurl gives no handle"); /* out of memory, as GLib ends it */
	set_headers(t, fresh);
	set_limits(t);
	set_callbacks(t);
	curl_easy_setopt(t->easy, CURLOPT_URL, t->at);
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, t->was_left_over ? 1L : 0L);
	curl_easy_setopt(t->easy, CURLOPT_USERAGENT, agent);
	if (strcmp(t->method, "POST") == 0 && !t->became_get) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body ? t->body : "");
		curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	t->started_us = jp_monotonic_us();
	return t->easy;
}

/* ---- what it came to ------------------------------------------------------------------------- */

static jp_http_outcome
outcome_of(CURLcode result)
{
	if (result == CURLE_OK)
		return JP_HTTP_ANSWER;
	return result == CURLE_OPERATION_TIMEDOUT ? JP_HTTP_TIMEOUT : JP_HTTP_NETWORK;
}

/* In words; host names but no URL, which may hold a password. */
static char *
why_of(const jp_transfer *t, CURLcode result)
{
	const char *said = t->error[0] ? t->error : curl_easy_strerror(result);

	if (result == CURLE_PARTIAL_FILE || result == CURLE_HTTP2_STREAM)
		return g_strdup_printf("the answer of %s was cut short after %" G_GSIZE_FORMAT
				       " bytes",
		    t->name, t->content->len);
	if (result == CURLE_GOT_NOTHING)
		return g_strdup_printf("%s closed the connection without an answer", t->name);
	if (result == CURLE_OPERATION_TIMEDOUT)
		return g_strdup_printf("%s was too slow: %s", t->name, said);
	if (g_str_has_suffix(said, t->name)) /* "Could not resolve host: jobs.acme.example" */
		return g_strdup(said);
	return g_strdup_printf("%s: %s", t->name, said);
}

static char *
redirect_of(const jp_transfer *t)
{
	int s = t->answer.status;
	const char *url = NULL;

	if (s != 301 && s != 302 && s != 303 && s != 307 && s != 308)
		return NULL;
	curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &url);
	return g_strdup(url);
}

/* The body as it was meant, in place of how it came, unless the caller does that. */
static void
decode(jp_transfer *t)
{
	const char *coding = t->answer.coding;
	jp_http_outcome outcome;
	char *why = NULL;

	if (!coding || t->content->len == 0 || g_ascii_strcasecmp(coding, "identity") == 0)
		return;
	if (g_ascii_strcasecmp(coding, "gzip") != 0 && g_ascii_strcasecmp(coding, "x-gzip") != 0) {
		jp_transfer_fail(t, JP_HTTP_NETWORK,
		    g_strdup_printf("%s answers in a coding that was not asked for", t->name));
		return;
	}
	if (t->takes_gzip && t->answer.status == 200) {
		t->is_gzip = TRUE;
		return;
	}
	outcome = jp_response_inflate(
	    t->name, (gsize)t->conf->http.max_body, &t->content->str, &t->content->len, &why);
	t->content->allocated_len = t->content->len + 1;
	if (outcome != JP_HTTP_ANSWER)
		jp_transfer_fail(t, outcome, why);
}

/* What is no HTTP came on a line that was used before: a server that sends more than it states
 * does that to the next request, which did nothing wrong. */
static gboolean
is_left_over(const jp_transfer *t, CURLcode result)
{
	long n_connects = 1;

	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &n_connects);
	return result == CURLE_UNSUPPORTED_PROTOCOL && n_connects == 0;
}

void
jp_transfer_end(jp_transfer *t, CURLcode result, gint64 now)
{
	g_autoptr(GError) error = NULL;

	t->spent_us += jp_monotonic_us() - t->started_us;
	t->result = result;
	t->was_left_over = is_left_over(t, result);
	if (result != CURLE_OK && t->refused)
		jp_transfer_fail(t, JP_HTTP_REFUSED, g_steal_pointer(&t->refused));
	else if (result != CURLE_OK)
		jp_transfer_fail(t, outcome_of(result), why_of(t, result));
	else if (!jp_head_parse(&t->answer, t->head->str, t->head->len, &error))
		jp_transfer_fail(
		    t, JP_HTTP_NETWORK, g_strdup_printf("%s: %s", t->name, error->message));
	else
		t->retry_after = jp_retry_after(t->answer.retry_after, now);
	if (t->outcome == JP_HTTP_ANSWER)
		decode(t);
	if (t->outcome == JP_HTTP_ANSWER && t->answer.status / 100 != 2 && t->answer.status != 304)
		t->why = g_strdup_printf("HTTP %d", t->answer.status);
	if (t->outcome == JP_HTTP_ANSWER)
		t->next = redirect_of(t);
	drop_handle(t);
}

gboolean
jp_transfer_follow(jp_transfer *t)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *from = g_strdup(t->name);
	int status = t->answer.status;

	if (++t->hops > JP_MAX_REDIRECTS) {
		jp_transfer_fail(t, JP_HTTP_REFUSED,
		    g_strdup_printf("%s: more than %d redirects", from, JP_MAX_REDIRECTS));
		return FALSE;
	}
	if (!jp_transfer_aim(t, t->next, &error)) {
		jp_transfer_fail(
		    t, JP_HTTP_REFUSED, g_strdup_printf("%s: redirect: %s", from, error->message));
		return FALSE;
	}
	if (status != 307 && status != 308)
		t->became_get = TRUE;
	return TRUE;
}

gboolean
jp_transfer_may_retry(const jp_transfer *t)
{
	int s = t->answer.status;

	switch (t->outcome) {
	case JP_HTTP_ANSWER:
		return s == 408 || s == 425 || s == 429 || s / 100 == 5;
	case JP_HTTP_TIMEOUT:
		return TRUE;
	case JP_HTTP_NETWORK:
		return t->result == CURLE_RECV_ERROR || t->result == CURLE_SEND_ERROR ||
		    t->result == CURLE_GOT_NOTHING || t->result == CURLE_PARTIAL_FILE ||
		    t->result == CURLE_HTTP2 || t->result == CURLE_HTTP2_STREAM;
	case JP_HTTP_REFUSED:
	case JP_HTTP_FORBIDDEN:
	case JP_HTTP_LATER:
	case JP_HTTP_STOPPED:
	case JP_HTTP_MISSING:
		return FALSE;
	}
	return FALSE;
}
