/* H06, H07: how long to wait. */
#include "http/http.h"

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

static void
test_retry_after(void)
{
	const gint64 now = G_GINT64_CONSTANT(1790000000000);
	static const struct {
		const char *value;
		gint64 wait;
	} t[] = {
	    {NULL, -1},
	    {"", -1},
	    {"0", 0},
	    {"120", 120 * JP_SECOND},
	    {" 120 ", 120 * JP_SECOND},
	    {"99999999999999999999", 366 * JP_DAY},
	    {"-5", -1},
	    {"1.5", -1},
	    {"5 minutes", -1},
	    {"soon", -1},
	    {"Mon, 21 Sep 2026 14:13:30 GMT", 10 * JP_SECOND},
	    {"Monday, 21-Sep-26 14:13:30 GMT", 10 * JP_SECOND},
	    {"Mon Sep 21 14:13:30 2026", 10 * JP_SECOND},
	    {"Mon, 21 Sep 2026 14:13:10 GMT", 0}, /* over already */
	    {"Mon, 21 Sep 2099 14:13:10 GMT", 366 * JP_DAY},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_test_message("'%s'", t[i].value ? t[i].value : "(none)");
		g_assert_cmpint(jp_retry_after(t[i].value, now), ==, t[i].wait);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/backoff/H07", test_backoff);
	g_test_add_func("/http/backoff/bounds", test_bounds);
	g_test_add_func("/http/backoff/H06-retry-after", test_retry_after);
	return g_test_run();
}
