/*
 * Whose turn it is.
 *
 * Hosts that have a request waiting and a transfer free stand in `ready`, ordered by the time of
 * their next start and then by turn, so that no host with a long queue holds up the others (H08).
 * Where a gate is set, a host is asked only under its grant: so many starts, so many at a time, for
 * a while; what is not used goes back when the host has nothing to do any more.
 */
#include <string.h>

#include "http/internal.h"

/* A host with nothing to do is kept for so long: a next page may follow. */
#define IDLE_US (200 * 1000)
/* Hosts that one call of the gate is about. */
#define MAX_ASKS 64

struct jp_http_host {
	char *key;
	jp_http_limits limits; /* settled */
	GQueue waiting;        /* of jp_transfer, owned */
	guint n_flying;
	gint64 next_start_us; /* nothing starts before */
	gint64 rest_until_us; /* it asked for a rest (H06) */
	gint64 longest;       /* ms that one of its requests may take */
	guint64 turn;
	GSequenceIter *place; /* in ready; NULL: not there */

	/* what the gate granted */
	gboolean is_held;
	guint n_granted, n_made, at_once;
	gboolean may_widen; /* as many at once as it wanted: it gets more when it wants more */
	gint64 mark;
	gint64 valid_until_us;
	gint64 last_start_us; /* 0: none under this grant */
	GList *idle;          /* in idle; NULL: not there */
	gint64 idle_since_us;
};

struct jp_pace {
	const jp_limits *limits;
	GQueue *over;
	gboolean has_gate;
	jp_http_gate gate;
	GHashTable *hosts; /* key -> jp_http_host */
	GSequence *ready;  /* of jp_http_host */
	GQueue idle; /* of jp_http_host that are held and have nothing to do, the oldest first */
	guint n_waiting;
	guint64 turn;
};

/* ---- life ------------------------------------------------------------------------------------ */

static void
host_free(gpointer p)
{
	jp_http_host *host = p;

	g_queue_clear_full(&host->waiting, (GDestroyNotify)jp_transfer_free);
	g_free(host->key);
	g_free(host);
}

jp_pace *
jp_pace_new(const jp_limits *limits, GQueue *over)
{
	jp_pace *p = g_new0(jp_pace, 1);

	p->limits = limits;
	p->over = over;
	p->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, host_free);
	p->ready = g_sequence_new(NULL);
	g_queue_init(&p->idle);
	return p;
}

void
jp_pace_free(jp_pace *p)
{
	if (!p)
		return;
	g_sequence_free(p->ready);
	g_queue_clear(&p->idle);
	g_hash_table_unref(p->hosts);
	g_free(p);
}

void
jp_pace_set_gate(jp_pace *p, const jp_http_gate *gate)
{
	p->has_gate = gate != NULL;
	p->gate = gate ? *gate : (jp_http_gate){0};
}

guint
jp_pace_n_waiting(const jp_pace *p)
{
	return p->n_waiting;
}

/* ---- places ---------------------------------------------------------------------------------- */

static int
by_start(gconstpointer a, gconstpointer b, gpointer unused)
{
	const jp_http_host *x = a, *y = b;

	(void)unused;
	if (x->next_start_us != y->next_start_us)
		return x->next_start_us < y->next_start_us ? -1 : 1;
	return x->turn < y->turn ? -1 : x->turn > y->turn;
}

static gboolean
has_nothing_to_do(const jp_http_host *host)
{
	return host->waiting.length == 0 && host->n_flying == 0;
}

/* In `idle` while it is held for nothing. */
static void
mind_idleness(jp_pace *p, jp_http_host *host)
{
	gboolean is_idle = host->is_held && has_nothing_to_do(host);

	if (is_idle == (host->idle != NULL))
		return;
	if (!is_idle) {
		g_queue_delete_link(&p->idle, host->idle);
		host->idle = NULL;
		return;
	}
	host->idle_since_us = jp_monotonic_us();
	g_queue_push_tail(&p->idle, host);
	host->idle = p->idle.tail;
}

/* Puts the host where it belongs after its queue, its transfers or its time changed. */
static void
place_host(jp_pace *p, jp_http_host *host)
{
	guint at_once = host->is_held ? host->at_once : host->limits.at_once;

	if (host->place)
		g_sequence_remove(host->place);
	host->place = NULL;
	if (!g_queue_is_empty(&host->waiting) && (host->n_flying < at_once || host->may_widen))
		host->place = g_sequence_insert_sorted(p->ready, host, by_start, NULL);
	mind_idleness(p, host);
}

