/* Ashby: boards.md, section 5, line by line. */
#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"n1", "title", "\"Grid Engineer\""},
	    {"n1", "url", "\"https://jobs.ashbyhq.com/Nord%20Tal/n1\""},
	    {"n1", "apply_url", "\"https://jobs.ashbyhq.com/Nord%20Tal/n1/application\""},
	    {"n1", "department", "\"Grid, Engineering\""},
	    {"n1", "posted_at", "\"2026-09-10T09:00:00.250Z\""},
	    {"n1", "company", "\"Nord Tal\""},
	    {"n1", "company_is_guess", "true"},
	    {"n1", "city.0", "\"Tallinn\""},
	    {"n1", "country.0", "\"EE\""},
	    {"n1", "employment_type", "\"full_time\""},
	    {"n4", "employment_type", "\"contract\""},
	    {"n5", "employment_type", "\"internship\""},
	    {"n7", "employment_type", "\"temporary\""},
	    {"n8", "employment_type", "\"part_time\""},
	    /* workplaceType, case varies, wins over isRemote; only if absent isRemote true */
	    {"n1", "remote", "\"onsite\""},
	    {"n3", "remote", "\"hybrid\""},
	    {"n4", "remote", "\"remote\""},
	    {"n5", "remote", "null"},
	    {"n6", "remote", "\"remote\""},
	    /* the primary place first, the others in an order that is not the answer's */
	    {"n3", "locations", "\"Tallinn|Riga|Vilnius\""},
	    {"n3", "country.2", "\"LT\""},
	    {"n9", "locations", "\"Pärnu\""},
	    /* several tiers: the widest, the titles kept; equity and bonus are no salary */
	    {"n6", "salary_min_micros", "45000000000"},
	    {"n6", "salary_max_micros", "70000000000"},
	    {"n6", "salary_period", "\"year\""},
	    {"n6", "salary_currency", "\"EUR\""},
	    {"n6", "description", "~Baltics: €50K – €60K"},
	    {"n6", "description", "~Anywhere: €45K – €70K"},
	    {"n7", "salary_min_micros", "12000000"},
	    {"n7", "salary_max_micros", "16000000"},
	    {"n7", "salary_period", "\"hour\""},
	    {"n8", "salary_max_micros", "null"},
	    /* what is missing */
	    {"n9", "description", "~First line.\\nSecond <line>."},
	    {"n9", "url", "\"https://jobs.ashbyhq.com/Nord%20Tal/n9\""},
	    {"n9", "posted_at", "null"},
	};
	g_autoptr(jp_listing) l = read_fixture("ashby", "Nord Tal", "small.json");

	CHECK(l, e);
}

/* "isListed:false = reachable by link only: skip". */
static void
test_unlisted_skipped(void)
{
	g_autoptr(jp_listing) l = read_fixture("ashby", "Nord Tal", "small.json");

	g_assert_null(find(l, "n2"));
	g_assert_cmpuint(l->postings->len, ==, 8);
	g_assert_cmpuint(l->n_bad, ==, 0);
	g_assert_true(l->complete);
}

/* The order of lists changes from answer to answer without any visible change. */
static void
test_order_is_no_change(void)
{
	g_autoptr(jp_listing) one = read_body("ashby", "a", "A",
	    "{\"jobs\":[{\"id\":\"a\",\"title\":\"T\",\"location\":\"Graz\",\"secondaryLocations\":"
	    "["
	    "{\"location\":\"Linz\"},{\"location\":\"Wels\"}],\"compensation\":{"
	    "\"compensationTiers\":["
	    "{\"title\":\"X\",\"tierSummary\":\"1\"},{\"title\":\"Y\",\"tierSummary\":\"2\"}]}}]}");
	g_autoptr(jp_listing) two = read_body("ashby", "a", "A",
	    "{\"jobs\":[{\"id\":\"a\",\"title\":\"T\",\"location\":\"Graz\",\"secondaryLocations\":"
	    "["
	    "{\"location\":\"Wels\"},{\"location\":\"Linz\"}],\"compensation\":{"
	    "\"compensationTiers\":["
	    "{\"title\":\"Y\",\"tierSummary\":\"2\"},{\"title\":\"X\",\"tierSummary\":\"1\"}]}}]}");

	g_assert_cmpmem(find(one, "a")->hash, 32, find(two, "a")->hash, 32);
}

