/*
 * The gate: what may start on a host, decided in the database for all processes and machines.
 *
 * A grant is a lease on connections (table slot), a number of starts that are counted as made at
 * once (table host_use), and the host's time moved on past them (host.next_at).  So a process that
 * dies has asked less than is counted, never more, and its connections are free when its lease
 * ends.  What was not used is given back.  With one connection to a host its holder is alone there,
 * and a grant may be as long as a block; with several, starts are granted one by one, so that
 * blocks of two processes do not lie in each other.
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
/* What a lease is longer than its last request can be. */
#define MARGIN (5 * JP_SECOND)
/* A time further ahead was written under another clock. */
#define MAX_AHEAD JP_HOUR

static const char used_up[] = "was asked as often as its limits allow";
static const char busy[] = "is being asked by another run";
static const char resting[] = "asked not to be visited";

struct jp_gate {
	jp_db *db;
	jp_http *http;
};

/* How a host stands, while its row is held. */
struct stand {
	gint64 now;
	gint64 next_at, rest_until, full_until;
	gint64 wanted_until;
	char *wanted_by;
	gint64 taken; /* connections that others hold */
};

static gboolean
is_counted(const jp_http_limits *l)
{
	return l->per_hour > 0 || l->per_day > 0;
}

/* ---- reading and writing --------------------------------------------------------------- */

static void
touch(jp_db *db, const jp_http_ask *a, gint64 now, struct stand *s)
{
	const jp_http_limits *l = &a->limits;
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_HOST_TOUCH,
	    JP_ARGS(JP_TEXT(a->host), JP_INT(l->min_interval), JP_INT(l->at_once),
		JP_INT(l->per_hour), JP_INT(l->per_day), JP_INT(now)));

	*s = (struct stand){.now = now};
	if (!jp_rows_next(r))
		g_error("a host that was just written is not there");
	s->next_at = jp_rows_int(r, JP_COL_HOST_TOUCH_NEXT_AT);
	s->rest_until = jp_rows_int(r, JP_COL_HOST_TOUCH_REST_UNTIL);
	s->wanted_by = g_strdup(jp_rows_text(r, JP_COL_HOST_TOUCH_WANTED_BY));
	s->wanted_until = jp_rows_int(r, JP_COL_HOST_TOUCH_WANTED_UNTIL);
	if (s->next_at > now + MAX_AHEAD)
		s->next_at = now;
	if (s->wanted_until > now + MAX_AHEAD)
		s->wanted_until = 0;
}

static GArray *
load_uses(jp_db *db, const char *host, gint64 now)
{
	GArray *uses = g_array_new(FALSE, FALSE, sizeof(jp_budget_use));
	gint64 since = now - JP_DAY - JP_BUDGET_BUCKET - JP_BUDGET_LATE;
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_HOST_USES, JP_ARGS(JP_TEXT(host), JP_INT(since)));

	while (jp_rows_next(r)) {
		jp_budget_use u = {
		    jp_rows_int(r, JP_COL_HOST_USES_AT), jp_rows_int(r, JP_COL_HOST_USES_N)};

		g_array_append_val(uses, u);
	}
	return uses;
}

/* Counts n starts from `at` on, or takes them back. */
static void
count(jp_db *db, const char *host, gint64 at, gint64 step, gint64 n, int sign)
{
	while (n > 0) {
		gint64 bucket = jp_budget_bucket(at), in_it = n;

		if (step > 0)
			in_it = MIN(n, (bucket + JP_BUDGET_BUCKET - at + step - 1) / step);
		(void)jp_db_exec(db, JP_SQL_HOST_USE_ADD,
		    JP_ARGS(JP_TEXT(host), JP_INT(bucket), JP_INT(sign * in_it)));
		at += in_it * step;
		n -= in_it;
	}
}

static void
settle(jp_db *db, const char *host, const struct stand *s)
{
	(void)jp_db_exec(db, JP_SQL_HOST_SETTLE,
	    JP_ARGS(JP_TEXT(host), JP_INT(s->next_at), JP_INT(s->full_until), JP_TEXT(s->wanted_by),
		JP_INT(s->wanted_until)));
}

/* What a grant was not used for.  Starts were counted for the times they were granted for, from the
 * mark on, so they are taken back there. */
