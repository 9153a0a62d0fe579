/* The pure parts of stats: percentiles, spans of time, the judgement of health. */
#include <string.h>

#include "stats/stats.h"

static void
test_percentile(void)
{
	static const struct {
		gint64 buckets[5];
		double share;
		gint64 max, want;
	} t[] = {
	    {{0, 0, 0, 0, 0}, 0.5, 100, 0},
	    {{1, 0, 0, 0, 0}, 0.5, 100, 1},
	    {{1, 1, 1, 1, 0}, 0.5, 100, 2},
	    {{1, 1, 1, 1, 0}, 0.75, 100, 4},
	    {{1, 1, 1, 1, 0}, 0.76, 100, 8},
	    {{1, 1, 1, 1, 0}, 1.0, 5, 5}, /* never more than the most that was seen */
	    {{0, 0, 0, 0, 9}, 0.5, 5000, 5000},
	    {{99, 0, 0, 0, 1}, 0.99, 5000, 1},
	    {{98, 0, 0, 0, 2}, 0.99, 5000, 5000},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_test_message("case %" G_GSIZE_FORMAT, i);
		g_assert_cmpint(
		    jp_stats_percentile(t[i].buckets, 5, t[i].share, t[i].max), ==, t[i].want);
	}
}

/* A second way: every call at the upper edge of its bucket, sorted. */
static void
test_percentile_sorted(void)
{
	for (int round = 0; round < 200; round++) {
		gint64 buckets[8] = {0}, edges[100];
		int n = g_test_rand_int_range(1, 100), at = 0;
		int percent = g_test_rand_int_range(1, 101);

		for (int i = 0; i < n; i++)
			buckets[g_test_rand_int_range(0, 7)]++;
		for (int k = 0; k < 8; k++)
			for (gint64 i = 0; i < buckets[k]; i++)
				edges[at++] = G_GINT64_CONSTANT(1) << k;
		g_assert_cmpint(jp_stats_percentile(buckets, 8, percent / 100.0, G_MAXINT64), ==,
		    edges[(n * percent + 99) / 100 - 1]);
	}
}

static void
test_buckets(void)
{
	static const struct {
		const char *json;
		gint64 want[3];
	} t[] = {
	    {"[1,2,3]", {1, 2, 3}},
	    {"[1,2,3,4]", {1, 2, 3}},
	    {"[1]", {1, 0, 0}},
	    {"[]", {0, 0, 0}},
	    {"[-1,\"2\",1e300]", {0, 0, 0}},
	    {"{\"a\":1}", {0, 0, 0}},
	    {"nonsense", {0, 0, 0}},
	    {"", {0, 0, 0}},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		gint64 got[3] = {7, 7, 7};

		jp_stats_buckets_parse(t[i].json, got, 3);
		g_assert_cmpmem(got, sizeof(got), t[i].want, sizeof(t[i].want));
	}
}

