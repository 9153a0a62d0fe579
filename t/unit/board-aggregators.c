/*
 * The aggregators, whose adapters are alike: boards.md, section 13 line by line for those that it
 * has, and the recorded shapes for the others.
 */
#include "board/internal.h"

#include "board.h"

/* ---- Remote OK ------------------------------------------------------------------------------ */

static void
test_remoteok(void)
{
	static const struct expected e[] = {
	    /* "element 0 is {last_updated, legal}": not a job; 0 = none; "all are remote" */
	    {"7", "title", "\"Antenna & Mast Planner\""},
	    {"7", "company", "\"Funkturm AG\""},
	    {"7", "description", "\"You’ll plan masts in Köln – and beyond.\""},
	    {"7", "country.0", "\"DE\""},
	    {"7", "remote", "\"remote\""},
	    {"7", "salary_min_micros", "60000000000"},
	    {"7", "salary_max_micros", "75000000000"},
	    {"7", "salary_currency", "\"USD\""},
	    {"7", "salary_period", "\"year\""},
	    {"7", "posted_at", "\"2026-09-21T14:13:27Z\""},
	    /* "url is what a digest links to" */
	    {"7", "url", "\"https://remoteok.com/remote-jobs/7\""},
	    {"8", "locations", "\"\""},
	    {"8", "salary_max_micros", "null"},
	    {"10", "posted_at", "\"2026-09-21T14:13:20Z\""},
	    {"10", "apply_url", "\"https://remoteok.com/remote-jobs/10\""},
	};
	g_autoptr(jp_listing) l = read_fixture("remoteok", "all", "small.json");

	CHECK(l, e);
	g_assert_cmpuint(l->postings->len, ==, 3);
	g_assert_cmpuint(l->n_bad, ==, 1);
}

/* ---- Remotive ------------------------------------------------------------------------------- */

static void
test_remotive(void)
{
	static const struct expected e[] = {
	    /* where the candidate may live; time zones are no place */
	    {"1", "locations", "\"USA|Canada\""},
	    {"1", "salary_min_micros", "75000000000"},
	    {"1", "salary_max_micros", "95000000000"},
	    {"1", "department", "\"Design\""},
	    /* "without a zone (take UTC)" */
	    {"1", "posted_at", "\"2026-09-20T10:00:00Z\""},
	    {"2", "employment_type", "null"},
	    {"2", "salary_period", "\"hour\""},
	    {"3", "employment_type", "\"contract\""},
	    {"3", "salary_max_micros", "null"},
	    {"3", "title", "\"Logo & Type Designer\""},
	};
	g_autoptr(jp_listing) l = read_fixture("remotive", "all", "small.json");

	CHECK(l, e);
}

/* "disabled by default, a warning on enabling"; "at most four fetches a day, more than two a minute
 * is blocked" */
static void
test_remotive_terms(void)
{
	const jp_manners *m = &jp_adapter_remotive.manners;

	g_assert_true(m->is_off);
	g_assert_cmpuint(m->per_day, ==, 4);
	g_assert_cmpint(m->min_interval, >=, 30 * JP_SECOND);
	assert_has(m->note, "other job sites");
	assert_has(m->note, "sign-ups");
}

/* ---- Arbeitnow ------------------------------------------------------------------------------ */

static void
test_arbeitnow(void)
{
	static const struct expected e[] = {
	    {"koch-1", "employment_type", "\"part_time\""}, /* mixed languages */
	    {"koch-1", "city.0", "\"Ulm\""},
	    {"koch-1", "remote", "null"},
	    {"koch-1", "posted_at", "\"2026-09-21T14:13:21Z\""}, /* epoch seconds */
	    {"koch-2", "remote", "\"remote\""},
	    {"koch-2", "locations", "\"\""},
	    {"koch-3", "employment_type", "\"internship\""},
	    {"koch-3", "locations", "\"Hamburg|Berlin\""},
	    /* what is escaped stands above the service's own line, which is not */
	    {"koch-3", "description", "\"Wir & du.\\n\\nFind Jobs\""},
	};
	g_autoptr(jp_listing) l = read_fixture("arbeitnow", "all", "small.json");

	CHECK(l, e);
	assert_has(l->incomplete_why, "more pages");
}

