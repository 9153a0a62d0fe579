/* What scores and reasons say: each part of the score, what is unknown, and why not. */
#include <string.h>

#include "match/internal.h"

#define NOW G_GINT64_CONSTANT(1790000000000)

typedef struct given {
	const char *title, *text, *place;
	const char *salary; /* "MIN MAX CURRENCY PERIOD", whole units */
	jp_remote remote;
	jp_level level;
	int days;        /* since it was first seen */
	int posted_days; /* since its own date; 0: none */
} given;

static jp_posting *
posting_of(const given *g)
{
	jp_posting *p = jp_posting_new();

	p->title = g_strdup(g->title);
	p->description = g_strdup(g->text ? g->text : "");
	p->company = g_strdup("Fjordlight GmbH");
	p->department = g_strdup("Harbour");
	if (g->place)
		jp_posting_add_place(p, g->place);
	p->remote = g->remote;
	p->level = g->level;
	p->posted_at = g->posted_days ? NOW - g->posted_days * JP_DAY : 0;
	g_ptr_array_add(p->skills, g_strdup("kubernetes"));
	g_ptr_array_add(p->skills, g_strdup("python"));
	if (g->salary) {
		g_auto(GStrv) f = g_strsplit(g->salary, " ", 4);

		p->salary_min = g_ascii_strtoll(f[0], NULL, 10) * 1000000;
		p->salary_max = g_ascii_strtoll(f[1], NULL, 10) * 1000000;
		g_strlcpy(p->salary_currency, f[2], 4);
		(void)jp_period_from_word(f[3], &p->salary_period); /* unknown where it is none */
	}
	return p;
}

/* Explains one posting to one search; the hit is the caller's. */
static gboolean
explain(const char *json, const given *g, jp_hit **h)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *named = g_strdup_printf("{\"name\":\"n\"%s%s}", *json ? "," : "", json);
	g_autoptr(cJSON) o = jp_json_parse(named, strlen(named), &error);
	g_autoptr(jp_search) s = jp_search_new();
	g_autoptr(jp_posting) p = posting_of(g);
	g_autoptr(jp_doc) d = jp_doc_new();
	gboolean matches;

	g_assert_no_error(error);
	jp_search_from_json(s, o, &error);
	g_assert_no_error(error);
	jp_search_check(s, &error);
	g_assert_no_error(error);
	jp_doc_set(d, p, NOW - g->days * JP_DAY);
	matches = jp_match_explain(s, d, 0, 30 * JP_DAY, NOW, h, &error);
	g_assert_no_error(error);
	return matches;
}

static gboolean
has_reason(const jp_hit *h, int points, gboolean ok, const char *what)
{
	for (guint i = 0; i < h->reasons->len; i++) {
		const jp_reason *r = g_ptr_array_index(h->reasons, i);

		if (strcmp(r->what, what) == 0)
			return r->points == points && r->ok == ok;
	}
	return FALSE;
}

#define Q(query) "\"query\":\"" query "\""

