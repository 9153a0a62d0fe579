/* Feeds: boards.md, section 14, line by line. */
#include "board.h"

#define NIGHT "https://nightjobs.example/all.rss"
#define ONE   "https://nightjobs.example/jobs/1"
#define THREE "https://nightjobs.example/jobs/3"
#define SIX   "https://nightjobs.example/jobs/6"

static void
test_rss(void)
{
	static const struct expected e[] = {
	    {ONE, "title", "\"Night Porter\""},
	    {ONE, "company", "\"Lamplight & Sons\""},
	    {ONE, "company_is_guess", "false"},
	    {ONE, "url", "\"https://nightjobs.example/jobs/1?from=rss\""},
	    {ONE, "posted_at", "\"2026-09-14T05:45:32Z\""}, /* the weekday is wrong */
	    {ONE, "description", "~Keep the door, count the keys."},
	    /* "Location:" near the top, where no element names a place */
	    {ONE, "locations", "\"Bruges, Belgium\""},
	    /* a category that is a kind of contract says that, another is the department */
	    {ONE, "employment_type", "\"part_time\""},
	    {ONE, "department", "\"Hotels\""},
	    /* CDATA with markup in a title, content:encoded, dc:date, a relative link */
	    {"job-2", "title", "\"Stage Electrician\""},
	    {"job-2", "company", "\"Moth Theatre\""},
	    {"job-2", "url", "\"https://nightjobs.example/jobs/2\""},
	    {"job-2", "description", "~The whole text, with a list:"},
	    {"job-2", "description", "~- Hang lamps"},
	    {"job-2", "posted_at", "\"2026-09-12T20:00:00Z\""},
	    {"job-2", "locations", "\"Ghent\""},
	    {"job-2", "employment_type", "\"full_time\""},
	    {"job-2", "valid_through", "\"2026-12-01T00:00:00Z\""},
	    /* no guid: the link; a date that is none */
	    {THREE, "posted_at", "null"},
	    {THREE, "company", "\"Owl Couriers\""},
	    /* escaped twice; a zone's name; a company element wins and leaves the title alone */
	    {SIX, "description", "\"Escaped twice.\""},
	    {SIX, "posted_at", "\"2026-09-16T04:10:00Z\""},
	    {SIX, "company", "\"Tin & Dough\""},
	    {SIX, "title", "\"Tin Bakery: Night Baker\""},
	};
	g_autoptr(jp_listing) l = read_fixture("feed", NIGHT, "small.rss");

	g_assert_cmpuint(l->postings->len, ==, 5);
	CHECK(l, e);
}

/* Neither guid nor link: a hash of the title is the id, the feed's page the URL.  "Remote:" is no
 * company, so the feed's title is, as a guess. */
static void
test_hashed_id(void)
{
	g_autoptr(jp_listing) l = read_fixture("feed", NIGHT, "small.rss");
	g_autoptr(jp_listing) again = read_fixture("feed", NIGHT, "small.rss");
	const jp_posting *p = g_ptr_array_index(l->postings, 3);

	g_assert_cmpstr(p->title, ==, "Remote: Proofreader");
	g_assert_cmpuint(strlen(p->external_id), ==, 64);
	g_assert_nonnull(find(again, p->external_id));
	g_assert_cmpstr(p->url, ==, "https://nightjobs.example/");
	g_assert_cmpstr(p->company, ==, "Night Jobs");
	g_assert_true(p->company_is_guess);
}

/* A name of the operator's switches the rule of "Company: Title" off. */
static void
test_company_of_the_operator(void)
{
	static const struct expected e[] = {
	    {"1", "company", "\"Owl Group\""}, {"1", "title", "\"Ops: Rider\""}};
	g_autoptr(jp_listing) l = read_body("feed", NIGHT, "Owl Group",
	    "<rss><channel><title>N</title><item><title>Ops: Rider</title><guid>1</guid></item>"
	    "</channel></rss>");

	CHECK(l, e);
}

/* "A feed is a window, not a listing: R1 never holds." */
static void
test_window(void)
{
	g_autoptr(jp_listing) l = read_fixture("feed", NIGHT, "small.rss");

	g_assert_true(jp_adapter_feed.window);
	g_assert_false(l->complete);
	g_assert_null(l->incomplete_why);
	g_assert_cmpint(l->ttl, ==, 2 * JP_HOUR);
	g_assert_cmpuint(l->n_bad, ==, 1);
	assert_has((char *)g_ptr_array_index(l->problems, 0), "item[4]: ");
}

