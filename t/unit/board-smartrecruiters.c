/* SmartRecruiters: boards.md, section 7, line by line. */
#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"744000000001", "title", "\"Tide Analyst\""},
	    {"744000000001", "company", "\"Tidewater Works\""},
	    {"744000000001", "department", "\"Tides, Engineering\""},
	    {"744000000001", "locations", "\"Bergen, Vestland, NO\""},
	    {"744000000001", "country.0", "\"NO\""},
	    {"744000000001", "posted_at", "\"2026-09-02T10:16:34.476Z\""},
	    {"744000000001", "employment_type", "\"full_time\""},
	    {"744000000001", "language", "\"en\""},
	    /* ref is the interface's own address: the page is found by the id alone */
	    {"744000000001", "url", "\"https://jobs.smartrecruiters.com/Tidewater/744000000001\""},
	    /* remote, hybrid */
	    {"744000000001", "remote", "\"onsite\""},
	    {"744000000002", "remote", "\"hybrid\""},
	    {"744000000003", "remote", "\"remote\""},
	    {"744000000004", "remote", "null"},
	    /* experienceLevel */
	    {"744000000001", "level", "\"entry\""},
	    {"744000000002", "level", "\"mid\""},
	    {"744000000003", "level", "\"senior\""},
	    {"744000000004", "level", "\"executive\""},
	    {"744000000005", "level", "\"intern\""},
	    {"744000000006", "level", "\"director\""},
	    /* typeOfEmployment: the label, else the id */
	    {"744000000002", "employment_type", "\"contract\""},
	    {"744000000004", "employment_type", "\"temporary\""},
	    {"744000000005", "employment_type", "\"internship\""},
	    /* places in part */
	    {"744000000003", "locations", "\"Norway\""},
	    {"744000000004", "country.0", "\"IE\""},
	    {"744000000006", "locations", "\"\""},
	    /* several ads of one job (R7) */
	    {"744000000004", "requisition", "\"REF4\""},
	    {"744000000005", "requisition", "\"REF4\""},
	};
	g_autoptr(jp_listing) l = read_fixture("smartrecruiters", "Tidewater", "small.json");

	g_assert_cmpuint(l->postings->len, ==, 6);
	g_assert_true(l->complete);
	CHECK(l, e);
}

static void
test_detail(void)
{
	static const struct expected e[] = {
	    {"744000000001", "company", "\"Tidewater Works\""},
	    {"744000000001", "salary_min_micros", "52000000000"},
	    {"744000000001", "salary_max_micros", "61000000000"},
	    {"744000000001", "salary_currency", "\"EUR\""},
	    {"744000000001", "salary_period", "\"year\""},
	    {"744000000001", "url",
		"\"https://jobs.smartrecruiters.com/Tidewater/744000000001-tide-analyst\""},
	    {"744000000001", "apply_url", "~744000000001-tide-analyst?oga=true"},
	    /* the sections in the page's order, each under its heading */
	    {"744000000001", "description",
		"~Who we are\\n\\nTidewater keeps locks.\\n\\nThe work\\n\\nReads the tide tables "
		"& the gauges.\\n\\nYou bring\\n\\n- Python\\n- Patience\\n\\nMore"},
	};
	g_autoptr(jp_listing) l =
	    read_detail("smartrecruiters", "Tidewater", "744000000001", "detail.json");

	CHECK(l, e);
}

/* "totalFound", limit at most 100: page by page until the total is there. */
static void
test_pages(void)
{
	g_autoptr(jp_listing) l = jp_listing_new();
	g_autofree char *first = page_url(&jp_adapter_smartrecruiters, "Tidewater", 0);
	g_autofree char *second = page_url(&jp_adapter_smartrecruiters, "Tidewater", 1);

	g_assert_cmpstr(first, ==,
	    "https://api.smartrecruiters.com/v1/companies/Tidewater/postings?limit=100&offset=0");
	g_assert_true(g_str_has_suffix(second, "?limit=100&offset=100"));
	g_assert_true(parse_page(l, "smartrecruiters", "Tidewater", "page1.json", 0));
	g_assert_false(parse_page(l, "smartrecruiters", "Tidewater", "page2.json", 1));
	g_assert_cmpuint(l->items->len, ==, 130);
	g_assert_true(l->complete);
}

