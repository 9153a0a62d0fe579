/*
 * The scheduler: when a board is visited next, and which of those that are due comes first.  Pure:
 * time and dice are arguments; the simulator (plan.c) and the visits use the same functions.
 *
 * The interval shrinks after a visit that found something new and grows after one that did not,
 * within the configured range; it settles where about every third visit finds something.  Among due
 * boards the one with the longest wait comes first, where a head start counts as time waited: the
 * better the board's yield and success and the greater its weight, the longer.  So nobody waits for
 * ever, and the order of two boards never changes while they wait, which is what lets the claim use
 * an index.
 */
#include "board/internal.h"

#include <math.h>

/* How much of an average the last visit is. */
#define SHARE 0.2
/* What a visit makes of the interval. */
#define SHORTER 0.7
#define LONGER  1.2
/* The head start of a board of common weight that works and never has anything new. */
#define HEAD_START     (30 * JP_MINUTE)
#define MAX_HEAD_START JP_DAY
/* The longest pause after failures: a refusing board is looked at once a week. */
#define MAX_PAUSE (7 * JP_DAY)
/* A board that seems gone is looked at daily until it is disabled. */
#define MAX_PAUSE_GONE JP_DAY
/* A service that asks for more than a month is not obeyed for ever. */
#define MAX_RETRY_AFTER JP_MAX_REST
/* A host that has had enough is looked at again within this. */
#define MAX_PUT_OFF JP_HOUR
/* Feeds that ask to be left alone for longer are read daily all the same. */
#define MAX_TTL JP_DAY

/* interval doubled n - 1 times, at most max. */
static gint64
doubled(gint64 interval, gint64 n, gint64 max)
{
	for (; n > 1 && interval < max; n--)
		interval *= 2;
	return MIN(interval, max);
}

static double
averaged(double average, double last)
{
	return average * (1 - SHARE) + last * SHARE;
}

/* The middle of the range, as durations are felt. */
gint64
jp_board_schedule_first_pace(jp_range range)
{
	return (gint64)sqrt((double)range.min * (double)range.max);
}

static void
learn(jp_board_schedule *s, const jp_schedule_visit *v)
{
	gboolean failed = jp_visit_is_failure(v->status);

	s->success = averaged(s->success, failed ? 0 : 1);
	if (s->pace <= 0)
		s->pace = jp_board_schedule_first_pace(v->range);
	/* all of a first listing is new to us, which says nothing about the board */
	if (!failed && !v->is_first) {
		s->yield = averaged(s->yield, (double)MIN(v->n_found, 1000000));
		if (v->n_requests > 0)
			s->requests = averaged(s->requests, v->n_requests);
		s->pace = (gint64)((double)s->pace * (v->n_found > 0 ? SHORTER : LONGER));
	}
	s->pace = CLAMP(s->pace, v->range.min, v->range.max);
}

gint64
jp_board_schedule_head_start(double yield, double success, gint64 weight)
{
	double worth = (1 + log2(1 + MAX(yield, 0))) * CLAMP(success, 0, 1);
	double ms = (double)HEAD_START * worth * (double)weight / JP_BOARD_WEIGHT;

	return (gint64)CLAMP(ms, 0, (double)MAX_HEAD_START);
}

void
jp_board_schedule_next(jp_board_schedule *s, const jp_schedule_visit *v)
{
	gint64 pause;

	learn(s, v);
	s->disable = FALSE;
	s->gone = v->status == JP_VISIT_GONE ? s->gone + 1 : 0;
	s->failures = jp_visit_is_failure(v->status) ? s->failures + 1 : 0;
	if (v->status == JP_VISIT_GONE) {
		pause = MAX(s->pace, doubled(s->pace, s->failures, MAX_PAUSE_GONE));
		s->disable = s->gone >= v->max_failures;
	} else if (s->failures > 0)
		pause = MAX(s->pace, doubled(s->pace, s->failures, MAX_PAUSE));
	else
		pause = MAX(s->pace, MIN(v->ttl, MAX_TTL));
	pause -= (gint64)((guint64)pause / 10 * v->random >> 32);
	s->next_at = v->now + MAX(pause, MIN(v->retry_after, MAX_RETRY_AFTER));
	s->head_start = jp_board_schedule_head_start(s->yield, s->success, s->weight);
}

gint64
jp_board_schedule_put_off(gint64 now, gint64 ms)
{
	return now + CLAMP(ms, 0, MAX_PUT_OFF);
}

gboolean
jp_board_schedule_is_parked(gint64 failures, gint64 pace)
{
	return failures > 0 && doubled(MAX(pace, JP_MINUTE), failures, MAX_PAUSE) >= MAX_PAUSE;
}
