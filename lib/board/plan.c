/*
 * The plan: what would be visited when, with a clock of its own and without the network.  When a
 * board is due and which comes first is schedule.c's, what may start on a host grant.c's, as in a
 * live run; here is only the order of events: runs begin, boards are claimed, requests start and
 * are answered.  Pure.
 *
 * What is taken for granted: the answers of a board take as long as those of its last visit, its
 * visits fail as often, take as many requests and find as much as they did on average (where
 * nothing is known, planmake.c guesses); robots.txt is asked for once a day; one run is at work at
 * a time, which changes nothing, as the limits hold for all together.  The same boards give the
 * same plan.
 */
#include "board/internal.h"

#include <string.h>

struct hand { /* a board being visited */
	jp_plan_board *board;
	gint64 claimed_at, due;
	gint64 ready_at; /* its next request may start; while one flies: when that lands */
	gint64 no;       /* of the claim */
	guint n_left, n_made;
	gboolean flies;
	gboolean gets_rules; /* what flies is a question for robots.txt */
};

struct run {
	jp_plan *plan;
	const jp_plan_told *told;
	jp_heap events;  /* hosts by when they wake */
	jp_heap starved; /* hosts by the turn of their first board */
	guint n_flying;  /* boards being visited */
	guint most;
	gint64 landed_at; /* the last of them */
	gint64 no;
	gint64 day_end;
};

/* ---- time ------------------------------------------------------------------------------- */

/* When the next run begins, at t or after it. */
static gint64
next_run(const jp_plan *p, gint64 t)
{
	gint64 past = t - p->now;

	return p->now + (past + p->every - 1) / p->every * p->every;
}

/* A run is at work, or begins right now. */
static gboolean
is_running(const struct run *r, gint64 t)
{
	return r->n_flying > 0 || r->landed_at == t || next_run(r->plan, t) == t;
}

/* Numbers without any order, the same for the same visit of a plan. */
static guint32
dice(gint64 id, guint n)
{
	guint64 x = (guint64)id * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) + n;

	x = (x ^ x >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return (guint32)(x >> 32);
}

static void
wake_at(struct run *r, jp_plan_host *h, gint64 t)
{
	if (t >= h->wake)
		return;
	h->wake = t;
	jp_heap_push(&r->events, t, 0, h);
}

/* ---- the end of a visit ------------------------------------------------------------------ */

/* Whole things of an average that comes in fractions. */
static gint64
portion(double *kept, double average)
{
	gint64 n = (gint64)(*kept + average);

	*kept += average - (double)n;
	return n;
}

/* How the next visit ends.  A board that was gone last time is so still when it fails. */
static jp_visit_status
next_status(jp_plan_board *b)
{
	double success = CLAMP(b->schedule.success, 0, 1);

	if (portion(&b->failed, 1 - success) == 0)
		return JP_VISIT_OK;
	return b->schedule.gone > 0 ? JP_VISIT_GONE : JP_VISIT_ERROR;
}

static void
end_visit(struct run *r, const struct hand *v, gint64 t)
{
	jp_plan_board *b = v->board;
	jp_board_schedule before = b->schedule;
	jp_visit_status status = next_status(b);
	const jp_schedule_visit visit = {
	    .status = status,
	    .now = t,
	    .is_first = b->is_first,
	    .n_found = status == JP_VISIT_OK ? portion(&b->found, before.yield) : 0,
	    .range = b->range,
	    .retry_after = -1,
	    .max_failures = r->plan->conf->scrape.max_failures,
	    .random = dice(b->id, b->n_visits),
	};

	jp_board_schedule_next(&b->schedule, &visit);
	b->schedule.yield = before.yield; /* believed, not learned from itself */
	b->schedule.success = before.success;
	b->is_first = b->is_first && status != JP_VISIT_OK;
	b->is_off = b->schedule.disable;
	b->due = b->schedule.next_at;
	jp_plan_wait_from(b, b->due);
	if (b->is_off)
		return;
	jp_heap_push(&b->host->later, b->schedule.next_at, b->id, b);
}