static void
give_back(jp_db *db, const jp_http_ask *a, struct stand *s)
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
	if (a->n_unused != G_MAXUINT && is_counted(&a->limits))
		count(db, a->host, a->mark + a->n_made * step, step, a->n_unused, -1);
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
must_yield(const struct stand *s)
{
	return s->wanted_by && s->wanted_until > s->now && strcmp(s->wanted_by, jp_worker()) != 0;
}

static void
ask_for_turn(struct stand *s, jp_http_ask *a)
{
	if (!must_yield(s)) {
		g_free(s->wanted_by);
		s->wanted_by = g_strdup(jp_worker());
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
grant(jp_db *db, jp_http_ask *a, struct stand *s, gint64 room)
{
	gint64 step = a->limits.min_interval, n = block_of(a, room), first, until, late;
	gint64 free_now = (gint64)a->limits.at_once - s->taken;

	first = MAX(s->next_at, s->now);
	a->at_once = (guint)MIN(free_now, (gint64)a->n_flying + a->want);
	a->wait = first - s->now;
	a->mark = first;
	a->why = NULL;
	if (!is_counted(&a->limits) && step == 0) {
		a->n = G_MAXUINT;
		a->valid = FREE_GRANT;
	} else {
		a->n = (guint)n;
		late = is_interleaved(a) ? PUNCTUAL : JP_BUDGET_LATE;
		a->valid = a->wait + (n - 1) * step + late;
		s->next_at = first + n * step + (is_interleaved(a) ? late : 0);
	}
	if (is_counted(&a->limits))
		count(db, a->host, first, step, n, 1);
	if (s->wanted_by && strcmp(s->wanted_by, jp_worker()) == 0)
		s->wanted_until = 0;
	until = s->now + a->valid + a->longest + MARGIN;
	(void)jp_db_exec(db, JP_SQL_SLOT_PUT,
	    JP_ARGS(JP_TEXT(a->host), JP_TEXT(jp_worker()), JP_INT(a->at_once), JP_INT(until)));
}

/* Keeps the connections that fly, and no more. */
static void
keep_flying(jp_db *db, const jp_http_ask *a, gint64 now)
{
	if (a->n_flying == 0)
		(void)jp_db_exec(db, JP_SQL_SLOT_DROP,
		    JP_ARGS(JP_TEXT(a->host), JP_TEXT(jp_worker()), JP_INT(now)));
	else
		(void)jp_db_exec(db, JP_SQL_SLOT_PUT,
		    JP_ARGS(JP_TEXT(a->host), JP_TEXT(jp_worker()), JP_INT(a->n_flying),
			JP_INT(now + a->longest + MARGIN)));
}

static gint64
room_for(jp_db *db, const jp_http_ask *a, struct stand *s)
{
	g_autoptr(GArray) uses = NULL;
	gint64 until, room;

	if (!is_counted(&a->limits))
		return G_MAXINT64;
	uses = load_uses(db, a->host, s->now);
	room = jp_budget_room((const jp_budget_use *)(gpointer)uses->data, uses->len,
	    MAX(s->next_at, s->now), &a->limits, &until);
	if (room <= 0)
		s->full_until = until;
	(void)jp_db_exec(
	    db, JP_SQL_HOST_USE_PRUNE, JP_ARGS(JP_TEXT(a->host), JP_INT(s->now - 2 * JP_DAY)));
	return room;
}

static void
decide(jp_db *db, jp_http_ask *a, gint64 now)
{
	struct stand s;
	gint64 room;

	touch(db, a, now, &s);
	give_back(db, a, &s);
	(void)jp_db_get_int(db, JP_SQL_SLOT_OTHERS,
	    JP_ARGS(JP_TEXT(a->host), JP_TEXT(jp_worker()), JP_INT(now)), &s.taken);
	room = room_for(db, a, &s);
	if (s.rest_until > now)
		refuse(a, s.rest_until - now, resting);
	else if (room <= 0)
		refuse(a, s.full_until - now, used_up);
	else if (s.taken + a->n_flying >= a->limits.at_once || must_yield(&s))
		ask_for_turn(&s, a);
	else
		grant(db, a, &s, room);
	if (a->n == 0)
		keep_flying(db, a, now);
	settle(db, a->host, &s);
	g_free(s.wanted_by);
}

/* ---- the seam --------------------------------------------------------------------------- */

static int
by_host(gconstpointer a, gconstpointer b)
{
	return strcmp(((*(jp_http_ask *const *)a))->host, (*(jp_http_ask *const *)b)->host);
}

/* In the order of their names: who holds one row and waits for another must not be waited for. */
static GPtrArray *
in_order(const jp_http_ask *asks, guint n)
{
	GPtrArray *sorted = g_ptr_array_sized_new(n);

	for (guint i = 0; i < n; i++)
		g_ptr_array_add(sorted, (gpointer)&asks[i]);
	g_ptr_array_sort(sorted, by_host);
	return sorted;
}

static void
on_ask(jp_http_ask *asks, guint n, gpointer data)
{
	jp_gate *g = data;
	g_autoptr(GPtrArray) sorted = in_order(asks, n);
	gint64 now = jp_db_now(g->db);

	jp_db_begin(g->db, JP_TX_WRITE);
	for (guint i = 0; i < n; i++)
		decide(g->db, g_ptr_array_index(sorted, i), now);
	jp_db_commit(g->db);
}

static void
on_leave(const jp_http_ask *asks, guint n, gpointer data)
{
	jp_gate *g = data;
	g_autoptr(GPtrArray) sorted = in_order(asks, n);
	gint64 now = jp_db_now(g->db);

	jp_db_begin(g->db, JP_TX_WRITE);
	for (guint i = 0; i < n; i++) {
		const jp_http_ask *a = g_ptr_array_index(sorted, i);
		struct stand s;

		touch(g->db, a, now, &s);
		give_back(g->db, a, &s);
		(void)jp_db_exec(g->db, JP_SQL_SLOT_DROP,
		    JP_ARGS(JP_TEXT(a->host), JP_TEXT(jp_worker()), JP_INT(now)));
		settle(g->db, a->host, &s);
		g_free(s.wanted_by);
	}
	jp_db_commit(g->db);
}

static void
on_rest(const char *host, gint64 ms, gpointer data)
{
	jp_gate *g = data;

	jp_db_begin(g->db, JP_TX_WRITE);
	(void)jp_db_exec(g->db, JP_SQL_HOST_REST,
	    JP_ARGS(JP_TEXT(host), JP_INT(jp_db_now(g->db) + MIN(ms, JP_MAX_REST))));
	jp_db_commit(g->db);
}

/* ---- robots.txt ------------------------------------------------------------------------- */

static gboolean
load_rules(const char *origin, jp_http_rules *out, gpointer data)
{
	jp_gate *g = data;
	g_autoptr(jp_rows) r = jp_db_query(g->db, JP_SQL_ROBOTS_LOAD, JP_ARGS(JP_TEXT(origin)));

	if (!jp_rows_next(r))
		return FALSE;
	out->text = g_strdup(jp_rows_text(r, JP_COL_ROBOTS_LOAD_RULES));
	out->fetched_at = jp_rows_int(r, JP_COL_ROBOTS_LOAD_FETCHED_AT);
	out->down_since = jp_rows_int_or(r, JP_COL_ROBOTS_LOAD_DOWN_SINCE, 0);
	return TRUE;
}

static void
save_rules(const char *origin, const jp_http_rules *rules, gpointer data)
{
	jp_gate *g = data;

	jp_db_begin(g->db, JP_TX_WRITE);
	(void)jp_db_exec(g->db, JP_SQL_ROBOTS_SAVE,
	    JP_ARGS(JP_TEXT(origin), JP_TEXT(rules->text), JP_INT(rules->fetched_at),
		JP_INT_IF(rules->down_since > 0, rules->down_since)));
	jp_db_commit(g->db);
}

jp_gate *
jp_gate_new(jp_db *db, jp_http *http)
{
	jp_gate *g = g_new0(jp_gate, 1);
	const jp_http_gate gate = {on_ask, on_leave, on_rest, g};
	const jp_http_rules_store rules = {load_rules, save_rules, g};

	g->db = db;
	g->http = http;
	jp_http_set_gate(http, &gate);
	jp_http_set_rules(http, &rules);
	return g;
}

void
jp_gate_free(jp_gate *g)
{
	if (!g)
		return;
	jp_http_set_gate(g->http, NULL);
	jp_http_set_rules(g->http, NULL);
	g_free(g);
}
