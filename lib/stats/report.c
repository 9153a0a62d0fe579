/*
 * The reports of jp-stats: overview, boards, runs, queries.  Each is read from one snapshot, so
 * that its numbers agree with each other.
 */
#include <string.h>

#include "stats/stats.h"

#define N_BUCKETS 24
/* Workers that are told of: more machines than one database serves. */
#define MAX_WORKERS 100

const jp_column jp_stats_columns[JP_STATS_N_COLS] = {
    [JP_STATS_COL_AREA] = {"area", NULL, JP_CELL_TEXT},
    [JP_STATS_COL_NAME] = {"name", NULL, JP_CELL_TEXT},
    [JP_STATS_COL_VALUE] = {"value", NULL, JP_CELL_INT},
    [JP_STATS_COL_AT] = {"at", NULL, JP_CELL_TIME},
    [JP_STATS_COL_DETAIL] = {"detail", NULL, JP_CELL_TEXT},
};

/* ---- overview -------------------------------------------------------------------------------- */

static void
count(jp_table *out, const char *area, const char *name, gint64 n)
{
	jp_table_row(out, area, name, n, JP_NO_TIME, NULL);
}

/* Rows of a word and a number, in the order of our words; words that we do not know are
 * left out. */
static void
counts(jp_table *out, const char *area, const char *const *words, jp_rows *r)
{
	gint64 n[8] = {0};

	while (jp_rows_next(r)) {
		const char *word = jp_rows_text(r, 0);
		gint64 value = jp_rows_int(r, 1);

		for (guint i = 0; i < G_N_ELEMENTS(n) && words[i]; i++)
			if (g_strcmp0(word, words[i]) == 0)
				n[i] = value;
	}
	for (guint i = 0; i < G_N_ELEMENTS(n) && words[i]; i++)
		count(out, area, words[i], n[i]);
	jp_rows_free(r);
}

static void
tell_boards(jp_db *db, gint64 now, jp_table *out)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_STATS_BOARDS, JP_ARGS(JP_INT(now)));

	if (!jp_rows_next(r))
		return;
	count(out, "boards", "total", jp_rows_int(r, JP_COL_STATS_BOARDS_TOTAL));
	count(out, "boards", "disabled", jp_rows_int(r, JP_COL_STATS_BOARDS_DISABLED));
	count(out, "boards", "failing", jp_rows_int(r, JP_COL_STATS_BOARDS_FAILING));
	count(out, "boards", "due", jp_rows_int(r, JP_COL_STATS_BOARDS_DUE));
}

static void
tell_postings(jp_db *db, gint64 now, jp_table *out)
{
	static const char *const kinds[] = {
	    "new", "changed", "closed", "reopened", "expired", NULL};
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_STATS_POSTINGS, JP_NO_ARGS);

	if (jp_rows_next(r)) {
		count(out, "postings", "open", jp_rows_int(r, JP_COL_STATS_POSTINGS_OPEN));
		count(
		    out, "postings", "unmatched", jp_rows_int(r, JP_COL_STATS_POSTINGS_UNMATCHED));
	}
	counts(out, "postings-24h", kinds,
	    jp_db_query(db, JP_SQL_STATS_EVENTS, JP_ARGS(JP_INT(now - JP_DAY))));
}

static void
tell_people(jp_db *db, jp_table *out)
{
	static const char *const words[] = {
	    "active", "pending", "paused", "unsubscribed", "bounced", NULL};
	g_autoptr(jp_rows) r = NULL;

	counts(out, "subscribers", words, jp_db_query(db, JP_SQL_STATS_SUBSCRIBERS, JP_NO_ARGS));
	r = jp_db_query(db, JP_SQL_STATS_SEARCHES, JP_NO_ARGS);
	if (!jp_rows_next(r))
		return;
	count(out, "searches", "active", jp_rows_int(r, JP_COL_STATS_SEARCHES_ACTIVE));
	count(out, "searches", "paused", jp_rows_int(r, JP_COL_STATS_SEARCHES_PAUSED));
	count(out, "searches", "unmatched", jp_rows_int(r, JP_COL_STATS_SEARCHES_UNMATCHED));
}