/* Zones of several currencies are summed up without one: the first zone's range stands. */
static void
test_several_currencies(void)
{
	static const struct expected e[] = {{"a", "salary_min_micros", "50000000000"},
	    {"a", "salary_max_micros", "70000000000"}, {"a", "salary_currency", "\"EUR\""}};
	g_autoptr(jp_listing) l = read_body("ashby", "a", "A",
	    "{\"jobs\":[{\"id\":\"a\",\"title\":\"T\",\"compensation\":{\"summaryComponents\":["
	    "{\"compensationType\":\"Salary\",\"minValue\":50000,\"maxValue\":90000}],"
	    "\"compensationTiers\":[{\"components\":[{\"compensationType\":\"Salary\","
	    "\"interval\":\"1 "
	    "YEAR\",\"currencyCode\":\"EUR\",\"minValue\":50000,\"maxValue\":70000}]},"
	    "{\"components\":[{\"compensationType\":\"Salary\",\"interval\":\"1 YEAR\","
	    "\"currencyCode\":\"CHF\",\"minValue\":80000,\"maxValue\":90000}]}]}}]}");

	CHECK(l, e);
}

static void
test_sizes(void)
{
	check_size("ashby", "large.json", 150);
	check_size("ashby", "empty.json", 0);
	g_free(refused_fixture("ashby", "unknown.txt"));
}

static void
test_bad_items(void)
{
	g_autoptr(jp_listing) l = read_body("ashby", "a", NULL,
	    "{\"jobs\":[[],{\"id\":\"x\"},{\"id\":\"y\",\"title\":\"Cook\",\"secondaryLocations\":["
	    "3],"
	    "\"compensation\":{\"compensationTiers\":7,\"summaryComponents\":[1,{}]},\"address\":[]"
	    "}]}");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpuint(l->n_bad, ==, 2);
}

static void
test_broken_bodies(void)
{
	check_json_bodies("ashby");
}

/* "Names are case-sensitive in practice and may need percent-encoding" (O). */
static void
test_names(void)
{
	static const struct named n[] = {
	    {"ashby:Nord Tal", "ashby:Nord Tal"},
	    {"ashby:Nord%20Tal", "ashby:Nord Tal"},
	    {"https://jobs.ashbyhq.com/Nord%20Tal", "ashby:Nord Tal"},
	    {"https://jobs.ashbyhq.com/Nord%20Tal/n1?x=y", "ashby:Nord Tal"},
	    {"https://api.ashbyhq.com/posting-api/job-board/Nord%20Tal?includeCompensation=true",
		"ashby:Nord Tal"},
	    {"ashby:829 Lamps Inc.", "ashby:829 Lamps Inc."},
	    {"https://nord.example/jobs?ashby_jid=n1", NULL},
	    {"ashby:", NULL},
	    {"ashby: x", NULL},
	    {"ashby:x ", NULL},
	    {"ashby:a/b", NULL},
	    {"ashby:a?b", NULL},
	    {"ashby:%ff", NULL},
	    {"ashby:a%0ab", NULL},
	    {"ashby:a%2Fb", NULL},
	};
	g_autofree char *url = request_url(&jp_adapter_ashby, "Nord Tal", NULL, NULL);

	check_names(n, G_N_ELEMENTS(n));
	g_assert_cmpstr(url, ==,
	    "https://api.ashbyhq.com/posting-api/job-board/Nord%20Tal?includeCompensation=true");
	g_assert_cmpint(jp_adapter_ashby.timeout, ==, 30 * JP_SECOND);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/ashby/fields", test_fields);
	g_test_add_func("/board/ashby/unlisted-skipped", test_unlisted_skipped);
	g_test_add_func("/board/ashby/R6-order-is-no-change", test_order_is_no_change);
	g_test_add_func("/board/ashby/several-currencies", test_several_currencies);
	g_test_add_func("/board/ashby/sizes", test_sizes);
	g_test_add_func("/board/ashby/bad-items", test_bad_items);
	g_test_add_func("/board/ashby/R4-broken-bodies", test_broken_bodies);
	g_test_add_func("/board/ashby/names", test_names);
	return g_test_run();
}
