/*
 * The client against a server that is slow, lies and breaks off: outcome, limits, redirects,
 * retries and pacing.  One server serves all cases; each has paths of its own.
 */
#include <signal.h>

#include "http/http.h"
#include "server.h"

static const char script[] =
    "{\"/plain\": {\"headers\": {\"Content-Type\": \"text/plain; charset=utf-8\"},"
    "   \"etag\": \"W/\\\"a b\\\"\", \"last_modified\": \"Mon, 21 Sep 2026 14:13:20 GMT\","
    "   \"body\": \"hello\"},"
    " \"/dated\": {\"last_modified\": \"Mon, 21 Sep 2026 14:13:20 GMT\", \"body\": \"dated\"},"
    " \"/echo\": {\"echo\": true},"
    " \"/empty\": {},"
    " \"/missing\": {\"status\": 404, \"body\": \"no such board\"},"
    " \"/gzip\": {\"gzip\": true, \"body\": \"0123456789\", \"repeat\": 10000},"
    " \"/chunked\": {\"chunked\": true, \"body\": \"0123456789\", \"repeat\": 10000},"
    " \"/until-close\": {\"length\": \"none\", \"body\": \"0123456789\", \"repeat\": 10},"
    " \"/trailer\": {\"headers\": {\"X\": \"y\"}, \"chunked\": true, \"body\": \"t\"},"
    " \"/bomb\": {\"bomb\": 64},"
    " \"/bomb-of-nothing\": {\"empty_blocks\": 400000, \"chunked\": true},"
    " \"/large\": {\"body\": \"0123456789\", \"repeat\": 200000},"
    " \"/large-unsaid\": {\"length\": \"none\", \"body\": \"0123456789\", \"repeat\": 200000},"
    " \"/large-said\": {\"length\": 2000000000, \"body\": \"0123456789\"},"
    " \"/largest\": {\"body\": \"0123456789abcdef\", \"repeat\": 65536},"
    " \"/fat\": {\"fat\": 100000},"
    " \"/slow\": {\"delay\": 30},"
    " \"/drip\": {\"drip\": 0.2},"
    " \"/stall\": {\"body\": \"0123456789\", \"stall_after\": 5},"
    " \"/cut\": {\"body\": \"0123456789\", \"cut_after\": 5},"
    " \"/cut-chunked\": {\"body\": \"0123456789\", \"chunked\": true, \"cut_after\": 5},"
    " \"/cut-head\": {\"body\": \"0123456789\", \"head_cut\": true},"
    " \"/cut-gzip\": {\"body\": \"0123456789\", \"repeat\": 9999, \"gzip\": true, \"cut_after\": "
    "30},"
    " \"/not-gzip\": {\"headers\": {\"Content-Encoding\": \"gzip\"}, \"body\": \"plainly not\"},"
    " \"/unasked\": {\"headers\": {\"Content-Encoding\": \"br\"}, \"body\": \"whatever\"},"
    " \"/drop\": {\"drop\": true},"
    " \"/r1\": {\"redirect\": \"/r2\"}, \"/r2\": {\"redirect\": \"r3\", \"status\": 301},"
    " \"/r3\": {\"redirect\": \"http://127.0.0.1:{port}/r4?x=y#z\", \"status\": 303},"
    " \"/r4\": {\"redirect\": \"/r5\", \"status\": 307}, \"/r5\": {\"redirect\": \"/plain\", "
    "   \"status\": 308},"
    " \"/r0\": {\"redirect\": \"/r1\"},"
    " \"/loop\": {\"redirect\": \"/loop\"},"
    " \"/to-file\": {\"redirect\": \"file:///etc/passwd\"},"
    " \"/to-ftp\": {\"redirect\": \"ftp://127.0.0.1/x\"},"
    " \"/to-nonsense\": {\"redirect\": \"http://[::1\"},"
    " \"/to-metadata\": {\"redirect\": \"http://169.254.169.254/latest/meta-data/\"},"
    " \"/to-localhost\": {\"redirect\": \"http://localhost:{port}/plain\"},"
    " \"/to-decimal\": {\"redirect\": \"http://2130706434/\"},"
    " \"/to-mapped\": {\"redirect\": \"http://[::ffff:10.0.0.1]/\"},"
    " \"/with-password\": {\"redirect\": \"http://u:p@127.0.0.1:{port}/echo\"},"
    " \"/to-echo\": {\"redirect\": \"/echo\"},"
    " \"/to-echo-elsewhere\": {\"redirect\": \"http://localhost:{port}/echo\"},"
    " \"/post-302\": {\"redirect\": \"/echo\"},"
    " \"/post-307\": {\"redirect\": \"/echo\", \"status\": 307},"
    " \"/once-503\": [{\"status\": 503}, {\"body\": \"second\"}],"
    " \"/once-408\": [{\"status\": 408}, {\"body\": \"second\"}],"
    " \"/once-425\": [{\"status\": 425}, {\"body\": \"second\"}],"
    " \"/once-429\": [{\"status\": 429}, {\"body\": \"second\"}],"
    " \"/once-500\": [{\"status\": 500}, {\"body\": \"second\"}],"
    " \"/left-over\": [{\"raw\": \"more than was said\"}, {\"body\": \"second\"}],"
    " \"/no-http\": {\"raw\": \"220 mail.example ESMTP\\r\\n\"},"
    " \"/once-drop\": [{\"drop\": true}, {\"body\": \"second\"}],"
    " \"/once-reset\": [{\"reset\": true}, {\"body\": \"second\"}],"
    " \"/once-cut\": [{\"cut_after\": 3, \"body\": \"first\"}, {\"body\": \"second\"}],"
    " \"/once-slow\": [{\"delay\": 30}, {\"body\": \"second\"}],"
    " \"/once-behind\": [{\"redirect\": \"/once-503b\"}],"
    " \"/once-503b\": [{\"status\": 503}, {\"body\": \"second\"}],"
    " \"/always-503\": {\"status\": 503, \"body\": \"down\"},"
    " \"/after-1\": [{\"status\": 429, \"headers\": {\"Retry-After\": \"1\"}}, {\"body\": "
    "\"second\"}],"
    " \"/after-hour\": {\"status\": 429, \"headers\": {\"Retry-After\": \"3600\"}},"
    " \"/after-date\": {\"status\": 503, "
    "   \"headers\": {\"Retry-After\": \"Mon, 21 Sep 2099 14:13:20 GMT\"}},"
    " \"/after-moved\": {\"redirect\": \"/plain\", \"headers\": {\"Retry-After\": \"3600\"}},"
    " \"/storm-reset\": {\"reset\": true},"
    " \"/turn\": {\"delay\": 0.05},"
    " \"/together\": {\"delay\": 0.5}}";