static void
tell_mail(jp_db *db, gint64 now, jp_table *out)
{
	static const char *const states[] = {"sent", "failed", NULL};
	g_autoptr(jp_rows) m = jp_db_query(db, JP_SQL_STATS_MATCHES, JP_NO_ARGS);
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_STATS_MESSAGES, JP_NO_ARGS);

	if (jp_rows_next(m))
		count(out, "matches", "waiting", jp_rows_int(m, JP_COL_STATS_MATCHES_WAITING));
	if (jp_rows_next(r)) {
		count(out, "messages", "composed", jp_rows_int(r, JP_COL_STATS_MESSAGES_COMPOSED));
		count(out, "messages", "sending", jp_rows_int(r, JP_COL_STATS_MESSAGES_SENDING));
		count(out, "messages", "held", jp_rows_int(r, JP_COL_STATS_MESSAGES_HELD));
	}
	counts(out, "messages-24h", states,
	    jp_db_query(db, JP_SQL_STATS_MESSAGES_SINCE, JP_ARGS(JP_INT(now - JP_DAY))));
}

static void
tell_tasks(jp_db *db, gint64 now, jp_table *out)
{
	static const char *const states[] = {
	    "waiting", "delayed", "running", "dead", "buried", NULL};
	static const char *const ends[] = {"done", "dead", NULL};
	g_autoptr(jp_rows) r = NULL;

	counts(out, "tasks", states, jp_db_query(db, JP_SQL_STATS_TASKS, JP_NO_ARGS));
	r = jp_db_query(db, JP_SQL_STATS_LATE_TASKS, JP_ARGS(JP_INT(now)));
	if (jp_rows_next(r))
		jp_table_row(out, "tasks", "due", jp_rows_int(r, JP_COL_STATS_LATE_TASKS_N),
		    jp_rows_int_or(r, JP_COL_STATS_LATE_TASKS_SINCE, JP_NO_TIME),
		    jp_rows_text(r, JP_COL_STATS_LATE_TASKS_EXAMPLE));
	counts(out, "tasks-24h", ends,
	    jp_db_query(db, JP_SQL_STATS_TASKS_SINCE, JP_ARGS(JP_INT(now - JP_DAY))));
}

static void
tell_next(jp_db *db, jp_table *out)
{
	g_autoptr(jp_rows) b = jp_db_query(db, JP_SQL_STATS_NEXT_BOARD, JP_NO_ARGS);
	gint64 at;

	if (jp_rows_next(b)) {
		g_autofree char *name =
		    g_strdup_printf("%s:%s", jp_rows_text(b, JP_COL_STATS_NEXT_BOARD_KIND),
			jp_rows_text(b, JP_COL_STATS_NEXT_BOARD_TOKEN));

		jp_table_row(out, "next", "board", JP_NO_INT,
		    jp_rows_int(b, JP_COL_STATS_NEXT_BOARD_NEXT_AT), name);
	}
	if (jp_db_get_int(db, JP_SQL_STATS_NEXT_DIGEST, JP_NO_ARGS, &at))
		jp_table_row(out, "next", "digest", JP_NO_INT, at, NULL);
}

