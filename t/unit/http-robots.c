/* robots.txt, by the sections and examples of RFC 9309, and by what files in the wild do. */
#include <string.h>

#include "http/internal.h"

static gboolean
allows(const char *text, const char *path)
{
	g_autoptr(jp_robots) r = jp_robots_parse(text, strlen(text), "JobPing");
	g_autofree char *written = jp_robots_write(r);
	g_autoptr(jp_robots) again = jp_robots_parse(written, strlen(written), "Other");
	gboolean answer = jp_robots_allows(r, path);

	g_assert_cmpint(jp_robots_allows(again, path), ==, answer);
	return answer;
}

struct ask {
	const char *text, *path;
	gboolean allowed;
};

static void
check(const struct ask *asks, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (allows(asks[i].text, asks[i].path) != asks[i].allowed)
			g_error("%s of\n%s", asks[i].path, asks[i].text);
}

static void
test_groups(void)
{
	static const struct ask asks[] = {
	    {"", "/x", TRUE},
	    {"User-agent: *\nDisallow: /\n", "/x", FALSE},
	    {"User-agent: *\nDisallow:\n", "/x", TRUE},
	    {"Disallow: /\n", "/x", TRUE}, /* of no group */
	    /* ours wins over everybody's, wherever it stands */
	    {"User-agent: *\nDisallow: /\nUser-agent: JobPing\nAllow: /\n", "/x", TRUE},
	    {"User-agent: jobping\nDisallow: /x\nUser-agent: *\nAllow: /\n", "/x", FALSE},
	    {"User-agent: JobPing/1.0 (x)\nDisallow: /x\n", "/x", FALSE},
	    {"User-agent: JobPingBot\nDisallow: /x\n", "/x", TRUE},
	    {"User-agent: Job\nDisallow: /x\n", "/x", TRUE},
	    {"User-agent: *bot\nDisallow: /x\n", "/x", TRUE},
	    /* several lines begin one group; a group without rules is one all the same */
	    {"User-agent: a\nUser-agent: JobPing\nUser-agent: b\nDisallow: /x\n", "/x", FALSE},
	    {"User-agent: *\nDisallow: /\nUser-agent: JobPing\n", "/x", TRUE},
	    /* groups for the same agent are merged, 2.2.1 */
	    {"User-agent: JobPing\nDisallow: /a\nUser-agent: z\nDisallow: /\n"
	     "User-agent: JobPing\nDisallow: /b\n",
		"/b", FALSE},
	    {"User-agent: JobPing\nDisallow: /a\nUser-agent: z\nDisallow: /\n"
	     "User-agent: JobPing\nDisallow: /b\n",
		"/a", FALSE},
	    /* other lines neither begin nor end one */
	    {"User-agent: JobPing\nSitemap: https://x.example/s\n\nDisallow: /x\n", "/x", FALSE},
	};

	check(asks, G_N_ELEMENTS(asks));
}

static void
test_lines(void)
{
	static const struct ask asks[] = {
	    {"\xef\xbb\xbfUser-agent: *\r\nDisallow: /x\r\n", "/x", FALSE},
	    {"User-agent: *\rDisallow: /x", "/x", FALSE},
	    {"  USER-AGENT :\t*  # all\n\tdisallow\t: /x # no\n", "/x", FALSE},
	    {"User-agent: *\nDisallow: /x#y\n", "/x", FALSE},
	    {"User-agent: *\nDisallow /x\n", "/x", TRUE},
	    {"User-agent: *\nDisalow: /x\n", "/x", TRUE},
	    {"<!DOCTYPE html><html>User-agent: *\nDisallow: /\n", "/x", TRUE},
	};

	check(asks, G_N_ELEMENTS(asks));
}

