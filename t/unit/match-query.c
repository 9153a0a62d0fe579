/* The query language: what is taken, what it means, what is refused and where. */
#include <string.h>

#include "match/internal.h"

static void
test_write(void)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
	    {"", ""},
	    {"  \t ", ""},
	    {"C++ -java", "c++ -java"},
	    {"\"machine learning\" OR title:data", "\"machine learning\" OR title:data"},
	    {"node.js", "\"node js\""},
	    {"full-time", "\"full time\""},
	    {"R&D", "\"r d\""},
	    {"AT&T", "\"at t\""},
	    {"(rust OR go) AND NOT blockchain", "(rust OR go) -blockchain"},
	    {"rust|go", "rust OR go"},
	    {"rust || go && c", "rust OR go c"},
	    {"a & b", "a b"},
	    {"a OR b c", "a OR b c"},
	    {"(a OR b) c", "(a OR b) c"},
	    {"((a) (b c))", "a b c"},
	    {"a OR (b OR c)", "a OR b OR c"},
	    {"NOT NOT a", "a"},
	    {"--a", "a"},
	    {"-(a b)", "-(a b)"},
	    {"-(a OR b)", "-(a OR b)"},
	    {"NOT -(a)", "a"},
	    {"title:(a OR b)", "title:a OR title:b"},
	    {"title:(a company:b)", "title:a company:b"},
	    {"TITLE: Chef", "title:chef"},
	    {"-title:intern", "-title:intern"},
	    {"company:\"Foo Bar\"", "company:\"foo bar\""},
	    {"skill:k8s", "skill:k8s"},
	    {"=Engineers", "=engineers"},
	    {"title:=\"Data Scientists\"", "title:=\"data scientists\""},
	    {"and or not", "and or not"},
	    {"ORDER ANDROID NOTHING", "order android nothing"},
	    {"Zürich", "zurich"},
	    {"don't", "dont"},
	    {"“machine learning”", "\"machine learning\""},
	    {".NET C# F#", ".net c# f#"},
	    {"\"a\"b", "a b"},
	    {"10:30", "\"10 30\""},
	    {"\"Backend: Go\"", "\"backend go\""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(jp_query) q = jp_query_parse(cases[i].text, &error);
		g_autoptr(jp_query) again = NULL;
		g_autofree char *canonical = NULL;

		g_assert_no_error(error);
		canonical = jp_query_write(q);
		g_assert_cmpstr(canonical, ==, cases[i].canonical);
		again = jp_query_parse(canonical, &error);
		g_assert_no_error(error);
		g_assert_true(jp_query_eq(q, again));
	}
}

