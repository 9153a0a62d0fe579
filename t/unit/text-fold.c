/* fold.c: cleaning, folding, mojibake. */
#include <string.h>

#include "text/text.h"

static void
assert_clean(const char *text, gssize len, gsize max, gboolean lines, const char *want)
{
	g_autofree char *got = jp_text_clean(text, len, max, lines);

	g_assert_cmpstr(got, ==, want);
}

static void
test_clean(void)
{
	static const struct {
		const char *what, *text;
		gboolean lines;
		const char *want;
	} cases[] = {
	    {"empty", "", FALSE, ""},
	    {"blanks only", " \t\n ", FALSE, ""},
	    {"collapsed and trimmed", "  a \t b\n\nc ", FALSE, "a b c"},
	    {"lines trimmed", " a \n\tb  ", TRUE, "a\nb"},
	    {"one blank line at most", "a\n\n\n\nb\n\n", TRUE, "a\n\nb"},
	    {"DOS and old Mac line ends", "a\r\nb\rc", TRUE, "a\nb\nc"},
	    {"controls dropped", "a\001\033[1mb\177", FALSE, "a[1mb"},
	    {"C1 controls dropped", "a\302\220b", FALSE, "ab"},
	    {"no-break and thin blanks", "a\302\240b\342\200\211c", FALSE, "a b c"},
	    {"line separator is a line end", "a\342\200\250b", TRUE, "a\nb"},
	    {"invalid bytes", "a\377b\303", FALSE, "a\357\277\275b\357\277\275"},
	    {"overlong form is invalid", "\300\257", FALSE, "\357\277\275\357\277\275"},
	    {"byte order mark", "\357\273\277a", FALSE, "a"},
	    {"bidi override", "a\342\200\256b", FALSE, "ab"},
	    {"soft hyphen and zero width space", "so\302\255ft\342\200\213ly", FALSE, "softly"},
	    {"NFC", "e\314\201", FALSE, "é"},
	    {"NFC after a long plain text", "plain text, plain text, e\314\201", FALSE,
		"plain text, plain text, é"},
	    {"singleton of NFC", "\342\204\253", FALSE, "Å"},
	    {"emoji with a joiner stays", "👩\342\200\215🔧", FALSE, "👩\342\200\215🔧"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].what);
		assert_clean(cases[i].text, -1, 0, cases[i].lines, cases[i].want);
	}
}

/* What is clean already is not read again: of every length, with a blank or two at every place. */
static void
test_clean_already(void)
{
	for (gsize len = 1; len < 40; len++)
		for (gsize at = 0; at <= len; at++) {
			g_autofree char *left = g_strnfill(at, 'l'),
					*right = g_strnfill(len - at, 'r');
			const char *between = at > 0 && at < len ? " " : "";
			g_autofree char *whole = g_strconcat(left, right, NULL);
			g_autofree char *one = g_strconcat(left, " ", right, NULL);
			g_autofree char *two = g_strconcat(left, "  ", right, NULL);
			g_autofree char *want = g_strconcat(left, between, right, NULL);

			assert_clean(whole, -1, len, FALSE, whole);
			assert_clean(one, -1, 0, FALSE, want);
			assert_clean(two, -1, 0, TRUE, want);
		}
}

static void
test_clean_bounds(void)
{
	g_autofree char *big = g_strnfill(5 * 1024 * 1024, 'x');

	assert_clean("abcdef", -1, 4, FALSE, "abcd");
	assert_clean("abc def", -1, 4, FALSE, "abc");
	assert_clean("aéé", -1, 4, FALSE, "aé");
	assert_clean("aee", -1, 4, FALSE, "aee");
	assert_clean("a\0b", 3, 0, FALSE, "ab");
	assert_clean("abc", 2, 0, FALSE, "ab");
	assert_clean(NULL, -1, 0, FALSE, "");
	assert_clean(big, -1, 3, FALSE, "xxx");
	/* Composing shortens: what fits after it is not lost. */
	assert_clean("e\314\201e\314\201", -1, 4, FALSE, "éé");
}

static void
test_fold(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"Zürich", "zurich"}, {"ZURICH", "zurich"}, {"Straße", "strasse"},
	    {"STRAẞE", "strasse"}, {"Łódź", "lodz"}, {"København", "kobenhavn"},
	    {"Æther Œuvre", "aether oeuvre"}, {"Þór Đorđe Iğdır", "thor dorde igdir"},
	    {"İstanbul", "istanbul"}, {"L’Oréal – Paris", "l'oreal - paris"}, {"ﬁn ①", "fin 1"},
	    {"ΣΊΣΥΦΟΣ", "σισυφοσ"}, {"Йога", "иога"}, {"が", "が"}, {"한국", "한국"},
	    {"  a \t b ", "a b"}, {"a\377b", "a b"}, {"", ""}, {"e\314\201", "e"},
	    {"so\302\255ft", "soft"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = jp_text_fold(cases[i].text), *again = NULL;

		g_assert_cmpstr(got, ==, cases[i].want);
		again = jp_text_fold(got);
		g_assert_cmpstr(again, ==, got);
	}
}

static void
test_eq_folded(void)
{
	g_assert_true(jp_text_eq_folded("Zürich", "ZURICH"));
	g_assert_true(jp_text_eq_folded(" a  b", "A B"));
	g_assert_false(jp_text_eq_folded("a", "b"));
	g_assert_true(jp_text_eq_folded(NULL, NULL));
	g_assert_false(jp_text_eq_folded(NULL, ""));
	g_assert_false(jp_text_eq_folded("", NULL));
}

static void
test_unmojibake(void)
{
	static const struct {
		const char *what, *text, *want;
	} cases[] = {
	    {"Latin-1 read", "We\303\242\302\200\302\231re", "We’re"},
	    {"CP1252 read", "Weâ€™re", "We’re"},
	    {"two bytes", "cafÃ©", "café"},
	    {"four bytes", "Ã°ÂŸÂ˜Â€ \303\260\302\237\302\230\302\200",
		"ð\302\237\302\230\302\200 😀"},
	    {"right text stays", "café, “naïve” – Ünder", "café, “naïve” – Ünder"},
	    {"a lone letter stays", "SÃO PAULO Â", "SÃO PAULO Â"},
	    {"plain", "plain", "plain"},
	    {"invalid stays", "a\377", "a\377"},
	    {"empty", "", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = jp_text_unmojibake(cases[i].text);

		g_test_message("%s", cases[i].what);
		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/fold/clean", test_clean);
	g_test_add_func(
	    "/text/clean/what is clean stays, wherever its blanks are", test_clean_already);
	g_test_add_func("/text/fold/clean-bounds", test_clean_bounds);
	g_test_add_func("/text/fold/fold", test_fold);
	g_test_add_func("/text/fold/eq-folded", test_eq_folded);
	g_test_add_func("/text/fold/unmojibake", test_unmojibake);
	return g_test_run();
}
