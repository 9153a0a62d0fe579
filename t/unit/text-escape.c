/* escape.c and wrap.c: what is shown to people and written between programs. */
#include <string.h>

#include "text/text.h"

static void
test_terminal(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"plain", "plain"}, {"Zürich 東京 👩", "Zürich 東京 👩"},
	    {"\033[31mred\007", "\\x1b[31mred\\x07"}, {"a\tb\nc\rd", "a\\x09b\\x0ac\\x0dd"},
	    {"\177", "\\x7f"}, {"\302\233", "\\x9b"}, {"a\377b", "a\\xffb"}, {"\303", "\\xc3"},
	    {"x\342\200\256y", "x\\u{202e}y"}, {"\342\201\246", "\\u{2066}"}, {"", ""}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = jp_escape_terminal(cases[i].text);

		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

static void
test_tsv(void)
{
	static const struct {
		const char *text, *escaped;
	} cases[] = {{"", ""}, {"plain", "plain"}, {"a\tb", "a\\tb"}, {"a\nb\r", "a\\nb\\r"},
	    {"C:\\new", "C:\\\\new"}, {"\\", "\\\\"}, {"\t\n\r\\", "\\t\\n\\r\\\\"},
	    {"\\t", "\\\\t"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = jp_escape_tsv(cases[i].text);

		g_assert_cmpstr(got, ==, cases[i].escaped);
		jp_unescape_tsv(got);
		g_assert_cmpstr(got, ==, cases[i].text);
	}
}

static void
test_unknown_escapes(void)
{
	static const struct {
		const char *field, *want;
	} cases[] = {{"a\\x", "a\\x"}, {"a\\", "a\\"}, {"\\q\\t", "\\q\t"}, {"\\\\\\", "\\\\"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *field = g_strdup(cases[i].field);

		jp_unescape_tsv(field);
		g_assert_cmpstr(field, ==, cases[i].want);
	}
}

static void
test_width(void)
{
	g_assert_cmpuint(jp_text_width(""), ==, 0);
	g_assert_cmpuint(jp_text_width("abc"), ==, 3);
	g_assert_cmpuint(jp_text_width("Zürich"), ==, 6);
	g_assert_cmpuint(jp_text_width("Zu\314\210rich"), ==, 6);
	g_assert_cmpuint(jp_text_width("東京"), ==, 4);
	g_assert_cmpuint(jp_text_width("a\377"), ==, 2);
}

static void
test_wrap(void)
{
	static const struct {
		const char *text;
		guint width, indent;
		const char *want;
	} cases[] = {{"", 10, 0, ""}, {"one two three", 20, 0, "one two three"},
	    {"one two three", 8, 0, "one two\nthree"}, {"one two three", 7, 0, "one two\nthree"},
	    {"one two", 10, 2, "  one two"}, {"one two three", 9, 2, "  one two\n  three"},
	    {"a\n\nb", 10, 2, "  a\n\n  b"}, {"  a   b  ", 10, 0, "a b"},
	    {"see https://example.org/a/very/long/link now", 12, 0,
		"see\nhttps://example.org/a/very/long/link\nnow"},
	    {"東京 大阪 京都", 9, 0, "東京 大阪\n京都"}, {"a b", 1, 4, "    a\n    b"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = jp_text_wrap(cases[i].text, cases[i].width, cases[i].indent);

		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

static void
test_cut(void)
{
	static const struct {
		const char *text;
		guint columns;
		const char *want;
	} cases[] = {{"hello", 5, "hello"}, {"hello!", 5, "hell…"}, {"hello", 1, "…"}, {"", 5, ""},
	    {"x", 0, ""}, {"東京大阪", 8, "東京大阪"}, {"東京大阪", 7, "東京大…"},
	    {"東京大阪", 6, "東京…"}, {"東", 1, "…"},
	    {"e\314\201e\314\201", 2, "e\314\201e\314\201"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = jp_text_cut(cases[i].text, cases[i].columns);

		g_assert_cmpstr(got, ==, cases[i].want);
		g_assert_cmpuint(jp_text_width(got), <=, cases[i].columns);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/escape/terminal", test_terminal);
	g_test_add_func("/text/escape/tsv", test_tsv);
	g_test_add_func("/text/escape/unknown", test_unknown_escapes);
	g_test_add_func("/text/wrap/width", test_width);
	g_test_add_func("/text/wrap/M08-wrap", test_wrap);
	g_test_add_func("/text/wrap/cut", test_cut);
	return g_test_run();
}