/* ---- Himalayas, Jobicy, The Muse ------------------------------------------------------------ */

static void
test_himalayas(void)
{
	static const struct expected e[] = {
	    {"https://himalayas.app/companies/gipfel/jobs/guide-1", "locations",
		"\"Austria|Switzerland\""},
	    {"https://himalayas.app/companies/gipfel/jobs/guide-1", "level", "\"senior\""},
	    {"https://himalayas.app/companies/gipfel/jobs/guide-1", "salary_currency", "\"EUR\""},
	    {"https://himalayas.app/companies/gipfel/jobs/guide-1", "salary_period", "null"},
	    {"https://himalayas.app/companies/gipfel/jobs/guide-1", "valid_through",
		"\"2026-11-18T11:06:40Z\""},
	    {"https://himalayas.app/companies/gipfel/jobs/guide-1", "apply_url",
		"\"https://himalayas.app/companies/gipfel/jobs/guide-1/apply\""},
	    {"https://himalayas.app/companies/gipfel/jobs/guide-2", "employment_type",
		"\"contract\""},
	    {"https://himalayas.app/companies/gipfel/jobs/guide-2", "salary_currency", "null"},
	    {"https://himalayas.app/companies/gipfel/jobs/guide-3", "level", "\"entry\""},
	    {"https://himalayas.app/companies/gipfel/jobs/guide-3", "description", "\"Climb.\""},
	};
	g_autoptr(jp_listing) l = read_fixture("himalayas", "all", "small.json");

	CHECK(l, e);
}

static void
test_jobicy(void)
{
	static const struct expected e[] = {
	    {"1", "locations", "\"Canada|USA\""},
	    {"1", "salary_min_micros", "50000000000"},
	    {"1", "salary_max_micros", "50000000000"},
	    {"1", "salary_period", "\"year\""},
	    {"1", "department", "\"Admin & Support\""},
	    {"1", "posted_at", "\"2026-09-20T08:21:51Z\""},
	    {"2", "locations", "\"\""}, /* "Anywhere" */
	    {"2", "level", "\"senior\""},
	    {"2", "employment_type", "\"contract\""},
	    {"3", "salary_period", "\"hour\""},
	};
	g_autoptr(jp_listing) l = read_fixture("jobicy", "all", "small.json");

	CHECK(l, e);
	g_assert_cmpuint(jp_adapter_jobicy.manners.per_day, <=, 6);
}

static void
test_themuse(void)
{
	static const struct expected e[] = {
	    {"1", "level", "\"manager\""},
	    {"1", "company", "\"Chor der Stadt\""},
	    {"1", "city.0", "\"Wien\""},
	    {"1", "url", "\"https://www.themuse.com/jobs/chor/singer-1\""},
	    {"2", "remote", "\"remote\""},
	    {"2", "locations", "\"San Dimas, CA\""},
	    {"2", "level", "\"intern\""},
	    {"3", "level", "\"senior\""},
	    {"3", "department", "null"},
	};
	g_autoptr(jp_listing) l = read_fixture("themuse", "all", "small.json");

	CHECK(l, e);
	assert_has(l->incomplete_why, "more pages");
}

/* ---- those that want a key ------------------------------------------------------------------ */