static server web;

static char *allow_web[] = {(char *)(gpointer) "127.0.0.1/32", NULL};
static char *allow_none[] = {NULL};

/* Quick and strict; what a case needs otherwise it sets. */
static jp_config
config(void)
{
	jp_config c = {0};

	c.http.connect_timeout = 5000;
	c.http.timeout = g_getenv("JP_ASAN") ? 60000 : 20000;
	c.http.max_body = JP_MIB;
	c.http.max_connections = 16;
	c.http.per_host = 1;
	c.http.min_interval = 0;
	c.http.retries = 0;
	c.http.allow = allow_web;
	return c;
}

typedef struct got {
	guint calls;
	jp_http_outcome outcome;
	int status;
	char *url, *content_type, *etag, *last_modified, *body, *why;
	gsize len;
	gint64 retry_after;
	guint attempts;
	guint turn; /* the how-manieth that was told */
	guint *turns;
} got;

static void
keep(const jp_http_response *r, gpointer data)
{
	got *g = data;

	g->calls++;
	g->outcome = r->outcome;
	g->status = r->status;
	g->url = g_strdup(r->url);
	g->content_type = g_strdup(r->content_type);
	g->etag = g_strdup(r->etag);
	g->last_modified = g_strdup(r->last_modified);
	g->body = g_memdup2(r->body, r->len + 1); /* it is NUL-terminated beyond len */
	g->len = r->len;
	g->why = g_strdup(r->why);
	g->retry_after = r->retry_after;
	g->attempts = r->attempts;
	if (g->turns)
		g->turn = (*g->turns)++;
	g_assert_cmpint(r->body[r->len], ==, '\0');
	g_assert_cmpint(r->ms, >=, 0);
	if (r->outcome != JP_HTTP_ANSWER)
		g_assert_cmpint(r->status, ==, 0);
	if (r->outcome != JP_HTTP_ANSWER || (r->status / 100 != 2 && r->status != 304))
		g_assert_nonnull(r->why);
	else
		g_assert_null(r->why);
}

static void
got_clear(got *g)
{
	g_free(g->url);
	g_free(g->content_type);
	g_free(g->etag);
	g_free(g->last_modified);
	g_free(g->body);
	g_free(g->why);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(got, got_clear)

static char *
at(const char *path)
{
	return g_strdup_printf("http://127.0.0.1:%d%s", web.port, path);
}

/* Asks for one thing; request may be NULL or lack method and url. */
static void
ask_url(got *g, const jp_config *c, const char *url, const jp_http_request *request)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_http) h = jp_http_new(c, NULL, NULL, &error);
	jp_http_request q = request ? *request : (jp_http_request){0};

	g_assert_no_error(error);
	q.method = q.method ? q.method : "GET";
	q.url = url;
	*g = (got){0};
	jp_http_add(h, &q, keep, g);
	g_assert_cmpuint(jp_http_pending(h), ==, 1);
	jp_http_run(h);
	g_assert_cmpuint(jp_http_pending(h), ==, 0);
	g_assert_cmpuint(g->calls, ==, 1);
	g_test_message(
	    "%s: outcome %d, status %d, %s", url, g->outcome, g->status, g->why ? g->why : "fine");
}

static void
ask(got *g, const jp_config *c, const char *path)
{
	g_autofree char *url = at(path);

	ask_url(g, c, url, NULL);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
test_plain(void)
{
	jp_config c = config();
	g_autofree char *url = at("/plain");
	g_auto(got) g;

	ask(&g, &c, "/plain");
	g_assert_cmpint(g.outcome, ==, JP_HTTP_ANSWER);
	g_assert_cmpint(g.status, ==, 200);
	g_assert_cmpstr(g.body, ==, "hello");
	g_assert_cmpuint(g.len, ==, 5);
	g_assert_cmpstr(g.content_type, ==, "text/plain; charset=utf-8");
	g_assert_cmpstr(g.etag, ==, "W/\"a b\"");
	g_assert_cmpstr(g.last_modified, ==, "Mon, 21 Sep 2026 14:13:20 GMT");
	g_assert_cmpint(g.retry_after, ==, -1);
	g_assert_cmpuint(g.attempts, ==, 1);
	g_assert_cmpstr(g.url, ==, url);
}

static void
test_bodies(void)
{
	static const struct {
		const char *path;
		int status;
		gsize len;
	} t[] = {{"/empty", 200, 0}, {"/missing", 404, 13}, {"/gzip", 200, 100000},
	    {"/chunked", 200, 100000}, {"/until-close", 200, 100}, {"/trailer", 200, 1},
	    {"/largest", 200, JP_MIB}, {"/nowhere", 404, 18}};
	jp_config c = config();

	c.http.retries = 3; /* none of these is tried again */
	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_auto(got) g;

		ask(&g, &c, t[i].path);
		g_assert_cmpint(g.outcome, ==, JP_HTTP_ANSWER);
		g_assert_cmpint(g.status, ==, t[i].status);
		g_assert_cmpuint(g.len, ==, t[i].len);
		g_assert_null(g.etag);
		g_assert_cmpuint(g.attempts, ==, 1);
	}
}

static const char *
echoed(const cJSON *o, const char *header)
{
	return jp_json_text(cJSON_GetObjectItem(o, "headers"), header);
}

