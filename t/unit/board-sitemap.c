/* Sitemaps: boards.md, section 15, line by line. */
#include "board/internal.h"

#include "board.h"

#define SITE  "https://steinbruch.example"
#define TOKEN SITE "/sitemap.xml"

/* Reads a body as page n of a listing; the items are left as they are. */
static jp_listing *
read_items(const char *token, const char *cursor, guint page, const char *file, gboolean *more)
{
	const jp_board_ref b = {.token = token, .cursor = cursor};
	jp_listing *l = jp_listing_new();
	gsize len;
	g_autofree char *body = fixture("sitemap", file, &len);
	g_autoptr(GError) error = NULL;

	jp_adapter_sitemap.parse(l, &b, body, len, page, 0, more, &error);
	g_assert_no_error(error);
	return l;
}

static const jp_item *
item_at(const jp_listing *l, guint i)
{
	return g_ptr_array_index(l->items, i);
}

static void
test_pages(void)
{
	gboolean more = TRUE;
	g_autoptr(jp_listing) l = read_items(TOKEN, NULL, 0, "small.xml", &more);

	/* neither the home page, nor /about, nor the list of jobs itself */
	g_assert_cmpuint(l->items->len, ==, 3);
	g_assert_false(more);
	g_assert_true(l->complete);
	/* the newest first, so that a bound on details is spent on them */
	g_assert_cmpstr(item_at(l, 0)->posting->external_id, ==,
	    SITE "/de/stellenangebote/sprengmeister?id=9&x=1");
	g_assert_cmpstr(item_at(l, 1)->posting->external_id, ==, SITE "/careers/stone-mason-17");
	g_assert_cmpstr(item_at(l, 1)->posting->title, ==, "stone mason 17");
	g_assert_cmpstr(item_at(l, 2)->posting->external_id, ==, SITE "/careers/night_guard.html");
}

/* "<lastmod> when there saves most fetches": it is in the fingerprint of the item. */
static void
test_lastmod(void)
{
	const jp_board_ref b = {.token = TOKEN};
	static const char *const bodies[] = {
	    "<urlset><url><loc>" SITE "/jobs/1</loc><lastmod>2026-10-01</lastmod></url></urlset>",
	    "<urlset><url><loc>" SITE "/jobs/1</loc><lastmod>2026-10-02</lastmod></url></urlset>",
	    "<urlset><url><lastmod>2026-10-01</lastmod><loc> " SITE
	    "/jobs/1 </loc></url></urlset>"};
	guint8 prints[3][32];

	for (guint i = 0; i < 3; i++) {
		g_autoptr(jp_listing) l = jp_listing_new();
		gboolean more;

		g_assert_true(jp_adapter_sitemap.parse(
		    l, &b, bodies[i], strlen(bodies[i]), 0, 0, &more, NULL));
		g_assert_cmpuint(l->items->len, ==, 1);
		jp_item_fingerprint(item_at(l, 0), prints[i]);
	}
	g_assert_cmpint(memcmp(prints[0], prints[1], 32), !=, 0);
	g_assert_cmpmem(prints[0], 32, prints[2], 32);
}

/* ".gz needs a cap on inflated size" */
static void
test_gzip(void)
{
	gboolean more;
	gsize len;
	g_autoptr(jp_listing) l = read_items(TOKEN, NULL, 0, "small.xml.gz", &more);
	g_autofree char *body = fixture("sitemap", "small.xml.gz", &len);

	g_assert_cmpuint(l->items->len, ==, 3);
	for (gsize n = 0; n < len; n += 7)
		g_free(refused("sitemap", body, n));
}

/* "<sitemapindex> nests"; files of other hosts are not followed, and those that say job are
 * preferred. */
static void
test_index(void)
{
	gboolean more = FALSE;
	g_autoptr(jp_listing) one = read_items(TOKEN, NULL, 0, "index.xml", &more);
	g_autoptr(jp_listing) two = NULL;
	const jp_board_ref b = {.token = TOKEN, .cursor = one->cursor};
	jp_page_request r = {0};

	g_assert_true(more);
	g_assert_cmpstr(
	    one->cursor, ==, SITE "/sitemap-jobs-1.xml.gz\n" SITE "/sitemap-jobs-2.xml\n");
	jp_adapter_sitemap.request(&b, 1, &r);
	g_assert_cmpstr(r.url, ==, SITE "/sitemap-jobs-1.xml.gz");
	jp_page_request_clear(&r);
	/* in a file of jobs every page is one */
	two = read_items(TOKEN, one->cursor, 1, "small.xml", &more);
	g_assert_true(more);
	g_assert_cmpstr(two->cursor, ==, SITE "/sitemap-jobs-2.xml\n");
	g_assert_cmpuint(two->items->len, ==, 6);
	g_assert_cmpuint(two->n_bad, ==, 0);
}

/* "Sitemap: lines in robots.txt" */
static void
test_robots(void)
{
	const jp_board_ref b = {.token = SITE "/robots.txt"};
	const char *body = "User-agent: *\r\nDisallow: /x\r\nSITEMAP:  " SITE
			   "/a.xml \r\nSitemap: /relative.xml\nSitemap: http://[::1/\n";
	g_autoptr(jp_listing) l = jp_listing_new();
	gboolean more = FALSE;

	g_assert_true(jp_adapter_sitemap.parse(l, &b, body, strlen(body), 0, 0, &more, NULL));
	g_assert_true(more);
	g_assert_cmpstr(l->cursor, ==, SITE "/a.xml\n");
}

