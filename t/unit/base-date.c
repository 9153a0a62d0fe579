/* Dates as boards.md section 1 lists them; years, months and zones that do not exist. */
#include "base/base.h"

#define OCT_1 G_GINT64_CONSTANT(1790862019000) /* 2026-10-01T13:40:19Z */

static void
check(const char *text, gint64 expected)
{
	gint64 ms = -1;

	if (!jp_time_parse(text, &ms, NULL) || ms != expected)
		g_error("'%s' was read as %" G_GINT64_FORMAT, text, ms);
}

static void
check_mail(const char *text, gint64 expected)
{
	gint64 ms = -1;

	if (!jp_time_parse_rfc822(text, &ms) || ms != expected)
		g_error("'%s' was read as %" G_GINT64_FORMAT, text, ms);
	check(text, expected);
}

static void
test_iso(void)
{
	static const char *const same[] = {"2026-10-01T13:40:19Z", "2026-10-01t13:40:19z",
	    "2026-10-01T13:40:19+00:00", "2026-10-01T13:40:19-00:00", "2026-10-01T15:40:19+02:00",
	    "2026-10-01T15:40:19+0200", "2026-10-01T15:40:19+02", "2026-10-01T09:10:19-04:30",
	    "2026-10-01 13:40:19 UTC", "2026-10-01 13:40:19 GMT", "2026-10-01 13:40:19",
	    "2026-10-01T13:40:19.000Z", "2026-10-01T13:40:19.0009999Z", "  2026-10-01T13:40:19Z\n",
	    "2026-10-02T13:39:19+23:59"};

	for (guint i = 0; i < G_N_ELEMENTS(same); i++)
		check(same[i], OCT_1);
	check("2026-10-01T13:40:19.753+00:00", OCT_1 + 753);
	check("2026-10-01T13:40:19,7Z", OCT_1 + 700);
	check("2026-10-01T13:40Z", OCT_1 - 19000);
	check("1970-01-01T00:00:00Z", 0);
	check("2016-12-31T23:59:60Z", G_GINT64_CONSTANT(1483228800000)); /* a leap second */
	check("9999-12-31T23:59:59.999Z", G_GINT64_CONSTANT(253402300799999));
}

static void
test_date_only(void)
{
	gboolean only = FALSE;
	gint64 ms;

	g_assert_true(jp_time_parse("2026-10-01", &ms, &only));
	g_assert_true(only);
	g_assert_cmpint(ms, ==, OCT_1 - OCT_1 % JP_DAY);
	g_assert_true(jp_time_parse("2026-10-01T00:00:00Z", &ms, &only));
	g_assert_false(only);
	g_assert_true(jp_time_parse("1 Oct 2026", &ms, &only));
	g_assert_false(only); /* of RFC 3339's form only */
}

static void
test_mail(void)
{
	static const char *const same[] = {"Thu, 01 Oct 2026 13:40:19 +0000",
	    "Thu, 01 Oct 2026 15:40:19 +0200", "Thu, 01 Oct 2026 15:40:19 +02:00",
	    "Thu, 1 Oct 2026 13:40:19 GMT", "Mon, 01 Oct 2026 13:40:19 GMT", "1 Oct 26 13:40:19 UT",
	    "01 Oct 126 13:40:19 Z", "Thu, 01 Oct 2026 09:40:19 EDT",
	    "Thu, 01 Oct 2026 06:40:19 PDT", "Thu, 01 Oct 2026 15:40:19 CEST",
	    "Thursday, 01-Oct-26 13:40:19 GMT", "Thu, 01 October 2026 13:40:19 GMT",
	    "thu, 01 OCT 2026 13:40:19 gmt", "Thu, 01 Oct 2026 06:40:19 -0700 (PDT)",
	    "Thu 01 Oct 2026 13:40:19 GMT", "Thu, 01 Oct 2026 13:40:19",
	    "Thu,01 Oct 2026 13:40:19 XYZ", "Thu, 1 Oct 2026 13:40:19 -0000"};

	for (guint i = 0; i < G_N_ELEMENTS(same); i++)
		check_mail(same[i], OCT_1);
	check_mail("Thu, 01 Oct 2026 13:40 GMT", OCT_1 - 19000);
	check_mail("Fri, 31 Dec 99 23:59:59 GMT", G_GINT64_CONSTANT(946684799000));
	check_mail("01 Oct 2026", OCT_1 - OCT_1 % JP_DAY);
}

