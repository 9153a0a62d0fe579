/* The clock, durations, randomness, and numbers from text. */
#include "base/base.h"

#include <math.h>
#include <string.h>

static void
test_frozen(void)
{
	if (g_test_subprocess()) {
		gint64 us = jp_monotonic_us();

		g_setenv("JP_CLOCK", "2026-10-01T13:40:19.753Z", TRUE);
		jp_init("t");
		g_assert_cmpint(jp_now(), ==, G_GINT64_CONSTANT(1790862019753));
		g_assert_cmpint(jp_now(), ==, jp_now());
		g_assert_cmpint(jp_monotonic_us(), >=, us);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
}

static void
test_bad_clock(void)
{
	if (g_test_subprocess()) {
		g_setenv("JP_CLOCK", "noon", TRUE);
		jp_init("t");
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr("t: JP_CLOCK: not an RFC 3339 time\n");
}

static void
test_running(void)
{
	gint64 real = g_get_real_time() / 1000;

	g_assert_cmpint(ABS(jp_now() - real), <, JP_MINUTE);
}

/* ---- durations ------------------------------------------------------------------------------ */

static void
test_durations(void)
{
	static const struct {
		const char *text;
		gint64 ms;
	} cases[] = {{"90s", 90000}, {"15m", 900000}, {"2h", 7200000}, {"7d", 7 * JP_DAY},
	    {"2w", 14 * JP_DAY}, {"500ms", 500}, {"1h30m", 5400000}, {"0", 0}, {"0s", 0},
	    {"1w2d3h4m5s6ms", 9 * JP_DAY + 3 * JP_HOUR + 4 * JP_MINUTE + 5006},
	    {"9223372036854775807ms", G_MAXINT64}};
	static const char *const bad[] = {"", "5", "s", "1x", "1.5h", "-1s", "1 h", "1h ", " 1h",
	    "1m1h", "1h1h", "1H", "00", "9223372036854775808ms", "18446744073709551616ms",
	    "9223372036854775807s", "9223372036854775807ms1", "106751991168d",
	    "1s9223372036854775807ms", "0x1s", "1hh", "1mss"};
	gint64 ms;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_true(jp_duration_parse(cases[i].text, &ms));
		g_assert_cmpint(ms, ==, cases[i].ms);
	}
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		if (jp_duration_parse(bad[i], &ms))
			g_error("'%s' was read", bad[i]);
	}
}

static void
test_duration_format(void)
{
	static const struct {
		gint64 ms;
		const char *text;
	} cases[] = {{0, "0s"}, {-5, "0s"}, {90000, "90s"}, {60000, "1m"}, {6 * JP_HOUR, "6h"},
	    {60 * JP_DAY, "60d"}, {JP_DAY + 1, "1d1ms"}, {36 * JP_HOUR + 1000, "36h1s"},
	    {1500, "1500ms"}, {999, "999ms"}, {4 * JP_DAY, "4d"}, {1234, "1234ms"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = jp_duration_format(cases[i].ms);

		g_assert_cmpstr(text, ==, cases[i].text);
	}
	for (int i = 0; i < 20000; i++) {
		gint64 ms = (gint64)(g_test_rand_int_range(0, G_MAXINT))
		    << g_test_rand_int_range(0, 12);
		g_autofree char *text = jp_duration_format(ms);
		gint64 again;

		g_assert_true(jp_duration_parse(text, &again));
		g_assert_cmpint(again, ==, ms);
	}
}

/* ---- randomness ----------------------------------------------------------------------------- */

static void
test_random(void)
{
	guchar a[1000] = {0}, b[1000] = {0};
	guint seen[10] = {0};

	jp_random_bytes(a, sizeof(a));
	jp_random_bytes(b, sizeof(b));
	g_assert_cmpint(memcmp(a, b, sizeof(a)), !=, 0);
	for (int i = 0; i < 10000; i++)
		seen[jp_random_below(10)]++;
	for (guint i = 0; i < 10; i++) { /* 1000 each; eight deviations of 30 */
		g_assert_cmpuint(seen[i], >, 760);
		g_assert_cmpuint(seen[i], <, 1240);
	}
	g_assert_cmpuint(jp_random_below(1), ==, 0);
	g_assert_cmpuint(jp_random_below(G_MAXUINT32), <, G_MAXUINT32);
}

static void
test_seeded(void)
{
	if (g_test_subprocess()) {
		guchar first[4];

		jp_init("jp-seeded");
		g_setenv("JP_TEST_SEED", "42", TRUE);
		jp_random_bytes(first, sizeof(first));
		g_printerr("%02x%02x%02x%02x", first[0], first[1], first[2], first[3]);
		return;
	}
	for (int i = 0; i < 2; i++) {
		g_test_trap_subprocess(NULL, 0, 0);
		g_test_trap_assert_passed();
		g_test_trap_assert_stderr("374b1a06");
	}
}

/* ---- numbers -------------------------------------------------------------------------------- */

static void
test_ints(void)
{
	static const char *const bad[] = {"", " 1", "1 ", "+1", "0x10", "1.0", "1e3", "--1",
	    "9223372036854775808", "one", "101", "-1"};
	gint64 n;

	g_assert_true(jp_int_parse("0", 0, 100, &n) && n == 0);
	g_assert_true(jp_int_parse("100", 0, 100, &n) && n == 100);
	g_assert_true(jp_int_parse("007", 0, 100, &n) && n == 7);
	g_assert_true(jp_int_parse("-9223372036854775808", G_MININT64, 0, &n) && n == G_MININT64);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(jp_int_parse(bad[i], 0, 100, &n));
}

static void
test_int_written(void)
{
	static const gint64 cases[] = {0, 7, -7, 10, 4000123, -1000, G_MAXINT64, G_MININT64};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *want = g_strdup_printf("%" G_GINT64_FORMAT, cases[i]);
		char got[JP_INT_SIZE];

		g_assert_cmpuint(jp_int_write(got, cases[i]), ==, strlen(want));
		g_assert_cmpstr(got, ==, want);
	}
}

