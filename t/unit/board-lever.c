/* Lever: boards.md, section 4, line by line. */
#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"a1", "title", "\"Night Dispatcher\""},
	    {"a1", "url", "\"https://jobs.lever.co/umbra/a1\""},
	    {"a1", "apply_url", "\"https://jobs.lever.co/umbra/a1/apply\""},
	    {"a1", "department", "\"Harbour, Operations\""},
	    {"a2", "department", "\"Planning\""},
	    {"a1", "employment_type", "\"full_time\""},
	    {"a4", "employment_type", "\"internship\""},
	    {"a1", "posted_at", "\"2026-09-14T08:00:00Z\""},
	    {"a1", "updated_at", "null"},
	    /* not in the payload */
	    {"a1", "company", "\"umbra\""},
	    {"a1", "company_is_guess", "true"},
	    /* allLocations includes location, the primary; equal ones once; country is of the first
	     */
	    {"a2", "locations", "\"Gothenburg|Oslo, Norway\""},
	    {"a2", "country.0", "\"SE\""},
	    {"a2", "country.1", "\"NO\""},
	    {"a4", "locations", "\"Hamburg\""},
	    /* workplaceType */
	    {"a1", "remote", "\"onsite\""},
	    {"a2", "remote", "\"remote\""},
	    {"a3", "remote", "null"},
	    {"a4", "remote", "\"onsite\""},
	    {"a5", "remote", "\"hybrid\""},
	    /* salaryRange */
	    {"a1", "salary_max_micros", "null"},
	    {"a2", "salary_min_micros", "38000000000"},
	    {"a2", "salary_max_micros", "46000000000"},
	    {"a2", "salary_currency", "\"SEK\""},
	    {"a2", "salary_period", "\"month\""},
	    {"a3", "salary_period", "\"hour\""},
	    /* plain text where there is no HTML; opening and body where there is no description */
	    {"a4", "description", "~Umbra fährt\\nnachts."},
	    {"a5", "description", "~Opening words."},
	    {"a5", "description", "~Body words."},
	    {"a5", "url", "\"https://jobs.lever.co/umbra/a5\""},
	    {"a5", "apply_url", "\"https://jobs.lever.co/umbra/a5\""},
	};
	g_autoptr(jp_listing) l = read_fixture("lever", "umbra", "small.json");

	g_assert_cmpuint(l->postings->len, ==, 5);
	g_assert_true(l->complete);
	CHECK(l, e);
}

static void
test_company_of_the_operator(void)
{
	static const struct expected e[] = {
	    {"x", "company", "\"Umbra Freight\""}, {"x", "company_is_guess", "false"}};
	g_autoptr(jp_listing) l =
	    read_body("lever", "umbra", "Umbra Freight", "[{\"id\":\"x\",\"text\":\"Cook\"}]");

	CHECK(l, e);
}

/* "the description is in three parts"; lists are bare <li>, salaryDescription is extra. */
static void
test_description_order(void)
{
	static const char *const parts[] = {"Umbra moves parcels by night.", "What you do",
	    "- Load the boats", "- Count the crates", "Night hours are paid half again.",
	    "We answer every letter."};
	g_autoptr(jp_listing) l = read_fixture("lever", "umbra", "small.json");
	const char *from = find(l, "a2")->description;

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		from = strstr(from, parts[i]);
		g_assert_nonnull(from);
	}
}

static void
test_not_found_is_not_empty(void)
{
	g_autofree char *message = refused_fixture("lever", "unknown.json");

	g_assert_cmpstr(message, ==, "the service answered \"Document not found\"");
}

static void
test_sizes(void)
{
	check_size("lever", "large.json", 150);
	check_size("lever", "empty.json", 0);
}

static void
test_bad_items(void)
{
	g_autoptr(jp_listing) l = read_body("lever", "umbra", NULL,
	    "[null,{\"id\":\"x\"},{\"text\":\"No "
	    "id\"},{\"id\":\"y\",\"text\":\"Cook\",\"categories\":7,"
	    "\"lists\":{\"a\":1},\"salaryRange\":\"lots\",\"createdAt\":-5}]");

	g_assert_cmpuint(l->postings->len, ==, 1);
	g_assert_cmpuint(l->n_bad, ==, 3);
	g_assert_cmpint(find(l, "y")->posted_at, ==, 0);
}

static void
test_broken_bodies(void)
{
	check_json_bodies("lever");
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"lever:umbra", "lever:umbra"},
	    {"https://jobs.lever.co/umbra", "lever:umbra"},
	    {"https://jobs.lever.co/umbra/a1/apply", "lever:umbra"},
	    {"https://jobs.eu.lever.co/umbra?team=Harbour", "lever:umbra"},
	    {"https://api.lever.co/v0/postings/umbra?mode=json", "lever:umbra"},
	    {"https://api.eu.lever.co/v0/postings/umbra", "lever:umbra"},
	    {"https://jobs.lever.co/", NULL},
	    {"https://lever.co/umbra", NULL},
	    {"lever:um bra", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

static void
test_regions(void)
{
	const jp_adapter *a = &jp_adapter_lever;
	g_autofree char *first = request_url(a, "umbra", NULL, NULL);
	g_autofree char *eu = request_url(a, "umbra", "eu", NULL);

	g_assert_cmpstr(first, ==, "https://api.lever.co/v0/postings/umbra?mode=json");
	g_assert_cmpstr(eu, ==, "https://api.eu.lever.co/v0/postings/umbra?mode=json");
	g_assert_cmpstr(a->next_region(NULL), ==, "eu");
	g_assert_cmpstr(a->next_region(""), ==, "eu");
	g_assert_cmpstr(a->next_region("eu"), ==, "");
	/* without it the answer may be HTML (D) */
	g_assert_cmpstr(a->accept, ==, "application/json");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/lever/fields", test_fields);
	g_test_add_func("/board/lever/company-of-the-operator", test_company_of_the_operator);
	g_test_add_func("/board/lever/description-order", test_description_order);
	g_test_add_func("/board/lever/R4-not-found-is-not-empty", test_not_found_is_not_empty);
	g_test_add_func("/board/lever/sizes", test_sizes);
	g_test_add_func("/board/lever/bad-items", test_bad_items);
	g_test_add_func("/board/lever/R4-broken-bodies", test_broken_bodies);
	g_test_add_func("/board/lever/names", test_names);
	g_test_add_func("/board/lever/regions", test_regions);
	return g_test_run();
}
