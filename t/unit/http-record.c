/*
 * Responses recorded into a folder and replayed from one: what a server says through a recording is
 * what it said; folders written by hand; and none of what a folder must not do.
 */
#include <sys/stat.h>

#include "http/http.h"
#include "server.h"

static const char script[] =
    "{\"/v1/boards/acme/jobs\": {\"gzip\": true, \"etag\": \"\\\"e1\\\"\","
    "   \"headers\": {\"Content-Type\": \"application/json\", \"Set-Cookie\": \"id=secret\","
    "     \"X-Auth-Token\": \"secret\"}, \"body\": \"{\\\"jobs\\\": []}\"},"
    " \"/moved\": {\"redirect\": \"/v1/boards/acme/jobs\"},"
    " \"/missing\": {\"status\": 404, \"body\": \"gone\\n\"},"
    " \"/rest\": {\"status\": 429, \"headers\": {\"Retry-After\": \"3600\"}},"
    " \"/flaky\": [{\"status\": 500}, {\"body\": \"well\"}],"
    " \"/echo\": {\"echo\": true},"
    " \"/drop\": {\"drop\": true}}";

typedef struct folder {
	char *top, *dir; /* dir lies in top */
} folder;

static void
folder_init(folder *f)
{
	f->top = g_dir_make_tmp("jp-record-XXXXXX", NULL);
	g_assert_nonnull(f->top);
	f->dir = g_build_filename(f->top, "round2", NULL);
}

