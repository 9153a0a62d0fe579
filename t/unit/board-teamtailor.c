/* Teamtailor: boards.md, section 10, line by line. */
#include "board.h"

#define ID(n) "00000000-0000-4000-8000-00000000000" n

static void
test_json(void)
{
	static const struct expected e[] = {
	    {ID("1"), "title", "\"Rope Maker\""},
	    {ID("1"), "company", "\"Lantern Works\""},
	    {ID("1"), "company_is_guess", "false"},
	    {ID("1"), "country.0", "\"NO\""},
	    {ID("1"), "city.0", "\"Bergen\""},
	    {ID("1"), "employment_type", "\"full_time\""},
	    {ID("1"), "salary_min_micros", "32000000000"},
	    {ID("1"), "salary_max_micros", "38000000000"},
	    {ID("1"), "salary_currency", "\"SEK\""},
	    {ID("1"), "salary_period", "\"month\""},
	    {ID("1"), "valid_through", "\"2026-11-30T23:00:00Z\""},
	    {ID("1"), "posted_at", "\"2026-09-02T06:33:05Z\""},
	    {ID("1"), "description", "\"Trims lamps, row 1.\""},
	    {ID("1"), "url", "\"https://lanternworks.teamtailor.com/jobs/7001-job\""},
	    /* jobLocationType == TELECOMMUTE */
	    {ID("2"), "remote", "\"remote\""},
	    {ID("1"), "remote", "null"},
	    {ID("2"), "employment_type", "\"part_time\""},
	    {ID("3"), "company", "\"Lantern Works Oslo\""},
	    {ID("3"), "locations", "\"\""},
	};
	g_autoptr(jp_listing) l = read_fixture("teamtailor", "lanternworks", "small.json");

	g_assert_cmpuint(l->postings->len, ==, 3);
	g_assert_true(l->complete); /* a board, not a window */
	CHECK(l, e);
}

static void
test_rss(void)
{
	static const struct expected e[] = {
	    {"aaaa-1", "title", "\"Lamp Keeper\""},
	    {"aaaa-1", "locations", "\"Bergen, Norway\""},
	    {"aaaa-1", "department", "\"Light\""},
	    /* remoteStatus */
	    {"aaaa-1", "remote", "\"hybrid\""},
	    {"aaaa-2", "remote", "\"onsite\""},
	    {"aaaa-3", "remote", "\"remote\""},
	    {"aaaa-1", "posted_at", "\"2026-09-01T06:33:05Z\""},
	    {"aaaa-2", "url", "\"https://lanternworks.teamtailor.com/jobs/7002-oil-carrier\""},
	};
	g_autoptr(jp_listing) l = read_fixture("teamtailor", "lanternworks", "small.rss");

	g_assert_cmpuint(l->postings->len, ==, 3);
	CHECK(l, e);
}

/* "look for truncation at a round number" */
static void
test_truncation(void)
{
	g_autoptr(jp_listing) round = read_fixture("teamtailor", "lanternworks", "round.json");
	g_autoptr(jp_listing) more = read_fixture("teamtailor", "lanternworks", "more.json");

	check_size("teamtailor", "large.json", 120);
	check_size("teamtailor", "empty.json", 0);
	g_assert_cmpstr(round->incomplete_why, ==, "exactly 100 postings came: there may be more");
	g_assert_false(round->complete);
	g_assert_cmpstr(more->incomplete_why, ==, "the feed goes on at another address");
	g_free(refused_fixture("teamtailor", "unknown.html"));
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"teamtailor:lanternworks", "teamtailor:lanternworks"},
	    {"teamtailor:jobs.lantern.example", "teamtailor:jobs.lantern.example"},
	    {"https://lanternworks.teamtailor.com/jobs", "teamtailor:lanternworks"},
	    /* not the feed kind, although the path looks like one */
	    {"https://lanternworks.teamtailor.com/jobs.json", "teamtailor:lanternworks"},
	    {"https://www.teamtailor.com/", NULL},
	    {"https://app.teamtailor.com/x", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

static void
test_request(void)
{
	g_autofree char *url = request_url(&jp_adapter_teamtailor, "lanternworks", NULL, NULL);
	g_autofree char *own =
	    request_url(&jp_adapter_teamtailor, "jobs.lantern.example", NULL, NULL);

	g_assert_cmpstr(url, ==, "https://lanternworks.teamtailor.com/jobs.json");
	g_assert_cmpstr(own, ==, "https://jobs.lantern.example/jobs.json");
}

/* "the subdomain often redirects there: follow, ..., store the final host" */
static void
test_own_host(void)
{
	static const struct {
		const char *token, *region, *base, *url, *moved;
	} t[] = {
	    {"lantern", NULL, NULL, "https://lantern.teamtailor.com/jobs.json", NULL},
	    {"lantern", NULL, NULL, "https://Jobs.Lantern.example/jobs.json",
		"jobs.lantern.example"},
	    {"lantern", "jobs.lantern.example", NULL, "https://jobs.lantern.example/jobs.json",
		NULL},
	    {"lantern", "jobs.lantern.example", NULL, "https://work.lantern.example/jobs.json",
		"work.lantern.example"},
	    {"old.lantern.example", NULL, NULL, "https://new.lantern.example/jobs.json",
		"new.lantern.example"},
	    /* what could not be asked again as it is, and mirrors, are not remembered */
	    {"lantern", NULL, NULL, "http://jobs.lantern.example/jobs.json", NULL},
	    {"lantern", NULL, NULL, "https://jobs.lantern.example:8443/jobs.json", NULL},
	    {"lantern", NULL, NULL, "https://192.0.2.7/jobs.json", NULL},
	    {"lantern", NULL, NULL, NULL, NULL},
	    {"lantern", NULL, "http://127.0.0.1:8", "https://jobs.lantern.example/jobs.json", NULL},
	};
	const jp_adapter *a = &jp_adapter_teamtailor;
	g_autofree char *moved_url = request_url(a, "lantern", "jobs.lantern.example", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
		const jp_board_ref b = {
		    .token = t[i].token, .region = t[i].region, .base_url = t[i].base};
		g_autofree char *moved = a->region_of(&b, t[i].url);

		g_assert_cmpstr(moved, ==, t[i].moved);
	}
	g_assert_cmpstr(moved_url, ==, "https://jobs.lantern.example/jobs.json");
	/* gone from there, the service's own host is asked once */
	g_assert_cmpstr(a->next_region("jobs.lantern.example"), ==, "");
	g_assert_null(a->next_region(NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/teamtailor/json", test_json);
	g_test_add_func("/board/teamtailor/rss", test_rss);
	g_test_add_func("/board/teamtailor/R1-truncation", test_truncation);
	g_test_add_func("/board/teamtailor/names", test_names);
	g_test_add_func("/board/teamtailor/request", test_request);
	g_test_add_func("/board/teamtailor/own-host", test_own_host);
	return g_test_run();
}