static void
test_usajobs(void)
{
	static const struct expected e[] = {
	    {"1", "requisition", "\"XY-1\""},
	    {"1", "company", "\"Bureau of Quiet Woods\""},
	    {"1", "department", "\"Department of Trees\""},
	    {"1", "locations", "\"Denver, Colorado, US\""},
	    {"1", "employment_type", "\"full_time\""},
	    {"1", "salary_min_micros", "50000000000"},
	    {"1", "salary_max_micros", "65000500000"},
	    {"1", "salary_period", "\"year\""},
	    {"1", "valid_through", "\"2026-10-15T23:59:59.999Z\""},
	    {"1", "description",
		"\"You walk.\\n\\nDuties\\n\\nCount trees\\n\\nName them\\n\\nQualifications\\n\\n"
		"Can tell an oak.\""},
	    {"2", "salary_period", "\"hour\""},
	    {"2", "employment_type", "\"internship\""},
	    {"2", "locations", "\"Okinawa Island, JP\""},
	    {"2", "remote", "\"remote\""},
	    {"3", "employment_type", "\"part_time\""},
	    {"3", "department", "null"},
	    {"3", "valid_through", "\"2026-10-20T21:00:00Z\""},
	};
	g_autoptr(jp_listing) l = read_fixture("usajobs", "all", "small.json");
	g_autoptr(jp_listing) empty = read_fixture("usajobs", "all", "short.json");

	CHECK(l, e);
	/* R1: a listing that states its total is complete when the total came */
	g_assert_true(l->complete);
	g_assert_false(empty->complete);
	assert_has(empty->incomplete_why, "0 of the 7");
}

static void
test_adzuna(void)
{
	static const struct expected e[] = {
	    {"1", "employment_type", "\"full_time\""},
	    {"1", "salary_min_micros", "31000000000"},
	    {"1", "salary_currency", "\"EUR\""}, /* the country's */
	    {"1", "locations", "\"Nürnberg, Bayern\""},
	    {"1", "country.0", "\"DE\""},
	    {"1", "department", "null"},
	    {"2", "salary_max_micros", "null"}, /* predicted by the service */
	    {"2", "employment_type", "\"contract\""},
	    {"2", "title", "\"Rohrschweißer\""},
	    {"3", "company", "\"Adzuna\""},
	    {"3", "company_is_guess", "true"},
	    {"3", "country.0", "\"DE\""},
	};
	g_autoptr(jp_listing) l = read_fixture("adzuna", "de?what=x", "small.json");

	CHECK(l, e);
}

static void
test_reed(void)
{
	static const struct expected e[] = {
	    {"1", "posted_at", "\"2026-09-18T00:00:00Z\""}, /* dd/mm/yyyy */
	    {"1", "posted_date_only", "true"},
	    {"1", "valid_through", "\"2026-10-30T23:59:59.999Z\""},
	    {"1", "city.0", "\"Nantwich\""},
	    {"1", "country.0", "\"GB\""},
	    {"1", "salary_min_micros", "25000000000"},
	    {"1", "salary_period", "null"},
	    {"1", "description", "\"Straw & reed...\""},
	    {"2", "city.0", "null"}, /* a postcode */
	    {"2", "salary_max_micros", "null"},
	    {"3", "posted_at", "null"},
	    {"3", "valid_through", "null"},
	    {"3", "company", "\"Reed\""},
	};
	g_autoptr(jp_listing) l = read_fixture("reed", "all", "small.json");

	CHECK(l, e);
	assert_has(l->incomplete_why, "more pages");
}