static void
folder_clear(folder *f)
{
	static const char *const below[] = {"round1", "round2"};

	for (gsize i = 0; i < G_N_ELEMENTS(below); i++) {
		g_autofree char *dir = g_build_filename(f->top, below[i], NULL);

		if (g_file_test(dir, G_FILE_TEST_IS_DIR))
			server_rm(dir);
	}
	server_rm(f->top);
	g_free(f->top);
	g_free(f->dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(folder, folder_clear)

/* A file below the top, its folder made. */
static void
put(const folder *f, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(f->top, name, NULL);
	g_autofree char *dir = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *
get(const folder *f, const char *name)
{
	g_autofree char *path = g_build_filename(f->top, name, NULL);
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static char *allow_web[] = {(char *)(gpointer) "127.0.0.1", NULL};

static jp_config
config(void)
{
	jp_config c = {0};

	c.http.connect_timeout = 5000;
	c.http.timeout = 20000;
	c.http.max_body = JP_MIB;
	c.http.max_connections = 16;
	c.http.per_host = 1;
	c.http.retries = 1;
	c.http.allow = allow_web;
	return c;
}

/* Everything that an answer says, on one line. */
static void
keep(const jp_http_response *r, gpointer data)
{
	g_string_append_printf(data, "%d %d %s %s %s %" G_GINT64_FORMAT " [%s]\n", r->outcome,
	    r->status, r->url, r->content_type ? r->content_type : "-", r->etag ? r->etag : "-",
	    r->retry_after, r->body);
}

static void
keep_why(const jp_http_response *r, gpointer data)
{
	g_string_append_printf(data, "%d %s\n", r->outcome, r->why ? r->why : "");
}

static void
ask(jp_http *h, const char *url, GString *out)
{
	jp_http_add(h, &(jp_http_request){.method = "GET", .url = url}, keep, out);
	jp_http_run(h);
}

static jp_http *
replay(const jp_config *c, const folder *f)
{
	g_autoptr(GError) error = NULL;
	jp_http *h = jp_http_new(c, NULL, f->dir, &error);

	g_assert_no_error(error);
	return h;
}

/* ---- there and back -------------------------------------------------------------------------- */

static void
ask_all(jp_http *h, int port, GString *out)
{
	static const char *const paths[] = {"/v1/boards/acme/jobs",
	    "/v1/boards/acme/jobs?x=1&y=%09", "/moved", "/missing", "/flaky", "/echo", "/nowhere",
	    "/rest"};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d%s", port, paths[i]);

		ask(h, url, out);
	}
	for (int i = 0; i < 2; i++) {
		g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/echo", port);

		jp_http_add(h,
		    &(jp_http_request){.method = "POST",
			.url = url,
			.body = i == 0 ? "one" : "two",
			.host_key = "not-resting"},
		    keep, out);
		jp_http_run(h);
	}
}

static void
test_round_trip(void)
{
	jp_config c = config();
	g_auto(folder) f;
	server web;
	g_autoptr(GString) first = g_string_new(NULL), second = g_string_new(NULL);
	g_autoptr(jp_http) h = NULL;
	g_autofree char *index = NULL;
	GDir *dir;
	const char *name;

	folder_init(&f);
	server_start(&web, script, NULL);
	h = jp_http_new(&c, f.dir, NULL, NULL);
	ask_all(h, web.port, first);
	g_assert_null(jp_http_record_error(h));
	server_stop(&web);
	g_clear_pointer(&h, jp_http_free);

	h = replay(&c, &f);
	ask_all(h, web.port, second);
	g_assert_cmpstr(first->str, ==, second->str);
	g_assert_nonnull(strstr(first->str, "\"two\""));

	dir = g_dir_open(f.dir, 0, NULL);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename("round2", name, NULL);
		g_autofree char *text = get(&f, below);

		g_assert_null(strstr(text, "secret"));
		if (strcmp(name, "index.tsv") == 0)
			continue;
		g_assert_true(g_str_has_prefix(name, "127.0.0.1-"));
		g_assert_true(g_str_has_suffix(name, ".http"));
		g_assert_true(g_str_has_prefix(text, "HTTP/1.1 "));
	}
	g_dir_close(dir);
	index = get(&f, "round2/index.tsv");
	g_assert_nonnull(strstr(index, "/v1/boards/acme/jobs\t-\t127.0.0.1-"));
}

/* The recording of a conditional request has the body: validators are not sent. */
static void
test_record_whole(void)
{
	jp_config c = config();
	g_auto(folder) f;
	server web;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(jp_http) h = NULL;
	g_autofree char *url = NULL;

	folder_init(&f);
	server_start(&web, script, NULL);
	url = g_strdup_printf("http://127.0.0.1:%d/v1/boards/acme/jobs", web.port);
	h = jp_http_new(&c, f.dir, NULL, NULL);
	jp_http_add(
	    h, &(jp_http_request){.method = "GET", .url = url, .etag = "\"e1\""}, keep, out);
	jp_http_run(h);
	server_stop(&web);
	g_assert_nonnull(strstr(out->str, "200"));
	g_assert_nonnull(strstr(out->str, "[{\"jobs\": []}]"));
}

/* A failed request leaves nothing; a folder that cannot be written to is told of. */
static void
test_record_errors(void)
{
	jp_config c = config();
	g_auto(folder) f;
	server web;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_http) h = NULL;
	g_autofree char *drop = NULL, *echo = NULL, *index = NULL;

	folder_init(&f);
	server_start(&web, script, NULL);
	drop = g_strdup_printf("http://127.0.0.1:%d/drop", web.port);
	echo = g_strdup_printf("http://u:password@127.0.0.1:%d/echo", web.port);
	h = jp_http_new(&c, f.dir, NULL, NULL);
	ask(h, drop, out);
	index = g_build_filename(f.dir, "index.tsv", NULL);
	g_assert_false(g_file_test(index, G_FILE_TEST_EXISTS));
	g_assert_cmpint(g_mkdir(index, 0700), ==, 0); /* nothing can be appended to it */
	ask(h, echo, out);
	g_assert_nonnull(jp_http_record_error(h));
	g_assert_nonnull(strstr(jp_http_record_error(h)->message, "index.tsv"));
	server_stop(&web);
	g_assert_cmpint(g_rmdir(index), ==, 0);

	g_assert_null(jp_http_new(&c, "/dev/null/x", NULL, &error));
	g_assert_nonnull(error);
	g_clear_error(&error);
	g_assert_null(jp_http_new(&c, f.dir, f.dir, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_USAGE);
}

static void
test_no_password(void)
{
	jp_config c = config();
	g_auto(folder) f;
	server web;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(jp_http) h = NULL;
	g_autofree char *url = NULL, *index = NULL;

	folder_init(&f);
	server_start(&web, script, NULL);
	url = g_strdup_printf("http://u:password@127.0.0.1:%d/missing#frag", web.port);
	h = jp_http_new(&c, f.dir, NULL, NULL);
	ask(h, url, out);
	server_stop(&web);
	index = get(&f, "round2/index.tsv");
	g_assert_null(strstr(index, "password"));
	g_assert_null(strstr(index, "frag"));
	g_clear_pointer(&h, jp_http_free);
	h = replay(&c, &f);
	g_string_truncate(out, 0);
	ask(h, url, out); /* found all the same */
	g_assert_true(g_str_has_prefix(out->str, "0 404 "));
}

/* ---- folders written by hand ----------------------------------------------------------------- */

static void
test_by_hand(void)
{
	jp_config c = config();
	g_auto(folder) f;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(jp_http) h = NULL;

	folder_init(&f);
	put(&f, "round1/a.http", "HTTP/1.1 200 OK\nETag: \"a\"\n\nold\nbody");
	put(&f, "round2/b.http", "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\n\r\nnew");
	put(&f, "round2/index.tsv",
	    "# what the second round sees\n"
	    "\n"
	    "GET\thttps://a.example/x\t-\tnowhere.http\n"
	    "GET\thttps://a.example/x\t-\t../round1/a.http\n"
	    "GET\thttps://a.example/tab\\tbed\t-\tb.http\n"
	    "GET\thttps://b.example/\t-\t./b.http\thttps://c.example/final\n");
	h = replay(&c, &f);
	ask(h, "https://a.example/x", out);
	ask(h, "https://b.example/", out);
	ask(h, "https://b.example", out); /* the same URL */
	g_assert_cmpstr(out->str, ==,
	    "0 200 https://a.example/x - \"a\" -1 [old\nbody]\n"
	    "0 200 https://c.example/final text/x - -1 [new]\n"
	    "0 200 https://c.example/final text/x - -1 [new]\n");
}

static void
test_missing(void)
{
	jp_config c = config();
	g_auto(folder) f;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(jp_http) h = NULL;
	g_autofree char *said = NULL;

	folder_init(&f);
	put(&f, "round2/index.tsv",
	    "GET\thttps://a.example/x\t-\tnowhere.http\n"
	    "GET\thttps://a.example/y\t-\tbroken.http\n");
	put(&f, "round2/broken.http", "{}");
	h = replay(&c, &f);
	jp_http_add(h,
	    &(jp_http_request){.method = "GET", .url = "https://u:pw@b.example/z?key=secret"},
	    keep_why, out);
	jp_http_add(
	    h, &(jp_http_request){.method = "GET", .url = "https://a.example/x"}, keep_why, out);
	jp_http_add(
	    h, &(jp_http_request){.method = "GET", .url = "https://a.example/y"}, keep_why, out);
	jp_http_add(h,
	    &(jp_http_request){.method = "POST", .url = "https://a.example/x", .body = "b"},
	    keep_why, out);
	g_assert_cmpuint(jp_http_pending(h), ==, 4);
	jp_http_run(h);
	said = g_strdup_printf(
	    "%d %s has no answer for GET https://b.example/z\n", JP_HTTP_MISSING, f.dir);
	g_assert_true(g_str_has_prefix(out->str, said));
	g_assert_nonnull(strstr(out->str, "nowhere.http"));
	g_assert_nonnull(strstr(out->str, "broken.http: no HTTP status line"));
	g_assert_nonnull(strstr(out->str, "has no answer for POST https://a.example/x\n"));
	g_assert_null(strstr(out->str, "secret"));
}

static void
test_known(void)
{
	static const struct {
		const char *etag, *modified, *starts;
	} t[] = {
	    {NULL, NULL, "0 200 "},
	    {"\"e\"", NULL, "0 304 "},
	    {"\"f\"", NULL, "0 200 "},
	    {"\"f\"", "Mon, 21 Sep 2026 14:13:20 GMT", "0 200 "},
	    {NULL, "Mon, 21 Sep 2026 14:13:20 GMT", "0 304 "},
	};
	jp_config c = config();
	g_auto(folder) f;

	folder_init(&f);
	put(&f, "round2/index.tsv", "GET\thttps://a.example/\t-\ta.http\n");
	put(&f, "round2/a.http",
	    "HTTP/1.1 200 OK\nETag: \"e\"\nLast-Modified: Mon, 21 Sep 2026 14:13:20 GMT\n\nbody");
	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(jp_http) h = replay(&c, &f);

		jp_http_add(h,
		    &(jp_http_request){.method = "GET",
			.url = "https://a.example/",
			.etag = t[i].etag,
			.last_modified = t[i].modified},
		    keep, out);
		jp_http_run(h);
		g_assert_true(g_str_has_prefix(out->str, t[i].starts));
		g_assert_cmpint(
		    strstr(out->str, "[body]") != NULL, ==, strstr(out->str, "200") != NULL);
	}
}

static void
test_max_body(void)
{
	jp_config c = config();
	g_auto(folder) f;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(jp_http) h = NULL;

	folder_init(&f);
	put(&f, "round2/index.tsv",
	    "GET\thttps://a.example/5\t-\t5.http\n"
	    "GET\thttps://a.example/6\t-\t6.http\n");
	put(&f, "round2/5.http", "HTTP/1.1 200 OK\n\n12345");
	put(&f, "round2/6.http", "HTTP/1.1 200 OK\n\n123456");
	c.http.max_body = 5;
	h = replay(&c, &f);
	ask(h, "https://a.example/5", out);
	ask(h, "https://a.example/6", out);
	g_assert_nonnull(strstr(out->str, "[12345]"));
	g_assert_nonnull(strstr(out->str, "\n3 0 ")); /* JP_HTTP_REFUSED */
}

/* Each is refused with the line that is wrong. */
static void
test_bad_index(void)
{
	static const char *const bad[] = {"GET\thttps://a.example/\t-", "nonsense",
	    "GET\thttps://a.example/\t-\t/etc/passwd", "GET\thttps://a.example/\t-\t../../x.http",
	    "GET\thttps://a.example/\t-\tx/../../../y.http", "GET\thttps://a.example/\t-\t",
	    "GET\thttps://a.example/\t-\t../x/../../y"};
	jp_config c = config();

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *text = g_strdup_printf("# one\n%s\n", bad[i]);
		g_autoptr(GError) error = NULL;
		g_auto(folder) f;

		folder_init(&f);
		put(&f, "round2/index.tsv", text);
		g_test_message("%s", bad[i]);
		g_assert_null(jp_http_new(&c, NULL, f.dir, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		g_assert_nonnull(strstr(error->message, "round2/index.tsv:2: "));
	}
}

static void
test_no_folder(void)
{
	jp_config c = config();
	g_autoptr(GError) error = NULL;

	g_assert_null(jp_http_new(&c, NULL, "/nonexistent", &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_UNAVAILABLE);
	g_assert_nonnull(strstr(error->message, "/nonexistent/index.tsv"));
}

/* Without a network: private addresses, other ports, the name alone decides. */
static void
test_no_network(void)
{
	jp_config c = config();
	g_auto(folder) f;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(jp_http) h = NULL;
	gint64 begin = g_get_monotonic_time();

	folder_init(&f);
	put(&f, "round2/index.tsv", "GET\thttps://x.invalid/\t-\ta.http\n");
	put(&f, "round2/a.http", "HTTP/1.1 503 Down\nRetry-After: 5\n\n");
	c.http.min_interval = 60 * JP_SECOND;
	h = replay(&c, &f);
	for (int i = 0; i < 100; i++)
		ask(h, "https://x.invalid/", out);
	g_assert_true(g_str_has_prefix(out->str, "0 503 https://x.invalid/ - - 5000 []\n"));
	g_assert_cmpint(g_get_monotonic_time() - begin, <, 60 * G_USEC_PER_SEC);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/record/round-trip", test_round_trip);
	g_test_add_func("/http/record/whole", test_record_whole);
	g_test_add_func("/http/record/errors", test_record_errors);
	g_test_add_func("/http/record/no-password", test_no_password);
	g_test_add_func("/http/replay/by-hand", test_by_hand);
	g_test_add_func("/http/replay/missing", test_missing);
	g_test_add_func("/http/replay/known", test_known);
	g_test_add_func("/http/replay/max-body", test_max_body);
	g_test_add_func("/http/replay/bad-index", test_bad_index);
	g_test_add_func("/http/replay/no-folder", test_no_folder);
	g_test_add_func("/http/replay/no-network", test_no_network);
	return g_test_run();
}