static void
test_update_period(void)
{
	g_autoptr(jp_listing) l = read_body("feed", NIGHT, NULL,
	    "<rss "
	    "xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"><channel><title>t</title>"
	    "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
	    "</channel></rss>");

	g_assert_cmpint(l->ttl, ==, 6 * JP_HOUR);
}

static void
test_atom(void)
{
	static const struct expected e[] = {
	    {"tag:peat.example,2026:1", "title", "\"Bog Surveyor\""},
	    {"tag:peat.example,2026:1", "url", "\"https://peat.example/jobs/1\""},
	    {"tag:peat.example,2026:1", "company", "\"Careers at Peat Works\""},
	    {"tag:peat.example,2026:1", "company_is_guess", "true"},
	    {"tag:peat.example,2026:1", "department", "\"Surveying\""},
	    {"tag:peat.example,2026:1", "posted_at", "\"2026-09-11T07:00:00Z\""},
	    {"tag:peat.example,2026:1", "updated_at", "\"2026-09-13T07:00:00Z\""},
	    {"tag:peat.example,2026:1", "description", "~Walk the bog."}, /* xhtml */
	    {"tag:peat.example,2026:1", "description", "~Draw maps."},
	    {"tag:peat.example,2026:2", "title", "\"Digger & Driver\""},
	    {"tag:peat.example,2026:2", "url", "\"https://peat.example/jobs/2\""},
	    {"tag:peat.example,2026:2", "description", "\"Plain words < few.\""},
	    {"tag:peat.example,2026:2", "posted_at", "null"},
	};
	g_autoptr(jp_listing) l =
	    read_fixture("feed", "https://peat.example/jobs.atom", "small.atom");

	g_assert_cmpuint(l->postings->len, ==, 2);
	CHECK(l, e);
}

static void
test_json_feed(void)
{
	static const struct expected e[] = {
	    {"g1", "company", "\"Glass Harbour Oy\""},
	    {"g1", "employment_type", "\"full_time\""},
	    {"g1", "city.0", "\"Turku\""},
	    {"g1", "country.0", "\"FI\""},
	    {"g1", "salary_min_micros", "31000000000"},
	    {"g1", "salary_max_micros", "36000000000"},
	    {"g1", "salary_period", "\"year\""},
	    {"g1", "valid_through", "\"2026-10-31T00:00:00Z\""},
	    {"g1", "posted_at", "\"2026-09-09T08:00:00Z\""},
	    {"g1", "department", "\"Workshop\""},
	    {"2", "url", "\"https://glass.example/jobs/2\""},
	    {"2", "remote", "\"remote\""},
	    {"2", "employment_type", "\"part_time\""},
	    {"2", "salary_min_micros", "18500000"},
	    {"2", "salary_period", "\"hour\""},
	    {"2", "description", "\"Count panes.\\nSell panes.\""},
	    {"g3", "description", "\"Keep the kiln.\""},
	    {"g3", "company", "\"Glass Harbour\""},
	    {"g3", "company_is_guess", "true"},
	};
	g_autoptr(jp_listing) l =
	    read_fixture("feed", "https://glass.example/feed.json", "small.json");

	g_assert_cmpuint(l->postings->len, ==, 3);
	CHECK(l, e);
}

static void
test_sizes(void)
{
	check_size("feed", "large.rss", 150);
	check_size("feed", "empty.rss", 0);
	g_free(refused_fixture("feed", "unknown.html"));
}

/* "Refuse DTDs and external entities." */
static void
test_dtd_refused(void)
{
	static const char external[] =
	    "<?xml version='1.0'?><!DOCTYPE rss SYSTEM 'file:///etc/passwd'>"
	    "<rss><channel><title>x</title></channel></rss>";
	g_autofree char *one = refused_fixture("feed", "dtd.rss");
	g_autofree char *two = refused("feed", external, strlen(external));

	g_assert_cmpstr(one, ==, "the feed declares a document type, which is refused");
	g_assert_cmpstr(two, ==, one);
}

/* A feed that breaks half-way gives what stood before, and is not whole. */
static void
test_cut(void)
{
	g_autoptr(jp_listing) l = read_fixture("feed", "https://cut.example/", "cut.rss");

	g_assert_nonnull(find(l, "https://cut.example/1"));
	g_assert_nonnull(l->incomplete_why);
	assert_has(l->incomplete_why, "XML line 4");
}