static void
test_jooble(void)
{
	static const struct expected e[] = {
	    /* ids beyond 2^53: the link has all digits */
	    {"-4295285951228261901", "title", "\"Head of Bread 1\""},
	    {"-4295285951228261901", "employment_type", "\"full_time\""},
	    {"-4295285951228261901", "country.0", "\"DE\""},
	    {"-4295285951228261901", "posted_at", "\"2026-09-01T00:00:00Z\""},
	    {"-4295285951228261901", "description", "\"...Bread & butter Baking\""},
	    {"-4295285951228261902", "salary_min_micros", "3000000000"},
	    {"-4295285951228261902", "salary_period", "\"month\""},
	    {"-4295285951228261902", "company", "\"Jooble\""},
	    {"17", "url", "\"https://jooble.org/away/17\""},
	};
	g_autoptr(jp_listing) l = read_fixture("jooble", "all", "small.json");

	CHECK(l, e);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static const struct kind {
	const char *kind;
	guint n_large;
	const char *first, *second; /* URLs of the first two pages */
	const char *token;          /* that they are of */
} kinds[] = {
    {"remoteok", 99, "https://remoteok.com/api", NULL, "all"},
    {"remotive", 150, "https://remotive.com/api/remote-jobs?category=design&search=a%20b", NULL,
	"category=design&search=a%20b"},
    /* "Build page URLs yourself" */
    {"arbeitnow", 100, "https://www.arbeitnow.com/api/job-board-api?page=1",
	"https://www.arbeitnow.com/api/job-board-api?page=2", "all"},
    {"himalayas", 20, "https://himalayas.app/jobs/api?limit=20&offset=0",
	"https://himalayas.app/jobs/api?limit=20&offset=20", "all"},
    {"jobicy", 50, "https://jobicy.com/api/v2/remote-jobs?count=50&geo=usa", NULL, "geo=usa"},
    {"themuse", 20, "https://www.themuse.com/api/public/jobs?page=0&descending=true",
	"https://www.themuse.com/api/public/jobs?page=1&descending=true", "all"},
    {"usajobs", 250, "https://data.usajobs.gov/api/search?ResultsPerPage=500&Page=1&Keyword=oak",
	"https://data.usajobs.gov/api/search?ResultsPerPage=500&Page=2&Keyword=oak", "Keyword=oak"},
    {"adzuna", 50,
	"https://api.adzuna.com/v1/api/jobs/de/search/1?app_id=me&app_key=s%2Fcret&"
	"results_per_page=50&sort_by=date&what=welder",
	"https://api.adzuna.com/v1/api/jobs/de/search/2?app_id=me&app_key=s%2Fcret&"
	"results_per_page=50&sort_by=date&what=welder",
	"de?what=welder"},
    {"reed", 100, "https://www.reed.co.uk/api/1.0/search?resultsToTake=100&resultsToSkip=0",
	"https://www.reed.co.uk/api/1.0/search?resultsToTake=100&resultsToSkip=100", "all"},
    {"jooble", 30, "https://jooble.org/api/me:s%2Fcret", "https://jooble.org/api/me:s%2Fcret",
	"keywords=welder"},
};

static void
test_sizes(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(jp_listing) large =
		    read_fixture(kinds[i].kind, kinds[i].token, "large.json");
		g_autoptr(jp_listing) empty =
		    read_fixture(kinds[i].kind, kinds[i].token, "empty.json");

		g_assert_cmpuint(large->postings->len, ==, kinds[i].n_large);
		g_assert_cmpuint(empty->postings->len, ==, 0);
		g_assert_cmpuint(large->n_bad, ==, 0);
		/* listings that only show the newest are never complete; USAJOBS' is */
		g_assert_cmpint(large->complete, ==, strcmp(kinds[i].kind, "usajobs") == 0);
		g_free(refused_fixture(kinds[i].kind, "unknown.json"));
	}
}

static void
test_broken_bodies(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		check_json_bodies(kinds[i].kind);
}

static void
test_windows(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const jp_adapter *a = jp_adapter_find(kinds[i].kind);

		g_assert_cmpint(a->window, ==, strcmp(a->kind, "usajobs") != 0);
		g_assert_true(!a->newest_first || a->window);
	}
}

static void
test_requests(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const jp_adapter *a = jp_adapter_find(kinds[i].kind);
		const jp_board_ref b = {.token = kinds[i].token, .key = "me:s/cret"};
		jp_page_request one = {0}, two = {0};

		a->request(&b, 0, &one);
		a->request(&b, 1, &two);
		g_assert_cmpstr(one.url, ==, kinds[i].first);
		if (kinds[i].second)
			g_assert_cmpstr(two.url, ==, kinds[i].second);
		jp_page_request_clear(&one);
		jp_page_request_clear(&two);
	}
}

/* Promise 7: the key is the request's secret, so it is told nowhere; where it is a header's, it
 * does not stand in the URL at all. */