/* The host whose board has waited longest for others to land; NULL: none does. */
static const jp_heap_entry *
first_starved(struct run *r)
{
	const jp_heap_entry *e;

	while ((e = jp_heap_peek(&r->starved)) && !((jp_plan_host *)e->what)->is_starved)
		((jp_plan_host *)jp_heap_pop(&r->starved))->n_starved--;
	return e;
}

static void
starve(struct run *r, jp_plan_host *h, const jp_heap_entry *turn)
{
	h->is_starved = TRUE;
	if (h->n_starved > 0) /* it stands there with an older turn */
		return;
	h->n_starved++;
	jp_heap_push(&r->starved, turn->key, turn->tie, h);
}

static void
wake_starved(struct run *r, gint64 t)
{
	const jp_heap_entry *e = r->n_flying < r->most ? first_starved(r) : NULL;

	if (e)
		wake_at(r, e->what, t);
}

/* One board fewer is in flight. */
static void
leave(struct run *r, gint64 t)
{
	r->n_flying--;
	r->landed_at = t;
	wake_starved(r, t);
}

/* The rules of an origin came: who waited for them is ready now, too. */
static void
land_one(const jp_plan_host *h, struct hand *v)
{
	v->flies = FALSE;
	if (!v->gets_rules)
		return;
	v->gets_rules = FALSE;
	v->board->origin->is_asked = FALSE;
	for (guint i = 0; i < h->hand->len; i++) {
		struct hand *other = g_ptr_array_index(h->hand, i);

		if (other->board->origin == v->board->origin)
			other->ready_at = MAX(other->ready_at, v->ready_at);
	}
}

static void
land(struct run *r, jp_plan_host *h, gint64 t)
{
	for (guint i = 0; i < h->hand->len;) {
		struct hand *v = g_ptr_array_index(h->hand, i);

		if (v->flies && v->ready_at <= t)
			land_one(h, v);
		if (v->flies || v->n_left > 0) {
			i++;
			continue;
		}
		end_visit(r, v, t);
		g_ptr_array_remove_index(h->hand, i);
		leave(r, t);
	}
}

/* ---- claiming ---------------------------------------------------------------------------- */

static void
begin_visit(struct run *r, jp_plan_board *b, gint64 t)
{
	struct hand *v = g_new0(struct hand, 1);

	v->board = b;
	v->due = b->due;
	v->claimed_at = v->ready_at = t;
	v->no = r->no++;
	v->n_left = (guint)MAX(portion(&b->requests, MAX(b->schedule.requests, 1)), 1);
	g_ptr_array_add(b->host->hand, v);
	r->n_flying++;
}

/* There is room, and no board of another host has waited longer for it. */
static gboolean
is_its_turn(struct run *r, const jp_plan_host *h, const jp_heap_entry *turn)
{
	const jp_heap_entry *other = first_starved(r);

	return r->n_flying < r->most && (!other || other->what == h || turn->key <= other->key);
}

/* Boards are taken while there is room; *next is lowered to when there may be more to take. */
static void
claim(struct run *r, jp_plan_host *h, gint64 t, gint64 *next)
{
	gint64 free_at = MAX(h->stand.rest_until, h->stand.full_until);
	const jp_heap_entry *e;

	h->is_starved = FALSE;
	while ((e = jp_heap_peek(&h->later)) && e->key <= t) {
		jp_plan_board *b = jp_heap_pop(&h->later);

		jp_heap_push(&h->due, b->schedule.next_at - b->schedule.head_start, b->id, b);
	}
	while (h->due.entries->len > 0 && h->hand->len < r->plan->conf->scrape.per_host &&
	    free_at <= t) {
		if (!is_running(r, t)) {
			*next = MIN(*next, next_run(r->plan, t));
			return;
		}
		e = jp_heap_peek(&h->due);
		if (!is_its_turn(r, h, e)) {
			starve(r, h, e);
			wake_starved(r, t);
			return;
		}
		begin_visit(r, jp_heap_pop(&h->due), t);
	}
	if (h->due.entries->len > 0 && free_at > t)
		*next = MIN(*next, free_at);
	else if ((e = jp_heap_peek(&h->later)))
		*next = MIN(*next, e->key);
	wake_starved(r, t);
}