/* Without a declaration "&nbsp;" is an error in XML; feeds have it all the same. */
static void
test_undeclared_entity(void)
{
	g_autoptr(jp_listing) l = read_body("feed", "https://x.example/", "X",
	    "<rss><channel><title>t</title><item><title>A&nbsp;B</title><guid>1</guid></item>"
	    "<item><title>C</title><guid>2</guid></item></channel></rss>");

	g_assert_nonnull(find(l, "1"));
	g_assert_nonnull(find(l, "2"));
}

static void
test_broken_bodies(void)
{
	static const struct {
		const char *body, *says;
	} bodies[] = {
	    {"", ""},
	    {"<!doctype html><html><body>Sign in</body></html>", "HTML where a feed"},
	    {"<html><body>Sign in</body></html>", "HTML where a feed"},
	    {"<opml><body/></opml>", "neither RSS 2.0 nor Atom"},
	    {"<rss/>", "neither RSS 2.0 nor Atom"},
	    {"{\"jobs\":[]}", "no JSON Feed"},
	    {"{\"version\":\"https://jsonfeed.org/version/1\"}", "no JSON Feed"},
	    {"plain words", ""},
	    {"\xff\xfe\x01", ""},
	};
	g_autoptr(GString) deep = g_string_new("<rss><channel>");

	for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *message = refused("feed", bodies[i].body, strlen(bodies[i].body));

		assert_has(message, bodies[i].says);
	}
	for (int i = 0; i < 100000; i++)
		g_string_append(deep, "<deep>");
	g_free(refused("feed", deep->str, deep->len));
}

static void
test_hostile_texts(void)
{
	g_autofree char *title = g_strnfill(5 * JP_MIB, 'A');
	g_autofree char *body = g_strdup_printf(
	    "<rss><channel><title>t</title><item><title>%s</title><guid>1</guid></item>"
	    "<item><title>Evil&#13;&#10;Bcc: Smith</title><guid>2</guid>"
	    "<link>javascript:alert(1)</link></item></channel></rss>",
	    title);
	g_autoptr(jp_listing) l = read_body("feed", "https://x.example/", NULL, body);

	g_assert_cmpuint(strlen(find(l, "1")->title), <=, JP_MAX_TITLE);
	g_assert_null(strpbrk(find(l, "2")->company, "\r\n"));
	g_assert_cmpstr(find(l, "2")->url, ==, "https://x.example/");
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"feed:https://Night.Example:443/all.rss#top", "feed:https://night.example/all.rss"},
	    {"feed:HTTP://night.example", "feed:http://night.example/"},
	    {"feed:http://night.example:8080/a?b=c", "feed:http://night.example:8080/a?b=c"},
	    {"https://night.example/feed", "feed:https://night.example/feed"},
	    {"https://night.example/jobs.rss?x=1", "feed:https://night.example/jobs.rss?x=1"},
	    {"feed:night.example", NULL},
	    {"feed:ftp://night.example/a.rss", NULL},
	    {"feed:https://user:secret@night.example/a.rss", NULL},
	    {"feed:https:///a.rss", NULL},
	    {"feed:https://night.example/a b", NULL},
	    {"https://night.example/careers", NULL},
	    {"nonsense", NULL},
	    {"monster:acme", NULL},
	    {"", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

/* Promise 7: a password in a URL is not repeated in the message. */
static void
test_no_secret_in_message(void)
{
	const jp_adapter *a;
	g_autofree char *token = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_false(
	    jp_board_name_parse("feed:https://u:secret@night.example/a.rss", &a, &token, &error));
	g_assert_null(strstr(error->message, "secret"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/feed/rss", test_rss);
	g_test_add_func("/board/feed/hashed-id", test_hashed_id);
	g_test_add_func("/board/feed/company-of-the-operator", test_company_of_the_operator);
	g_test_add_func("/board/feed/R1-window", test_window);
	g_test_add_func("/board/feed/update-period", test_update_period);
	g_test_add_func("/board/feed/atom", test_atom);
	g_test_add_func("/board/feed/json-feed", test_json_feed);
	g_test_add_func("/board/feed/sizes", test_sizes);
	g_test_add_func("/board/feed/dtd-refused", test_dtd_refused);
	g_test_add_func("/board/feed/cut", test_cut);
	g_test_add_func("/board/feed/undeclared-entity", test_undeclared_entity);
	g_test_add_func("/board/feed/R4-broken-bodies", test_broken_bodies);
	g_test_add_func("/board/feed/hostile-texts", test_hostile_texts);
	g_test_add_func("/board/feed/names", test_names);
	g_test_add_func("/board/feed/no-secret-in-message", test_no_secret_in_message);
	return g_test_run();
}
