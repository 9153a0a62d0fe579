/*
 * Tests of lib/mail/schedule.c: known instants, and a property against a slow model that walks the
 * local clock of the C library minute by minute.
 */
#include "mail/mail.h"

#include <stdlib.h>
#include <time.h>

static gint64
at(const char *text)
{
	gint64 ms = 0;

	g_assert_true(jp_time_parse(text, &ms, NULL));
	return ms;
}

static const struct {
	const char *name;
	jp_frequency f;
	int hour, weekday;
	const char *zone, *after, *expected;
} cases[] = {
    {"daily-today", JP_FREQUENCY_DAILY, 8, 1, "Europe/Berlin", "2026-03-03T06:59:59Z",
	"2026-03-03T07:00:00Z"},
    {"C05-strictly-after", JP_FREQUENCY_DAILY, 8, 1, "Europe/Berlin", "2026-03-03T07:00:00Z",
	"2026-03-04T07:00:00Z"},
    {"one-millisecond-before", JP_FREQUENCY_DAILY, 8, 1, "Europe/Berlin",
	"2026-03-03T06:59:59.999Z", "2026-03-03T07:00:00Z"},
    {"one-millisecond-after", JP_FREQUENCY_DAILY, 8, 1, "Europe/Berlin", "2026-03-03T07:00:00.001Z",
	"2026-03-04T07:00:00Z"},
    {"midnight", JP_FREQUENCY_DAILY, 0, 1, "America/New_York", "2026-01-31T23:00:00Z",
	"2026-02-01T05:00:00Z"},
    {"over-the-year", JP_FREQUENCY_DAILY, 23, 1, "UTC", "2026-12-31T23:00:00Z",
	"2027-01-01T23:00:00Z"},
    {"leap-day", JP_FREQUENCY_DAILY, 8, 1, "UTC", "2028-02-28T08:00:00Z", "2028-02-29T08:00:00Z"},
    {"weekdays-friday", JP_FREQUENCY_WEEKDAYS, 8, 1, "UTC", "2026-03-05T08:00:00Z",
	"2026-03-06T08:00:00Z"},
    {"weekdays-over-the-weekend", JP_FREQUENCY_WEEKDAYS, 8, 1, "UTC", "2026-03-06T08:00:00Z",
	"2026-03-09T08:00:00Z"},
    {"weekly-same-day", JP_FREQUENCY_WEEKLY, 8, 3, "UTC", "2026-03-04T07:00:00Z",
	"2026-03-04T08:00:00Z"},
    {"weekly-a-week-on", JP_FREQUENCY_WEEKLY, 8, 3, "UTC", "2026-03-04T08:00:00Z",
	"2026-03-11T08:00:00Z"},
    {"weekly-sunday", JP_FREQUENCY_WEEKLY, 8, 7, "UTC", "2026-03-04T08:00:00Z",
	"2026-03-08T08:00:00Z"},
    /* The local weekday counts, not that of UTC. */
    {"weekly-far-east", JP_FREQUENCY_WEEKLY, 8, 1, "Pacific/Auckland", "2026-07-05T00:00:00Z",
	"2026-07-05T20:00:00Z"},
    /* 29 March 2026, 2:00 to 3:00 is skipped in Berlin. */
    {"C05-skipped-hour", JP_FREQUENCY_DAILY, 2, 1, "Europe/Berlin", "2026-03-28T12:00:00Z",
	"2026-03-29T01:00:00Z"},
    {"C05-after-a-skipped-hour", JP_FREQUENCY_DAILY, 2, 1, "Europe/Berlin", "2026-03-29T01:00:00Z",
	"2026-03-30T00:00:00Z"},
    /* 25 October 2026, 2:00 to 3:00 comes twice. */
    {"C05-doubled-hour", JP_FREQUENCY_DAILY, 2, 1, "Europe/Berlin", "2026-10-24T12:00:00Z",
	"2026-10-25T00:00:00Z"},
    {"C05-not-the-second-time", JP_FREQUENCY_DAILY, 2, 1, "Europe/Berlin", "2026-10-25T00:00:00Z",
	"2026-10-26T01:00:00Z"},
    {"C05-23-hour-day", JP_FREQUENCY_DAILY, 8, 1, "Europe/Berlin", "2026-03-28T07:00:00Z",
	"2026-03-29T06:00:00Z"},
    {"C05-25-hour-day", JP_FREQUENCY_DAILY, 8, 1, "Europe/Berlin", "2026-10-24T06:00:00Z",
	"2026-10-25T07:00:00Z"},
    /* Clocks go forward at midnight: the day begins at 1:00. */
    {"C05-skipped-midnight", JP_FREQUENCY_DAILY, 0, 1, "Africa/Cairo", "2026-04-23T12:00:00Z",
	"2026-04-23T22:00:00Z"},
    /* Half an hour only, and the other way round for the season. */
    {"lord-howe", JP_FREQUENCY_DAILY, 2, 1, "Australia/Lord_Howe", "2026-10-02T16:00:00Z",
	"2026-10-03T15:30:00Z"},
    /* 30 December 2011 never was in Apia; its digest comes when the 31st begins, then that one's.
     */
    {"C05-skipped-day", JP_FREQUENCY_DAILY, 8, 1, "Pacific/Apia", "2011-12-29T18:00:00Z",
	"2011-12-30T10:00:00Z"},
    {"C05-after-a-skipped-day", JP_FREQUENCY_DAILY, 8, 1, "Pacific/Apia", "2011-12-30T10:00:00Z",
	"2011-12-30T18:00:00Z"},
    {"half-hour-zone", JP_FREQUENCY_DAILY, 8, 1, "Asia/Kolkata", "2026-03-03T00:00:00Z",
	"2026-03-03T02:30:00Z"},
    {"unknown-zone-is-utc", JP_FREQUENCY_DAILY, 8, 1, "Mars/Olympus", "2026-03-03T00:00:00Z",
	"2026-03-03T08:00:00Z"},
    {"no-zone-is-utc", JP_FREQUENCY_DAILY, 8, 1, "", "2026-03-03T00:00:00Z",
	"2026-03-03T08:00:00Z"},
    {"path-is-utc", JP_FREQUENCY_DAILY, 8, 1, "/usr/share/zoneinfo/Asia/Kolkata",
	"2026-03-03T00:00:00Z", "2026-03-03T08:00:00Z"},
    {"first-day", JP_FREQUENCY_DAILY, 8, 1, "America/New_York", "1970-01-01T00:00:00Z",
	"1970-01-01T13:00:00Z"},
    {"far-future-summer", JP_FREQUENCY_DAILY, 8, 1, "Europe/Berlin", "2060-07-01T00:00:00Z",
	"2060-07-01T06:00:00Z"},
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	gint64 due = jp_schedule_next(
	    cases[i].f, cases[i].hour, cases[i].weekday, cases[i].zone, at(cases[i].after));
	g_autofree char *text = jp_time_format(due);

	g_assert_cmpstr(text, ==, cases[i].expected);
}

