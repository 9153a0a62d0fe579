/*
 * Fuzzes what tells refusals from answers: the first line is where the answer came from, the rest
 * its body.  Oracle: what is no page is no refusal; the words are one line of UTF-8, the same each
 * time, and name no more of an address than its host; a challenge is one whatever follows it, an
 * error page is no refusal, and what stands behind the part that is looked at changes nothing.
 */
#include "board/internal.h"

#include <stdint.h>
#include <string.h>

#define ASKED     "https://boards.example/acme/jobs"
#define CHALLENGE "<!doctype html><script>window._cf_chl_opt={};</script>"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char *
refusal_of(const char *url, const char *body, gsize len)
{
	const jp_http_response r = {
	    .outcome = JP_HTTP_ANSWER, .status = 200, .url = url, .body = body, .len = len};

	return jp_outcome_refusal(ASKED, &r);
}

static void
check_words(const char *words, const char *url)
{
	const char *path = strstr(url, "://");

	g_assert_true(*words && g_utf8_validate(words, -1, NULL));
	for (const char *c = words; *c; c++)
		g_assert_false((guchar)*c < ' ' || *c == 0x7f);
	path = path ? strchr(path + 3, '/') : NULL;
	/* what may be a secret: the path and the query */
	g_assert_true(!path || strlen(path) < 24 || !strstr(words, path));
}

static void
check_unread(const char *url, const char *body, gsize len, const char *refusal)
{
	const jp_http_response r = {
	    .outcome = JP_HTTP_ANSWER, .status = 200, .url = url, .body = body, .len = len};
	g_autofree char *why = jp_outcome_unread_why(ASKED, &r, "no JSON");

	g_autofree char *page = jp_outcome_error_page(body, len);

	g_assert_true(!page || jp_html_looks_like(body, (gssize)len));
	if (page)
		check_words(page, "");
	g_assert_cmpint(jp_outcome_unreadable(body, len), ==,
	    !page && jp_html_looks_like(body, (gssize)len) ? JP_VISIT_BLOCKED : JP_VISIT_ERROR);
	if (refusal)
		g_assert_cmpstr(why, ==, refusal);
	else
		g_assert_true(g_str_has_suffix(why, "no JSON"));
	check_words(why, url);
}

/* Bytes behind a page that fills what is looked at. */
static void
check_behind(const char *url, const char *body, gsize len)
{
	g_autoptr(GString) page = g_string_new("<!doctype html>");
	g_autofree char *alone = NULL, *with = NULL;

	while (page->len < 64 * JP_KIB)
		g_string_append(page, "<p>Jobs of all kinds, day and night.</p>\n");
	alone = refusal_of(url, page->str, page->len);
	g_string_append_len(page, body, (gssize)len);
	with = refusal_of(url, page->str, page->len);
	g_assert_cmpstr(alone, ==, with);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = len > 0 ? memchr(data, '\n', len) : NULL;
	g_autofree char *raw = g_strndup((const char *)data, end ? (gsize)(end - data) : 0);
	g_autofree char *url = g_utf8_make_valid(raw, -1);
	/* as a body comes: bytes with a NUL behind them */
	gsize n = end ? len - (gsize)(end - data) - 1 : len;
	g_autofree char *body = g_strndup("", n);
	g_autofree char *one = NULL, *two = NULL, *challenge = NULL;
	g_autoptr(GString) page = g_string_new(CHALLENGE);

	if (n > 0)
		memcpy(body, end ? end + 1 : data, n);
	one = refusal_of(url, body, n);
	two = refusal_of(url, body, n);
	g_assert_cmpstr(one, ==, two);
	g_assert_true(!one || jp_html_looks_like(body, (gssize)n));
	if (one)
		check_words(one, url);
	check_unread(url, body, n, one);
	check_behind(url, body, n);
	g_string_append_len(page, body, (gssize)n);
	challenge = refusal_of(url, page->str, page->len);
	g_assert_nonnull(strstr(challenge, "a challenge of Cloudflare"));
	return 0;
}
