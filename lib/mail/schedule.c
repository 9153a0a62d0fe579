/*
 * When the next digest is due: an hour on somebody's local clock, day after day.  Days are counted
 * on the local calendar, the instant of each is found through the zone's offsets around it, so that
 * a change of the clock neither loses a digest nor repeats one (C05).  Pure: the zone's rules come
 * from the system's tz database.
 */
#include "mail/internal.h"

#include <string.h>

#define HOUR_S G_GINT64_CONSTANT(3600)
#define DAY_S  (24 * HOUR_S)
/* Wider than any offset (-12 to +14 hours) and narrower than two changes of one zone. */
#define AROUND_S DAY_S

/* A name, not a path that leaves the tz database. */
GTimeZone *
jp_schedule_zone(const char *name)
{
	GTimeZone *zone = NULL;

	if (name && *name && *name != '/' && !strstr(name, ".."))
		zone = g_time_zone_new_identifier(name);
	return zone ? zone : g_time_zone_new_utc();
}

static gint64
offset_at(GTimeZone *zone, gint64 second)
{
	return g_time_zone_get_offset(
	    zone, g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, second));
}

static gint64
floor_div(gint64 a, gint64 b)
{
	return a / b - (a % b < 0);
}

/* The first second from `low` (exclusive) to `high` at which the offset is that of `high`. */
static gint64
find_change(GTimeZone *zone, gint64 low, gint64 high)
{
	gint64 offset = offset_at(zone, high);

	while (high - low > 1) {
		gint64 middle = low + (high - low) / 2;

		if (offset_at(zone, middle) == offset)
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* The second at which the local clock shows `wall` (seconds since 1970 as if it were UTC): the
 * first of two, or, where the clock skips it, the one at which it goes on. */
static gint64
instant_of(GTimeZone *zone, gint64 wall)
{
	gint64 before = offset_at(zone, wall - AROUND_S), after = offset_at(zone, wall + AROUND_S);
	gint64 first = wall - MAX(before, after), second = wall - MIN(before, after);

	if (offset_at(zone, first) == wall - first)
		return first;
	if (offset_at(zone, second) == wall - second)
		return second;
	return find_change(zone, first, second);
}

/* Days since 1970-01-01, which was a Thursday; 1 is Monday. */
static int
weekday_of(gint64 day)
{
	return (int)(((day + 3) % 7 + 7) % 7) + 1;
}

static gboolean
is_day(jp_frequency f, int weekday, gint64 day)
{
	switch (f) {
	case JP_FREQUENCY_WEEKDAYS:
		return weekday_of(day) <= 5;
	case JP_FREQUENCY_WEEKLY:
		return weekday_of(day) == weekday;
	case JP_FREQUENCY_INHERIT:
	case JP_FREQUENCY_INSTANT:
	case JP_FREQUENCY_DAILY:
	case JP_FREQUENCY_OFF:
		break;
	}
	return TRUE;
}

gint64
jp_schedule_next(jp_frequency f, int hour, int weekday, const char *zone_name, gint64 after)
{
	g_autoptr(GTimeZone) zone = NULL;
	gint64 now, day, due;

	if (f == JP_FREQUENCY_OFF)
		return G_MAXINT64;
	if (f == JP_FREQUENCY_INSTANT)
		return after;
	hour = CLAMP(hour, 0, 23);
	weekday = CLAMP(weekday, 1, 7);
	zone = jp_schedule_zone(zone_name);
	now = floor_div(after, JP_SECOND);
	/* A day back: where the clock skipped a whole day its instant lies in the next one. */
	day = floor_div(now + offset_at(zone, now), DAY_S) - 1;
	for (;; day++) {
		if (!is_day(f, weekday, day))
			continue;
		due = instant_of(zone, day * DAY_S + hour * HOUR_S) * JP_SECOND;
		if (due > after)
			return due;
	}
}
