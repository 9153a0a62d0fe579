/* Pinpoint, in the shape that was recorded. */
#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"515001", "title", "\"Rope Maker\""},
	    {"515001", "requisition", "\"PIN-0001\""},
	    {"515001", "department", "\"Bays, Crates\""},
	    {"515003", "department", "\"Crates\""},
	    {"515004", "department", "null"},
	    {"515001", "locations", "\"Bergen, Vestland\""},
	    {"515003", "locations", "\"North Bay\""},
	    {"515004", "locations", "\"\""},
	    {"515001", "valid_through", "\"2026-11-27T03:59:59Z\""},
	    /* pay counts where it is meant to be seen */
	    {"515001", "salary_min_micros", "80000000000"},
	    {"515001", "salary_period", "\"year\""},
	    {"515002", "salary_max_micros", "null"},
	    {"515001", "remote", "\"onsite\""},
	    {"515002", "remote", "\"remote\""},
	    {"515003", "remote", "\"hybrid\""},
	    {"515004", "remote", "null"},
	    {"515001", "employment_type", "\"full_time\""},
	    {"515002", "employment_type", "\"contract\""},
	    {"515003", "employment_type", "\"part_time\""},
	    {"515004", "employment_type", "\"internship\""},
	    /* the parts under the employer's own headings, empty ones left out */
	    {"515001", "description",
		"\"Packs crates, bay 1.\\n\\nKey Responsibilities\\n\\nLift\\n\\nSkills, Knowledge "
		"and Expertise\\n\\nBack\""},
	    {"515003", "description", "~What you get\\n\\nSoup"},
	    {"515001", "url", "\"https://cratehouse.pinpointhq.com/en/postings/p-1\""},
	    {"515004", "url", "\"https://crates.pinpointhq.com/en/postings/p-4\""},
	};
	g_autoptr(jp_listing) l = read_fixture("pinpoint", "crates", "small.json");

	g_assert_cmpuint(l->postings->len, ==, 4);
	g_assert_true(l->complete);
	CHECK(l, e);
}

static void
test_sizes(void)
{
	check_size("pinpoint", "large.json", 150);
	check_size("pinpoint", "empty.json", 0);
	g_free(refused_fixture("pinpoint", "unknown.html"));
}

static void
test_bad_items(void)
{
	g_autoptr(jp_listing) l = read_body("pinpoint", "crates", NULL,
	    "{\"data\":[[],{\"id\":\"1\"},{\"id\":\"2\",\"title\":\"No page\",\"path\":\"//e\"},"
	    "{\"id\":\"3\",\"title\":\"Cook\",\"path\":\"/en/3\",\"job\":[],\"location\":1}]}");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpuint(l->n_bad, ==, 3);
	g_assert_cmpstr(find(l, "3")->url, ==, "https://crates.pinpointhq.com/en/3");
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"pinpoint:crates", "pinpoint:crates"},
	    {"https://crates.pinpointhq.com/en/postings/x", "pinpoint:crates"},
	    {"https://crates.pinpointhq.com/postings.json", "pinpoint:crates"},
	    {"https://www.pinpointhq.com/", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

static void
test_broken_bodies(void)
{
	check_json_bodies("pinpoint");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/pinpoint/fields", test_fields);
	g_test_add_func("/board/pinpoint/sizes", test_sizes);
	g_test_add_func("/board/pinpoint/bad-items", test_bad_items);
	g_test_add_func("/board/pinpoint/names", test_names);
	g_test_add_func("/board/pinpoint/R4-broken-bodies", test_broken_bodies);
	return g_test_run();
}