static void
test_date_program(void)
{
	gint64 oct_9 = G_GINT64_CONSTANT(1791511260000);

	check_mail("Fri Oct 09 02:01:00 UTC 2026", oct_9);
	check_mail("Fri Oct  9 02:01:00 2026", oct_9);
	check_mail("Fri Oct 09 04:01:00 CEST 2026", oct_9);
	check_mail("Fri Oct 09 04:01:00 +0200 2026", oct_9);
	check_mail("Oct 9 02:01:00 2026", oct_9);
}

static void
test_refused(void)
{
	static const char *const bad[] = {"", " ", "today", "2026", "2026-10", "2026-13-01",
	    "2026-02-29", "2026-02-30", "2100-02-29", "2026-00-10", "2026-10-00", "2026-10-32",
	    "2026-10-01T24:00:00Z", "2026-10-01T23:60:00Z", "2026-10-01T23:59:61Z", "2026-10-01T",
	    "2026-10-01T1:00:00Z", "2026-10-01T13:40:19.Z", "2026-10-01T13:40:19ZZ",
	    "2026-10-01T13:40:19Z+", "2026-10-01X", "2026-10-01T13:40:19+24:00",
	    "2026-10-01T13:40:19+02:60", "2026-10-01T13:40:19+2", "1969-12-31T23:59:59Z",
	    "1970-01-01T00:00:00+00:01", "10000-01-01T00:00:00Z", "9999-12-31T23:59:60Z",
	    "9999-12-31T23:59:59-00:01", "+2026-10-01", "2026-1-1", "10/6/2026",
	    "Posted 3 Days Ago", "1790862019", "1790862019753", "Thu, 32 Oct 2026 13:40:19 GMT",
	    "Thu, 29 Feb 2026 13:40:19 GMT", "Thu, 01 Foo 2026 13:40:19 GMT", "Thu, 01 Oct",
	    "Thu, 01 Oct 2026 25:00:00 GMT", "Thu, 01 Oct 20266 13:40:19 GMT",
	    "Thu, 01 Oct 2026 noon", "Thu, 01 Oct 2026 13:40:19 GMT tail",
	    "Fri Oct 09 02:01:00 UTC", "Oct 9", "Ma 1 2026", "Thu, 01 Oct 2026 13:40:19 +020",
	    "Thu, 01 Oct 1969 13:40:19 GMT",
	    "                                                                      "
	    "2026-10-01T13:40:19Z "
	    "and a very long tail that no date on earth has ever had"};
	gint64 ms;

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		if (jp_time_parse(bad[i], &ms, NULL) || jp_time_parse_rfc822(bad[i], &ms))
			g_error("'%s' was read", bad[i]);
	}
	g_assert_false(jp_time_parse_rfc822("2026-10-01T13:40:19Z", &ms));
}

static void
check_round_trip(gint64 ms)
{
	g_autofree char *text = jp_time_format(ms);
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(ms / 1000);
	g_autofree char *mail = g_date_time_format(t, "%a, %d %b %Y %H:%M:%S +0000");
	g_autofree char *date = g_date_time_format(t, "%a %b %d %H:%M:%S UTC %Y");

	check(text, ms);
	check_mail(mail, ms - ms % 1000);
	check_mail(date, ms - ms % 1000);
}

static void
test_round_trip(void)
{
	gint64 end = G_GINT64_CONSTANT(253402300799999);

	check_round_trip(0);
	check_round_trip(end);
	for (int i = 0; i < 5000; i++)
		check_round_trip((gint64)g_test_rand_double_range(0, (double)end));
}

static void
test_format(void)
{
	g_autofree char *whole = jp_time_format(OCT_1);
	g_autofree char *part = jp_time_format(OCT_1 + 7);
	g_autofree char *before = jp_time_format(-1);
	g_autofree char *after = jp_time_format(G_MAXINT64);

	g_assert_cmpstr(whole, ==, "2026-10-01T13:40:19Z");
	g_assert_cmpstr(part, ==, "2026-10-01T13:40:19.007Z");
	g_assert_cmpstr(before, ==, "1970-01-01T00:00:00Z");
	g_assert_cmpstr(after, ==, "9999-12-31T23:59:59.999Z");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/date/RFC 3339 and its kin", test_iso);
	g_test_add_func("/base/date/a date alone", test_date_only);
	g_test_add_func("/base/date/mail and feeds", test_mail);
	g_test_add_func("/base/date/date(1)", test_date_program);
	g_test_add_func("/base/date/refused", test_refused);
	g_test_add_func("/base/date/format", test_format);
	g_test_add_func("/base/date/round trip", test_round_trip);
	return g_test_run();
}