static void
test_no_clock(void)
{
	gint64 now = at("2026-03-03T12:34:56Z");

	g_assert_cmpint(jp_schedule_next(JP_FREQUENCY_OFF, 8, 1, "UTC", now), ==, G_MAXINT64);
	g_assert_cmpint(jp_schedule_next(JP_FREQUENCY_INSTANT, 8, 1, "UTC", now), ==, now);
}

/* ---- the slow model -------------------------------------------------------------------------- */

static gint64
local_wall(gint64 second, struct tm *tm)
{
	time_t t = (time_t)second;

	g_assert_nonnull(localtime_r(&t, tm));
	return (gint64)timegm(&(struct tm){.tm_year = tm->tm_year,
	    .tm_mon = tm->tm_mon,
	    .tm_mday = tm->tm_mday,
	    .tm_hour = tm->tm_hour,
	    .tm_min = tm->tm_min});
}

static gboolean
model_day(jp_frequency f, int weekday, gint64 wall)
{
	time_t t = (time_t)wall;
	struct tm tm;
	int wday;

	g_assert_nonnull(gmtime_r(&t, &tm));
	wday = tm.tm_wday ? tm.tm_wday : 7;
	if (f == JP_FREQUENCY_WEEKDAYS)
		return wday <= 5;
	return f != JP_FREQUENCY_WEEKLY || wday == weekday;
}

