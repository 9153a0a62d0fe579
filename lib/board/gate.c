/*
 * The gate: what may start on a host, decided in the database for all processes and machines.
 *
 * The decision itself is grant.c's.  Here a host's row is held, what was asked of it is read, and
 * what is granted is written: a lease on connections (table slot), starts that are counted as made
 * at once (table host_use), and the host's time moved on past them (host.next_at).  So a process
 * that dies has asked less than is counted, never more, and its connections are free when its lease
 * ends.  What was not used is given back.
 */
#include "board/internal.h"

#include <string.h>

/* What a lease is longer than its last request can be. */
#define MARGIN (5 * JP_SECOND)

struct jp_gate {
	jp_db *db;
	jp_http *http;
};

/* ---- reading and writing --------------------------------------------------------------- */

static void
touch(jp_db *db, const jp_http_ask *a, gint64 now, jp_host_stand *s)
{
	const jp_http_limits *l = &a->limits;
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_HOST_TOUCH,
	    JP_ARGS(JP_TEXT(a->host), JP_INT(l->min_interval), JP_INT(l->at_once),
		JP_INT(l->per_hour), JP_INT(l->per_day), JP_INT(now)));

	*s = (jp_host_stand){.now = now};
	if (!jp_rows_next(r))
		g_error("a host that was just written is not there");
	s->next_at = jp_rows_int(r, JP_COL_HOST_TOUCH_NEXT_AT);
	s->rest_until = jp_rows_int(r, JP_COL_HOST_TOUCH_REST_UNTIL);
	s->wanted_by = g_strdup(jp_rows_text(r, JP_COL_HOST_TOUCH_WANTED_BY));
	s->wanted_until = jp_rows_int(r, JP_COL_HOST_TOUCH_WANTED_UNTIL);
	jp_grant_mend(s);
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

struct counter {
	jp_db *db;
	const char *host;
};

static void
count(gint64 bucket, gint64 n, gpointer data)
{
	const struct counter *c = data;

	(void)jp_db_exec(
	    c->db, JP_SQL_HOST_USE_ADD, JP_ARGS(JP_TEXT(c->host), JP_INT(bucket), JP_INT(n)));
}

static void
settle(jp_db *db, const char *host, const jp_host_stand *s)
{
	(void)jp_db_exec(db, JP_SQL_HOST_SETTLE,
	    JP_ARGS(JP_TEXT(host), JP_INT(s->next_at), JP_INT(s->full_until), JP_TEXT(s->wanted_by),
		JP_INT(s->wanted_until)));
}

/* Takes back what a grant was not used for. */
static void
give_back(jp_db *db, const jp_http_ask *a, jp_host_stand *s)
{
	struct counter c = {db, a->host};

	jp_grant_return(a, s, count, &c);
}

/* ---- deciding --------------------------------------------------------------------------- */

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

static void
decide(jp_db *db, jp_http_ask *a, gint64 now)
{
	g_autoptr(GArray) uses = NULL;
	struct counter c = {db, a->host};
	jp_host_stand s;

	touch(db, a, now, &s);
	give_back(db, a, &s);
	(void)jp_db_get_int(db, JP_SQL_SLOT_OTHERS,
	    JP_ARGS(JP_TEXT(a->host), JP_TEXT(jp_worker()), JP_INT(now)), &s.taken);
	uses = jp_grant_is_counted(&a->limits) ? load_uses(db, a->host, now) : NULL;
	jp_grant_decide(a, &s, uses, jp_worker(), count, &c);
	if (uses)
		(void)jp_db_exec(
		    db, JP_SQL_HOST_USE_PRUNE, JP_ARGS(JP_TEXT(a->host), JP_INT(now - 2 * JP_DAY)));
	if (a->n == 0)
		keep_flying(db, a, now);
	else
		(void)jp_db_exec(db, JP_SQL_SLOT_PUT,
		    JP_ARGS(JP_TEXT(a->host), JP_TEXT(jp_worker()), JP_INT(a->at_once),
			JP_INT(now + a->valid + a->longest + MARGIN)));
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
		jp_host_stand s;

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