static void
test_keys(void)
{
	static const struct {
		const jp_adapter *adapter;
		const char *token, *secret, *header;
	} table[] = {
	    {&jp_adapter_usajobs, "all", "k3y", "Authorization-Key: k3y"},
	    {&jp_adapter_reed, "all", "k3y", "Authorization: Basic azN5Og=="},
	    {&jp_adapter_jooble, "all", "k3y", NULL},
	    {&jp_adapter_adzuna, "de", "k3y", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		const jp_adapter *a = table[i].adapter;
		const jp_board_ref b = {.token = table[i].token, .key = "k3y"};
		jp_page_request r = {0};

		g_assert_true(a->needs_key);
		a->request(&b, 0, &r);
		g_assert_cmpstr(r.secret, ==, table[i].secret);
		g_assert_cmpstr(r.headers ? r.headers[0] : NULL, ==, table[i].header);
		if (table[i].header)
			g_assert_null(strstr(r.url, "k3y"));
		jp_page_request_clear(&r);
	}
}

static void
test_jooble_body(void)
{
	const jp_board_ref b = {.token = "keywords=it%20%22x%22&location=Bern", .key = "k"};
	jp_page_request r = {0};

	jp_adapter_jooble.request(&b, 2, &r);
	g_assert_cmpstr(r.method, ==, "POST");
	g_assert_cmpstr(
	    r.body, ==, "{\"keywords\":\"it \\\"x\\\"\",\"location\":\"Bern\",\"page\":\"3\"}");
	jp_page_request_clear(&r);
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"remoteok:all", "remoteok:all"},
	    {"https://remoteok.com/remote-jobs", "remoteok:all"},
	    {"https://www.remoteok.com", "remoteok:all"},
	    {"remoteok:tag=x", NULL},
	    {"remotive:category=software dev&search=c%2B%2B",
		"remotive:category=software%20dev&search=c%2B%2B"},
	    {"remotive:search=a+b", "remotive:search=a%20b"},
	    {"remotive:limit=3", NULL},
	    {"remotive:search=", NULL},
	    {"remotive:", NULL},
	    {"https://remotive.com/remote-jobs/design", "remotive:all"},
	    {"https://www.arbeitnow.com/", "arbeitnow:all"},
	    {"https://himalayas.app/jobs", "himalayas:all"},
	    {"https://jobicy.com/", "jobicy:all"},
	    {"https://www.themuse.com/search", "themuse:all"},
	    {"https://www.usajobs.gov/Search", "usajobs:all"},
	    {"https://www.reed.co.uk/jobs", "reed:all"},
	    {"adzuna:DE?what=a&where=Ulm", "adzuna:de?what=a&where=Ulm"},
	    {"adzuna:gb", "adzuna:gb"},
	    {"adzuna:xx", NULL},
	    {"adzuna:de/../us", NULL},
	    {"adzuna:d", NULL},
	    {"adzuna:de?app_key=x", NULL},
	    {"jooble:keywords=it&location=Bern", "jooble:keywords=it&location=Bern"},
	    {"jooble:page=9", NULL},
	    {"https://remoteok.com.example/", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

/* ---- what they share ------------------------------------------------------------------------ */

static void
test_amounts(void)
{
	static const struct {
		const char *json;
		double amount;
	} table[] = {{"85000", 85000}, {"-3", 0}, {"\"85000\"", 85000}, {"\"60,000.00\"", 60000},
	    {"\"60.000\"", 60000}, {"\"31.5\"", 31.5}, {"\"31.50\"", 31.5}, {"\"£30k\"", 30000},
	    {"\"€ 1.250,75\"", 1250.75}, {"\"1 200 000\"", 1200000}, {"\"0\"", 0}, {"\"\"", 0},
	    {"\"10-20\"", 0}, {"\"10 to 20\"", 0}, {"null", 0}, {"{}", 0}};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(cJSON) v = cJSON_Parse(table[i].json);

		g_assert_cmpfloat_with_epsilon(jp_listing_amount(v), table[i].amount, 0.001);
	}
}

static void
test_unescape(void)
{
	static const char *const table[][2] = {
	    {"<p>a &amp; b</p>", "<p>a &amp; b</p>"},
	    {"&lt;p&gt;a&lt;/p&gt;", "<p>a</p>"},
	    {"&amp;lt;p&amp;gt;a", "<p>a"},
	    {"&lt;p&gt;a&lt;/p&gt;<p>b", "<p>a</p><p>b"},
	    {"<p>write &lt;b&gt; for bold", "<p>write &lt;b&gt; for bold"},
	    {"a &lt; b", "a &lt; b"},
	    {"a < b\nc", "a < b<br>c"},
	    {"", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *got = jp_listing_unescape(table[i][0]);

		g_assert_cmpstr(got, ==, table[i][1]);
	}
}

/* Terms that ask for the source to be named are met: there is something to say. */
static void
test_credits(void)
{
	static const char *const asked[] = {"source", "credited", "Jobs by"};
	guint n = 0;

	for (guint i = 0; jp_adapter_at(i); i++) {
		const jp_adapter *a = jp_adapter_at(i);
		gboolean wanted = FALSE;

		for (guint k = 0; a->manners.note && k < G_N_ELEMENTS(asked); k++)
			wanted = wanted || strstr(a->manners.note, asked[k]);
		g_assert_cmpint(wanted, ==, a->credit != NULL);
		n += a->credit != NULL;
	}
	g_assert_cmpuint(n, ==, 5);
	g_assert_cmpstr(jp_adapter_remoteok.credit, ==, "via Remote OK");
}

/* H04: scrape.exempt takes every kind that there is, and names them all to who gives another. */
static void
test_exemptions(void)
{
	static const char none[] = "scrape: {exempt: ['nosuchservice: mine']}";
	g_autoptr(GError) error = NULL;
	jp_config *refused = NULL;
	g_auto(GStrv) listed = NULL;
	guint n = 0;

	for (; jp_adapter_at(n); n++) {
		g_autofree char *text =
		    g_strdup_printf("scrape: {exempt: ['%s: mine']}", jp_adapter_at(n)->kind);
		g_autoptr(jp_config) conf = NULL;

		g_assert_true(
		    jp_config_parse(&conf, text, strlen(text), "t.yaml", "/site", &error));
		g_assert_no_error(error);
		g_assert_cmpstr(jp_board_exemption(conf, jp_adapter_at(n)->kind), ==, "mine");
	}
	g_assert_false(jp_config_parse(&refused, none, strlen(none), "t.yaml", "/site", &error));
	g_assert_error(error, JP_ERROR, (int)JP_ERROR_CONFIG);
	listed = g_strsplit(error->message, ", ", -1);
	g_assert_cmpuint(g_strv_length(listed), ==, n);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/remoteok/fields", test_remoteok);
	g_test_add_func("/board/remotive/fields", test_remotive);
	g_test_add_func("/board/remotive/terms", test_remotive_terms);
	g_test_add_func("/board/arbeitnow/fields", test_arbeitnow);
	g_test_add_func("/board/himalayas/fields", test_himalayas);
	g_test_add_func("/board/jobicy/fields", test_jobicy);
	g_test_add_func("/board/themuse/fields", test_themuse);
	g_test_add_func("/board/usajobs/fields", test_usajobs);
	g_test_add_func("/board/adzuna/fields", test_adzuna);
	g_test_add_func("/board/reed/fields", test_reed);
	g_test_add_func("/board/jooble/fields", test_jooble);
	g_test_add_func("/board/aggregators/sizes", test_sizes);
	g_test_add_func("/board/aggregators/R4-broken-bodies", test_broken_bodies);
	g_test_add_func("/board/aggregators/windows", test_windows);
	g_test_add_func("/board/aggregators/requests", test_requests);
	g_test_add_func("/board/aggregators/keys", test_keys);
	g_test_add_func("/board/aggregators/jooble-body", test_jooble_body);
	g_test_add_func("/board/aggregators/names", test_names);
	g_test_add_func("/board/aggregators/credits", test_credits);
	g_test_add_func("/board/aggregators/H04-exemptions", test_exemptions);
	g_test_add_func("/board/items/amounts", test_amounts);
	g_test_add_func("/board/items/unescape", test_unescape);
	return g_test_run();
}