static void
test_request(void)
{
	jp_config c = config();
	g_autofree char *url = at("/echo?q=1");
	jp_http_request q = {.method = "POST",
	    .accept = "application/json",
	    .accept_language = "en",
	    .content_type = "application/json",
	    .body = "{\"page\":1}"};
	g_auto(got) g;
	g_autoptr(cJSON) o = NULL;

	c.site.url = (char *)(gpointer) "https://jobs.example.org";
	c.site.contact = (char *)(gpointer) "ops@example.org\r\nX-Evil: 1";
	g_setenv("http_proxy", "http://127.0.0.1:1", TRUE);
	g_setenv("ALL_PROXY", "http://127.0.0.1:1", TRUE);
	ask_url(&g, &c, url, &q);
	g_unsetenv("http_proxy");
	g_unsetenv("ALL_PROXY");
	g_assert_cmpint(g.status, ==, 200);
	o = jp_json_parse(g.body, g.len, NULL);
	g_assert_cmpstr(jp_json_text(o, "method"), ==, "POST");
	g_assert_cmpstr(jp_json_text(o, "target"), ==, "/echo?q=1");
	g_assert_cmpstr(jp_json_text(o, "body"), ==, "{\"page\":1}");
	g_assert_cmpstr(echoed(o, "accept"), ==, "application/json");
	g_assert_cmpstr(echoed(o, "accept-language"), ==, "en");
	g_assert_cmpstr(echoed(o, "content-type"), ==, "application/json");
	g_assert_cmpstr(echoed(o, "user-agent"), ==,
	    "JobPing/" JP_VERSION " (+https://jobs.example.org; ops@example.org  X-Evil: 1)");
	g_assert_null(echoed(o, "x-evil"));
	g_assert_cmpstr(echoed(o, "accept-encoding"), ==, "gzip");
	g_assert_null(echoed(o, "cookie"));
}

static void
test_user_agent(void)
{
	static const struct {
		const char *url, *contact, *agent;
	} t[] = {{NULL, NULL, "JobPing/" JP_VERSION},
	    {"https://a.example", NULL, "JobPing/" JP_VERSION " (+https://a.example)"},
	    {NULL, "ops@a.example", "JobPing/" JP_VERSION " (ops@a.example)"}};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		jp_config c = config();
		g_auto(got) g;
		g_autoptr(cJSON) o = NULL;

		c.site.url = (char *)(gpointer)t[i].url;
		c.site.contact = (char *)(gpointer)t[i].contact;
		ask(&g, &c, "/echo");
		o = jp_json_parse(g.body, g.len, NULL);
		g_assert_cmpstr(echoed(o, "user-agent"), ==, t[i].agent);
	}
}

static void
test_validators(void)
{
	static const struct {
		const char *path, *etag, *modified;
		int status;
	} t[] = {
	    {"/plain", "W/\"a b\"", NULL, 304},
	    {"/plain", "\"a b\"", "Mon, 21 Sep 2026 14:13:20 GMT",
		200}, /* the ETag alone is sent */
	    {"/dated", NULL, "Mon, 21 Sep 2026 14:13:20 GMT", 304},
	    {"/dated", NULL, "Mon, 21 Sep 2026 14:13:21 GMT", 200},
	};
	jp_config c = config();

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		jp_http_request q = {.etag = t[i].etag, .last_modified = t[i].modified};
		g_autofree char *url = at(t[i].path);
		g_auto(got) g;

		ask_url(&g, &c, url, &q);
		g_assert_cmpint(g.outcome, ==, JP_HTTP_ANSWER);
		g_assert_cmpint(g.status, ==, t[i].status);
		g_assert_cmpint(g.len == 0, ==, t[i].status == 304);
	}
}

static void
test_no_injection(void)
{
	jp_config c = config();
	jp_http_request q = {.etag = "\"x\"\r\nX-Evil: 1", .accept = "a\nX-Evil: 2"};
	g_autofree char *url = at("/echo");
	g_auto(got) g;
	g_autoptr(cJSON) o = NULL;

	ask_url(&g, &c, url, &q);
	o = jp_json_parse(g.body, g.len, NULL);
	g_assert_null(echoed(o, "x-evil"));
	g_assert_null(echoed(o, "if-none-match"));
	g_assert_cmpstr(echoed(o, "accept"), ==, "*/*");
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* Each ends so, and says so. */
static void
each(const jp_config *c, jp_http_outcome outcome, const char *const (*t)[2], gsize n)
{
	for (gsize i = 0; i < n; i++) {
		g_auto(got) g;

		ask(&g, c, t[i][0]);
		g_assert_cmpint(g.outcome, ==, outcome);
		g_assert_nonnull(strstr(g.why, t[i][1]));
		g_assert_cmpuint(g.len, ==, 0);
	}
}

static void
test_sizes(void)
{
	static const char *const t[][2] = {{"/bomb", "max_body (1048576 bytes)"},
	    {"/bomb-of-nothing", "max_body"}, {"/large", "max_body"}, {"/large-unsaid", "max_body"},
	    {"/large-said", "max_body"}, {"/fat", "64 KiB of headers"}};
	jp_config c = config();

	c.http.retries = 3; /* what we refuse is not asked for again */
	each(&c, JP_HTTP_REFUSED, t, G_N_ELEMENTS(t));
}

static void
test_times(void)
{
	static const char *const t[][2] = {
	    {"/slow", "too slow"}, {"/drip", "too slow"}, {"/stall", "too slow"}};
	jp_config c = config();

	c.http.timeout = 300;
	each(&c, JP_HTTP_TIMEOUT, t, G_N_ELEMENTS(t));
}

static void
test_own_timeout(void)
{
	jp_config c = config();
	jp_http_request q = {.timeout = 200};
	g_autofree char *url = at("/slow");
	g_auto(got) g;

	ask_url(&g, &c, url, &q);
	g_assert_cmpint(g.outcome, ==, JP_HTTP_TIMEOUT);
}

static void
test_cut(void)
{
	static const char *const t[][2] = {{"/cut", "cut short after 5 bytes"},
	    {"/cut-chunked", "cut short"}, {"/cut-head", "127.0.0.1"}, {"/cut-gzip", "cut short"},
	    {"/not-gzip", "127.0.0.1: a gzip that is broken"},
	    {"/unasked", "127.0.0.1 answers in a coding that was not asked for"},
	    {"/drop", "without an answer"}};
	jp_config c = config();

	each(&c, JP_HTTP_NETWORK, t, G_N_ELEMENTS(t));
}

static void
test_no_server(void)
{
	jp_config c = config();
	g_auto(got) g;

	ask_url(&g, &c, "http://127.0.0.1:1/", NULL);
	g_assert_cmpint(g.outcome, ==, JP_HTTP_NETWORK);
	g_assert_nonnull(strstr(g.why, "127.0.0.1"));
}

static void
test_bad_urls(void)
{
	g_autofree char *xs = g_strnfill(JP_MAX_URL, 'x');
	g_autofree char *is_long = g_strconcat("https://a.example/", xs, NULL);
	const char *const t[] = {"", "x", "/x", "ftp://a.example/", "file:///etc/passwd",
	    "https://a b/", "gopher://127.0.0.1:25/x", "https://[::1/", is_long};
	jp_config c = config();

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_auto(got) g;

		ask_url(&g, &c, t[i], NULL);
		g_assert_cmpint(g.outcome, ==, JP_HTTP_REFUSED);
		g_assert_cmpuint(g.attempts, ==, 0);
	}
}