/* A posting, a search, its score (-1: no match), and one reason that must be among the others. */
static const struct {
	const char *search;
	given posting;
	int score, points;
	gboolean ok;
	const char *what;
} cases[] = {
    /* the words */
    {Q("rust engineer"), {.title = "Senior Rust Engineer"}, 100, 42, TRUE, "title has \"rust\""},
    {Q("rust engineer"), {.title = "Senior Rust Engineer", .days = 30}, 84, 42, TRUE,
	"title has \"engineer\""},
    {Q("rust"), {.title = "Cook", .text = "no rust on our pans"}, 41, 25, TRUE,
	"text has \"rust\" once"},
    {Q("rust"), {.title = "Cook", .text = "rust and rust"}, 49, 33, TRUE,
	"text has \"rust\" 2 times"},
    {Q("rust"), {.title = "Cook", .text = "rust rust rust rust"}, 58, 42, TRUE,
	"text has \"rust\" 4 times"},
    {Q("harbour"), {.title = "Cook"}, 41, 25, TRUE, "text has \"harbour\" once"},
    {Q("Énergie Node.js"), {.title = "energie node-js"}, 100, 42, TRUE, "title has \"Énergie\""},
    {Q("Énergie Node.js"), {.title = "energie node-js"}, 100, 42, TRUE, "title has \"Node.js\""},
    {Q("rust OR go"), {.title = "Rust Engineer"}, 100, 84, TRUE, "title has \"rust\""},
    {Q("rust OR go"), {.title = "Cook", .text = "rust, go"}, 49, 8, TRUE, "also \"go\""},
    {Q("rust -java"), {.title = "Rust Engineer"}, 100, 0, TRUE, "has no \"java\", as asked"},
    {Q("rust -java"), {.title = "Rust Engineer", .text = "Java"}, -1, 0, FALSE,
	"has what the query excludes: \"java\""},
    {Q("rust -title:lead"), {.title = "Rust Engineer", .text = "you lead"}, 100, 0, TRUE,
	"has no \"lead\" in the title, as asked"},
    {Q("rust go"), {.title = "Rust Engineer"}, -1, 0, FALSE, "has no \"go\""},
    {Q("rust go"), {.title = "Rust Engineer"}, -1, 0, TRUE, "has \"rust\""},
    {Q("(rust go) OR c"), {.title = "Rust Engineer"}, -1, 0, FALSE, "has no rust go OR c"},
    {Q("company:fjordlight"), {.title = "Cook"}, 100, 84, TRUE, "company has \"fjordlight\""},
    {Q("skill:k8s"), {.title = "Cook"}, 66, 50, TRUE, "asks for kubernetes"},
    {Q("skill:react"), {.title = "Cook"}, -1, 0, FALSE, "has no react among its skills"},
    {Q("skill:whittling"), {.title = "Cook", .text = "whittling"}, 41, 25, TRUE,
	"text has \"whittling\" once"},
    {Q("=engineers"), {.title = "Engineer"}, -1, 0, FALSE, "has no \"engineers\""},
    {Q("engineers"), {.title = "Engineering"}, 100, 84, TRUE, "title has \"engineers\""},
    {"", {.title = "Cook"}, 100, 84, TRUE, "passes the filters"},
    {Q("-java"), {.title = "Cook"}, 100, 0, TRUE, "has no \"java\", as asked"},
    /* the lists */
    {"\"titles\":[\"cook\",\"chef\"]", {.title = "Head Cook"}, 100, 84, TRUE, "title has \"cook\""},
    {"\"titles\":[\"cook\"]", {.title = "Waiter", .text = "cook"}, -1, 0, FALSE,
	"title has none of \"cook\""},
    {"\"skills\":[\"python\",\"react\"]", {.title = "Cook"}, 64, 36, TRUE, "asks for python"},
    {"\"skills\":[\"python\",\"k8s\"]", {.title = "Cook"}, 100, 72, TRUE,
	"asks for python, kubernetes"},
    {"\"skills\":[\"react\"]", {.title = "Cook"}, -1, 0, FALSE, "asks for none of react"},
    {"\"companies_in\":[\"fjordlight\"]", {.title = "Cook"}, 100, 0, TRUE,
	"company Fjordlight GmbH is wanted"},
    {"\"companies_in\":[\"fjord\"]", {.title = "Cook"}, -1, 0, FALSE,
	"company Fjordlight GmbH is none of those wanted"},
    {"\"companies_out\":[\"Fjordlight Ltd\"]", {.title = "Cook"}, -1, 0, FALSE,
	"company Fjordlight GmbH is excluded"},
    /* the place */
    {"\"locations\":[\"Berlin\"]", {.title = "Cook", .place = "Berlin"}, 100, 20, TRUE,
	"place is in Berlin"},
    {"\"locations\":[\"Germany\"]", {.title = "Cook", .place = "Berlin, Germany"}, 94, 14, TRUE,
	"place is in Germany"},
    {"\"locations\":[\"Berlin\"]", {.title = "Cook", .place = "Paris, France"}, -1, 0, FALSE,
	"place Paris, France is not in Berlin"},
    {"\"locations\":[\"Berlin\"]", {.title = "Cook"}, -1, 0, FALSE,
	"no place is stated; wanted is Berlin"},
    {"\"locations\":[\"Berlin\"],\"remote\":[\"remote\",\"onsite\"]",
	{.title = "Cook", .remote = JP_REMOTE_REMOTE}, 96, 14, TRUE,
	"remote, and open to Berlin as far as it says"},
    {"\"locations\":[\"Berlin\"],\"remote\":[\"remote\"]",
	{.title = "Cook", .remote = JP_REMOTE_REMOTE, .place = "London, UK"}, -1, 0, FALSE,
	"place London, UK is not in Berlin"},
    {"\"locations\":[\"Berlin\"]",
	{.title = "Cook", .remote = JP_REMOTE_REMOTE, .place = "Germany"}, -1, 0, FALSE,
	"place Germany is not in Berlin"},
    /* sets */
    {"\"remote\":[\"remote\"]", {.title = "Cook", .remote = JP_REMOTE_HYBRID}, -1, 0, FALSE,
	"work model hybrid is not among remote"},
    {"\"remote\":[\"remote\"]", {.title = "Cook"}, -1, 0, FALSE,
	"work model is not stated, so taken to be on site"},
    {"\"remote\":[\"onsite\"]", {.title = "Cook"}, 93, 0, TRUE, "work model is not stated"},
    {"\"levels\":[\"senior\"]", {.title = "Cook", .level = JP_LEVEL_SENIOR}, 100, 7, TRUE,
	"level is senior"},
    {"\"levels\":[\"senior\",\"lead\"]", {.title = "Cook", .level = JP_LEVEL_MID}, -1, 0, FALSE,
	"level mid is not among senior, lead"},
    {"\"levels\":[\"senior\"]", {.title = "Cook"}, 93, 0, TRUE, "level is not stated"},
    {"\"types\":[\"contract\"]", {.title = "Cook"}, 93, 0, TRUE, "employment type is not stated"},
    /* salary */
    {"\"salary_min\":\"60k EUR\"", {.title = "Cook", .salary = "60000 80000 EUR year"}, 100, 14,
	TRUE, "salary 60,000-80,000 EUR/year is at least 60,000 EUR/year"},
    {"\"salary_min\":\"70k EUR\"", {.title = "Cook", .salary = "60000 80000 EUR year"}, 94, 8, TRUE,
	"salary 60,000-80,000 EUR/year reaches 70,000 EUR/year"},
    {"\"salary_min\":\"70k EUR\"", {.title = "Cook", .salary = "60000 0 EUR year"}, -1, 0, FALSE,
	"salary 60,000 EUR/year is below 70,000 EUR/year"},
    {"\"salary_min\":\"62400 EUR\"", {.title = "Cook", .salary = "30 0 EUR hour"}, 100, 14, TRUE,
	"salary 30 EUR/hour is at least 62,400 EUR/year"},
    {"\"salary_min\":\"62401 EUR\"", {.title = "Cook", .salary = "30 0 EUR hour"}, -1, 0, FALSE,
	"salary 30 EUR/hour is below 62,401 EUR/year"},
    {"\"salary_min\":\"230.70 EUR/day\"", {.title = "Cook", .salary = "5000 0 EUR month"}, 100, 14,
	TRUE, "salary 5,000 EUR/month is at least 230.70 EUR/day"},
    {"\"salary_min\":\"60k EUR\"", {.title = "Cook", .salary = "10 0 USD hour"}, 86, 0, TRUE,
	"salary 10 USD/hour cannot be compared with 60,000 EUR/year"},
    {"\"salary_min\":\"60k EUR\"", {.title = "Cook", .salary = "10 0 EUR x"}, 86, 0, TRUE,
	"salary 10 EUR cannot be compared with 60,000 EUR/year"},
    {"\"salary_min\":\"60k EUR\"", {.title = "Cook"}, 86, 0, TRUE, "salary is not stated"},
    /* age: freshness by first_seen, the bound by the posting's own date (R5) */
    {"", {.title = "Cook", .days = 15}, 92, 8, TRUE, "first seen 15 days ago"},
    {"", {.title = "Cook", .days = 1, .posted_days = 29}, 99, 0, TRUE,
	"posted 29 days ago, which is within 30d"},
    {"", {.title = "Cook", .days = 1, .posted_days = 31}, -1, 0, FALSE,
	"posted 31 days ago, which is longer than 30d"},
    {"\"max_age\":\"2d\"", {.title = "Cook", .days = 3}, -1, 0, FALSE,
	"first seen 3 days ago, which is longer than 2d"},
    {"\"max_age\":\"60d\"", {.title = "Cook", .days = 50}, 84, 0, TRUE,
	"first seen 50 days ago, which is within 60d"},
    {Q("rust") ",\"min_score\":50", {.title = "Cook", .text = "rust"}, -1, 0, FALSE,
	"score 41 is below the minimum of 50"},
};