/* 2.2.2 and 2.2.3: the most octets win, Allow on a tie; "*" and "$". */
static void
test_matching(void)
{
	static const char both[] = "User-agent: *\nAllow: /p\nDisallow: /\n";
	static const char tie[] = "User-agent: *\nDisallow: /folder\nAllow: /folder\n";
	static const char gif[] = "User-agent: *\nDisallow: /*.gif$\n";
	static const char star[] = "User-agent: *\nDisallow: /a*b*c\n";
	static const struct ask asks[] = {
	    {both, "/page", TRUE},
	    {both, "/other", FALSE},
	    {both, "/robots.txt", TRUE},
	    {tie, "/folder/page", TRUE},
	    {gif, "/x.gif", FALSE},
	    {gif, "/x.gif?y", TRUE},
	    {gif, "/x.gif.gif", FALSE},
	    {star, "/a--b--c--", FALSE},
	    {star, "/abc", FALSE},
	    {star, "/ab", TRUE},
	    {star, "/a/b/x", TRUE},
	    {"User-agent: *\nDisallow: /$\n", "/", FALSE},
	    {"User-agent: *\nDisallow: /$\n", "/x", TRUE},
	    {"User-agent: *\nDisallow: *\n", "/x", FALSE},
	    {"User-agent: *\nDisallow: x\n", "/x", TRUE},
	    {"User-agent: *\nDisallow: /X\n", "/x", TRUE}, /* case counts */
	    {"User-agent: *\nDisallow: /jobs?\n", "/jobs?page=2", FALSE},
	    {"User-agent: *\nDisallow: /jobs?\n", "/jobs", TRUE},
	    {"User-agent: *\nAllow: /p\nDisallow: /*.ph$\n", "/page.ph", FALSE},
	};

	check(asks, G_N_ELEMENTS(asks));
}

/* 2.2.2: the same octet, however it is written. */
static void
test_codes(void)
{
	static const struct ask asks[] = {
	    {"User-agent: *\nDisallow: /foo/bar/\xE3\x83\x84\n", "/foo/bar/%E3%83%84", FALSE},
	    {"User-agent: *\nDisallow: /foo/bar/%e3%83%84\n", "/foo/bar/\xE3\x83\x84", FALSE},
	    {"User-agent: *\nDisallow: /foo/bar/%62%61%7A\n", "/foo/bar/baz", FALSE},
	    {"User-agent: *\nDisallow: /a%2Fb\n", "/a%2fb", FALSE},
	    {"User-agent: *\nDisallow: /a%2Fb\n", "/a/b", TRUE},
	    {"User-agent: *\nDisallow: /file-%2A.html\n", "/file-*.html", FALSE},
	    {"User-agent: *\nDisallow: /file-%2A.html\n", "/file-x.html", TRUE},
	    {"User-agent: *\nDisallow: /cost%24\n", "/cost$", FALSE},
	    {"User-agent: *\nDisallow: /100%\n", "/100%25", FALSE},
	    {"User-agent: *\nDisallow: /a b\n", "/a%20b", FALSE},
	};

	check(asks, G_N_ELEMENTS(asks));
}

static gint64
delay(const char *text)
{
	g_autoptr(jp_robots) r = jp_robots_parse(text, strlen(text), "JobPing");

	return jp_robots_delay(r);
}

static void
test_delay(void)
{
	g_assert_cmpint(delay("User-agent: *\nCrawl-delay: 10\n"), ==, 10 * JP_SECOND);
	g_assert_cmpint(delay("User-agent: *\ncrawl-delay: 0.5\n"), ==, 500);
	g_assert_cmpint(delay("User-agent: *\nCrawl-delay: 86400\n"), ==, JP_MINUTE);
	g_assert_cmpint(delay("User-agent: *\nCrawl-delay: 1e999\n"), ==, JP_MINUTE);
	g_assert_cmpint(delay("User-agent: *\nCrawl-delay: nan\n"), ==, 0);
	g_assert_cmpint(delay("User-agent: *\nCrawl-delay: -3\n"), ==, 0);
	g_assert_cmpint(delay("User-agent: x\nCrawl-delay: 9\n"), ==, 0);
	g_assert_cmpint(delay("Crawl-delay: 9\n"), ==, 0);
}

/* 2.5: at least 500 KiB are parsed; what comes far later is not. */
static void
test_size(void)
{
	g_autoptr(GString) text = g_string_new("User-agent: *\n");

	while (text->len < 500 * JP_KIB)
		g_string_append(text, "# a long line that says nothing at all\n");
	g_string_append(text, "Disallow: /early\n");
	while (text->len < 2 * JP_MIB)
		g_string_append(text, "# a long line that says nothing at all\n");
	g_string_append(text, "Disallow: /late\n");
	g_assert_false(allows(text->str, "/early"));
	g_assert_true(allows(text->str, "/late"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/robots/H03-groups", test_groups);
	g_test_add_func("/http/robots/lines", test_lines);
	g_test_add_func("/http/robots/H03-matching", test_matching);
	g_test_add_func("/http/robots/H03-codes", test_codes);
	g_test_add_func("/http/robots/H03-crawl-delay", test_delay);
	g_test_add_func("/http/robots/H02-size", test_size);
	return g_test_run();
}
