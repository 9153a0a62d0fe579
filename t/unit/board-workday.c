/* Workday: boards.md, section 11, line by line. */
#include "board.h"

#define TOKEN "ropeworks.wd5/Careers"
#define NOW   (G_GINT64_CONSTANT(1789905600) * 1000) /* 2026-09-20T12:00:00Z */
#define PAGE  "https://ropeworks.wd5.myworkdayjobs.com/Careers/job"

static jp_listing *
read_small(void)
{
	jp_listing *l = jp_listing_new();
	g_autoptr(GError) error = NULL;
	gsize len;
	g_autofree char *body = fixture("workday", "small.json", &len);

	jp_board_parse(l, "workday", TOKEN, NULL, body, len, NOW, &error);
	g_assert_no_error(error);
	return l;
}

static void
test_fields(void)
{
	static const struct expected e[] = {
	    {"JR-00001", "title", "\"Rope Maker\""},
	    {"JR-00001", "company", "\"ropeworks\""},
	    {"JR-00001", "company_is_guess", "true"},
	    {"JR-00001", "locations", "\"Bergen, Norway\""},
	    {"JR-00001", "employment_type", "\"full_time\""},
	    {"JR-00004", "employment_type", "\"part_time\""},
	    /* /{site} between host and externalPath */
	    {"JR-00001", "url", "\"" PAGE "/Bergen/Rope-Maker_JR-00001\""},
	    /* the id at the end of externalPath, a second post of one job (R7), none */
	    {"JR-00001", "requisition", "\"JR-00001\""},
	    {"JR-00003-1", "requisition", "\"JR-00003\""},
	    {"/job/Porto/Weaver", "title", "\"Weaver\""},
	    {"/job/Porto/Weaver", "requisition", "null"},
	    /* "N Locations" is no place, nor is a missing one */
	    {"JR-00002", "locations", "\"\""},
	    {"JR-00006", "locations", "\"\""},
	    {"JR-00007", "country.0", "\"US\""},
	    /* remoteType is free text */
	    {"JR-00003-1", "remote", "\"hybrid\""},
	    {"JR-00004", "remote", "\"remote\""},
	    {"JR-00001", "remote", "null"},
	    /* postedOn: derived; "30+ Days Ago", another language and none are unknown */
	    {"JR-00001", "posted_at", "\"2026-09-20T00:00:00Z\""},
	    {"JR-00001", "posted_derived", "true"},
	    {"JR-00002", "posted_at", "\"2026-09-19T00:00:00Z\""},
	    {"JR-00003-1", "posted_at", "\"2026-09-17T00:00:00Z\""},
	    {"JR-00004", "posted_at", "null"},
	    {"/job/Porto/Weaver", "posted_at", "null"},
	    {"JR-00006", "posted_at", "null"},
	};
	g_autoptr(jp_listing) l = read_small();

	g_assert_cmpuint(l->postings->len, ==, 7);
	g_assert_true(l->complete);
	CHECK(l, e);
}

static void
test_detail(void)
{
	static const struct expected e[] = {
	    {"JR-00002", "description", "\"Twists & splices.\\n\\n- Hemp\""},
	    {"JR-00002", "locations", "\"Bergen, Norway|Ghent, Belgium|Cork, Ireland\""},
	    {"JR-00002", "remote", "\"hybrid\""},
	    {"JR-00002", "employment_type", "\"full_time\""},
	    {"JR-00002", "requisition", "\"JR-00002\""},
	    {"JR-00002", "valid_through", "\"2026-11-30T00:00:00Z\""},
	    {"JR-00002", "url", "\"" PAGE "/Bergen/Rope-Maker_JR-00002\""},
	    /* startDate agrees with postedOn, so it counts */
	    {"JR-00002", "posted_at", "\"2026-09-19T00:00:00Z\""},
	    {"JR-00002", "posted_derived", "false"},
	};
	g_autoptr(jp_listing) l = jp_listing_new();
	g_autoptr(GError) error = NULL;
	gsize len;
	g_autofree char *body = fixture("workday", "detail.json", &len);

	jp_board_parse_detail(l, "workday", TOKEN, NULL, "JR-00002", body, len, NOW, &error);
	g_assert_no_error(error);
	CHECK(l, e);
}