static jp_http_host *
host_of(jp_pace *p, const jp_transfer *t)
{
	gboolean is_first = t->hops == 0;
	g_autofree char *key = g_ascii_strdown(t->host_key && is_first ? t->host_key : t->name, -1);
	jp_http_host *host = g_hash_table_lookup(p->hosts, key);

	if (!host) {
		host = g_new0(jp_http_host, 1);
		host->key = g_steal_pointer(&key);
		host->turn = p->turn++;
		g_queue_init(&host->waiting);
		host->limits = jp_limits_settle(p->limits, host->key, is_first ? &t->limits : NULL);
		g_hash_table_insert(p->hosts, host->key, host);
	} else if (is_first)
		host->limits = jp_limits_settle(p->limits, host->key, &t->limits);
	host->limits.min_interval = MAX(host->limits.min_interval, t->crawl_delay);
	host->longest = MAX(host->longest, t->timeout);
	return host;
}

/* ---- waiting and resting --------------------------------------------------------------------- */

/* The host asked for a longer rest than a run should wait. */
static gboolean
is_resting(const jp_http_host *host)
{
	return host->rest_until_us - jp_monotonic_us() > JP_PACE_LONGEST_WAIT * 1000;
}

/* Rounded up to what a reader wants to know. */
static char *
span_of(gint64 ms)
{
	gint64 unit = ms < 2 * JP_HOUR ? JP_MINUTE : JP_HOUR;

	return jp_duration_format((ms + unit - 1) / unit * unit);
}

/* Takes t, which is not asked in this run. */
static void
put_off(jp_pace *p, jp_transfer *t, gint64 ms, const char *why)
{
	g_autofree char *span = span_of(ms);

	jp_transfer_fail(
	    t, JP_HTTP_LATER, g_strdup_printf("%s %s, for another %s", t->host->key, why, span));
	t->retry_after = ms;
	g_queue_push_tail(p->over, t);
}

static void
put_off_all(jp_pace *p, jp_http_host *host, gint64 ms, const char *why)
{
	jp_transfer *t;

	while ((t = g_queue_pop_head(&host->waiting))) {
		p->n_waiting--;
		put_off(p, t, ms, why);
	}
}

static const char wants_rest[] = "asked not to be visited";

void
jp_pace_put(jp_pace *p, jp_transfer *t, gboolean first)
{
	t->host = host_of(p, t);
	if (is_resting(t->host)) {
		put_off(p, t, (t->host->rest_until_us - jp_monotonic_us()) / 1000, wants_rest);
		return;
	}
	if (first)
		g_queue_push_head(&t->host->waiting, t);
	else
		g_queue_push_tail(&t->host->waiting, t);
	p->n_waiting++;
	place_host(p, t->host);
}

void
jp_pace_rest(jp_pace *p, jp_http_host *host, gint64 ms, gboolean it_said_so)
{
	gint64 until_us = jp_monotonic_us() + ms * 1000;

	host->rest_until_us = MAX(host->rest_until_us, until_us);
	host->next_start_us = MAX(host->next_start_us, until_us);
	if (it_said_so && p->has_gate)
		p->gate.rest(host->key, ms, p->gate.data);
	if (is_resting(host))
		put_off_all(p, host, ms, wants_rest);
	place_host(p, host);
}

jp_transfer *
jp_pace_take(jp_pace *p)
{
	GHashTableIter i;
	gpointer host;

	g_hash_table_iter_init(&i, p->hosts);
	while (p->n_waiting > 0 && g_hash_table_iter_next(&i, NULL, &host)) {
		jp_transfer *t = g_queue_pop_head(&((jp_http_host *)host)->waiting);

		if (!t)
			continue;
		p->n_waiting--;
		place_host(p, host);
		return t;
	}
	return NULL;
}

/* ---- the gate -------------------------------------------------------------------------------- */

static gboolean
has_grant(const jp_pace *p, const jp_http_host *host, gint64 now_us)
{
	if (!p->has_gate)
		return TRUE;
	return host->is_held && host->n_granted > 0 && host->n_flying < host->at_once &&
	    now_us <= host->valid_until_us;
}

static jp_http_ask
ask_for(const jp_http_host *host, gint64 now_us)
{
	return (jp_http_ask){
	    .host = host->key,
	    .limits = host->limits,
	    .want = MAX(host->waiting.length, 1),
	    .n_flying = host->n_flying,
	    .mark = host->mark,
	    .n_made = host->n_made,
	    .n_unused = host->n_granted,
	    .last_start = host->last_start_us ? (now_us - host->last_start_us) / 1000 : -1,
	    .longest = host->longest,
	};
}