static void
test_span(void)
{
	static const struct {
		gint64 ms;
		const char *want;
	} t[] = {
	    {-5, "0 seconds"},
	    {0, "0 seconds"},
	    {1999, "1 second"},
	    {59 * JP_SECOND, "59 seconds"},
	    {JP_MINUTE, "1 minute"},
	    {119 * JP_MINUTE, "1 hour"},
	    {2 * JP_HOUR, "2 hours"},
	    {47 * JP_HOUR, "47 hours"}, /* not "1 day" */
	    {2 * JP_DAY, "2 days"},
	    {1000 * JP_DAY, "1000 days"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *got = jp_stats_span(t[i].ms);

		g_assert_cmpstr(got, ==, t[i].want);
	}
}

/* ---- health ---------------------------------------------------------------------------------- */

#define NOW (1000 * JP_DAY)
#define AGE (3 * JP_HOUR)

/* Everything ran a minute ago and ended well. */
static jp_health_facts
well(void)
{
	jp_health_facts f = {.now = NOW, .age = AGE, .ready_since = JP_NO_TIME};
	static const char *const names[] = {"jp-scrape", "jp-match", "jp-mail"};

	for (guint i = 0; i < JP_HEALTH_N_PROGRAMS; i++)
		f.programs[i] = (jp_health_program){.program = names[i],
		    .is_wanted = TRUE,
		    .started_at = NOW - JP_MINUTE,
		    .success_at = NOW - JP_MINUTE,
		    .exit_code = 0};
	return f;
}

/* Judges and expects one problem with this word and these words in its sentence; NULL: none. */
static void
expect(const jp_health_facts *f, const char *word, const char *part)
{
	g_autoptr(GPtrArray) got = jp_health_judge(f);
	const jp_health_problem *p;

	g_assert_cmpuint(got->len, ==, word ? 1 : 0);
	if (!word)
		return;
	p = g_ptr_array_index(got, 0);
	g_test_message("%s: %s", p->word, p->what);
	g_assert_cmpstr(p->word, ==, word);
	g_assert_nonnull(strstr(p->what, part));
}

static void
test_programs(void)
{
	jp_health_facts f = well();
	jp_health_program *p = &f.programs[1];

	expect(&f, NULL, NULL);
	p->started_at = p->success_at = NOW - AGE; /* late is later than that */
	expect(&f, NULL, NULL);
	p->started_at = p->success_at = NOW - AGE - 1;
	expect(&f, "silent", "jp-match has not run for 3 hours");
	p->is_wanted = FALSE;
	expect(&f, NULL, NULL);
	p->is_wanted = TRUE;
	p->started_at = p->success_at = JP_NO_TIME;
	p->exit_code = JP_NO_INT;
	expect(&f, "silent", "jp-match has never run");
}

static void
test_failing(void)
{
	jp_health_facts f = well();
	jp_health_program *p = &f.programs[2];

	p->exit_code = 75; /* once is nothing: the last good one is recent */
	expect(&f, NULL, NULL);
	p->success_at = NOW - 2 * JP_DAY;
	expect(&f, "failing", "jp-mail has not ended well for 2 days; the last run ended with 75");
	p->success_at = JP_NO_TIME;
	expect(&f, "failing", "once");
	p->exit_code = JP_NO_INT; /* the first run goes on */
	expect(&f, NULL, NULL);
}

static void
test_boards(void)
{
	jp_health_facts f = well();

	f.n_persistent = 1;
	f.persistent = (char *)(gpointer) "lever:acme";
	expect(&f, "boards", "lever:acme failed again and again; see jp-stats alerts");
	f.n_persistent = 2;
	expect(&f, "boards", "lever:acme and others");
	f = well();
	f.n_disabled = 1;
	f.disabled = (char *)(gpointer) "lever:acme";
	expect(&f, "disabled", "lever:acme was disabled");
	f = well();
	f.n_crowded = 1;
	f.crowded = (char *)(gpointer) "9 boards of a.example need more";
	expect(&f, "crowded", "9 boards of a.example need more; give them a longer interval");
	f.n_crowded = 2;
	expect(&f, "crowded", "9 boards of a.example need more, and so with other hosts;");
	f = well();
	f.n_late_boards = 2;
	f.late_boards_since = NOW - 5 * JP_HOUR;
	expect(&f, "late-boards", "2 boards have not been visited when due, for up to 5 hours");
}

static void
test_tasks(void)
{
	jp_health_facts f = well();

	f.n_dead = 1;
	f.dead = (char *)(gpointer) "email";
	expect(&f, "dead-tasks", "1 task (email) failed for good within a day");
	f.n_dead = 2;
	expect(&f, "dead-tasks", "2 tasks (email and others) failed");
	f = well();
	f.n_late_tasks = 2;
	f.late_tasks_since = NOW - 4 * JP_HOUR;
	f.late_tasks = (char *)(gpointer) "match";
	expect(&f, "late-tasks", "2 tasks have waited (match and others) for up to 4 hours");
}

static void
test_mail(void)
{
	jp_health_facts f = well();

	f.n_held = 1;
	expect(&f, "held", "1 message is held");
	f.n_held = 2;
	expect(&f, "held", "2 messages are held");
	f = well();
	f.n_failed = 3;
	expect(&f, "undelivered", "3 messages");
	f = well();
	f.ready_since = NOW - AGE;
	expect(&f, NULL, NULL);
	f.ready_since = NOW - AGE - 1;
	expect(&f, "late-mail", "for 3 hours");
	f = well();
	f.n_late_digests = 1;
	f.late_digests_since = NOW - 4 * JP_HOUR;
	expect(&f, "late-digests", "1 subscriber has been due a digest for up to 4 hours");
	f = well();
	f.n_unfinished = 2;
	f.unfinished = (char *)(gpointer) "jp-mail";
	expect(&f, "unfinished", "2 runs (jp-mail and others) did not end");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stats/percentile/table", test_percentile);
	g_test_add_func("/stats/percentile/sorted", test_percentile_sorted);
	g_test_add_func("/stats/percentile/buckets", test_buckets);
	g_test_add_func("/stats/span", test_span);
	g_test_add_func("/stats/health/programs", test_programs);
	g_test_add_func("/stats/health/C02-failing", test_failing);
	g_test_add_func("/stats/health/boards", test_boards);
	g_test_add_func("/stats/health/mail", test_mail);
	g_test_add_func("/stats/health/tasks", test_tasks);
	return g_test_run();
}
