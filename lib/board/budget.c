/*
 * Budgets of requests: how many may start on a host now, by what started in the last hour and day.
 * Pure.
 *
 * Starts are counted by five minutes, and five minutes count until all of them are out of sight, so
 * a limit holds in any hour and any day, wherever they begin; the price is that up to five minutes
 * more are looked at.
 */
#include "board/internal.h"

/* A start may come so much later than it was granted for. */
#define SLACK JP_BUDGET_LATE

/* When the uses of a bucket leave the window. */
static gint64
leaves(const jp_budget_use *u, gint64 window)
{
	return u->at + JP_BUDGET_BUCKET + SLACK + window;
}

/* Room in one window; *until is raised to when there is some. */
static gint64
room_in(const jp_budget_use *uses, guint n, gint64 at, gint64 window, gint64 most, gint64 *until)
{
	gint64 used = 0;

	if (most <= 0)
		return G_MAXINT64;
	for (guint i = 0; i < n; i++)
		if (leaves(&uses[i], window) > at)
			used += uses[i].n;
	for (guint i = 0; i < n && used >= most; i++) {
		if (leaves(&uses[i], window) <= at)
			continue;
		used -= uses[i].n;
		if (used < most) {
			*until = MAX(*until, leaves(&uses[i], window));
			return 0;
		}
	}
	return most - used;
}

gint64
jp_budget_room(
    const jp_budget_use *uses, guint n, gint64 at, const jp_http_limits *limits, gint64 *until)
{
	gint64 hour, day;

	*until = at;
	hour = room_in(uses, n, at, JP_HOUR, limits->per_hour, until);
	day = room_in(uses, n, at, JP_DAY, limits->per_day, until);
	return MIN(hour, day);
}

gint64
jp_budget_bucket(gint64 at)
{
	return at - at % JP_BUDGET_BUCKET;
}

void
jp_budget_spread(gint64 at, gint64 step, gint64 n, int sign, jp_budget_count count, gpointer data)
{
	while (n > 0) {
		gint64 bucket = jp_budget_bucket(at), in_it = n;

		if (step > 0)
			in_it = MIN(n, (bucket + JP_BUDGET_BUCKET - at + step - 1) / step);
		count(bucket, sign * in_it, data);
		at += in_it * step;
		n -= in_it;
	}
}
