/* What a visit means: statuses, schedules, words. */
#include "board/board.h"

#include <string.h>

static void
test_answers(void)
{
	jp_http_response rested = {.retry_after = JP_HOUR}; /* H06: its host asked for it */
	static const struct {
		jp_http_outcome outcome;
		int status;
		jp_answer answer;
	} cases[] = {
	    {JP_HTTP_ANSWER, 200, JP_ANSWER_BODY},
	    {JP_HTTP_ANSWER, 304, JP_ANSWER_SAME},
	    {JP_HTTP_ANSWER, 404, JP_ANSWER_GONE},
	    {JP_HTTP_ANSWER, 410, JP_ANSWER_GONE},
	    {JP_HTTP_ANSWER, 401, JP_ANSWER_BLOCKED},
	    {JP_HTTP_ANSWER, 403, JP_ANSWER_BLOCKED},
	    {JP_HTTP_ANSWER, 429, JP_ANSWER_BLOCKED},
	    {JP_HTTP_ANSWER, 451, JP_ANSWER_BLOCKED},
	    {JP_HTTP_ANSWER, 204, JP_ANSWER_NONE},
	    {JP_HTTP_ANSWER, 206, JP_ANSWER_NONE},
	    {JP_HTTP_ANSWER, 301, JP_ANSWER_NONE},
	    {JP_HTTP_ANSWER, 400, JP_ANSWER_NONE},
	    {JP_HTTP_ANSWER, 422, JP_ANSWER_NONE},
	    {JP_HTTP_ANSWER, 500, JP_ANSWER_NONE},
	    {JP_HTTP_ANSWER, 503, JP_ANSWER_NONE},
	    {JP_HTTP_TIMEOUT, 0, JP_ANSWER_NONE},
	    {JP_HTTP_NETWORK, 0, JP_ANSWER_NONE},
	    {JP_HTTP_REFUSED, 0, JP_ANSWER_NONE},
	    {JP_HTTP_MISSING, 0, JP_ANSWER_NONE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const jp_http_response r = {
		    .outcome = cases[i].outcome, .status = cases[i].status, .retry_after = -1};

		g_assert_cmpint(jp_outcome_answer(&r), ==, cases[i].answer);
	}
	rested.outcome = JP_HTTP_LATER;
	g_assert_cmpint(jp_outcome_answer(&rested), ==, JP_ANSWER_LATER);
}

static void
test_unreadable(void)
{
	static const char page[] = "<!DOCTYPE html><title>Just a moment</title>";

	g_assert_cmpint(jp_outcome_unreadable(page, strlen(page)), ==, JP_VISIT_BLOCKED);
	g_assert_cmpint(jp_outcome_unreadable("{\"jobs\":", 8), ==, JP_VISIT_ERROR);
	g_assert_cmpint(jp_outcome_unreadable("", 0), ==, JP_VISIT_ERROR);
}

static jp_listing *
listing(guint n, guint n_bad)
{
	jp_listing *l = jp_listing_new();

	for (guint i = 0; i < n; i++) {
		jp_posting *p = jp_posting_new();

		p->external_id = g_strdup_printf("%u", i);
		p->title = g_strdup("Miller");
		p->url = g_strdup("https://mill.example/");
		jp_listing_add(l, p, "Mill", "x");
	}
	for (guint i = 0; i < n_bad; i++)
		jp_listing_problem(l, "x[%u]: bad", i);
	return l;
}

static void
test_bad_items(void)
{
	static const struct {
		guint n, n_bad;
		gboolean complete;
	} cases[] = {{0, 0, TRUE}, {10, 0, TRUE}, {10, 3, TRUE}, {10, 4, FALSE}, {3, 1, FALSE},
	    {4, 1, TRUE}, {0, 1, FALSE}, {1, 200, FALSE}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_listing) l = listing(cases[i].n, cases[i].n_bad);

		jp_outcome_check(l);
		g_assert_cmpint(l->complete, ==, cases[i].complete);
		g_assert_cmpuint(l->problems->len, <=, 100);
		g_assert_cmpuint(l->n_bad, ==, cases[i].n_bad);
		g_assert_cmpuint(l->n_nameless, ==, cases[i].n_bad);
	}
}