static void
test_sizes(void)
{
	static const char *const bad[] = {"", "MiB", "1 MiB", "1mib", "1MB", "1.5MiB", "-1",
	    "1MiBs", "9223372036854775808", "9007199254740992KiB", "8388608TiB"};
	gint64 n;

	g_assert_true(jp_size_parse("1000", &n) && n == 1000);
	g_assert_true(jp_size_parse("512KiB", &n) && n == 512 * 1024);
	g_assert_true(jp_size_parse("64MiB", &n) && n == 64 * JP_MIB);
	g_assert_true(jp_size_parse("8388607TiB", &n));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(jp_size_parse(bad[i], &n));
}

static void
test_money(void)
{
	static const char *const bad[] = {"", ".", "1.", ".5", "1,5", "-1", "1.0000001",
	    "1234567890123", "1e3", "$5", "1.2.3", " 1"};
	gint64 n;

	g_assert_true(jp_micros_parse("1.25", &n) && n == 1250000);
	g_assert_true(jp_micros_parse("85000", &n) && n == G_GINT64_CONSTANT(85000000000));
	g_assert_true(jp_micros_parse("0.000001", &n) && n == 1);
	g_assert_true(jp_micros_parse("0.1000000000", &n) && n == 100000);
	g_assert_true(jp_micros_parse("999999999999.999999", &n) &&
	    n == G_GINT64_CONSTANT(999999999999999999));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(jp_micros_parse(bad[i], &n));
	g_assert_true(jp_micros_from_double(0.1 + 0.2, &n) && n == 300000);
	g_assert_true(
	    jp_micros_from_double(123456.789, &n) && n == G_GINT64_CONSTANT(123456789000));
	g_assert_false(jp_micros_from_double(-1, &n));
	g_assert_false(jp_micros_from_double(1e12, &n));
	g_assert_false(jp_micros_from_double((double)NAN, &n));
	g_assert_false(jp_micros_from_double((double)INFINITY, &n));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/clock/JP_CLOCK freezes it", test_frozen);
	g_test_add_func("/base/clock/a bad JP_CLOCK is fatal", test_bad_clock);
	g_test_add_func("/base/clock/runs", test_running);
	g_test_add_func("/base/duration/parse", test_durations);
	g_test_add_func("/base/duration/format is exact and short", test_duration_format);
	g_test_add_func("/base/random/spread", test_random);
	g_test_add_func("/base/random/JP_TEST_SEED repeats", test_seeded);
	g_test_add_func("/base/number/int", test_ints);
	g_test_add_func("/base/number/int written", test_int_written);
	g_test_add_func("/base/number/size", test_sizes);
	g_test_add_func("/base/number/money", test_money);
	return g_test_run();
}
