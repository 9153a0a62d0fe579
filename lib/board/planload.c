/*
 * What a plan begins with: the boards, how their hosts stand, and what is known of robots.txt, read
 * from one snapshot of the database.
 */
#include "board/internal.h"

#include <string.h>

static void
load_origins(jp_db *db, jp_plan *p)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_PLAN_ROBOTS, JP_NO_ARGS);

	while (jp_rows_next(r)) {
		jp_plan_origin *o = g_new0(jp_plan_origin, 1);
		const char *text = jp_rows_text(r, JP_COL_PLAN_ROBOTS_RULES);

		o->rules.fetched_at = jp_rows_int(r, JP_COL_PLAN_ROBOTS_FETCHED_AT);
		o->rules.down_since = jp_rows_int_or(r, JP_COL_PLAN_ROBOTS_DOWN_SINCE, 0);
		o->delay = text ? jp_http_rules_delay(text) : 0;
		g_hash_table_insert(
		    p->origins, g_strdup(jp_rows_text(r, JP_COL_PLAN_ROBOTS_ORIGIN)), o);
	}
}

static jp_plan_origin *
origin_of(jp_plan *p, const char *name)
{
	jp_plan_origin *o = g_hash_table_lookup(p->origins, name);

	if (!o) {
		o = g_new0(jp_plan_origin, 1);
		g_hash_table_insert(p->origins, g_strdup(name), o);
	}
	return o;
}

/* Where the board is asked: the host, its limits, and whose robots.txt; FALSE: nowhere. */
static gboolean
place(jp_plan *p, const jp_http *http, const jp_adapter *adapter, const char *token,
    const char *region, jp_plan_board *b)
{
	jp_http_request request = {0};
	g_autofree char *host = jp_board_host(p->conf, adapter, token, region);
	g_autofree char *origin = jp_board_origin(p->conf, adapter, token, region);
	g_autofree char *key = host ? g_ascii_strdown(host, -1) : NULL;
	jp_http_limits limits;

	if (!key || !origin)
		return FALSE;
	jp_board_pace(p->conf, adapter, region, &request);
	limits = jp_http_limits_of(http, key, &request.limits);
	b->host = jp_plan_host_of(p, key, &limits);
	b->origin = request.is_exempt ? NULL : origin_of(p, origin);
	if (b->origin)
		b->host->limits.min_interval = MAX(b->host->limits.min_interval, b->origin->delay);
	return TRUE;
}

static void
load_schedule(jp_plan *p, const jp_rows *r, jp_plan_board *b)
{
	gint64 own = jp_rows_int_or(r, JP_COL_PLAN_BOARDS_INTERVAL_MS, 0);

	b->range = own > 0 ? (jp_range){own, own} : p->conf->scrape.interval;
	b->is_first = jp_rows_int_or(r, JP_COL_PLAN_BOARDS_LAST_SUCCESS_AT, 0) == 0;
	b->schedule = (jp_board_schedule){
	    .failures = jp_rows_int(r, JP_COL_PLAN_BOARDS_FAILURES),
	    .gone = jp_rows_int(r, JP_COL_PLAN_BOARDS_GONE),
	    .pace = jp_rows_int_or(r, JP_COL_PLAN_BOARDS_PACE_MS, 0),
	    .yield = jp_rows_real(r, JP_COL_PLAN_BOARDS_YIELD_AVG),
	    .success = jp_rows_real(r, JP_COL_PLAN_BOARDS_SUCCESS_AVG),
	    .requests = jp_rows_real(r, JP_COL_PLAN_BOARDS_REQUESTS_AVG),
	    .weight = jp_rows_int(r, JP_COL_PLAN_BOARDS_WEIGHT),
	    .head_start = jp_rows_int(r, JP_COL_PLAN_BOARDS_HEAD_START_MS),
	    .next_at = jp_rows_int(r, JP_COL_PLAN_BOARDS_NEXT_AT),
	};
}

/* How its last visit went: what it took is of all its requests together. */
static void
load_last_visit(const jp_rows *r, jp_plan_board *b)
{
	gint64 ms = jp_rows_int_or(r, JP_COL_PLAN_BOARDS_LAST_MS, 0);

	if (jp_rows_is_null(r, JP_COL_PLAN_BOARDS_LAST_VISIT_AT) || ms <= 0)
		return;
	b->answer = MAX((gint64)((double)ms / MAX(b->schedule.requests, 1)), 1);
	b->failed = b->schedule.failures > 0 ? 1 : 0; /* it does so once more at least */
}

static void
load_boards(jp_db *db, const jp_http *http, jp_plan *p)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_PLAN_BOARDS, JP_NO_ARGS);

	while (jp_rows_next(r)) {
		const char *kind = jp_rows_text(r, JP_COL_PLAN_BOARDS_KIND);
		const char *token = jp_rows_text(r, JP_COL_PLAN_BOARDS_TOKEN);
		const char *region = jp_rows_text(r, JP_COL_PLAN_BOARDS_REGION);
		const jp_adapter *adapter = jp_adapter_find(kind);
		jp_plan_board *b = g_new0(jp_plan_board, 1);

		b->id = jp_rows_int(r, JP_COL_PLAN_BOARDS_ID);
		load_schedule(p, r, b);
		load_last_visit(r, b);
		if (!adapter || (adapter->needs_key && !jp_board_key(p->conf, kind)) ||
		    !place(p, http, adapter, token, region, b)) {
			g_free(b);
			continue;
		}
		b->name = g_strdup_printf("%s:%s", kind, token);
		jp_plan_add(p, b);
	}
}

static void
load_hosts(jp_db *db, jp_plan *p)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_PLAN_HOSTS, JP_NO_ARGS);

	while (jp_rows_next(r)) {
		jp_plan_host *h =
		    g_hash_table_lookup(p->by_key, jp_rows_text(r, JP_COL_PLAN_HOSTS_KEY));
		jp_host_stand s = {
		    .now = p->now,
		    .next_at = jp_rows_int(r, JP_COL_PLAN_HOSTS_NEXT_AT),
		    .rest_until = jp_rows_int(r, JP_COL_PLAN_HOSTS_REST_UNTIL),
		    .full_until = jp_rows_int(r, JP_COL_PLAN_HOSTS_FULL_UNTIL),
		};

		if (!h)
			continue;
		jp_grant_mend(&s);
		h->stand = s;
	}
}

static void
load_uses(jp_db *db, jp_plan *p)
{
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_PLAN_USES, JP_ARGS(JP_INT(p->now - 2 * JP_DAY)));

	while (jp_rows_next(r)) {
		jp_plan_host *h =
		    g_hash_table_lookup(p->by_key, jp_rows_text(r, JP_COL_PLAN_USES_HOST));
		jp_budget_use u = {
		    jp_rows_int(r, JP_COL_PLAN_USES_AT), jp_rows_int(r, JP_COL_PLAN_USES_N)};

		if (h)
			g_array_append_val(h->uses, u);
	}
}

jp_plan *
jp_plan_load(jp_db *db, const jp_config *conf, const jp_http *http, gint64 span, gint64 every)
{
	jp_plan *p;

	jp_db_begin(db, JP_TX_READ);
	p = jp_plan_new(conf, jp_db_now(db), span, every);
	load_origins(db, p);
	load_boards(db, http, p);
	load_hosts(db, p);
	load_uses(db, p);
	jp_db_commit(db);
	return p;
}
