/*
 * The scheduler: pauses after each kind of visit, what it learns, and that in the long run a board
 * is visited as often as its news are worth.
 */
#include <math.h>

#include "board/internal.h"

static const jp_range hour = {JP_HOUR, JP_HOUR};
static const jp_range wide = {2 * JP_HOUR, 12 * JP_HOUR};

/* One visit: from a schedule, with the least jitter. */
static jp_board_schedule
after(jp_board_schedule s, jp_visit_status status, gint64 ttl, gint64 retry_after)
{
	const jp_schedule_visit v = {.status = status,
	    .range = hour,
	    .ttl = ttl,
	    .retry_after = retry_after,
	    .max_failures = 3};

	jp_board_schedule_next(&s, &v);
	return s;
}

static void
test_success(void)
{
	static const jp_visit_status good[] = {
	    JP_VISIT_OK, JP_VISIT_UNCHANGED, JP_VISIT_PARTIAL, JP_VISIT_SUSPECT, JP_VISIT_EMPTY};
	const jp_board_schedule fresh = {0};

	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		jp_board_schedule s =
		    after((jp_board_schedule){.failures = 7, .gone = 2}, good[i], 0, -1);

		g_assert_false(jp_visit_is_failure(good[i]));
		g_assert_cmpint(s.failures, ==, 0);
		g_assert_cmpint(s.gone, ==, 0);
		g_assert_false(s.disable);
		g_assert_cmpint(s.next_at, ==, JP_HOUR);
	}
	/* a feed's ttl lengthens, up to a day, and never shortens */
	g_assert_cmpint(after(fresh, JP_VISIT_OK, 3 * JP_HOUR, -1).next_at, ==, 3 * JP_HOUR);
	g_assert_cmpint(after(fresh, JP_VISIT_OK, 9 * JP_DAY, -1).next_at, ==, JP_DAY);
	g_assert_cmpint(after(fresh, JP_VISIT_OK, JP_MINUTE, -1).next_at, ==, JP_HOUR);
}

static void
test_failures(void)
{
	static const gint64 pauses[] = {1, 2, 4, 8, 16, 32, 64, 128, 168, 168};
	jp_board_schedule s = {0};

	for (guint i = 0; i < G_N_ELEMENTS(pauses); i++) {
		s = after(s, i % 2 ? JP_VISIT_ERROR : JP_VISIT_BLOCKED, 0, -1);
		g_assert_cmpint(s.next_at, ==, pauses[i] * JP_HOUR);
		g_assert_cmpint(
		    jp_board_schedule_is_parked(s.failures, s.pace), ==, pauses[i] == 168);
		g_assert_false(s.disable); /* R4: no answer never disables */
	}
	g_assert_cmpint(s.failures, ==, G_N_ELEMENTS(pauses));
	/* for ever so many failures nothing overflows */
	s.failures = G_MAXINT32;
	g_assert_cmpint(after(s, JP_VISIT_ERROR, 0, -1).next_at, ==, 7 * JP_DAY);
}

static void
test_gone(void)
{
	jp_board_schedule s = {0};

	s = after(s, JP_VISIT_GONE, 0, -1);
	s = after(s, JP_VISIT_GONE, 0, -1);
	g_assert_false(s.disable);
	/* "only after repetition": another answer begins the count again */
	s = after(s, JP_VISIT_ERROR, 0, -1);
	g_assert_cmpint(s.gone, ==, 0);
	for (int i = 0; i < 2; i++) {
		s = after(s, JP_VISIT_GONE, 0, -1);
		g_assert_false(s.disable);
	}
	s = after(s, JP_VISIT_GONE, 0, -1);
	g_assert_true(s.disable);
	s.failures = 30;
	g_assert_cmpint(after(s, JP_VISIT_GONE, 0, -1).next_at, ==, JP_DAY);
}

static void
test_retry_after(void)
{
	const jp_board_schedule s = {0};

	g_assert_cmpint(after(s, JP_VISIT_BLOCKED, 0, 5 * JP_HOUR).next_at, ==, 5 * JP_HOUR);
	g_assert_cmpint(after(s, JP_VISIT_BLOCKED, 0, JP_MINUTE).next_at, ==, JP_HOUR);
	g_assert_cmpint(after(s, JP_VISIT_BLOCKED, 0, G_MAXINT64).next_at, ==, 30 * JP_DAY);
}

/* H08 "spread over the hour": never later than the interval, a tenth earlier at most. */
static void
test_jitter(void)
{
	for (guint32 i = 0; i < 1000; i++) {
		const jp_schedule_visit v = {.range = hour, .random = i * 4294967};
		jp_board_schedule s = {0};

		jp_board_schedule_next(&s, &v);
		g_assert_cmpint(s.next_at, <=, JP_HOUR);
		g_assert_cmpint(s.next_at, >=, JP_HOUR - JP_HOUR / 10);
	}
}