static void
take_answer(jp_pace *p, jp_http_host *host, const jp_http_ask *a)
{
	gint64 now = jp_monotonic_us(), start = now + a->wait * 1000;

	host->is_held = a->n > 0 || host->n_flying > 0;
	host->n_granted = a->n;
	host->n_made = 0;
	host->mark = a->mark;
	host->at_once = a->n > 0 ? MAX(a->at_once, 1) : host->limits.at_once;
	host->may_widen =
	    a->n > 0 && a->at_once < host->limits.at_once && a->at_once >= a->n_flying + a->want;
	host->valid_until_us = now + a->valid * 1000;
	host->last_start_us = 0;
	host->next_start_us = MAX(host->next_start_us, start);
	if (a->n == 0 && a->wait > JP_PACE_LONGEST_WAIT)
		put_off_all(p, host, a->wait, a->why);
	place_host(p, host);
}

/* Hosts whose turn it is and that need a grant; taken out of ready. */
static guint
find_askers(jp_pace *p, jp_http_host **hosts, guint max)
{
	gint64 now = jp_monotonic_us();
	GSequenceIter *i = g_sequence_get_begin_iter(p->ready);
	guint n = 0;

	for (guint seen = 0; n < max && seen < max && !g_sequence_iter_is_end(i); seen++) {
		jp_http_host *host = g_sequence_get(i);

		i = g_sequence_iter_next(i);
		if (host->next_start_us > now)
			break;
		if (!has_grant(p, host, now))
			hosts[n++] = host;
	}
	return n;
}

void
jp_pace_ask(jp_pace *p, guint room)
{
	jp_http_host *hosts[MAX_ASKS];
	jp_http_ask asks[MAX_ASKS];
	gint64 now = jp_monotonic_us();
	guint n = p->has_gate ? find_askers(p, hosts, MIN(room, MAX_ASKS)) : 0;

	if (n == 0)
		return;
	for (guint i = 0; i < n; i++)
		asks[i] = ask_for(hosts[i], now);
	p->gate.ask(asks, n, p->gate.data);
	for (guint i = 0; i < n; i++)
		take_answer(p, hosts[i], &asks[i]);
}

void
jp_pace_leave(jp_pace *p, gboolean all, gint64 *next_us)
{
	jp_http_ask asks[MAX_ASKS];
	gint64 now = jp_monotonic_us();
	jp_http_host *host;
	guint n;

	do {
		for (n = 0; n < MAX_ASKS && (host = g_queue_peek_head(&p->idle)); n++) {
			if (!all && host->idle_since_us + IDLE_US > now)
				break;
			asks[n] = ask_for(host, now);
			host->is_held = FALSE;
			host->n_granted = 0;
			host->n_made = 0;
			host->last_start_us = 0;
			mind_idleness(p, host);
		}
		if (n > 0)
			p->gate.leave(asks, n, p->gate.data);
	} while (n == MAX_ASKS);
	if ((host = g_queue_peek_head(&p->idle)))
		*next_us = MIN(*next_us, host->idle_since_us + IDLE_US);
}

/* ---- moving ---------------------------------------------------------------------------------- */

jp_transfer *
jp_pace_next(jp_pace *p, gint64 *next_us)
{
	gint64 now = jp_monotonic_us();
	GSequenceIter *i = g_sequence_get_begin_iter(p->ready);

	for (; !g_sequence_iter_is_end(i); i = g_sequence_iter_next(i)) {
		jp_http_host *host = g_sequence_get(i);
		jp_transfer *t;

		*next_us = MIN(*next_us, host->next_start_us);
		if (host->next_start_us > now)
			return NULL;
		if (!has_grant(p, host, now))
			continue;
		t = g_queue_pop_head(&host->waiting);
		p->n_waiting--;
		host->n_flying++;
		if (host->n_granted > 0 && host->n_granted < G_MAXUINT)
			host->n_granted--;
		host->n_made++;
		host->last_start_us = now;
		host->next_start_us = now + host->limits.min_interval * 1000;
		host->turn = p->turn++;
		place_host(p, host);
		return t;
	}
	return NULL;
}

void
jp_pace_landed(jp_pace *p, jp_transfer *t)
{
	t->host->n_flying--;
	place_host(p, t->host);
}
