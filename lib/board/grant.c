/*
 * The grant: how many requests may start on a host now, by how it stands and what was asked of it.
 * Pure but for dice; the gate (gate.c) calls it with what the database says, the plan (plan.c) with
 * a clock of its own.
 *
 * With one connection to a host its holder is alone there, and a grant may be as long as a block;
 * with several, starts are granted one by one, so that blocks of two processes do not lie in each
 * other.
 */
#include "board/internal.h"

#include <string.h>

/* A block of starts is at most so long, so that others have their turn. */
#define BLOCK (10 * JP_SECOND)
/* Starts of one block where nothing keeps them apart. */
#define MAX_BLOCK 64
/* Who found no connection free asks again after this, and has its turn when the holder comes back
 * before that. */
#define POLL     JP_SECOND
#define PATIENCE (3 * JP_SECOND)
/* Where nothing is counted, a grant is worth so long. */
#define FREE_GRANT (10 * JP_SECOND)
/* Where several runs start requests in turn, a start is made within this or not at all. */
#define PUNCTUAL (JP_SECOND / 10)
/* A time further ahead was written under another clock. */
#define MAX_AHEAD JP_HOUR

static const char used_up[] = "was asked as often as its limits allow";
static const char busy[] = "is being asked by another run";
static const char resting[] = "asked not to be visited";

gboolean
jp_grant_is_counted(const jp_http_limits *l)
{
	return l->per_hour > 0 || l->per_day > 0;
}

void
jp_grant_mend(jp_host_stand *s)
{
	if (s->next_at > s->now + MAX_AHEAD)
		s->next_at = s->now;
	if (s->wanted_until > s->now + MAX_AHEAD)
		s->wanted_until = 0;
}

/* Starts were counted for the times they were granted for, from the mark on, so they are taken back
 * there. */
void
jp_grant_return(const jp_http_ask *a, jp_host_stand *s, jp_budget_count count, gpointer data)
{
	gint64 step = a->limits.min_interval, next = s->next_at;
	gboolean has_grant = a->n_made > 0 || a->n_unused > 0;

	if (!has_grant)
		return;
	if (a->last_start >= 0)
		next = s->now - a->last_start + step;
	else if (a->n_unused != G_MAXUINT)
		next = a->mark;
	/* who was alone there knows best, else what others were granted stands */
	s->next_at = a->limits.at_once == 1 ? next : MAX(s->next_at, next);
	if (a->n_unused != G_MAXUINT && jp_grant_is_counted(&a->limits))
		jp_budget_spread(a->mark + a->n_made * step, step, a->n_unused, -1, count, data);
}

/* ---- deciding --------------------------------------------------------------------------- */

static void
refuse(jp_http_ask *a, gint64 wait, const char *why)
{
	a->n = 0;
	a->wait = wait;
	a->why = why;
}

/* Somebody else has waited for long enough. */
static gboolean
must_yield(const jp_host_stand *s, const char *worker)
{
	return s->wanted_by && s->wanted_until > s->now && strcmp(s->wanted_by, worker) != 0;
}

static void
ask_for_turn(jp_host_stand *s, jp_http_ask *a, const char *worker)
{
	if (!must_yield(s, worker)) {
		g_free(s->wanted_by);
		s->wanted_by = g_strdup(worker);
		s->wanted_until = s->now + PATIENCE;
	}
	refuse(a, POLL / 2 + jp_random_below(POLL), busy);
}

/* Several runs start requests in turn. */
static gboolean
is_interleaved(const jp_http_ask *a)
{
	return a->limits.at_once > 1 && a->limits.min_interval > 0;
}

static gint64
block_of(const jp_http_ask *a, gint64 room)
{
	gint64 most =
	    a->limits.min_interval > 0 ? MAX(BLOCK / a->limits.min_interval, 1) : MAX_BLOCK;

	if (is_interleaved(a))
		most = 1;
	return MIN(MIN((gint64)a->want, most), room);
}

static void
grant(jp_http_ask *a, jp_host_stand *s, gint64 room)
{
	gint64 step = a->limits.min_interval, n = block_of(a, room), first, late;
	gint64 free_now = (gint64)a->limits.at_once - s->taken;

	first = MAX(s->next_at, s->now);
	a->at_once = (guint)MIN(free_now, (gint64)a->n_flying + a->want);
	a->wait = first - s->now;
	a->mark = first;
	a->why = NULL;
	if (!jp_grant_is_counted(&a->limits) && step == 0) {
		a->n = G_MAXUINT;
		a->valid = FREE_GRANT;
		return;
	}
	a->n = (guint)n;
	late = is_interleaved(a) ? PUNCTUAL : JP_BUDGET_LATE;
	a->valid = a->wait + (n - 1) * step + late;
	s->next_at = first + n * step + (is_interleaved(a) ? late : 0);
}

static gint64
room_for(const jp_http_ask *a, jp_host_stand *s, const GArray *uses)
{
	gint64 until, room;

	if (!jp_grant_is_counted(&a->limits))
		return G_MAXINT64;
	room = jp_budget_room((const jp_budget_use *)(gconstpointer)uses->data, uses->len,
	    MAX(s->next_at, s->now), &a->limits, &until);
	if (room <= 0)
		s->full_until = until;
	return room;
}

void
jp_grant_decide(jp_http_ask *a, jp_host_stand *s, const GArray *uses, const char *worker,
    jp_budget_count count, gpointer data)
{
	gint64 room = room_for(a, s, uses);

	if (s->rest_until > s->now)
		refuse(a, s->rest_until - s->now, resting);
	else if (room <= 0)
		refuse(a, s->full_until - s->now, used_up);
	else if (s->taken + a->n_flying >= a->limits.at_once || must_yield(s, worker))
		ask_for_turn(s, a, worker);
	else {
		grant(a, s, room);
		if (jp_grant_is_counted(&a->limits))
			jp_budget_spread(a->mark, a->limits.min_interval, a->n, 1, count, data);
		if (s->wanted_by && strcmp(s->wanted_by, worker) == 0)
			s->wanted_until = 0;
	}
}