static void
test_cases(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		jp_hit *h = NULL;
		gboolean matches = explain(cases[i].search, &cases[i].posting, &h);
		g_autoptr(cJSON) reasons = jp_reasons_to_json(h->reasons);
		g_autofree char *text = jp_json_line(reasons);
		int sum = 0;

		if (matches != (cases[i].score >= 0) || (matches && h->score != cases[i].score) ||
		    !has_reason(h, cases[i].points, cases[i].ok, cases[i].what))
			g_error("%s for %s: %d\n%s", cases[i].posting.title, cases[i].search,
			    h->score, text);
		for (guint k = 0; k < h->reasons->len; k++)
			sum += ((jp_reason *)g_ptr_array_index(h->reasons, k))->points;
		g_assert_cmpint(sum, ==, h->score);
		jp_hit_free(h);
	}
}

/* A sensible posting is well ahead of a stray mention, whatever else is asked for. */
static void
test_ranking(void)
{
	static const char *const searches[] = {Q("rust engineer"), Q("rust OR go"),
	    Q("\\\"rust engineer\\\""), Q("rust engineer") ",\"locations\":[\"Berlin\"]",
	    Q("rust") ",\"skills\":[\"python\",\"react\",\"java\"],\"salary_min\":\"50k EUR\""};

	for (gsize i = 0; i < G_N_ELEMENTS(searches); i++) {
		const given good = {.title = "Rust Engineer", .place = "Berlin", .days = 3};
		const given stray = {.title = "Account Manager",
		    .text = "You sell to every rust engineer.",
		    .place = "Berlin",
		    .days = 3};
		jp_hit *a = NULL, *b = NULL;

		g_assert_true(explain(searches[i], &good, &a));
		g_assert_true(explain(searches[i], &stray, &b));
		g_assert_cmpint(a->score, >=, 70);
		g_assert_cmpint(b->score, <=, 55);
		jp_hit_free(a);
		jp_hit_free(b);
	}
}