/* ---- addresses and redirects ----------------------------------------------------------------- */

static void
test_private(void)
{
	jp_config c = config();
	g_autofree char *url = g_strdup_printf("http://localhost:%d/plain", web.port);
	g_autofree char *exact = g_strdup_printf("localhost:%d", web.port);
	char *allow_exact[] = {exact, NULL};
	char *allow_other[] = {(char *)(gpointer) "localhost:1", NULL};
	g_auto(got) none = {0}, other = {0}, named = {0};

	c.http.allow = allow_none;
	c.http.retries = 3;
	ask_url(&none, &c, url, NULL);
	g_assert_cmpint(none.outcome, ==, JP_HTTP_REFUSED);
	g_assert_nonnull(strstr(none.why, "not a public address"));
	g_assert_nonnull(strstr(none.why, "http.allow"));
	c.http.allow = allow_other;
	ask_url(&other, &c, url, NULL);
	g_assert_cmpint(other.outcome, ==, JP_HTTP_REFUSED);
	c.http.allow = allow_exact;
	ask_url(&named, &c, url, NULL);
	g_assert_cmpint(named.status, ==, 200);
}

static void
test_bad_allow(void)
{
	char *bad[] = {(char *)(gpointer) "10.0.0.0/99", NULL};
	jp_config c = config();
	g_autoptr(GError) error = NULL;

	c.http.allow = bad;
	g_assert_null(jp_http_new(&c, NULL, NULL, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
}

static void
test_redirects(void)
{
	jp_config c = config();
	g_autofree char *last = at("/plain");
	g_auto(got) g;

	ask(&g, &c, "/r1"); /* five of them */
	g_assert_cmpint(g.outcome, ==, JP_HTTP_ANSWER);
	g_assert_cmpstr(g.body, ==, "hello");
	g_assert_cmpstr(g.url, ==, last);
	g_assert_cmpuint(g.attempts, ==, 1);
}

static void
test_bad_redirects(void)
{
	static const char *const t[][2] = {{"/r0", "more than 5 redirects"},
	    {"/loop", "more than 5 redirects"}, {"/to-file", "file"}, {"/to-ftp", "ftp"},
	    {"/to-metadata", "169.254.169.254, which is not a public address"},
	    {"/to-decimal", "127.0.0.2, which is not a public address"},
	    {"/to-mapped", "10.0.0.1, which is not a public address"}};
	jp_config c = config();
	g_autofree char *own = g_strdup_printf("127.0.0.1:%d", web.port);
	char *allow_own[] = {own, NULL};

	c.http.allow = allow_own;
	c.http.retries = 3;
	each(&c, JP_HTTP_REFUSED, t, G_N_ELEMENTS(t));
}

/* http.allow names a host: its address under another name stays forbidden. */
static void
test_redirect_other_name(void)
{
	jp_config c = config();
	g_autofree char *own = g_strdup_printf("127.0.0.1:%d", web.port);
	char *allow_own[] = {own, NULL};
	g_auto(got) g;

	c.http.allow = allow_own;
	ask(&g, &c, "/to-localhost");
	g_assert_cmpint(g.outcome, ==, JP_HTTP_REFUSED);
	g_assert_nonnull(strstr(g.why, "localhost is at "));
}

/* A Location that is no URL: the answer stands as it is. */
static void
test_redirect_nonsense(void)
{
	jp_config c = config();
	g_auto(got) g;

	ask(&g, &c, "/to-nonsense");
	g_assert_true(
	    (g.outcome == JP_HTTP_ANSWER && g.status == 302) || g.outcome == JP_HTTP_REFUSED);
}

static void
test_redirect_method(void)
{
	static const char *const t[][3] = {
	    {"/post-302", "GET", ""}, {"/post-307", "POST", "{\"page\":1}"}};
	jp_config c = config();

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		jp_http_request q = {
		    .method = "POST", .content_type = "application/json", .body = "{\"page\":1}"};
		g_autofree char *url = at(t[i][0]);
		g_autoptr(cJSON) o = NULL;
		g_auto(got) g;

		ask_url(&g, &c, url, &q);
		o = jp_json_parse(g.body, g.len, NULL);
		g_assert_cmpstr(jp_json_text(o, "method"), ==, t[i][1]);
		g_assert_cmpstr(jp_json_text(o, "body"), ==, t[i][2]);
	}
}

/* What the caller adds for one host (a key) goes to no other; a secret is told nowhere. */
static void
test_more_headers(void)
{
	static const char *const lines[] = {"X-Key: open sesame", "X-Bad: a\r\nX-Evil: 1", NULL};
	static const struct {
		const char *path;
		const char *key;
	} t[] = {{"/echo?key=open%20sesame", "open sesame"},
	    {"/echo?key=open+sesame", "open sesame"},
	    {"/echo?key=%6Fpen%20s%65same", "open sesame"}, {"/to-echo", "open sesame"},
	    {"/to-echo-elsewhere", NULL}};
	jp_config c = config();
	char *allow_both[] = {
	    (char *)(gpointer) "127.0.0.1/32", (char *)(gpointer) "localhost", NULL};

	c.http.allow = allow_both;
	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		const jp_http_request q = {.headers = lines, .secret = "open sesame"};
		g_autofree char *url = at(t[i].path);
		g_autoptr(cJSON) o = NULL;
		g_auto(got) g;

		ask_url(&g, &c, url, &q);
		o = jp_json_parse(g.body, g.len, NULL);
		g_assert_cmpstr(echoed(o, "x-key"), ==, t[i].key);
		g_assert_null(echoed(o, "x-bad"));
		g_assert_null(echoed(o, "x-evil"));
		g_assert_null(strstr(g.url, "sesame"));
		g_assert_true(!strchr(t[i].path, '?') || g_str_has_suffix(g.url, "/echo?key=***"));
	}
}