static void
tell_runs(jp_db *db, gint64 now, jp_table *out)
{
	static const char *const programs[] = {"jp-scrape", "jp-match", "jp-mail", "jp-db", NULL};
	g_autofree char *list = jp_json_from_strv(programs);
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_STATS_LAST_RUNS, JP_ARGS(JP_LIST(list)));

	while (jp_rows_next(r)) {
		gint64 at = jp_rows_int(r, JP_COL_STATS_LAST_RUNS_STARTED_AT);
		gboolean ended = !jp_rows_is_null(r, JP_COL_STATS_LAST_RUNS_FINISHED_AT);
		gint64 code = jp_rows_int_or(r, JP_COL_STATS_LAST_RUNS_EXIT_CODE, JP_NO_INT);
		g_autofree char *span = jp_stats_span(now - at);
		g_autofree char *detail = g_strdup_printf("%s ago, %s, %" G_GINT64_FORMAT
							  " done, %" G_GINT64_FORMAT " failed",
		    span, ended ? (code == 0 ? "well" : "not well") : "not ended",
		    jp_rows_int(r, JP_COL_STATS_LAST_RUNS_N_DONE),
		    jp_rows_int(r, JP_COL_STATS_LAST_RUNS_N_FAILED));

		jp_table_row(out, "last-run", jp_rows_text(r, JP_COL_STATS_LAST_RUNS_PROGRAM), code,
		    at, detail);
	}
}

/* Who runs jp-queue work: handlers, when it was last heard of, and what it does. */
static void
tell_workers(jp_db *db, jp_table *out)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_STATS_WORKERS, JP_ARGS(JP_INT(MAX_WORKERS)));

	while (jp_rows_next(r)) {
		g_autofree char *since =
		    jp_time_format(jp_rows_int(r, JP_COL_STATS_WORKERS_STARTED_AT));
		g_autofree char *detail = g_strdup_printf(
		    "%" G_GINT64_FORMAT " tasks in hand; since %s %" G_GINT64_FORMAT
		    " done, %" G_GINT64_FORMAT " tried again, %" G_GINT64_FORMAT " dead; %s",
		    jp_rows_int(r, JP_COL_STATS_WORKERS_TASKS), since,
		    jp_rows_int(r, JP_COL_STATS_WORKERS_N_DONE),
		    jp_rows_int(r, JP_COL_STATS_WORKERS_N_RETRIED),
		    jp_rows_int(r, JP_COL_STATS_WORKERS_N_DEAD),
		    jp_rows_text(r, JP_COL_STATS_WORKERS_TYPES));

		jp_table_row(out, "workers", jp_rows_text(r, JP_COL_STATS_WORKERS_NAME),
		    jp_rows_int(r, JP_COL_STATS_WORKERS_HANDLERS),
		    jp_rows_int(r, JP_COL_STATS_WORKERS_SEEN_AT), detail);
	}
}

void
jp_stats_overview(jp_db *db, gint64 now, jp_table *out)
{
	g_autoptr(jp_rows) r = NULL;

	jp_db_begin(db, JP_TX_READ);
	tell_boards(db, now, out);
	tell_postings(db, now, out);
	tell_people(db, out);
	tell_mail(db, now, out);
	tell_tasks(db, now, out);
	tell_next(db, out);
	tell_workers(db, out);
	tell_runs(db, now, out);
	r = jp_db_query(db, JP_SQL_STATS_UNFINISHED, JP_ARGS(JP_INT(now - JP_DAY), JP_INT(now)));
	if (jp_rows_next(r))
		jp_table_row(out, "runs-24h", "unfinished",
		    jp_rows_int(r, JP_COL_STATS_UNFINISHED_N),
		    jp_rows_int_or(r, JP_COL_STATS_UNFINISHED_FIRST_AT, JP_NO_TIME),
		    jp_rows_text(r, JP_COL_STATS_UNFINISHED_PROGRAM));
	g_clear_pointer(&r, jp_rows_free);
	jp_db_commit(db);
}

/* ---- boards ---------------------------------------------------------------------------------- */

const jp_column jp_stats_board_columns[JP_STATS_BOARD_N_COLS] = {
    {"id", NULL, JP_CELL_INT},
    {"board", NULL, JP_CELL_TEXT},
    {"status", NULL, JP_CELL_TEXT},
    {"failures", NULL, JP_CELL_INT},
    {"last_success_at", "LAST SUCCESS", JP_CELL_TIME},
    {"last_visit_at", "LAST VISIT", JP_CELL_TIME},
    {"next_at", "NEXT", JP_CELL_TIME},
    {"disabled_at", "DISABLED", JP_CELL_TIME},
    {"reason", NULL, JP_CELL_TEXT},
};