static void
test_refused(void)
{
	static const struct {
		const char *text;
		int column;
		const char *what;
	} cases[] = {
	    {"a OR", 5, "expected a word, a phrase or \"(\""},
	    {"OR a", 1, "expected a word"},
	    {"a AND", 6, "expected a word"},
	    {"a AND OR b", 7, "expected a word"},
	    {"a NOT", 6, "expected a word"},
	    {"& a", 1, "expected a word"},
	    {"()", 2, "expected a word"},
	    {"(a", 1, "never closed"},
	    {"a (b (c)", 3, "never closed"},
	    {"a)", 2, "never opened"},
	    {"\"open", 1, "quotation mark is never closed"},
	    {"Zürich \"open", 8, "quotation mark is never closed"},
	    {"engineer - backend", 10, "close the gap"},
	    {"a -", 3, "close the gap"},
	    {"C++ / Rust", 5, "no letter or digit"},
	    {"\"!!\"", 1, "no letter or digit"},
	    {"a ***", 3, "no letter or digit"},
	    {"title:", 7, "expected a word"},
	    {"title: OR a", 8, "expected a word"},
	    {"title:-junior", 7, "before the prefix"},
	    {"= a", 2, "right after \"=\""},
	    {"=(a)", 2, "right after \"=\""},
	    {"a compny:b", 3, "unknown prefix \"compny:\""},
	    {"https://example.org/", 1, "unknown prefix \"https:\""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *where = g_strdup_printf("query, column %d: ", cases[i].column);

		g_assert_null(jp_query_parse(cases[i].text, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		if (!g_str_has_prefix(error->message, where) ||
		    !strstr(error->message, cases[i].what))
			g_error("%s: %s", cases[i].text, error->message);
	}
}

static void
refuse(const char *text, const char *what)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(jp_query_parse(text, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	g_assert_nonnull(strstr(error->message, what));
}

static char *
repeat(const char *text, guint n)
{
	GString *s = g_string_new(NULL);

	while (n--)
		g_string_append(s, text);
	return g_string_free(s, FALSE);
}

static void
test_bounds(void)
{
	g_autofree char *longest = repeat("a", JP_MAX_QUERY);
	g_autofree char *too_long = repeat("a", JP_MAX_QUERY + 1);
	g_autofree char *most = repeat("a ", JP_MAX_QUERY_TERMS);
	g_autofree char *too_many = repeat("a ", JP_MAX_QUERY_TERMS + 1);
	g_autofree char *open = repeat("(", JP_MAX_QUERY_DEPTH - 1);
	g_autofree char *close = repeat(")", JP_MAX_QUERY_DEPTH - 1);
	g_autofree char *deepest = g_strconcat(open, "a", close, NULL);
	g_autofree char *too_deep = g_strconcat("(", deepest, ")", NULL);
	g_autofree char *not_deep = repeat("-", JP_MAX_QUERY_DEPTH + 1);
	g_autofree char *too_negative = g_strconcat(not_deep, "a", NULL);
	const char *const fine[] = {longest, most, deepest};

	for (gsize i = 0; i < G_N_ELEMENTS(fine); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(jp_query) q = jp_query_parse(fine[i], &error);

		g_assert_no_error(error);
		g_assert_nonnull(q);
	}
	refuse(too_long, "longer than");
	refuse(too_many, "words and phrases");
	refuse(too_deep, "nested");
	refuse(too_negative, "nested");
	refuse("\xff", "UTF-8");
}

static void
test_eq(void)
{
	static const char *const different[] = {"", "a", "b", "=a", "title:a", "company:a",
	    "skill:a", "\"a b\"", "a b", "a OR b", "-a", "-(a b)", "a b c", "(a OR b) c",
	    "a OR b c"};

	for (gsize i = 0; i < G_N_ELEMENTS(different); i++)
		for (gsize j = 0; j < G_N_ELEMENTS(different); j++) {
			g_autoptr(jp_query) a = jp_query_parse(different[i], NULL);
			g_autoptr(jp_query) b = jp_query_parse(different[j], NULL);

			g_assert_true(jp_query_eq(a, b) == (i == j));
		}
}

/* ---- random trees: written, parsed, written --------------------------------------------- */

static void
random_query(GRand *rand, GString *out, int depth)
{
	static const char *const words[] = {"rust", "C++", ".NET", "Zürich", "node.js",
	    "\"two words\"", "title:lead", "company:=\"Foo Bar\"", "skill:k8s", "=engineers", "or",
	    "R&D"};
	static const char *const joints[] = {" ", " AND ", " & ", " OR ", " | "};
	gint32 kind = depth ? g_rand_int_range(rand, 0, 6) : 0;

	if (kind <= 2) {
		g_string_append(out, words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
		return;
	}
	if (kind == 3)
		g_string_append(out, g_rand_boolean(rand) ? "-" : "NOT ");
	if (kind <= 4)
		g_string_append_c(out, '(');
	for (int n = g_rand_int_range(rand, 1, 4); n > 0; n--) {
		random_query(rand, out, depth - 1);
		if (n > 1)
			g_string_append(out, joints[g_rand_int_range(rand, 0, 5)]);
	}
	if (kind <= 4)
		g_string_append_c(out, ')');
}

static void
test_round_trip(void)
{
	guint n = *(g_getenv("JP_SOAK") ? g_getenv("JP_SOAK") : "") ? 200000 : 3000;
	g_autoptr(GRand) rand = g_rand_new_with_seed(17);

	for (guint i = 0; i < n; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GError) error = NULL;
		g_autoptr(jp_query) q = NULL;
		g_autoptr(jp_query) again = NULL;
		g_autofree char *canonical = NULL;

		random_query(rand, text, 4);
		if (text->len > JP_MAX_QUERY)
			continue;
		q = jp_query_parse(text->str, &error);
		g_assert_no_error(error);
		canonical = jp_query_write(q);
		again = jp_query_parse(canonical, &error);
		g_assert_no_error(error);
		g_assert_true(jp_query_eq(q, again));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/match/query/write", test_write);
	g_test_add_func("/match/query/refused", test_refused);
	g_test_add_func("/match/query/bounds", test_bounds);
	g_test_add_func("/match/query/eq", test_eq);
	g_test_add_func("/match/query/round-trip", test_round_trip);
	return g_test_run();
}