/* "years off on others": a startDate that does not agree is not the day of the posting. */
static void
test_start_date(void)
{
	static const struct {
		const char *posted_on, *start;
		gint64 posted_at;
	} cases[] = {
	    {"Posted Today", "2024-01-05", 1789862400},
	    {"Posted 3 Days Ago", "2026-09-16", 1789516800},
	    {"Posted 30+ Days Ago", "2026-08-01", 0},
	    {"Posted Yesterday", "nonsense", 1789776000},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_listing) l = jp_listing_new();
		g_autofree char *body = g_strdup_printf(
		    "{\"jobPostingInfo\":{\"title\":\"Cook\",\"postedOn\":\"%s\",\"startDate\":"
		    "\"%s\",\"externalUrl\":\"https://x.example/1\"}}",
		    cases[i].posted_on, cases[i].start);

		g_assert_true(jp_board_parse_detail(
		    l, "workday", TOKEN, NULL, "1", body, strlen(body), NOW, NULL));
		g_assert_cmpint(find(l, "1")->posted_at / 1000, ==, cases[i].posted_at);
	}
}

/* total is right on the first page only. */
static void
test_pages(void)
{
	g_autoptr(jp_listing) l = jp_listing_new();

	g_assert_true(parse_page(l, "workday", TOKEN, "page1.json", 0));
	g_assert_true(parse_page(l, "workday", TOKEN, "page2.json", 1));
	g_assert_false(parse_page(l, "workday", TOKEN, "page3.json", 2));
	g_assert_cmpuint(l->items->len, ==, 45);
	g_assert_true(l->complete);
}

/* Offsets past the cap begin again: a page without a new id is the end, and 2000 is "at least". */
static void
test_cap(void)
{
	g_autoptr(jp_listing) l = jp_listing_new();

	g_assert_true(parse_page(l, "workday", TOKEN, "capped.json", 0));
	g_assert_true(parse_page(l, "workday", TOKEN, "page2.json", 1));
	g_assert_false(parse_page(l, "workday", TOKEN, "capped.json", 2));
	g_assert_cmpuint(l->items->len, ==, 40);
	g_assert_false(l->complete);
}

/* A silently empty page, and a total of 0 beside postings, are no whole listing. */
static void
test_empty_page(void)
{
	g_autoptr(jp_listing) l = jp_listing_new(), zero = jp_listing_new();

	g_assert_true(parse_page(l, "workday", TOKEN, "page1.json", 0));
	g_assert_false(parse_page(l, "workday", TOKEN, "empty.json", 1));
	g_assert_cmpstr(l->incomplete_why, ==, "20 of the 45 postings stated came");
	g_assert_false(parse_page(zero, "workday", TOKEN, "page3.json", 0));
	g_assert_cmpstr(zero->incomplete_why, ==, "the total says 0");
}

static void
test_sizes(void)
{
	check_size("workday", "large.json", 20);
	check_size("workday", "empty.json", 0);
	g_free(refused_fixture("workday", "unknown.json"));
}

/* R8: a path from the payload never leads elsewhere. */
static void
test_paths(void)
{
	static const char *const bad[] = {"job/x_1", "//evil.example/x_1", "/a/../b_1", "/x?y_1",
	    "/x y_1", "/x#_1", "https://evil.example/_1", "/a\\\\b_1", ""};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(jp_listing) l = NULL;
		g_autofree char *body = g_strdup_printf(
		    "{\"total\":1,\"jobPostings\":[{\"title\":\"Cook\",\"externalPath\":\"%s\"}]}",
		    bad[i]);

		l = read_body("workday", TOKEN, NULL, body);
		g_assert_cmpuint(l->postings->len, ==, 0);
		g_assert_cmpuint(l->n_bad, ==, 1);
	}
}