/* What has an id is not missing, whatever else it lacks. */
static void
test_nameless(void)
{
	g_autoptr(jp_listing) l = listing(3, 0);

	for (guint i = 0; i < 2; i++) {
		jp_posting *p = jp_posting_new();

		p->external_id = i == 0 ? g_strdup("17") : NULL;
		jp_listing_add(l, p, "Mill", "x"); /* no title */
	}
	g_assert_cmpuint(l->n_bad, ==, 2);
	g_assert_cmpuint(l->n_nameless, ==, 1);
	g_assert_cmpuint(l->unread->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(l->unread, 0), ==, "17");
}

static void
test_ids_hash(void)
{
	g_autoptr(jp_listing) a = listing(3, 0);
	g_autoptr(jp_listing) b = listing(3, 1);
	g_autoptr(jp_listing) c = listing(4, 0);
	gpointer *p = b->postings->pdata, swap = p[0];
	guint8 ha[32], hb[32], hc[32];

	p[0] = p[2];
	p[2] = swap;
	jp_outcome_ids_hash(a, ha);
	jp_outcome_ids_hash(b, hb);
	jp_outcome_ids_hash(c, hc);
	g_assert_cmpmem(ha, 32, hb, 32); /* order is no change */
	g_assert_cmpint(memcmp(ha, hc, 32), !=, 0);
}

static void
test_messages(void)
{
	static const struct {
		jp_visit_status status;
		const char *why, *disabled, *message;
	} cases[] = {
	    {JP_VISIT_OK, NULL, NULL, "acme (lever): ok"},
	    {JP_VISIT_PARTIAL, "page 2: HTTP 500", NULL, "acme (lever): partial: page 2: HTTP 500"},
	    {JP_VISIT_GONE, "HTTP 404", NULL,
		"acme (lever): HTTP 404; the board is gone or renamed, see jp-board(1)"},
	    {JP_VISIT_BLOCKED, "HTTP 403", NULL,
		"acme (lever): HTTP 403; the service refuses us, it is left alone for longer"},
	    {JP_VISIT_ERROR, "timed out", NULL, "acme (lever): timed out; it is tried again later"},
	    {JP_VISIT_ERROR, NULL, NULL, "acme (lever): error; it is tried again later"},
	    {JP_VISIT_GONE, "HTTP 404", "gone: HTTP 404 on 3 visits",
		"acme (lever): disabled: gone: HTTP 404 on 3 visits; jp-board enable lever:acme "
		"brings it back"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *m = jp_outcome_message(
		    "lever", "acme", cases[i].status, cases[i].why, cases[i].disabled);

		g_assert_cmpstr(m, ==, cases[i].message);
	}
}

static void
test_words(void)
{
	for (int i = JP_VISIT_OK; i <= JP_VISIT_ERROR; i++)
		g_assert_cmpint(
		    jp_visit_status_of(jp_visit_word((jp_visit_status)i)), ==, (jp_visit_status)i);
	g_assert_cmpint(jp_visit_status_of("nonsense"), ==, JP_VISIT_ERROR);
	g_assert_cmpint(jp_visit_status_of(NULL), ==, JP_VISIT_ERROR);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/outcome/R4-answers", test_answers);
	g_test_add_func("/board/outcome/R4-unreadable", test_unreadable);
	g_test_add_func("/board/outcome/R1-bad-items", test_bad_items);
	g_test_add_func("/board/outcome/promise-1-nameless", test_nameless);
	g_test_add_func("/board/outcome/R2-ids-hash", test_ids_hash);
	g_test_add_func("/board/outcome/L09-messages", test_messages);
	g_test_add_func("/board/outcome/words", test_words);
	return g_test_run();
}
