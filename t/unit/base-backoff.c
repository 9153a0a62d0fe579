/* H07: how long to wait before the next try. */
#include "base/base.h"

static void
test_backoff(void)
{
	static const struct {
		guint n;
		gint64 base, cap;
		guint32 random;
		gint64 wait;
	} t[] = {
	    {1, 1000, 30000, 0, 0},
	    {1, 1000, 30000, 0x80000000, 500},
	    {1, 1000, 30000, G_MAXUINT32, 999},
	    {2, 1000, 30000, 0x80000000, 1000},
	    {5, 1000, 30000, 0x80000000, 8000},
	    {6, 1000, 30000, 0x80000000, 15000}, /* capped */
	    {1000000, 1000, 30000, G_MAXUINT32, 29999},
	    {3, 0, 30000, G_MAXUINT32, 0},
	    {1, 1000, 10, 0x80000000, 5},
	    {1, -5, 30000, G_MAXUINT32, 0},
	    {1, 1000, -5, G_MAXUINT32, 0},
	    {64, 3, G_MAXINT64, 0x80000000, G_MAXINT64 / 2},
	    {G_MAXUINT, 1, G_MAXINT64, G_MAXUINT32, G_MAXINT64 - 0x7fffffff},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		gint64 got = jp_backoff(t[i].n, t[i].base, t[i].cap, t[i].random);

		g_test_message("case %" G_GSIZE_FORMAT ": %" G_GINT64_FORMAT, i, got);
		g_assert_cmpint(ABS(got - t[i].wait), <=, 1);
		g_assert_cmpint(got, >=, 0);
	}
}

/* Full jitter: anything from nothing to the ceiling, whatever the dice. */
static void
test_bounds(void)
{
	for (guint i = 0; i < 100000; i++) {
		guint n = (guint)g_test_rand_int_range(1, 80);
		gint64 cap = g_test_rand_int_range(0, G_MAXINT32);
		gint64 got = jp_backoff(n, 250, cap, (guint32)g_test_rand_int());

		g_assert_cmpint(got, >=, 0);
		g_assert_cmpint(got, <=, cap);
	}
}

/* Between two bounds: neither is ever left, both are reached nearly, and the first tries are near
 * the first. */
static void
test_between(void)
{
	const gint64 min = 30 * JP_SECOND, max = 6 * JP_HOUR;

	g_assert_cmpint(jp_backoff_between(1, min, max, 0), ==, min);
	g_assert_cmpint(jp_backoff_between(1, min, max, G_MAXUINT32), ==, 2 * min - 1);
	g_assert_cmpint(jp_backoff_between(40, min, max, 0), ==, min);
	g_assert_cmpint(jp_backoff_between(40, min, max, G_MAXUINT32), ==, max - 1);
	g_assert_cmpint(jp_backoff_between(9, min, min, G_MAXUINT32), ==, min);
	g_assert_cmpint(jp_backoff_between(9, 0, 0, G_MAXUINT32), ==, 0);
	for (guint i = 0; i < 100000; i++) {
		gint64 got = jp_backoff_between(
		    (guint)g_test_rand_int_range(1, 80), min, max, (guint32)g_test_rand_int());

		g_assert_cmpint(got, >=, min);
		g_assert_cmpint(got, <=, max);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/backoff/H07", test_backoff);
	g_test_add_func("/base/backoff/bounds", test_bounds);
	g_test_add_func("/base/backoff/between two bounds", test_between);
	return g_test_run();
}
