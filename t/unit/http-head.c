/* Status line and headers, and what of them is recorded. */
#include <string.h>

#include "http/internal.h"

static void
test_fields(void)
{
	static const char text[] = "HTTP/1.1 200 Fine, thanks\r\n"
				   "content-TYPE:text/plain\r\n"
				   "ETag:   W/\"a b\" \r\n"
				   "Last-Modified: Mon, 21 Sep 2026 14:13:20 GMT\r\n"
				   "ETag: \"second\"\r\n"
				   "X-ETag: no\r\n"
				   "Retry-After: 5\r\n"
				   "\r\n"
				   "Content-Type: in the body\r\n";
	jp_head h = {0};

	g_assert_true(jp_head_parse(&h, text, strlen(text), NULL));
	g_assert_cmpint(h.status, ==, 200);
	g_assert_cmpstr(h.reason, ==, "Fine, thanks");
	g_assert_cmpstr(h.content_type, ==, "text/plain");
	g_assert_cmpstr(h.etag, ==, "W/\"a b\"");
	g_assert_cmpstr(h.last_modified, ==, "Mon, 21 Sep 2026 14:13:20 GMT");
	g_assert_cmpstr(h.retry_after, ==, "5");
	g_assert_cmpstr(text + h.len, ==, "Content-Type: in the body\r\n");
	jp_head_clear(&h);
	g_assert_null(h.etag);
}

static void
test_status(void)
{
	static const struct {
		const char *text;
		int status; /* 0: refused */
	} t[] = {
	    {"HTTP/1.1 200 OK\r\n\r\n", 200},
	    {"HTTP/1.1 200\r\n\r\n", 200},
	    {"HTTP/2 304 \r\n\r\n", 304},
	    {"HTTP/1.0 599 x\n\n", 599},
	    {"HTTP/1.1 200 OK", 200},
	    {"", 0},
	    {"\r\n", 0},
	    {"200 OK\r\n\r\n", 0},
	    {"HTTP/1.1\r\n\r\n", 0},
	    {"HTTP/1.1 20\r\n\r\n", 0},
	    {"HTTP/1.1 2000 OK\r\n\r\n", 0},
	    {"HTTP/1.1 099 OK\r\n\r\n", 0},
	    {"HTTP/1.1 600 OK\r\n\r\n", 0},
	    {"HTTP/1.1 2x0 OK\r\n\r\n", 0},
	    {"http/1.1 200 OK\r\n\r\n", 0},
	    {"<html>", 0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autoptr(GError) error = NULL;
		jp_head h = {0};
		gboolean ok = jp_head_parse(&h, t[i].text, strlen(t[i].text), &error);

		g_test_message("case %" G_GSIZE_FORMAT, i);
		g_assert_cmpint(ok, ==, t[i].status != 0);
		g_assert_cmpint(h.status, ==, t[i].status);
		if (!ok)
			g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		jp_head_clear(&h);
	}
}

/* A value with a control byte is as good as absent. */
static void
test_control_bytes(void)
{
	static const char text[] =
	    "HTTP/1.1 200 OK\r\nETag: \"a\x1b[31m\"\r\nContent-Type: a\rb\r\n"
	    "Retry-After: 1\0002\r\nLast-Modified: a\tb\r\n\r\n";
	jp_head h = {0};

	g_assert_true(jp_head_parse(&h, text, sizeof(text) - 1, NULL));
	g_assert_null(h.etag);
	g_assert_null(h.content_type);
	g_assert_null(h.retry_after);
	g_assert_cmpstr(h.last_modified, ==, "a\tb");
	jp_head_clear(&h);
}

static void
test_write(void)
{
	static const char text[] = "HTTP/2 200 \n"
				   "Content-Type: text/plain\n"
				   "Content-Length: 5\n"
				   "Content-Encoding: br\n"
				   "Transfer-Encoding: chunked\n"
				   "Connection: close\n"
				   "Set-Cookie: id=1\n"
				   "WWW-Authenticate: Basic\n"
				   "Authorization: Bearer x\n"
				   "X-Api-Key: x\n"
				   "X-CSRF-Token: x\n"
				   "X-Bad: \x1b\n"
				   "no field at all\n"
				   "ETag: \"1\"\n"
				   "\n"
				   "body";
	g_autofree char *head = jp_head_write(text, strlen(text));

	g_assert_cmpstr(
	    head, ==, "HTTP/1.1 200 \r\nContent-Type: text/plain\r\nETag: \"1\"\r\n\r\n");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/head/fields", test_fields);
	g_test_add_func("/http/head/status", test_status);
	g_test_add_func("/http/head/control-bytes", test_control_bytes);
	g_test_add_func("/http/head/write", test_write);
	return g_test_run();
}