static void
test_redirect_credentials(void)
{
	jp_config c = config();
	g_autoptr(cJSON) o = NULL;
	g_auto(got) g;

	ask(&g, &c, "/with-password");
	o = jp_json_parse(g.body, g.len, NULL);
	g_assert_nonnull(o);
	g_assert_null(echoed(o, "authorization"));
}

/* ---- retries --------------------------------------------------------------------------------- */

static void
test_retries(void)
{
	static const char *const t[] = {"/once-503", "/once-408", "/once-425", "/once-429",
	    "/once-500", "/once-drop", "/once-reset", "/once-cut", "/once-slow", "/once-behind"};
	jp_config c = config();

	c.http.retries = 2;
	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		/* long enough for the second answer on a busy machine */
		jp_http_request q = {.timeout = strstr(t[i], "slow") ? 4000 : 0};
		g_autofree char *url = at(t[i]);
		g_auto(got) g;

		ask_url(&g, &c, url, &q);
		g_assert_cmpint(g.outcome, ==, JP_HTTP_ANSWER);
		g_assert_cmpstr(g.body, ==, "second");
		g_assert_cmpuint(g.attempts, ==, 2);
	}
}

static void
test_retries_end(void)
{
	jp_config c = config();
	g_autoptr(GPtrArray) log = NULL;
	g_auto(got) g;

	c.http.retries = 2;
	ask(&g, &c, "/always-503");
	g_assert_cmpint(g.outcome, ==, JP_HTTP_ANSWER);
	g_assert_cmpint(g.status, ==, 503);
	g_assert_cmpstr(g.body, ==, "down");
	g_assert_cmpstr(g.why, ==, "HTTP 503");
	g_assert_cmpuint(g.attempts, ==, 3);
	log = server_seen(&web, "/always-503", 3);
	g_assert_cmpuint(log->len, ==, 3);
}

static void
test_retry_after_short(void)
{
	jp_config c = config();
	gint64 begin = g_get_monotonic_time();
	g_auto(got) g;

	c.http.retries = 2;
	ask(&g, &c, "/after-1");
	g_assert_cmpstr(g.body, ==, "second");
	g_assert_cmpint(g_get_monotonic_time() - begin, >=, G_USEC_PER_SEC);
}

/* A long rest: the request ends with its answer, and the host's others without being sent. */
static void
test_retry_after_long(void)
{
	static const char *const first[] = {"/after-hour", "/after-date", "/after-moved"};
	jp_config c = config();

	c.http.retries = 2;
	for (gsize i = 0; i < G_N_ELEMENTS(first); i++) {
		g_autoptr(jp_http) h = jp_http_new(&c, NULL, NULL, NULL);
		g_autofree char *one = at(first[i]), *two = at("/resting");
		g_auto(got) a = {0}, b = {0}, other = {0};

		jp_http_add(h, &(jp_http_request){.method = "GET", .url = one}, keep, &a);
		jp_http_add(h, &(jp_http_request){.method = "GET", .url = two}, keep, &b);
		jp_http_add(h, &(jp_http_request){.method = "GET", .url = two, .host_key = "other"},
		    keep, &other);
		jp_http_run(h);
		if (i < 2) {
			g_assert_cmpint(a.outcome, ==, JP_HTTP_ANSWER);
			g_assert_cmpuint(a.attempts, ==, 1);
		} else {
			g_assert_cmpint(a.outcome, ==, JP_HTTP_LATER);
		}
		g_assert_cmpint(a.retry_after, >, 3590 * JP_SECOND);
		g_assert_cmpint(b.outcome, ==, JP_HTTP_LATER);
		g_assert_nonnull(strstr(b.why, "asked not to be visited"));
		g_assert_cmpint(b.retry_after, >, 3590 * JP_SECOND);
		g_assert_cmpint(other.status, ==, 404);
	}
}

/* ---- pacing ---------------------------------------------------------------------------------- */

typedef struct paging {
	jp_http *h;
	char *url;
	int pages;
} paging;

#define N_PACED 4

static gint64
run_paced(const jp_config *c, const char *path, gboolean one_host)
{
	static const char *const keys[N_PACED] = {"a", "b", "c", "d"};
	g_autoptr(jp_http) h = jp_http_new(c, NULL, NULL, NULL);
	got g[N_PACED] = {0};
	g_autofree char *url = at(path);
	gint64 begin = g_get_monotonic_time();

	for (int i = 0; i < N_PACED; i++) {
		jp_http_request q = {
		    .method = "GET", .url = url, .host_key = one_host ? NULL : keys[i]};

		jp_http_add(h, &q, keep, &g[i]);
	}
	jp_http_run(h);
	for (int i = 0; i < N_PACED; i++) {
		g_assert_cmpint(g[i].status, ==, 200);
		got_clear(&g[i]);
	}
	return g_get_monotonic_time() - begin;
}

