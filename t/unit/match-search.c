/* One saved search: what is read from JSON, how it is kept, what is refused and by which name. */
#include <string.h>

#include "match/match.h"

static gboolean
read_search(jp_search *s, const char *json, GError **error)
{
	g_autoptr(cJSON) o = jp_json_parse(json, strlen(json), error);

	return o && jp_search_from_json(s, o, error) && jp_search_check(s, error);
}

static void
test_canonical(void)
{
	/* Without the name, which all have. */
	static const struct {
		const char *given, *kept;
	} cases[] = {
	    {"", ",\"query\":\"\""},
	    {",\"query\":\"C++ -java\"", ",\"query\":\"C++ -java\""},
	    {",\"titles\":\"data scientist\"", ",\"query\":\"\",\"titles\":[\"data scientist\"]"},
	    {",\"titles\":[\"Chef\",\" chef \",\"CHEF\"]", ",\"query\":\"\",\"titles\":[\"Chef\"]"},
	    {",\"skills\":[\"k8s\",\"Kubernetes\"]", ",\"query\":\"\",\"skills\":[\"kubernetes\"]"},
	    {",\"skills\":[\"Glass Blowing\"]", ",\"query\":\"\",\"skills\":[\"Glass Blowing\"]"},
	    {",\"locations\":[\"Deutschland\",\"Germany\"]",
		",\"query\":\"\",\"locations\":[\"Germany\"]"},
	    {",\"remote\":[\"on-site\",\"remote\"]",
		",\"query\":\"\",\"remote\":[\"onsite\",\"remote\"]"},
	    {",\"levels\":[\"Senior\"]", ",\"query\":\"\",\"levels\":[\"senior\"]"},
	    {",\"types\":[\"Full-time\"]", ",\"query\":\"\",\"types\":[\"full_time\"]"},
	    {",\"companies\":[\"Foo\"]", ",\"query\":\"\",\"companies\":{\"in\":[\"Foo\"]}"},
	    {",\"companies\":{\"out\":\"Foo\"}",
		",\"query\":\"\",\"companies\":{\"out\":[\"Foo\"]}"},
	    {",\"companies_out\":[\"Foo\"]", ",\"query\":\"\",\"companies\":{\"out\":[\"Foo\"]}"},
	    {",\"languages\":[\"DE\"]", ",\"query\":\"\",\"languages\":[\"de\"]"},
	    {",\"salary_min\":\"60000 EUR/year\"",
		",\"query\":\"\",\"salary_min\":\"60000 EUR/year\""},
	    {",\"salary_min\":\"60,000 eur\"", ",\"query\":\"\",\"salary_min\":\"60000 EUR/year\""},
	    {",\"salary_min\":\"60k EUR\"", ",\"query\":\"\",\"salary_min\":\"60000 EUR/year\""},
	    {",\"salary_min\":\"12.5 GBP per hour\"",
		",\"query\":\"\",\"salary_min\":\"12.5 GBP/hour\""},
	    {",\"salary_min\":\"500 CHF a day\"", ",\"query\":\"\",\"salary_min\":\"500 CHF/day\""},
	    {",\"max_age\":\"14d\"", ",\"query\":\"\",\"max_age\":\"2w\""},
	    {",\"min_score\":\"40\"", ",\"query\":\"\",\"min_score\":40"},
	    {",\"min_score\":0", ",\"query\":\"\",\"min_score\":0"},
	    {",\"frequency\":\"weekly\"", ",\"query\":\"\",\"frequency\":\"weekly\""},
	    {",\"titles\":null", ",\"query\":\"\""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *json = g_strdup_printf("{\"name\":\"n\"%s}", cases[i].given);
		g_autofree char *kept = g_strdup_printf("{\"name\":\"n\"%s}", cases[i].kept);
		g_autoptr(jp_search) s = jp_search_new();
		g_autoptr(GError) error = NULL;
		g_autoptr(cJSON) o = NULL;
		g_autofree char *text = NULL;

		read_search(s, json, &error);
		g_assert_no_error(error);
		o = jp_search_to_json(s);
		text = jp_json_line(o);
		g_assert_cmpstr(text, ==, kept);
	}
}

static void
test_refused(void)
{
	static const struct {
		const char *json, *message;
	} cases[] = {
	    {"[]", "a search is a mapping"},
	    {"{}", "name: is missing"},
	    {"{\"name\":\" \\u0007 \"}", "name: is missing"},
	    {"{\"name\":1}", "name: not a text"},
	    {"{\"name\":\"n\",\"querry\":\"x\"}", "unknown key \"querry\" (did you mean query?)"},
	    {"{\"name\":\"n\",\"query\":\"(a\"}", "query, column 1: the parenthesis"},
	    {"{\"name\":\"n\",\"titles\":{}}", "titles: not a text or a list"},
	    {"{\"name\":\"n\",\"titles\":[1]}", "titles: an entry is not a text"},
	    {"{\"name\":\"n\",\"titles\":[\"!?\"]}", "titles: \"!?\" has no letter"},
	    {"{\"name\":\"n\",\"skills\":[\"\"]}", "skills: \"\" has no letter"},
	    {"{\"name\":\"n\",\"locations\":[\"Remote\"]}", "locations: \"Remote\" is not a place"},
	    {"{\"name\":\"n\",\"remote\":[\"moon\"]}",
		"remote: unknown word \"moon\" (known are onsite, hybrid, remote)"},
	    {"{\"name\":\"n\",\"levels\":[\"boss\"]}", "levels: unknown word \"boss\""},
	    {"{\"name\":\"n\",\"types\":[\"x\"]}", "types: unknown word \"x\""},
	    {"{\"name\":\"n\",\"companies\":{\"at\":[]}}", "companies: unknown key \"at\""},
	    {"{\"name\":\"n\",\"companies\":7}", "companies: not a text"},
	    {"{\"name\":\"n\",\"languages\":[\"german\"]}", "languages: \"german\" is no ISO"},
	    {"{\"name\":\"n\",\"salary_min\":60000}", "salary_min: not a text like"},
	    {"{\"name\":\"n\",\"salary_min\":\"60000\"}", "salary_min: \"60000\" is not like"},
	    {"{\"name\":\"n\",\"salary_min\":\"60.000 EUR\"}",
		"salary_min: \"60.000 EUR\" is not like"},
	    {"{\"name\":\"n\",\"salary_min\":\"0 EUR\"}", "salary_min: \"0 EUR\" is not like"},
	    {"{\"name\":\"n\",\"salary_min\":\"60k EUR/moon\"}",
		"salary_min: \"moon\" is no period"},
	    {"{\"name\":\"n\",\"max_age\":14}", "max_age: not a duration"},
	    {"{\"name\":\"n\",\"max_age\":\"11000d\"}", "max_age: not between"},
	    {"{\"name\":\"n\",\"min_score\":101}", "min_score: not a whole number"},
	    {"{\"name\":\"n\",\"min_score\":1.5}", "min_score: not a whole number"},
	    {"{\"name\":\"n\",\"min_score\":-1}", "min_score: not a whole number"},
	    {"{\"name\":\"n\",\"min_score\":\"x\"}", "min_score: not a whole number"},
	    {"{\"name\":\"n\",\"frequency\":\"hourly\"}", "frequency: not one of"},
	    {"{\"name\":\"n\",\"frequency\":\"inherit\"}", "frequency: not one of"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_search) s = jp_search_new();
		g_autoptr(GError) error = NULL;

		g_assert_false(read_search(s, cases[i].json, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		if (!strstr(error->message, cases[i].message))
			g_error("%s: %s", cases[i].json, error->message);
	}
}

static void
fill(char ***list, guint n)
{
	g_autoptr(GStrvBuilder) b = g_strv_builder_new();

	for (guint i = 0; i < n; i++) {
		g_autofree char *text = g_strdup_printf("title %u", i);

		g_strv_builder_add(b, text);
	}
	g_strfreev(*list);
	*list = g_strv_builder_end(b);
}

static void
test_bounds(void)
{
	g_autoptr(jp_search) s = jp_search_new();
	g_autoptr(GError) error = NULL;

	g_free(s->name);
	s->name = g_strnfill(JP_MAX_NAME + 50, 'x');
	fill(&s->titles, JP_MAX_SEARCH_LIST);
	g_assert_true(jp_search_check(s, &error));
	g_assert_cmpuint(strlen(s->name), ==, JP_MAX_NAME);
	fill(&s->titles, JP_MAX_SEARCH_LIST + 1);
	g_assert_false(jp_search_check(s, &error));
	g_assert_nonnull(strstr(error->message, "titles: more than"));
	g_clear_error(&error);
	fill(&s->titles, 1);
	g_free(s->titles[0]);
	s->titles[0] = g_strnfill(JP_MAX_NAME + 1, 'x');
	g_assert_false(jp_search_check(s, &error));
	g_assert_nonnull(strstr(error->message, "titles: an entry is longer"));
}

/* What C code may put into the struct is checked as well. */
static void
test_struct(void)
{
	g_autoptr(jp_search) s = jp_search_new();

	g_free(s->name);
	s->name = g_strdup("n");
	g_assert_true(jp_search_check(s, NULL));
	s->remote_mask = 1; /* unknown is not a word */
	g_assert_false(jp_search_check(s, NULL));
	s->remote_mask = 0;
	s->salary_min = 1;
	g_assert_false(jp_search_check(s, NULL));
	g_strlcpy(s->salary_currency, "eur", 4);
	s->salary_period = JP_PERIOD_YEAR;
	g_assert_false(jp_search_check(s, NULL));
	g_strlcpy(s->salary_currency, "EUR", 4);
	g_assert_true(jp_search_check(s, NULL));
	s->salary_min = -1;
	g_assert_false(jp_search_check(s, NULL));
}

static void
test_frequency(void)
{
	for (int f = JP_FREQUENCY_INSTANT; f <= JP_FREQUENCY_OFF; f++) {
		jp_frequency back;

		g_assert_true(jp_frequency_from_word(jp_frequency_word((jp_frequency)f), &back));
		g_assert_cmpint(back, ==, f);
	}
	g_assert_null(jp_frequency_word(JP_FREQUENCY_INHERIT));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/match/search/canonical", test_canonical);
	g_test_add_func("/match/search/refused", test_refused);
	g_test_add_func("/match/search/bounds", test_bounds);
	g_test_add_func("/match/search/struct", test_struct);
	g_test_add_func("/match/search/frequency", test_frequency);
	return g_test_run();
}
