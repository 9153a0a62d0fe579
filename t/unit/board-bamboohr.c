/* BambooHR: boards.md, section 12, line by line. */
#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"31", "title", "\"Rope Maker\""},
	    {"31", "company", "\"beeline\""},
	    {"31", "company_is_guess", "true"},
	    {"31", "department", "\"Hive\""},
	    {"31", "url", "\"https://beeline.bamboohr.com/careers/31\""},
	    {"31", "posted_at", "null"},
	    /* location and atsLocation, each partly null */
	    {"31", "locations", "\"Bergen, Vestland\""},
	    {"32", "locations", "\"Edmonton, Alberta, CA\""},
	    {"35", "city.0", "\"Hull\""},
	    {"35", "country.0", "\"GB\""},
	    {"36", "region.0", "\"Quebec\""},
	    /* "All location fields may be null" */
	    {"33", "locations", "\"\""},
	    /* locationType wins over isRemote, which is 1, true or null */
	    {"31", "remote", "\"onsite\""},
	    {"32", "remote", "\"remote\""},
	    {"33", "remote", "\"hybrid\""},
	    {"34", "remote", "\"remote\""},
	    {"35", "remote", "null"},
	    {"31", "employment_type", "\"full_time\""},
	    {"32", "employment_type", "\"part_time\""},
	    {"33", "employment_type", "\"internship\""},
	    {"35", "employment_type", "\"contract\""},
	};
	g_autoptr(jp_listing) l = read_fixture("bamboohr", "beeline", "small.json");

	g_assert_cmpuint(l->postings->len, ==, 6);
	g_assert_true(l->complete);
	CHECK(l, e);
}

static void
test_detail(void)
{
	static const struct expected e[] = {
	    {"31", "title", "\"Rope Maker\""},
	    {"31", "description", "~Minds the bees.\\n\\n- Smoke\\n- Honey"},
	    {"31", "posted_at", "\"2026-09-11T00:00:00Z\""},
	    {"31", "posted_date_only", "true"},
	    {"31", "locations", "\"Bergen, Vestland, NO\""},
	    /* compensation: its shape is unknown, a text is read as text */
	    {"31", "salary_min_micros", "52000000000"},
	    {"31", "salary_period", "\"year\""},
	};
	g_autoptr(jp_listing) l = read_detail("bamboohr", "beeline", "31", "detail.json");

	CHECK(l, e);
}

static void
test_detail_refused(void)
{
	static const char *const bodies[] = {
	    "", "[]", "{}", "{\"result\":{\"jobOpening\":null}}", "<html></html>"};

	for (guint i = 0; i < G_N_ELEMENTS(bodies); i++)
		g_assert_true(refused_detail("bamboohr", bodies[i]));
}

static void
test_sizes(void)
{
	g_autoptr(jp_listing) l = read_fixture("bamboohr", "beeline", "short.json");

	check_size("bamboohr", "large.json", 150);
	check_size("bamboohr", "empty.json", 0);
	g_assert_cmpstr(l->incomplete_why, ==, "4 of the 9 postings stated came");
}

/* An unknown tenant is redirected to the vendor's own pages: require JSON. */
static void
test_unknown(void)
{
	g_autofree char *message = refused_fixture("bamboohr", "unknown.html");

	assert_has(message, "HTML where JSON");
}

static void
test_bad_items(void)
{
	g_autoptr(jp_listing) l = read_body("bamboohr", "beeline", NULL,
	    "{\"result\":[1,{\"id\":\"1\"},{\"jobOpeningName\":\"No id\"},"
	    "{\"id\":\"2\",\"jobOpeningName\":\"Cook\",\"location\":[],\"locationType\":\"9\"}]}");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpuint(l->n_bad, ==, 3);
	g_assert_cmpint(find(l, "2")->remote, ==, JP_REMOTE_UNKNOWN);
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"bamboohr:beeline", "bamboohr:beeline"},
	    {"https://beeline.bamboohr.com/careers", "bamboohr:beeline"},
	    {"https://beeline.bamboohr.com/careers/31", "bamboohr:beeline"},
	    {"https://www.bamboohr.com/careers", NULL},
	    {"bamboohr:jobs.beeline.example", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

static void
test_request(void)
{
	const jp_board_ref b = {.token = "beeline"};
	g_autoptr(jp_posting) p = jp_posting_new();
	const jp_item item = {.posting = p};
	jp_page_request d = {0};
	g_autofree char *url = request_url(&jp_adapter_bamboohr, "beeline", NULL, NULL);

	p->external_id = g_strdup("3/../1");
	jp_adapter_bamboohr.detail(&b, &item, &d);
	g_assert_cmpstr(url, ==, "https://beeline.bamboohr.com/careers/list");
	g_assert_cmpstr(d.url, ==, "https://beeline.bamboohr.com/careers/3%2F..%2F1/detail");
	jp_page_request_clear(&d);
}

static void
test_broken_bodies(void)
{
	check_json_bodies("bamboohr");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/bamboohr/fields", test_fields);
	g_test_add_func("/board/bamboohr/detail", test_detail);
	g_test_add_func("/board/bamboohr/R4-detail-refused", test_detail_refused);
	g_test_add_func("/board/bamboohr/R1-sizes", test_sizes);
	g_test_add_func("/board/bamboohr/R4-unknown", test_unknown);
	g_test_add_func("/board/bamboohr/bad-items", test_bad_items);
	g_test_add_func("/board/bamboohr/names", test_names);
	g_test_add_func("/board/bamboohr/request", test_request);
	g_test_add_func("/board/bamboohr/R4-broken-bodies", test_broken_bodies);
	return g_test_run();
}