/* ---- requests ---------------------------------------------------------------------------- */

/* The visit whose request is next; NULL: none waits.  Counts those that fly, too. */
static struct hand *
first_waiting(const jp_plan_host *h, guint *n_waiting, guint *n_flying)
{
	struct hand *first = NULL;

	*n_waiting = *n_flying = 0;
	for (guint i = 0; i < h->hand->len; i++) {
		struct hand *v = g_ptr_array_index(h->hand, i);

		if (v->flies) {
			++*n_flying;
			continue;
		}
		if (v->board->origin && v->board->origin->is_asked)
			continue;
		++*n_waiting;
		if (!first || v->ready_at < first->ready_at ||
		    (v->ready_at == first->ready_at && v->no < first->no))
			first = v;
	}
	return first;
}

static void
use(gint64 bucket, gint64 n, gpointer host)
{
	jp_plan_host *h = host;
	jp_budget_use u = {bucket, n};

	for (guint i = h->uses->len; i > 0; i--) {
		jp_budget_use *last = &g_array_index(h->uses, jp_budget_use, i - 1);

		if (last->at == bucket) {
			last->n += n;
			return;
		}
		if (last->at < bucket) {
			g_array_insert_val(h->uses, i, u);
			return;
		}
	}
	g_array_prepend_val(h->uses, u);
}

static void
forget_uses(jp_plan_host *h, gint64 t)
{
	guint n = 0;

	while (n < h->uses->len &&
	    g_array_index(h->uses, jp_budget_use, n).at < t - JP_DAY - 2 * JP_BUDGET_BUCKET)
		n++;
	if (n > 0)
		g_array_remove_range(h->uses, 0, n);
}

/* Asks for starts as pace.c does; gives when the first may be made. */
static jp_http_ask
ask(jp_plan_host *h, guint n_waiting, guint n_flying, gint64 t)
{
	jp_http_ask a = {
	    .host = h->key,
	    .limits = h->limits,
	    .want = n_waiting,
	    .n_flying = n_flying,
	    .mark = h->mark,
	    .n_made = h->n_made,
	    .n_unused = h->n_granted,
	    .last_start = h->last_start > 0 ? t - h->last_start : -1,
	};

	forget_uses(h, t);
	h->stand.now = t;
	jp_grant_return(&a, &h->stand, use, h);
	jp_grant_decide(&a, &h->stand, h->uses, "plan", use, h);
	h->n_granted = a.n;
	h->n_made = 0;
	h->mark = a.mark;
	h->valid_until = t + a.valid;
	h->last_start = 0;
	h->next_start = MAX(h->next_start, t + a.wait);
	return a;
}

/* The host has had enough: what is in hand is put off, a visit half done ends as it is. */
static void
put_off(struct run *r, jp_plan_host *h, gint64 t, gint64 ms)
{
	for (guint i = 0; i < h->hand->len;) {
		struct hand *v = g_ptr_array_index(h->hand, i);
		jp_plan_board *b = v->board;

		if (v->flies) {
			if (!v->gets_rules)
				v->n_left = 0; /* it ends with what comes */
			i++;
			continue;
		}
		if (v->n_made > 0)
			end_visit(r, v, t);
		else {
			/* its turn stays, as in the statement board_put_off */
			gint64 next = MAX(b->schedule.next_at, jp_board_schedule_put_off(t, ms));

			b->schedule.head_start += next - b->schedule.next_at;
			b->schedule.next_at = next;
			jp_heap_push(&h->later, b->schedule.next_at, b->id, b);
		}
		g_ptr_array_remove_index(h->hand, i);
		leave(r, t);
	}
}

/* The visit's first request is its time. */
static void
tell_visit(struct run *r, const struct hand *v, gint64 t)
{
	jp_plan_board *b = v->board;

	b->worst = MAX(b->worst, t - b->met_at);
	b->met_at = t;
	b->n_visits++;
	b->host->n_visits++;
	if (r->told->visit)
		r->told->visit(b, t, v->due, v->n_left, r->told->data);
}

