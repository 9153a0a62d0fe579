/* Hacker News "Who is hiring?": boards.md, section 13, line by line. */
#include "board/internal.h"

#include "board.h"

static void
test_fields(void)
{
	static const struct expected e[] = {
	    /* "keep the whole line as title"; "url = https://news.ycombinator.com/item?id=" */
	    {"1", "title",
		"\"Lantern Works (https://lantern.example) | Glass Engineer & Tinkerer | "
		"Graz, Austria or Remote (EU) | Full-time | €58–65k | "
		"https://lantern.example/jobs/7\""},
	    {"1", "company", "\"Lantern Works\""},
	    {"1", "url", "\"https://news.ycombinator.com/item?id=1\""},
	    {"1", "apply_url", "\"https://lantern.example/jobs/7\""},
	    {"1", "locations", "\"Graz, Austria\""},
	    {"1", "remote", "\"remote\""},
	    {"1", "employment_type", "\"full_time\""},
	    {"1", "salary_min_micros", "58000000000"},
	    {"1", "salary_max_micros", "65000000000"},
	    {"1", "salary_currency", "\"EUR\""},
	    {"1", "posted_at", "\"2026-11-02T16:05:01Z\""},
	    /* "Text is HTML with <p> between paragraphs and entities such as &#x2F;" */
	    {"1", "description", "~We make lanterns.\\n\\nWrite to us."},
	    /* any order */
	    {"2", "company", "\"Kelp & Sons\""},
	    {"2", "remote", "\"onsite\""},
	    {"2", "locations", "\"San Francisco, CA\""},
	    {"2", "employment_type", "\"contract\""},
	    /* "often not followed" */
	    {"3", "company", "\"Moss Labs\""},
	    {"7", "company", "\"Hacker News\""},
	    {"7", "company_is_guess", "true"},
	    {"7", "country.0", "\"US\""},
	    {"8", "company", "\"Pebble\""},
	    {"8", "city.0", "\"Bern\""},
	    {"8", "remote", "\"hybrid\""},
	    {"9", "locations", "\"Munich|Zurich\""},
	};
	g_autoptr(jp_listing) l = read_fixture("hn", "whoishiring", "small.json");

	CHECK(l, e);
	g_assert_cmpuint(l->n_bad, ==, 0);
}

/* "Skip deleted, dead, empty text, replies." */
static void
test_skipped(void)
{
	g_autoptr(jp_listing) tree = read_fixture("hn", "whoishiring", "small.json");
	g_autoptr(jp_listing) search = read_fixture("hn", "whoishiring", "search.json");

	g_assert_cmpuint(tree->postings->len, ==, 7);
	g_assert_null(find(tree, "101"));
	g_assert_null(find(tree, "4"));
	g_assert_null(find(tree, "5"));
	g_assert_null(find(tree, "6"));
	g_assert_cmpuint(search->postings->len, ==, 1);
	g_assert_nonnull(find(search, "21"));
}

/* "take the newest title with Who is hiring"; "the thread of the month before stays open". */
static void
test_threads(void)
{
	const jp_adapter *a = &jp_adapter_hn;
	jp_board_ref b = {.token = "whoishiring"};
	g_autoptr(jp_listing) l = jp_listing_new();
	gboolean more = FALSE;
	gsize len;
	g_autofree char *threads = fixture("hn", "threads.json", &len), *tree = NULL;
	g_autofree char *first = request_url(a, "whoishiring", NULL, NULL), *cursor = NULL;
	jp_page_request r = {0};

	g_assert_cmpstr(first, ==,
	    "https://hn.algolia.com/api/v1/search_by_date?tags=story,author_whoishiring&"
	    "hitsPerPage=10");
	g_assert_true(a->parse(l, &b, threads, len, 0, 0, &more, NULL));
	g_assert_true(more);
	g_assert_cmpstr(l->cursor, ==, "9000,8000");
	b.cursor = cursor = g_strdup(l->cursor);
	a->request(&b, 1, &r);
	g_assert_cmpstr(r.url, ==, "https://hn.algolia.com/api/v1/items/9000");
	jp_page_request_clear(&r);
	tree = fixture("hn", "small.json", &len);
	g_assert_true(a->parse(l, &b, tree, len, 1, 0, &more, NULL));
	g_assert_true(more);
	g_assert_cmpstr(l->cursor, ==, "8000");
	g_assert_true(a->parse(l, &(jp_board_ref){.token = "whoishiring", .cursor = "8000"}, tree,
	    len, 2, 0, &more, NULL));
	g_assert_false(more);
	g_assert_false(l->complete); /* a window */
}

static void
test_bodies(void)
{
	g_autoptr(jp_listing) large = read_fixture("hn", "whoishiring", "large.json");
	g_autoptr(jp_listing) empty = read_fixture("hn", "whoishiring", "empty.json");
	const char *none = "{\"hits\":[{\"title\":\"Ask HN: Who wants to be hired?\","
			   "\"objectID\":\"1\"}]}";
	const char *odd = "{\"hits\":[{\"title\":\"Who is hiring\",\"objectID\":\"../1\"}]}";

	g_assert_cmpuint(large->postings->len, ==, 400);
	g_assert_cmpuint(empty->postings->len, ==, 0);
	g_free(refused("hn", none, strlen(none)));
	g_free(refused("hn", odd, strlen(odd)));
	g_free(refused_fixture("hn", "unknown.json"));
	check_json_bodies("hn");
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"hn:whoishiring", "hn:whoishiring"},
	    {"https://news.ycombinator.com/submitted?id=whoishiring", "hn:whoishiring"},
	    {"hn:pg", NULL},
	    {"https://news.ycombinator.com/item?id=1", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/hn/fields", test_fields);
	g_test_add_func("/board/hn/skipped", test_skipped);
	g_test_add_func("/board/hn/threads", test_threads);
	g_test_add_func("/board/hn/R4-bodies", test_bodies);
	g_test_add_func("/board/hn/names", test_names);
	return g_test_run();
}