/* ---- learning ----------------------------------------------------------------------------- */

static void
visit(jp_board_schedule *s, jp_visit_status status, gint64 n_found, gboolean is_first)
{
	const jp_schedule_visit v = {
	    .status = status, .range = wide, .n_found = n_found, .is_first = is_first};

	jp_board_schedule_next(s, &v);
}

static void
test_averages(void)
{
	jp_board_schedule s = {.success = 1, .weight = 10};

	visit(&s, JP_VISIT_OK, 5000, TRUE);
	g_assert_cmpfloat(s.yield, ==, 0); /* a first listing is no news */
	g_assert_cmpint(s.pace, ==, (gint64)sqrt(2.0 * 12) * JP_HOUR + s.pace % JP_HOUR);
	visit(&s, JP_VISIT_OK, 10, FALSE);
	g_assert_cmpfloat_with_epsilon(s.yield, 2, 1e-9);
	visit(&s, JP_VISIT_UNCHANGED, 0, FALSE);
	g_assert_cmpfloat_with_epsilon(s.yield, 1.6, 1e-9);
	visit(&s, JP_VISIT_ERROR, 0, FALSE);
	g_assert_cmpfloat_with_epsilon(s.yield, 1.6, 1e-9); /* nothing was learned of it */
	g_assert_cmpfloat_with_epsilon(s.success, 0.8, 1e-9);
}

static void
test_range(void)
{
	jp_board_schedule s = {0};

	for (int i = 0; i < 20; i++)
		visit(&s, JP_VISIT_OK, 1, FALSE);
	g_assert_cmpint(s.pace, ==, wide.min);
	for (int i = 0; i < 20; i++)
		visit(&s, JP_VISIT_UNCHANGED, 0, FALSE);
	g_assert_cmpint(s.pace, ==, wide.max);
	/* a narrower range of the operator holds at once */
	s = after(s, JP_VISIT_ERROR, 0, -1);
	g_assert_cmpint(s.pace, ==, JP_HOUR);
}

/* News come at random, one in `every` ms; gives the mean pause over a long time. */
static double
mean_pace(double every, guint32 seed)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	jp_board_schedule s = {.success = 1, .weight = 10};
	gint64 now = 0, n = 0;

	while (now < 2000 * JP_DAY) {
		double quiet = exp(-(double)s.pace / every);
		const jp_schedule_visit v = {.now = now,
		    .range = {JP_MINUTE, 60 * JP_DAY},
		    .n_found = g_rand_double(rand) > quiet,
		    .random = g_rand_int(rand)};

		jp_board_schedule_next(&s, &v);
		now = s.next_at;
		n++;
	}
	return (double)now / (double)n;
}

/* Whatever the board's rate, a visit is worth about the same: one in three finds something. */
static void
test_settles(void)
{
	for (gint64 every = JP_HOUR; every < 10 * JP_DAY; every *= 3) {
		double pace = mean_pace((double)every, 1);

		g_assert_cmpfloat(pace, >, 0.2 * (double)every);
		g_assert_cmpfloat(pace, <, 0.8 * (double)every);
	}
}

static void
test_head_start(void)
{
	g_assert_cmpint(jp_board_schedule_head_start(0, 1, 10), ==, 30 * JP_MINUTE);
	g_assert_cmpint(jp_board_schedule_head_start(0, 1, 20), ==, JP_HOUR);
	g_assert_cmpint(jp_board_schedule_head_start(7, 1, 10), ==, 2 * JP_HOUR);
	g_assert_cmpint(jp_board_schedule_head_start(7, 0.5, 10), ==, JP_HOUR);
	g_assert_cmpint(jp_board_schedule_head_start(7, 0, 10), ==, 0);
	g_assert_cmpint(jp_board_schedule_head_start(1e9, 1, 1000), ==, JP_DAY);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/board/schedule/success", test_success);
	g_test_add_func("/board/schedule/failures", test_failures);
	g_test_add_func("/board/schedule/gone", test_gone);
	g_test_add_func("/board/schedule/H06-retry-after", test_retry_after);
	g_test_add_func("/board/schedule/H08-jitter", test_jitter);
	g_test_add_func("/board/schedule/averages", test_averages);
	g_test_add_func("/board/schedule/range", test_range);
	g_test_add_func("/board/schedule/settles", test_settles);
	g_test_add_func("/board/schedule/head-start", test_head_start);
	return g_test_run();
}