static gint64
time_of(const jp_rows *r, int col)
{
	return jp_rows_int_or(r, col, JP_NO_TIME);
}

void
jp_stats_boards(jp_db *db, gboolean all, gint64 limit, jp_table *out)
{
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_STATS_FAILING, JP_ARGS(JP_INT(all ? 1 : 0), JP_INT(limit)));

	while (jp_rows_next(r)) {
		g_autofree char *name =
		    g_strdup_printf("%s:%s", jp_rows_text(r, JP_COL_STATS_FAILING_KIND),
			jp_rows_text(r, JP_COL_STATS_FAILING_TOKEN));

		jp_table_row(out, jp_rows_int(r, JP_COL_STATS_FAILING_ID), name,
		    jp_rows_text(r, JP_COL_STATS_FAILING_STATUS),
		    jp_rows_int(r, JP_COL_STATS_FAILING_FAILURES),
		    time_of(r, JP_COL_STATS_FAILING_LAST_SUCCESS_AT),
		    time_of(r, JP_COL_STATS_FAILING_LAST_VISIT_AT),
		    jp_rows_int(r, JP_COL_STATS_FAILING_NEXT_AT),
		    time_of(r, JP_COL_STATS_FAILING_DISABLED_AT),
		    jp_rows_text(r, JP_COL_STATS_FAILING_REASON));
	}
}

/* ---- alerts ---------------------------------------------------------------------------------- */

const jp_column jp_stats_alert_columns[JP_STATS_ALERT_N_COLS] = {
    {"id", NULL, JP_CELL_INT},
    {"board", NULL, JP_CELL_TEXT},
    {"status", NULL, JP_CELL_TEXT},
    {"since", NULL, JP_CELL_TIME},
    {"failures", NULL, JP_CELL_INT},
    {"opened_at", "OPENED", JP_CELL_TIME},
    {"told_at", "TOLD", JP_CELL_TIME},
    {"reason", NULL, JP_CELL_TEXT},
};

void
jp_stats_alerts(jp_db *db, gint64 limit, jp_table *out)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_STATS_ALERTS, JP_ARGS(JP_INT(limit)));

	while (jp_rows_next(r)) {
		g_autofree char *name =
		    g_strdup_printf("%s:%s", jp_rows_text(r, JP_COL_STATS_ALERTS_KIND),
			jp_rows_text(r, JP_COL_STATS_ALERTS_TOKEN));
		gboolean is_off = time_of(r, JP_COL_STATS_ALERTS_DISABLED_AT) != JP_NO_TIME;
		const char *status = jp_rows_text(r, JP_COL_STATS_ALERTS_STATUS);

		jp_table_row(out, jp_rows_int(r, JP_COL_STATS_ALERTS_ID), name,
		    is_off ? "disabled" : status, jp_rows_int(r, JP_COL_STATS_ALERTS_SINCE),
		    jp_rows_int(r, JP_COL_STATS_ALERTS_FAILURES),
		    jp_rows_int(r, JP_COL_STATS_ALERTS_OPENED_AT),
		    time_of(r, JP_COL_STATS_ALERTS_TOLD_AT),
		    jp_rows_text(r, JP_COL_STATS_ALERTS_REASON));
	}
}

/* ---- runs ------------------------------------------------------------------------------------ */

const jp_column jp_stats_run_columns[JP_STATS_RUN_N_COLS] = {
    {"id", NULL, JP_CELL_INT},
    {"program", NULL, JP_CELL_TEXT},
    {"worker", NULL, JP_CELL_TEXT},
    {"started_at", "STARTED", JP_CELL_TIME},
    {"finished_at", "FINISHED", JP_CELL_TIME},
    {"ms", NULL, JP_CELL_INT},
    {"exit_code", "EXIT", JP_CELL_INT},
    {"n_done", "DONE", JP_CELL_INT},
    {"n_failed", "FAILED", JP_CELL_INT},
    {"note", NULL, JP_CELL_TEXT},
};