static void
test_interval(void)
{
	jp_config c = config();

	c.http.min_interval = 60;
	c.http.per_host = 8;
	/* but for the part of a millisecond that the first began after */
	g_assert_cmpint(run_paced(&c, "/plain", TRUE), >, (3 * 60 - 1) * 1000);
}

static void
add_another(const jp_http_response *r, gpointer data)
{
	paging *p = data;

	g_assert_cmpint(r->status, ==, 200);
	p->pages++;
	jp_http_add(p->h, &(jp_http_request){.method = "GET", .url = p->url}, NULL, NULL);
	g_assert_cmpint(raise(SIGTERM), ==, 0);
}

/* A pause of minutes between two starts is our own pace, not a rest that the host asked for: the
 * second request waits (until we are stopped) and is not refused. */
static void
test_slow_pace(void)
{
	jp_config c = config();
	g_autoptr(jp_http) h = NULL;
	g_autofree char *url = at("/plain");
	g_auto(got) second = {0};
	paging p;

	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
		g_test_trap_assert_passed();
		return;
	}
	jp_init("http-client");
	c.http.min_interval = 10 * JP_MINUTE;
	h = jp_http_new(&c, NULL, NULL, NULL);
	p = (paging){h, url, 0};
	jp_http_add(h, &(jp_http_request){.method = "GET", .url = url}, add_another, &p);
	jp_http_add(h, &(jp_http_request){.method = "GET", .url = url}, keep, &second);
	jp_http_run(h);
	g_assert_cmpint(p.pages, ==, 1);
	g_assert_cmpint(second.outcome, ==, JP_HTTP_STOPPED);
}

static void
test_per_host(void)
{
	jp_config c = config();

	g_assert_cmpint(run_paced(&c, "/turn", TRUE), >=, 4 * 50 * 1000);
}

static void
test_max_connections(void)
{
	jp_config c = config();

	c.http.max_connections = 2;
	g_assert_cmpint(run_paced(&c, "/turn", FALSE), >=, 2 * 50 * 1000);
}

/* Hosts do not wait for one another: all four are there before the first is answered. */
static void
test_concurrent(void)
{
	jp_config c = config();
	g_autoptr(GPtrArray) log = NULL;
	gint64 last_start = 0, first_end = G_MAXINT64;

	(void)run_paced(&c, "/together", FALSE); /* how long it took is not the question */
	log = server_seen(&web, "/together", N_PACED);
	g_assert_cmpuint(log->len, ==, N_PACED);
	for (guint i = 0; i < log->len; i++) {
		const seen *s = g_ptr_array_index(log, i);

		last_start = MAX(last_start, s->start);
		first_end = MIN(first_end, s->end);
	}
	g_assert_cmpint(last_start, <, first_end);
}

/* One long queue does not hold up the others. */
static void
test_fair(void)
{
	static const struct {
		const char *key;
		guint turn;
	} t[] = {{"long", 0}, {"long", 3}, {"long", 4}, {"short", 1}, {"brief", 2}};
	jp_config c = config();
	g_autoptr(jp_http) h = NULL;
	g_autofree char *url = at("/plain");
	got g[G_N_ELEMENTS(t)] = {0};
	guint turns = 0;

	c.http.max_connections = 1;
	h = jp_http_new(&c, NULL, NULL, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g[i].turns = &turns;
		jp_http_add(h,
		    &(jp_http_request){.method = "GET", .url = url, .host_key = t[i].key}, keep,
		    &g[i]);
	}
	jp_http_run(h);
	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_assert_cmpuint(g[i].turn, ==, t[i].turn);
		got_clear(&g[i]);
	}
}

static void
test_reuse(void)
{
	jp_config c = config();
	g_autoptr(jp_http) h = jp_http_new(&c, NULL, NULL, NULL);
	g_autofree char *url = at("/plain?reuse");
	g_autoptr(GPtrArray) log = NULL;
	got g[3] = {0};

	for (int i = 0; i < 3; i++)
		jp_http_add(h, &(jp_http_request){.method = "GET", .url = url}, keep, &g[i]);
	jp_http_run(h);
	log = server_seen(&web, "/plain?reuse", 3);
	for (guint i = 0; i < 3; i++) {
		const seen *s = g_ptr_array_index(log, i), *s0 = g_ptr_array_index(log, 0);

		g_assert_cmpint(s->connection, ==, s0->connection);
		got_clear(&g[i]);
	}
}

/* What an answer left on the line is not the next one's: it is asked again on another. */
static void
test_left_over(void)
{
	jp_config c = config();
	g_autoptr(jp_http) h = jp_http_new(&c, NULL, NULL, NULL);
	const char *const paths[] = {"/plain?first", "/left-over", "/no-http"};
	got g[G_N_ELEMENTS(paths)] = {0};

	for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *url = at(paths[i]);

		jp_http_add(h, &(jp_http_request){.method = "GET", .url = url}, keep, &g[i]);
		jp_http_run(h);
	}
	g_assert_cmpstr(g[1].body, ==, "second");
	g_assert_cmpuint(g[1].attempts, ==, 2);
	g_assert_cmpint(g[2].outcome, ==, JP_HTTP_NETWORK); /* not for ever */
	g_assert_cmpuint(g[2].attempts, ==, 2);
	for (guint i = 0; i < G_N_ELEMENTS(g); i++)
		got_clear(&g[i]);
}

/* ---- done adds, and the end ------------------------------------------------------------------ */

static void
next_page(const jp_http_response *r, gpointer data)
{
	paging *p = data;

	g_assert_cmpint(r->status, ==, 200);
	if (++p->pages < 5)
		jp_http_add(p->h, &(jp_http_request){.method = "GET", .url = p->url}, next_page, p);
}

static void
test_done_adds(void)
{
	jp_config c = config();
	g_autoptr(jp_http) h = jp_http_new(&c, NULL, NULL, NULL);
	g_autofree char *url = at("/plain");
	paging p = {h, url, 0};

	jp_http_add(h, &(jp_http_request){.method = "GET", .url = url}, next_page, &p);
	jp_http_run(h);
	g_assert_cmpint(p.pages, ==, 5);
}