/* R1: the same page again instead of the second (the board shrank meanwhile) does not make 130. */
static void
test_pages_that_lack(void)
{
	g_autoptr(jp_listing) l = jp_listing_new();

	g_assert_true(parse_page(l, "smartrecruiters", "Tidewater", "page1.json", 0));
	g_assert_false(parse_page(l, "smartrecruiters", "Tidewater", "page1.json", 1));
	g_assert_cmpstr(l->incomplete_why, ==, "100 of the 130 postings stated came");
}

/* R2: a company that does not exist answers as one without postings does. */
static void
test_sizes(void)
{
	check_size("smartrecruiters", "large.json", 100);
	check_size("smartrecruiters", "empty.json", 0);
	check_size("smartrecruiters", "unknown.json", 0);
}

static void
test_bad_items(void)
{
	g_autoptr(jp_listing) l = read_body("smartrecruiters", "Tidewater", NULL,
	    "{\"totalFound\":4,\"content\":[3,{\"name\":\"No id\"},{\"id\":\"1\"},"
	    "{\"id\":\"../2\",\"name\":\"Cook\",\"location\":9}]}");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpuint(l->n_bad, ==, 3);
	g_assert_cmpstr(
	    find(l, "../2")->url, ==, "https://jobs.smartrecruiters.com/Tidewater/..%2F2");
}

static void
test_detail_refused(void)
{
	static const char *const bodies[] = {
	    "", "[]", "{}", "{\"jobAd\":3}", "<html></html>", "{\"message\":\"gone\"}"};

	for (guint i = 0; i < G_N_ELEMENTS(bodies); i++)
		g_assert_true(refused_detail("smartrecruiters", bodies[i]));
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"smartrecruiters:Tidewater", "smartrecruiters:Tidewater"},
	    {"https://jobs.smartrecruiters.com/Tidewater", "smartrecruiters:Tidewater"},
	    {"https://careers.smartrecruiters.com/Tidewater?dcr=1", "smartrecruiters:Tidewater"},
	    {"https://jobs.smartrecruiters.com/Tidewater/744-cook", "smartrecruiters:Tidewater"},
	    {"https://api.smartrecruiters.com/v1/companies/Tidewater/postings",
		"smartrecruiters:Tidewater"},
	    {"https://jobs.smartrecruiters.com/oneclick-ui/company/Tidewater/x", NULL},
	    {"https://www.smartrecruiters.com/", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

/* robots.txt of the interface's host disallows everything: enabling is the operator's choice. */
static void
test_manners(void)
{
	g_assert_true(jp_adapter_smartrecruiters.manners.is_off);
	assert_has(jp_adapter_smartrecruiters.manners.note, "robots.txt");
}

static void
test_broken_bodies(void)
{
	check_json_bodies("smartrecruiters");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/smartrecruiters/fields", test_fields);
	g_test_add_func("/board/smartrecruiters/detail", test_detail);
	g_test_add_func("/board/smartrecruiters/R1-pages", test_pages);
	g_test_add_func("/board/smartrecruiters/R1-pages-that-lack", test_pages_that_lack);
	g_test_add_func("/board/smartrecruiters/R2-sizes", test_sizes);
	g_test_add_func("/board/smartrecruiters/bad-items", test_bad_items);
	g_test_add_func("/board/smartrecruiters/R4-detail-refused", test_detail_refused);
	g_test_add_func("/board/smartrecruiters/names", test_names);
	g_test_add_func("/board/smartrecruiters/manners", test_manners);
	g_test_add_func("/board/smartrecruiters/R4-broken-bodies", test_broken_bodies);
	return g_test_run();
}