/* Walks from a day before: `high` is the latest local time reached, and what the clock reaches or
 * jumps over for the first time is due. */
static gint64
model(jp_frequency f, int hour, int weekday, gint64 after)
{
	gint64 from = after / JP_SECOND / 60 * 60 - 2 * 24 * 60 * 60, high;
	struct tm tm;

	high = local_wall(from, &tm);
	for (gint64 t = from + 60;; t += 60) {
		gint64 wall = local_wall(t, &tm);

		for (gint64 w = high + 60; w <= wall; w += 60) {
			high = w;
			if (w % (24 * 60 * 60) == hour * 60 * 60 && model_day(f, weekday, w) &&
			    t * JP_SECOND > after)
				return t * JP_SECOND;
		}
	}
}

static void
check_zone(const char *zone, const char *change)
{
	gint64 middle = at(change);
	guint n = g_getenv("JP_SOAK") ? 400 : 25;

	g_setenv("TZ", zone, TRUE);
	tzset();
	for (guint i = 0; i < n; i++) {
		jp_frequency f = (jp_frequency)g_test_rand_int_range(
		    JP_FREQUENCY_DAILY, JP_FREQUENCY_WEEKLY + 1);
		/* Mostly the small hours, in which clocks change. */
		int hour = g_test_rand_int_range(0, g_test_rand_bit() ? 4 : 24);
		int weekday = g_test_rand_int_range(1, 8);
		gint64 after =
		    middle + g_test_rand_int_range(-3 * 24 * 60, 3 * 24 * 60) * JP_MINUTE;
		gint64 expected, due;

		if (g_test_rand_bit())
			after += g_test_rand_int_range(0, 60000);
		expected = model(f, hour, weekday, after);
		due = jp_schedule_next(f, hour, weekday, zone, after);
		if (due != expected)
			g_error("%s: frequency %d hour %d weekday %d after %" G_GINT64_FORMAT
				": %" G_GINT64_FORMAT ", the model says %" G_GINT64_FORMAT,
			    zone, (int)f, hour, weekday, after, due, expected);
	}
}

static void
test_model(void)
{
	static const char *const changes[][2] = {
	    {"Europe/Berlin", "2026-03-29T01:00:00Z"},
	    {"Europe/Berlin", "2026-10-25T01:00:00Z"},
	    {"America/New_York", "2026-03-08T07:00:00Z"},
	    {"America/New_York", "2026-11-01T06:00:00Z"},
	    {"Europe/Dublin", "2026-10-25T01:00:00Z"},       /* winter is its daylight time */
	    {"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, /* half an hour */
	    {"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
	    {"Africa/Cairo", "2026-04-23T22:00:00Z"}, /* at midnight */
	    {"America/Santiago", "2026-04-05T03:00:00Z"},
	    {"America/Santiago", "2026-09-06T04:00:00Z"},
	    {"Asia/Beirut", "2026-10-24T21:00:00Z"},
	    {"Africa/Casablanca", "2026-02-15T02:00:00Z"}, /* around Ramadan */
	    {"Pacific/Apia", "2011-12-30T10:00:00Z"},      /* a whole day */
	    {"Asia/Pyongyang", "2018-05-04T15:00:00Z"},    /* for good */
	    {"Asia/Kathmandu", "2026-06-01T00:00:00Z"},    /* never */
	    {"UTC", "2026-06-01T00:00:00Z"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++)
		check_zone(changes[i][0], changes[i][1]);
}

/* A year of digests: one a day, however often the clock changed. */
static void
test_year(void)
{
	gint64 t = at("2026-01-01T00:00:00Z"), end = at("2027-01-01T00:00:00Z");
	guint n = 0;

	while ((t = jp_schedule_next(JP_FREQUENCY_DAILY, 2, 1, "Europe/Berlin", t)) < end)
		n++;
	g_assert_cmpuint(n, ==, 365);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name = g_strconcat("/mail/schedule/", cases[i].name, NULL);

		g_test_add_data_func(name, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/mail/schedule/no-clock", test_no_clock);
	g_test_add_func("/mail/schedule/C05-model", test_model);
	g_test_add_func("/mail/schedule/C05-year", test_year);
	return g_test_run();
}
