/* Workable: boards.md, section 6, line by line. */
#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"000000AB00", "title", "\"Senior Miller\""},
	    {"000000AB00", "company", "\"Rivermill\""},
	    {"000000AB00", "company_is_guess", "false"},
	    {"000000AB00", "url", "\"https://apply.workable.com/j/000000AB00\""},
	    {"000000AB00", "apply_url", "\"https://apply.workable.com/j/000000AB00/apply\""},
	    {"000000AB00", "department", "\"Mill, Operations\""},
	    {"000000AB01", "department", "\"Supply\""},
	    {"000000AB00", "posted_at", "\"2026-09-01T00:00:00Z\""},
	    {"000000AB00", "posted_date_only", "true"},
	    {"000000AB00", "description", "~- Set the stones"},
	    {"000000AB00", "salary_max_micros", "null"},
	    /* employment_type is a label */
	    {"000000AB00", "employment_type", "\"full_time\""},
	    {"000000AB01", "employment_type", "\"contract\""},
	    {"000000AB02", "employment_type", "\"part_time\""},
	    {"000000AB03", "employment_type", "\"temporary\""},
	    {"000000AB04", "employment_type", "\"other\""},
	    /* experience; "mid-senior" is vague and the title goes first */
	    {"000000AB00", "level", "\"senior\""},
	    {"000000AB01", "level", "\"mid\""},
	    {"000000AB02", "level", "\"entry\""},
	    {"000000AB03", "level", "\"executive\""},
	    {"000000AB04", "level", "\"intern\""},
	    /* telecommuting false says nothing */
	    {"000000AB00", "remote", "null"},
	    {"000000AB01", "remote", "\"remote\""},
	    /* hidden places are left out, all of them too; without a list the single fields count
	     */
	    {"000000AB02", "locations", "\"Bergen, NO\""},
	    {"000000AB03", "locations", "\"\""},
	    {"000000AB04", "locations", "\"Leeds, England, GB\""},
	    {"000000AB04", "country.0", "\"GB\""},
	    /* what is missing is made of the shortcode */
	    {"000000AB04", "url", "\"https://apply.workable.com/j/000000AB04\""},
	    {"000000AB04", "posted_at", "\"2026-08-01T00:00:00Z\""},
	};
	g_autoptr(jp_listing) l = read_fixture("workable", "rivermill", "small.json");

	/* six items, one of them a double */
	g_assert_cmpuint(l->postings->len, ==, 5);
	g_assert_true(l->complete);
	CHECK(l, e);
}

/* The other interface: POST v3, ten a page. */
static void
test_v3(void)
{
	static const struct expected e[] = {
	    {"0A11", "remote", "\"hybrid\""},
	    {"0A11", "employment_type", "\"full_time\""},
	    {"0A11", "department", "\"Looms\""},
	    {"0A11", "posted_at", "\"2026-09-02T00:00:00Z\""},
	    {"0A12", "employment_type", "\"part_time\""},
	    {"0A12", "remote", "\"remote\""},
	    {"0A12", "language", "\"nb\""},
	};
	g_autoptr(jp_listing) l = read_fixture("workable", "rivermill", "v3.json");

	g_assert_cmpuint(l->postings->len, ==, 2);
	g_assert_false(l->complete);
	g_assert_cmpstr(l->incomplete_why, ==, "2 of the 5 postings stated came");
	CHECK(l, e);
}

static void
test_sizes(void)
{
	check_size("workable", "large.json", 150);
	check_size("workable", "empty.json", 0);
}

static void
test_unknown_is_not_empty(void)
{
	g_autofree char *message = refused_fixture("workable", "unknown.json");

	assert_has(message, "no list of jobs");
}

static void
test_bad_items(void)
{
	g_autoptr(jp_listing) l = read_body("workable", "rivermill", NULL,
	    "{\"name\":7,\"jobs\":[null,{\"title\":\"No "
	    "id\"},{\"shortcode\":\"A\",\"title\":\"Cook\","
	    "\"locations\":{\"city\":1},\"published_on\":\"soon\",\"url\":\"ftp://x\"}]}");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpuint(l->n_bad, ==, 2);
	g_assert_cmpstr(find(l, "A")->company, ==, "rivermill");
	g_assert_cmpstr(find(l, "A")->url, ==, "https://apply.workable.com/j/A");
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"workable:rivermill", "workable:rivermill"},
	    {"https://apply.workable.com/rivermill", "workable:rivermill"},
	    {"https://apply.workable.com/rivermill/?lng=en", "workable:rivermill"},
	    {"https://apply.workable.com/rivermill/j/0A11/", "workable:rivermill"},
	    {"https://apply.workable.com/api/v1/widget/accounts/rivermill", "workable:rivermill"},
	    {"https://rivermill.workable.com/jobs/17", "workable:rivermill"},
	    /* one posting does not name its account */
	    {"https://apply.workable.com/j/0A11", NULL},
	    {"https://www.workable.com/", NULL},
	    {"https://apply.workable.com/", NULL},
	    {"workable:river mill", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

static void
test_request(void)
{
	const jp_adapter *a = &jp_adapter_workable;
	g_autofree char *url = request_url(a, "rivermill", NULL, NULL);
	g_autofree char *mirror = request_url(a, "rivermill", NULL, "http://127.0.0.1:8/");

	g_assert_cmpstr(
	    url, ==, "https://apply.workable.com/api/v1/widget/accounts/rivermill?details=true");
	g_assert_cmpstr(
	    mirror, ==, "http://127.0.0.1:8/api/v1/widget/accounts/rivermill?details=true");
	/* one request at a time over the whole installation */
	g_assert_cmpstr(a->manners.pace, ==, "apply.workable.com");
	g_assert_cmpuint(a->manners.at_once, ==, 1);
}

static void
test_broken_bodies(void)
{
	check_json_bodies("workable");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/workable/fields", test_fields);
	g_test_add_func("/board/workable/v3", test_v3);
	g_test_add_func("/board/workable/sizes", test_sizes);
	g_test_add_func("/board/workable/R4-unknown-is-not-empty", test_unknown_is_not_empty);
	g_test_add_func("/board/workable/bad-items", test_bad_items);
	g_test_add_func("/board/workable/names", test_names);
	g_test_add_func("/board/workable/request", test_request);
	g_test_add_func("/board/workable/R4-broken-bodies", test_broken_bodies);
	return g_test_run();
}