/* Whatever servers do, every request is answered once, and the next ones are not harmed. */
static void
test_storm(void)
{
	static const char *const paths[] = {"/plain", "/gzip", "/chunked", "/until-close",
	    "/missing", "/bomb", "/large", "/large-unsaid", "/fat", "/stall", "/slow", "/cut",
	    "/cut-chunked", "/cut-head", "/not-gzip", "/drop", "/r1", "/loop", "/to-metadata",
	    "/to-ftp", "/always-503", "/storm-reset"};
	static const char *const keys[] = {"a", "b", "c", "d", "e"};
	const guint n = g_getenv("JP_SOAK") && *g_getenv("JP_SOAK") ? 1500 : 100;
	jp_config c = config();
	g_autoptr(jp_http) h = NULL;
	g_autofree got *g = g_new0(got, n);

	c.http.timeout = g_getenv("JP_ASAN") ? 2000 : 500;
	c.http.retries = 1;
	c.http.per_host = 3;
	h = jp_http_new(&c, NULL, NULL, NULL);
	for (guint i = 0; i < n; i++) {
		const char *path = paths[g_test_rand_int_range(0, G_N_ELEMENTS(paths))];
		g_autofree char *url = at(path);
		jp_http_request q = {.method = "GET",
		    .url = url,
		    .host_key = keys[g_test_rand_int_range(0, G_N_ELEMENTS(keys))]};

		jp_http_add(h, &q, keep, &g[i]);
	}
	jp_http_run(h);
	g_assert_cmpuint(jp_http_pending(h), ==, 0);
	for (guint i = 0; i < n; i++) {
		g_assert_cmpuint(g[i].calls, ==, 1);
		got_clear(&g[i]);
	}
}

/* Waiting, in flight: whatever is there when it is freed goes with it. */
static void
test_free_early(void)
{
	jp_config c = config();
	g_autoptr(jp_http) h = jp_http_new(&c, NULL, NULL, NULL);

	for (int i = 0; i < 3; i++) {
		g_autofree char *url = at("/slow");

		jp_http_add(h, &(jp_http_request){.method = "GET", .url = url}, keep, NULL);
	}
	g_assert_cmpuint(jp_http_pending(h), ==, 3);
}

typedef struct stopping {
	jp_http *h;
	char *url;
	guint n_stopped, n_late;
} stopping;

static void
late(const jp_http_response *r, gpointer data)
{
	g_assert_cmpint(r->outcome, ==, JP_HTTP_STOPPED);
	((stopping *)data)->n_late++;
}

static void
stopped(const jp_http_response *r, gpointer data)
{
	stopping *s = data;

	g_assert_cmpint(r->outcome, ==, JP_HTTP_STOPPED);
	g_assert_nonnull(r->why);
	if (s->n_stopped++ == 0) /* one more, too late */
		jp_http_add(s->h, &(jp_http_request){.method = "GET", .url = s->url}, late, s);
}

static void
raise_term(const jp_http_response *r, gpointer data)
{
	(void)data;
	g_assert_cmpint(r->status, ==, 200);
	g_assert_cmpint(raise(SIGTERM), ==, 0);
}

/* In flight, waiting for its turn, and added afterwards: all end at once. */
static void
test_stop(void)
{
	jp_config c = config();
	g_autoptr(jp_http) h = NULL;
	g_autofree char *slow = at("/slow?stop"), *plain = at("/turn");
	stopping s = {0};
	gint64 begin;

	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
		g_test_trap_assert_passed();
		return;
	}
	jp_init("http-client");
	h = jp_http_new(&c, NULL, NULL, NULL);
	s = (stopping){.h = h, .url = slow};
	for (int i = 0; i < 5; i++)
		jp_http_add(h,
		    &(jp_http_request){.method = "GET", .url = slow, .host_key = i < 2 ? "a" : "b"},
		    stopped, &s);
	jp_http_add(h, &(jp_http_request){.method = "GET", .url = plain}, raise_term, NULL);
	begin = g_get_monotonic_time();
	jp_http_run(h);
	g_assert_cmpuint(s.n_stopped, ==, 5);
	g_assert_cmpuint(s.n_late, ==, 1);
	g_assert_cmpint(g_get_monotonic_time() - begin, <, 15 * G_USEC_PER_SEC);
}

/* Keeps the answer as it came, and what it was told as. */
static void
keep_gzip(const jp_http_response *r, gpointer data)
{
	*(jp_http_response **)data = jp_http_response_keep(r);
}

/* A gzip that the caller inflates comes to what it comes to otherwise: in words, bytes, outcome. */
static void
test_takes_gzip(void)
{
	static const struct {
		const char *path;
		gboolean is_gzip;
	} t[] = {{"/gzip", TRUE}, {"/bomb", TRUE}, {"/bomb-of-nothing", FALSE}, {"/not-gzip", TRUE},
	    {"/cut-gzip", FALSE}, {"/unasked", FALSE}, {"/plain", FALSE}, {"/missing", FALSE}};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		jp_config c = config();
		g_autoptr(jp_http) h = jp_http_new(&c, NULL, NULL, NULL);
		g_autofree char *url = at(t[i].path);
		g_autoptr(jp_http_response) r = NULL;
		g_auto(got) g = {0}, late = {0};

		jp_http_add(h, &(jp_http_request){.url = url}, keep, &g);
		jp_http_add(h, &(jp_http_request){.url = url, .takes_gzip = TRUE}, keep_gzip, &r);
		jp_http_run(h);
		g_test_message("%s", t[i].path);
		g_assert_cmpint(r->is_gzip, ==, t[i].is_gzip);
		if (t[i].is_gzip && g.outcome != JP_HTTP_NETWORK) {
			g_assert_false(jp_http_response_inflate(r, 100));
			g_assert_true(r->is_gzip);
		}
		g_assert_true(jp_http_response_inflate(r, G_MAXSIZE));
		g_assert_true(jp_http_response_inflate(r, 100)); /* it is */
		keep(r, &late);
		g_assert_false(r->is_gzip);
		g_assert_cmpint(late.outcome, ==, g.outcome);
		g_assert_cmpint(late.status, ==, g.status);
		g_assert_cmpstr(late.why, ==, g.why);
		g_assert_cmpstr(late.content_type, ==, g.content_type);
		g_assert_cmpmem(late.body, late.len, g.body, g.len);
		g_assert_cmpint(late.retry_after, ==, g.retry_after);
	}
}