/* The endings of the posting's language, whichever the word was written for. */
static void
test_languages(void)
{
	static const struct {
		const char *query, *languages, *title, *language;
		gboolean matches;
	} words[] = {
	    {"entwickler", NULL, "Wir suchen Entwicklern", "de", TRUE},
	    {"développeur", NULL, "Developpeurs", "fr", TRUE},
	    {"engineers", NULL, "Engineer", NULL, TRUE},
	    {"inżynier", NULL, "Inzynier", "pl", TRUE},
	    {"engineers", "de", "Engineers", "de", TRUE},
	    {"engineers", "de", "Engineers", "en", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autoptr(jp_search) s = jp_search_new();
		g_autoptr(jp_posting) p = posting_of(&(given){.title = words[i].title});
		g_autoptr(jp_doc) d = jp_doc_new();
		g_autoptr(GError) error = NULL;
		jp_hit *h = NULL;

		g_free(s->query);
		s->query = g_strdup(words[i].query);
		p->language = g_strdup(words[i].language);
		if (words[i].languages) {
			g_strfreev(s->languages);
			s->languages = g_strsplit(words[i].languages, " ", -1);
		}
		jp_doc_set(d, p, NOW);
		if (jp_match_explain(s, d, 0, 0, NOW, &h, &error) != words[i].matches)
			g_error("%s in %s", words[i].query, words[i].title);
		jp_hit_free(h);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/match/score/cases", test_cases);
	g_test_add_func("/match/score/ranking", test_ranking);
	g_test_add_func("/match/score/languages", test_languages);
	return g_test_run();
}