void
jp_stats_runs(jp_db *db, const char *program, gint64 since, gint64 limit, jp_table *out)
{
	g_autoptr(jp_rows) r = jp_db_query(
	    db, JP_SQL_STATS_RUNS, JP_ARGS(JP_INT(since), JP_TEXT(program), JP_INT(limit)));

	while (jp_rows_next(r)) {
		gint64 from = jp_rows_int(r, JP_COL_STATS_RUNS_STARTED_AT);
		gint64 to = time_of(r, JP_COL_STATS_RUNS_FINISHED_AT);

		jp_table_row(out, jp_rows_int(r, JP_COL_STATS_RUNS_ID),
		    jp_rows_text(r, JP_COL_STATS_RUNS_PROGRAM),
		    jp_rows_text(r, JP_COL_STATS_RUNS_WORKER), from, to,
		    to == JP_NO_TIME ? JP_NO_INT : to - from,
		    jp_rows_int_or(r, JP_COL_STATS_RUNS_EXIT_CODE, JP_NO_INT),
		    jp_rows_int(r, JP_COL_STATS_RUNS_N_DONE),
		    jp_rows_int(r, JP_COL_STATS_RUNS_N_FAILED),
		    jp_rows_text(r, JP_COL_STATS_RUNS_NOTE));
	}
}

/* ---- queries --------------------------------------------------------------------------------- */

const jp_column jp_stats_query_columns[JP_STATS_QUERY_N_COLS] = {
    {"statement", NULL, JP_CELL_TEXT},
    {"calls", NULL, JP_CELL_INT},
    {"p50_us", "P50 US", JP_CELL_INT},
    {"p95_us", "P95 US", JP_CELL_INT},
    {"p99_us", "P99 US", JP_CELL_INT},
    {"max_us", "MAX US", JP_CELL_INT},
    {"total_us", "TOTAL US", JP_CELL_INT},
};

typedef struct query {
	char *name;
	gint64 n, total_us, max_us, buckets[N_BUCKETS];
} query;

static void
query_clear(gpointer q)
{
	g_free(((query *)q)->name);
}

static int
by_total(gconstpointer a, gconstpointer b)
{
	const query *x = a, *y = b;

	if (x->total_us != y->total_us)
		return x->total_us < y->total_us ? 1 : -1;
	return strcmp(x->name, y->name);
}

void
jp_stats_queries(jp_db *db, gint64 limit, jp_table *out)
{
	g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(query));
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS);

	g_array_set_clear_func(all, query_clear);
	while (jp_rows_next(r)) {
		query q = {.name = g_strdup(jp_rows_text(r, JP_COL_QUERY_STAT_ALL_NAME)),
		    .n = jp_rows_int(r, JP_COL_QUERY_STAT_ALL_N),
		    .total_us = jp_rows_int(r, JP_COL_QUERY_STAT_ALL_TOTAL_US),
		    .max_us = jp_rows_int(r, JP_COL_QUERY_STAT_ALL_MAX_US)};

		jp_stats_buckets_parse(
		    jp_rows_text(r, JP_COL_QUERY_STAT_ALL_BUCKETS), q.buckets, N_BUCKETS);
		g_array_append_val(all, q);
	}
	g_array_sort(all, by_total);
	for (guint i = 0; i < all->len && i < limit; i++) {
		const query *q = &g_array_index(all, query, i);

		jp_table_row(out, q->name, q->n,
		    jp_stats_percentile(q->buckets, N_BUCKETS, 0.50, q->max_us),
		    jp_stats_percentile(q->buckets, N_BUCKETS, 0.95, q->max_us),
		    jp_stats_percentile(q->buckets, N_BUCKETS, 0.99, q->max_us), q->max_us,
		    q->total_us);
	}
}