/* A gate that gives what is wanted, but no more than two at a time. */
typedef struct door {
	jp_http *h;
	char *url;
	guint n_asks, n_idle, n_flying[4];
	got ends[3];
} door;

static void
on_ask(jp_http_ask *asks, guint n, gpointer data)
{
	door *d = data;

	g_assert_cmpuint(n, ==, 1);
	g_assert_cmpuint(d->n_asks, <, G_N_ELEMENTS(d->n_flying));
	g_assert_cmpuint(asks->limits.at_once, ==, 4);
	d->n_flying[d->n_asks++] = asks->n_flying;
	asks->n = G_MAXUINT;
	asks->at_once = MIN(asks->n_flying + asks->want, 2);
	asks->wait = 0;
	asks->valid = JP_DAY;
}

static void
on_leave(const jp_http_ask *asks, guint n, gpointer data)
{
	(void)asks;
	(void)n;
	(void)data;
}

/* What could start has: one more, and after some more turns the end. */
static gboolean
add_to_door(gpointer data)
{
	door *d = data;

	if (d->n_idle < G_N_ELEMENTS(d->ends))
		jp_http_add(d->h, &(jp_http_request){.method = "GET", .url = d->url}, keep,
		    &d->ends[d->n_idle]);
	else if (d->n_idle == 10)
		g_assert_cmpint(raise(SIGTERM), ==, 0);
	return ++d->n_idle <= 10;
}

/* A grant for one request is no grant for one at a time: the next one that comes while the first is
 * in flight asks for more, until the gate has no more to give, and then not again. */
static void
test_grant_widens(void)
{
	jp_config c = config();
	g_autofree char *url = at("/slow?door");
	door d = {.url = url};
	const jp_http_gate gate = {.ask = on_ask, .leave = on_leave, .data = &d};

	if (!g_test_subprocess()) {
		g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
		g_test_trap_assert_passed();
		return;
	}
	jp_init("http-client");
	c.http.per_host = 4;
	d.h = jp_http_new(&c, NULL, NULL, NULL);
	jp_http_set_gate(d.h, &gate);
	jp_http_set_idle(d.h, add_to_door, &d);
	jp_http_run(d.h);
	g_assert_cmpuint(d.n_asks, ==, 3);
	for (guint i = 0; i < d.n_asks; i++)
		g_assert_cmpuint(d.n_flying[i], ==, i);
	for (guint i = 0; i < G_N_ELEMENTS(d.ends); i++) {
		g_assert_cmpint(d.ends[i].outcome, ==, JP_HTTP_STOPPED);
		got_clear(&d.ends[i]);
	}
	jp_http_free(d.h);
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	server_start(&web, script, NULL);
	g_test_add_func("/http/client/plain", test_plain);
	g_test_add_func("/http/client/bodies", test_bodies);
	g_test_add_func("/http/client/request", test_request);
	g_test_add_func("/http/client/H01-user-agent", test_user_agent);
	g_test_add_func("/http/client/H05-validators", test_validators);
	g_test_add_func("/http/client/no-injection", test_no_injection);
	g_test_add_func("/http/client/H09-sizes", test_sizes);
	g_test_add_func("/http/client/H09-times", test_times);
	g_test_add_func("/http/client/own-timeout", test_own_timeout);
	g_test_add_func("/http/client/cut-short", test_cut);
	g_test_add_func("/http/client/no-server", test_no_server);
	g_test_add_func("/http/client/bad-urls", test_bad_urls);
	g_test_add_func("/http/client/H10-private", test_private);
	g_test_add_func("/http/client/bad-allow", test_bad_allow);
	g_test_add_func("/http/client/redirects", test_redirects);
	g_test_add_func("/http/client/H10-bad-redirects", test_bad_redirects);
	g_test_add_func("/http/client/H10-redirect-other-name", test_redirect_other_name);
	g_test_add_func("/http/client/redirect-nonsense", test_redirect_nonsense);
	g_test_add_func("/http/client/redirect-method", test_redirect_method);
	g_test_add_func("/http/client/redirect-credentials", test_redirect_credentials);
	g_test_add_func("/http/client/P7-more-headers", test_more_headers);
	g_test_add_func("/http/client/H07-retries", test_retries);
	g_test_add_func("/http/client/H07-retries-end", test_retries_end);
	g_test_add_func("/http/client/H06-short", test_retry_after_short);
	g_test_add_func("/http/client/H06-long", test_retry_after_long);
	g_test_add_func("/http/client/H08-interval", test_interval);
	g_test_add_func("/http/client/H08-slow-pace", test_slow_pace);
	g_test_add_func("/http/client/H08-per-host", test_per_host);
	g_test_add_func("/http/client/max-connections", test_max_connections);
	g_test_add_func("/http/client/concurrent", test_concurrent);
	g_test_add_func("/http/client/takes-gzip", test_takes_gzip);
	g_test_add_func("/http/client/grant-widens", test_grant_widens);
	g_test_add_func("/http/client/fair", test_fair);
	g_test_add_func("/http/client/reuse", test_reuse);
	g_test_add_func("/http/client/left-over", test_left_over);
	g_test_add_func("/http/client/done-adds", test_done_adds);
	g_test_add_func("/http/client/storm", test_storm);
	g_test_add_func("/http/client/free-early", test_free_early);
	g_test_add_func("/http/client/stop", test_stop);
	status = g_test_run();
	server_stop(&web);
	return status;
}