/* robots.txt goes first where it is not known or is old. */
static gboolean
needs_rules(const jp_plan_board *b, gint64 t)
{
	return b->origin && !jp_http_rules_is_fresh(&b->origin->rules, t);
}

static void
start(struct run *r, jp_plan_host *h, struct hand *v, gint64 t)
{
	if (v->n_made == 0 && needs_rules(v->board, t)) {
		v->gets_rules = v->board->origin->is_asked = TRUE;
		v->board->origin->rules = (jp_http_rules){.fetched_at = t};
	} else {
		if (v->n_made++ == 0)
			tell_visit(r, v, t);
		v->n_left--;
	}
	if (r->told->request)
		r->told->request(h, t, r->told->data);
	v->flies = TRUE;
	v->ready_at = t + v->board->answer;
	h->n_requests++;
	if (h->n_granted < G_MAXUINT)
		h->n_granted--;
	h->n_made++;
	h->last_start = t;
	h->next_start = t + h->limits.min_interval;
}

/* Starts what may start; *next is lowered to when more may. */
static void
start_some(struct run *r, jp_plan_host *h, gint64 t, gint64 *next)
{
	guint n_waiting, n_flying;
	struct hand *v;

	while ((v = first_waiting(h, &n_waiting, &n_flying)) && n_flying < h->limits.at_once) {
		if (h->next_start <= t && (h->n_granted == 0 || h->valid_until < t)) {
			const jp_http_ask a = ask(h, n_waiting, n_flying, t);

			if (a.n == 0 && a.wait > JP_PACE_LONGEST_WAIT) {
				put_off(r, h, t, a.wait);
				*next = MIN(*next, t + 1); /* to look at what is due then */
				return;
			}
		}
		if (h->next_start > t || h->n_granted == 0) {
			*next = MIN(*next, MAX(h->next_start, t + 1));
			break;
		}
		start(r, h, v, t);
	}
	for (guint i = 0; i < h->hand->len; i++) {
		v = g_ptr_array_index(h->hand, i);
		if (v->flies)
			*next = MIN(*next, v->ready_at);
	}
}

/* ---- the run ----------------------------------------------------------------------------- */

static void
serve(struct run *r, jp_plan_host *h, gint64 t)
{
	gint64 next = G_MAXINT64;

	h->wake = G_MAXINT64;
	land(r, h, t);
	claim(r, h, t, &next);
	start_some(r, h, t, &next);
	if (next < G_MAXINT64)
		wake_at(r, h, next);
}

static void
end_days(struct run *r, gint64 t)
{
	for (; r->day_end <= t; r->day_end += JP_DAY)
		if (r->told->day)
			r->told->day(r->day_end, r->told->data);
}

static void
finish(jp_plan *p)
{
	for (guint i = 0; i < p->boards->len; i++) {
		jp_plan_board *b = g_ptr_array_index(p->boards, i);

		if (!b->is_off)
			b->worst = MAX(b->worst, p->now + p->span - b->met_at);
	}
}

void
jp_plan_run(jp_plan *p, const jp_plan_told *told)
{
	struct run r = {
	    .plan = p,
	    .told = told,
	    .most =
		(guint)MIN(p->conf->scrape.in_flight, 2 * (gint64)p->conf->http.max_connections),
	    .day_end = p->now + JP_DAY,
	};
	const jp_heap_entry *e;

	jp_heap_init(&r.events);
	jp_heap_init(&r.starved);
	for (guint i = 0; i < p->hosts->len; i++) {
		jp_plan_guess(g_ptr_array_index(p->hosts, i));
		wake_at(&r, g_ptr_array_index(p->hosts, i), p->now);
	}
	while ((e = jp_heap_peek(&r.events)) && e->key < p->now + p->span && !jp_stopping()) {
		gint64 t = e->key;
		jp_plan_host *h = jp_heap_pop(&r.events);

		end_days(&r, t);
		if (h->wake == t) /* else it was woken earlier, or is awake already */
			serve(&r, h, t);
	}
	end_days(&r, p->now + p->span);
	finish(p);
	jp_heap_clear(&r.events);
	jp_heap_clear(&r.starved);
}