static void
test_detail(void)
{
	static const struct expected e[] = {
	    /* the id is the listing's, never the page's (section 1) */
	    {SITE "/careers/stone-mason-17", "title", "\"Stone Mason (m/f/d)\""},
	    {SITE "/careers/stone-mason-17", "company", "\"Steinbruch Nord\""},
	    {SITE "/careers/stone-mason-17", "company_is_guess", "false"},
	    {SITE "/careers/stone-mason-17", "city.0", "\"Carrara\""},
	    {SITE "/careers/stone-mason-17", "url", "\"" SITE "/careers/stone-mason-17\""},
	    {SITE "/careers/stone-mason-17", "description", "\"Cut stone.\""},
	};
	g_autoptr(jp_listing) l = jp_listing_new();
	g_autoptr(GError) error = NULL, over = NULL, none = NULL;
	gsize len;
	g_autofree char *page = fixture("sitemap", "page.html", &len);
	const char *id = SITE "/careers/stone-mason-17";

	jp_board_parse_detail(l, "sitemap", TOKEN, NULL, id, page, len, 0, &error);
	g_assert_no_error(error);
	CHECK(l, e);
	/* what is no job, or is over, is no failure */
	g_assert_false(jp_board_parse_detail(l, "sitemap", TOKEN, NULL, id, page, len,
	    G_GINT64_CONSTANT(1796169600000), &over)); /* 2026-12-02 */
	g_assert_error(over, JP_ERROR, (int)JP_ERROR_UNAVAILABLE);
	g_assert_false(jp_board_parse_detail(l, "sitemap", TOKEN, NULL, id, "<html>", 6, 0, &none));
	g_assert_error(none, JP_ERROR, (int)JP_ERROR_UNAVAILABLE);
}

static void
test_bodies(void)
{
	gboolean more;
	g_autoptr(jp_listing) cut = read_items(TOKEN, NULL, 0, "cut.xml", &more);
	g_autoptr(jp_listing) empty = read_items(TOKEN, NULL, 0, "empty.xml", &more);
	g_autoptr(jp_listing) large = read_items(TOKEN, NULL, 0, "large.xml", &more);
	g_autofree char *html = refused_fixture("sitemap", "unknown.html");
	g_autofree char *dtd = refused_fixture("sitemap", "dtd.xml");

	g_assert_false(cut->complete);
	g_assert_cmpuint(cut->items->len, ==, 2);
	g_assert_true(empty->complete);
	g_assert_cmpuint(empty->items->len, ==, 0);
	g_assert_cmpuint(large->items->len, ==, 300);
	assert_has(html, "HTML");
	assert_has(dtd, "document type");
	g_free(refused("sitemap", "<rss/>", 6));
}

static void
test_job_pages(void)
{
	static const struct {
		const char *path;
		gboolean is_job;
	} table[] = {{"/jobs/17", TRUE}, {"/jobs", FALSE}, {"/jobs/", FALSE},
	    {"/en/careers/openings/baker", TRUE}, {"/job-baker-17", TRUE}, {"/job-baker", FALSE},
	    {"/stellenangebote/koch", TRUE}, {"/offres-emploi/chef", TRUE}, {"/blog/17", FALSE},
	    {"/about-our-jobs", FALSE}, {"/jobsite/17", FALSE}, {"/vacature/kok.html", TRUE}};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		const jp_board_ref b = {.token = TOKEN};
		g_autofree char *body = g_strdup_printf(
		    "<urlset><url><loc>" SITE "%s</loc></url></urlset>", table[i].path);
		g_autoptr(jp_listing) l = jp_listing_new();
		gboolean more;

		g_assert_true(
		    jp_adapter_sitemap.parse(l, &b, body, strlen(body), 0, 0, &more, NULL));
		if (l->items->len != (table[i].is_job ? 1 : 0))
			g_error("%s: %u items", table[i].path, l->items->len);
	}
}

static void
test_names(void)
{
	static const struct named n[] = {
	    {"https://Steinbruch.example/sitemap.xml", "sitemap:" SITE "/sitemap.xml"},
	    {"https://steinbruch.example/jobs/sitemap_jobs.xml.gz",
		"sitemap:" SITE "/jobs/sitemap_jobs.xml.gz"},
	    {"sitemap:https://steinbruch.example/robots.txt", "sitemap:" SITE "/robots.txt"},
	    {"https://steinbruch.example/map.xml", "feed:" SITE "/map.xml"},
	    {"sitemap:steinbruch.example", NULL},
	};

	check_names(n, G_N_ELEMENTS(n));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/sitemap/pages", test_pages);
	g_test_add_func("/board/sitemap/lastmod", test_lastmod);
	g_test_add_func("/board/sitemap/gzip", test_gzip);
	g_test_add_func("/board/sitemap/index", test_index);
	g_test_add_func("/board/sitemap/robots", test_robots);
	g_test_add_func("/board/sitemap/detail", test_detail);
	g_test_add_func("/board/sitemap/bodies", test_bodies);
	g_test_add_func("/board/sitemap/job-pages", test_job_pages);
	g_test_add_func("/board/sitemap/names", test_names);
	return g_test_run();
}