static void
test_request(void)
{
	const jp_board_ref b = {.token = TOKEN};
	const jp_item item = {.ref = (char *)(gpointer) "/job/Bergen/Rope-Maker_JR-00002"};
	jp_page_request r = {0}, d = {0};

	jp_adapter_workday.request(&b, 2, &r);
	g_assert_cmpstr(r.method, ==, "POST");
	g_assert_cmpstr(
	    r.url, ==, "https://ropeworks.wd5.myworkdayjobs.com/wday/cxs/ropeworks/Careers/jobs");
	g_assert_cmpstr(r.content_type, ==, "application/json");
	/* above 20: 400 on one tenant, a silently empty page on another */
	g_assert_cmpstr(
	    r.body, ==, "{\"appliedFacets\":{},\"limit\":20,\"offset\":40,\"searchText\":\"\"}");
	jp_adapter_workday.detail(&b, &item, &d);
	g_assert_cmpstr(d.url, ==,
	    "https://ropeworks.wd5.myworkdayjobs.com/wday/cxs/ropeworks/Careers/job/Bergen/"
	    "Rope-Maker_JR-00002");
	/* postedOn follows the language */
	g_assert_cmpstr(jp_adapter_workday.language, ==, "en-US");
	g_assert_cmpuint(jp_adapter_workday.manners.at_once, ==, 1);
	jp_page_request_clear(&r);
	jp_page_request_clear(&d);
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"workday:ropeworks.wd5/Careers", "workday:ropeworks.wd5/Careers"},
	    {"workday:Ropeworks.WD5/Careers", "workday:ropeworks.wd5/Careers"},
	    {"https://ropeworks.wd5.myworkdayjobs.com/Careers", "workday:ropeworks.wd5/Careers"},
	    {"https://ropeworks.wd5.myworkdayjobs.com/en-US/Careers/job/x_1",
		"workday:ropeworks.wd5/Careers"},
	    {"https://ropeworks.wd5.myworkdayjobs.com/wday/cxs/ropeworks/Careers/jobs",
		"workday:ropeworks.wd5/Careers"},
	    {"https://wd5.myworkdaysite.com/recruiting/ropeworks/Careers",
		"workday:ropeworks.wd5.myworkdaysite/Careers"},
	    {"https://wd5.myworkdaysite.com/en-US/recruiting/ropeworks/Careers/job/x",
		"workday:ropeworks.wd5.myworkdaysite/Careers"},
	    {"workday:ropeworks.wd5.myworkdaysite/Careers",
		"workday:ropeworks.wd5.myworkdaysite/Careers"},
	    {"https://ropeworks.wd5.myworkdayjobs.com/", NULL},
	    {"https://wd5.myworkdaysite.com/ropeworks", NULL},
	    {"workday:ropeworks", NULL},
	    {"workday:ropeworks/Careers", NULL},
	    {"workday:ropeworks.wd5/", NULL},
	    {"workday:ropeworks.wd5/Ca/reers", NULL},
	    {"workday:ropeworks.evil.example/Careers", NULL},
	    {"workday:ropeworks.wd5x/Careers", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

static void
test_detail_refused(void)
{
	static const char *const bodies[] = {"", "[]", "{}", "{\"jobPostingInfo\":3}", "<html>"};

	for (guint i = 0; i < G_N_ELEMENTS(bodies); i++)
		g_assert_true(refused_detail("workday", bodies[i]));
}

static void
test_broken_bodies(void)
{
	check_json_bodies("workday");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/workday/fields", test_fields);
	g_test_add_func("/board/workday/detail", test_detail);
	g_test_add_func("/board/workday/R5-start-date", test_start_date);
	g_test_add_func("/board/workday/R1-pages", test_pages);
	g_test_add_func("/board/workday/R1-cap", test_cap);
	g_test_add_func("/board/workday/R1-empty-page", test_empty_page);
	g_test_add_func("/board/workday/sizes", test_sizes);
	g_test_add_func("/board/workday/R8-paths", test_paths);
	g_test_add_func("/board/workday/request", test_request);
	g_test_add_func("/board/workday/names", test_names);
	g_test_add_func("/board/workday/R4-detail-refused", test_detail_refused);
	g_test_add_func("/board/workday/R4-broken-bodies", test_broken_bodies);
	return g_test_run();
}
