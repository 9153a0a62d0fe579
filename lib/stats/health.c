/*
 * Is the site well?  Facts are gathered from one snapshot; judging them is pure.  One failed board
 * or one failed run is no problem (C02): what persists is, and silence is.
 */
#include "stats/stats.h"

#include <string.h>

#include "board/board.h"

/* What failed, was disabled or did not end is told for so long. */
#define TOLD_FOR (JP_DAY)

const jp_column jp_health_columns[JP_HEALTH_N_COLS] = {
    {"problem", NULL, JP_CELL_TEXT},
    {"count", NULL, JP_CELL_INT},
    {"since", NULL, JP_CELL_TIME},
    {"what", NULL, JP_CELL_TEXT},
};

static const char *const programs[JP_HEALTH_N_PROGRAMS + 1] = {
    "jp-scrape", "jp-match", "jp-mail", NULL};

/* ---- gathering ------------------------------------------------------------------------------- */

static void
gather_wanted(jp_db *db, jp_health_facts *f)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_STATS_HAS_WORK, JP_NO_ARGS);
	gboolean boards, searches;

	if (!jp_rows_next(r))
		return;
	boards = jp_rows_int(r, JP_COL_STATS_HAS_WORK_BOARDS) != 0;
	searches = jp_rows_int(r, JP_COL_STATS_HAS_WORK_SEARCHES) != 0;
	for (guint i = 0; i < JP_HEALTH_N_PROGRAMS; i++)
		f->programs[i].is_wanted = boards && (i == 0 || searches);
}

static void
gather_programs(jp_db *db, jp_health_facts *f)
{
	g_autofree char *list = jp_json_from_strv(programs);
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_STATS_LAST_SUCCESS, JP_ARGS(JP_LIST(list)));

	for (guint i = 0; i < JP_HEALTH_N_PROGRAMS; i++)
		f->programs[i] = (jp_health_program){.program = programs[i],
		    .started_at = JP_NO_TIME,
		    .success_at = JP_NO_TIME,
		    .exit_code = JP_NO_INT};
	while (jp_rows_next(r)) {
		const char *name = jp_rows_text(r, JP_COL_STATS_LAST_SUCCESS_PROGRAM);

		for (guint i = 0; i < JP_HEALTH_N_PROGRAMS; i++) {
			jp_health_program *p = &f->programs[i];

			if (!g_str_equal(p->program, name))
				continue;
			p->started_at = jp_rows_int(r, JP_COL_STATS_LAST_SUCCESS_STARTED_AT);
			p->success_at =
			    jp_rows_int_or(r, JP_COL_STATS_LAST_SUCCESS_SUCCESS_AT, JP_NO_TIME);
			p->exit_code =
			    jp_rows_int_or(r, JP_COL_STATS_LAST_SUCCESS_EXIT_CODE, JP_NO_INT);
		}
	}
}

/* A statement that gives a count, a time and perhaps a name. */
static void
gather_count(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, gint64 *n, int time_col,
    gint64 *since, int text_col, char **text)
{
	g_autoptr(jp_rows) r = jp_db_query(db, statement, args, n_args);

	if (!jp_rows_next(r))
		return;
	*n = jp_rows_int(r, 0);
	if (since)
		*since = jp_rows_int_or(r, time_col, JP_NO_TIME);
	if (text)
		*text = g_strdup(jp_rows_text(r, text_col));
}

static void
gather_messages(jp_db *db, jp_health_facts *f)
{
	g_autoptr(jp_rows) r = jp_db_query(
	    db, JP_SQL_STATS_MAIL_TROUBLE, JP_ARGS(JP_INT(f->now - TOLD_FOR), JP_INT(f->now)));

	if (!jp_rows_next(r))
		return;
	f->n_held = jp_rows_int(r, JP_COL_STATS_MAIL_TROUBLE_HELD);
	f->n_failed = jp_rows_int(r, JP_COL_STATS_MAIL_TROUBLE_FAILED);
	f->ready_since = jp_rows_int_or(r, JP_COL_STATS_MAIL_TROUBLE_READY_SINCE, JP_NO_TIME);
}

/* Hosts whose boards cannot all be visited in time; the first by name is told. */
static void
gather_crowds(jp_db *db, const jp_config *conf, jp_health_facts *f)
{
	g_autoptr(GHashTable) crowds = jp_board_crowds(db, conf);
	g_autoptr(GList) hosts = g_hash_table_get_keys(crowds);

	hosts = g_list_sort(hosts, (GCompareFunc)strcmp);
	f->n_crowded = g_hash_table_size(crowds);
	if (hosts)
		f->crowded = g_strdup(g_hash_table_lookup(crowds, hosts->data));
}

void
jp_health_gather(jp_db *db, const jp_config *conf, gint64 now, gint64 age, jp_health_facts *f)
{
	const gint64 before = now - age;

	*f = (jp_health_facts){.now = now, .age = age, .ready_since = JP_NO_TIME};
	jp_db_begin(db, JP_TX_READ);
	gather_programs(db, f);
	gather_wanted(db, f);
	gather_messages(db, f);
	gather_count(db, JP_SQL_STATS_UNFINISHED,
	    JP_ARGS(JP_INT(now - TOLD_FOR - age), JP_INT(before)), &f->n_unfinished,
	    JP_COL_STATS_UNFINISHED_FIRST_AT, &f->unfinished_at, JP_COL_STATS_UNFINISHED_PROGRAM,
	    &f->unfinished);
	gather_count(db, JP_SQL_STATS_PERSISTENT, JP_NO_ARGS, &f->n_persistent,
	    JP_COL_STATS_PERSISTENT_SINCE, &f->persistent_since, JP_COL_STATS_PERSISTENT_EXAMPLE,
	    &f->persistent);
	gather_crowds(db, conf, f);
	gather_count(db, JP_SQL_STATS_DISABLED, JP_ARGS(JP_INT(now - TOLD_FOR)), &f->n_disabled, 0,
	    NULL, JP_COL_STATS_DISABLED_EXAMPLE, &f->disabled);
	gather_count(db, JP_SQL_STATS_OVERDUE_BOARDS, JP_ARGS(JP_INT(before)), &f->n_late_boards,
	    JP_COL_STATS_OVERDUE_BOARDS_SINCE, &f->late_boards_since, 0, NULL);
	gather_count(db, JP_SQL_STATS_OVERDUE_DIGESTS, JP_ARGS(JP_INT(before)), &f->n_late_digests,
	    JP_COL_STATS_OVERDUE_DIGESTS_SINCE, &f->late_digests_since, 0, NULL);
	gather_count(db, JP_SQL_STATS_DEAD_TASKS, JP_ARGS(JP_INT(now - TOLD_FOR)), &f->n_dead, 0,
	    NULL, JP_COL_STATS_DEAD_TASKS_EXAMPLE, &f->dead);
	gather_count(db, JP_SQL_STATS_LATE_TASKS, JP_ARGS(JP_INT(before)), &f->n_late_tasks,
	    JP_COL_STATS_LATE_TASKS_SINCE, &f->late_tasks_since, JP_COL_STATS_LATE_TASKS_EXAMPLE,
	    &f->late_tasks);
	jp_db_commit(db);
}

void
jp_health_facts_clear(jp_health_facts *f)
{
	g_free(f->unfinished);
	g_free(f->persistent);
	g_free(f->disabled);
	g_free(f->crowded);
	g_free(f->dead);
	g_free(f->late_tasks);
	*f = (jp_health_facts){0};
}

/* ---- judging --------------------------------------------------------------------------------- */

char *
jp_stats_span(gint64 ms)
{
	static const struct {
		gint64 ms;
		const char *one, *many;
	} units[] = {{JP_DAY, "day", "days"}, {JP_HOUR, "hour", "hours"},
	    {JP_MINUTE, "minute", "minutes"}, {JP_SECOND, "second", "seconds"}};

	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		gint64 n = ms / units[i].ms;

		if (n >= 2 || (n == 1 && i > 0) || i == G_N_ELEMENTS(units) - 1)
			return g_strdup_printf("%" G_GINT64_FORMAT " %s", MAX(n, 0),
			    n == 1 ? units[i].one : units[i].many);
	}
	return NULL;
}

static void
problem_free(gpointer p)
{
	g_free(((jp_health_problem *)p)->what);
	g_free(p);
}

static void G_GNUC_PRINTF(5, 6)
    add(GPtrArray *to, const char *word, gint64 n, gint64 since, const char *fmt, ...)
{
	jp_health_problem *p = g_new0(jp_health_problem, 1);
	va_list ap;

	p->word = word;
	p->n = n;
	p->since = since;
	va_start(ap, fmt);
	p->what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_ptr_array_add(to, p);
}

static void
judge_program(const jp_health_facts *f, const jp_health_program *p, GPtrArray *to)
{
	g_autofree char *span = NULL;

	if (!p->is_wanted)
		return;
	if (p->started_at == JP_NO_TIME) {
		add(to, "silent", JP_NO_INT, JP_NO_TIME,
		    "%s has never run; see the crontab in jobping(7)", p->program);
		return;
	}
	span = jp_stats_span(f->now - p->started_at);
	if (f->now - p->started_at > f->age) {
		add(to, "silent", JP_NO_INT, p->started_at,
		    "%s has not run for %s; is cron running it?", p->program, span);
		return;
	}
	if (p->success_at != JP_NO_TIME && f->now - p->success_at <= f->age)
		return;
	g_free(span);
	span = p->success_at == JP_NO_TIME ? NULL : jp_stats_span(f->now - p->success_at);
	if (p->exit_code != JP_NO_INT && p->exit_code != 0)
		add(to, "failing", JP_NO_INT, p->success_at,
		    "%s has not ended well %s%s; the last run ended with %" G_GINT64_FORMAT
		    ", run it by hand to see why",
		    p->program, span ? "for " : "once", span ? span : "", p->exit_code);
}

static const char *
more(gint64 n)
{
	return n == 1 ? "" : " and others";
}

static void
judge_boards(const jp_health_facts *f, GPtrArray *to)
{
	if (f->n_persistent > 0)
		add(to, "boards", f->n_persistent, f->persistent_since,
		    "%s%s failed again and again; see jp-stats alerts", f->persistent,
		    more(f->n_persistent));
	if (f->n_crowded > 0)
		add(to, "crowded", f->n_crowded, JP_NO_TIME,
		    "%s%s; give them a longer interval, see jp-scrape plan --by late", f->crowded,
		    f->n_crowded == 1 ? "" : ", and so with other hosts");
	if (f->n_disabled > 0)
		add(to, "disabled", f->n_disabled, JP_NO_TIME,
		    "%s%s was disabled within a day; see jp-stats boards", f->disabled,
		    more(f->n_disabled));
	if (f->n_late_boards > 0) {
		g_autofree char *span = jp_stats_span(f->now - f->late_boards_since);

		add(to, "late-boards", f->n_late_boards, f->late_boards_since,
		    "%" G_GINT64_FORMAT
		    " board%s not been visited when due, for up to %s; run jp-scrape more often",
		    f->n_late_boards, f->n_late_boards == 1 ? " has" : "s have", span);
	}
}

static void
judge_mail(const jp_health_facts *f, GPtrArray *to)
{
	if (f->n_held > 0)
		add(to, "held", f->n_held, JP_NO_TIME,
		    "%" G_GINT64_FORMAT
		    " message%s held, as it is not known whether it arrived; see jp-mail(1)",
		    f->n_held, f->n_held == 1 ? " is" : "s are");
	if (f->n_failed > 0)
		add(to, "undelivered", f->n_failed, JP_NO_TIME,
		    "%" G_GINT64_FORMAT
		    " message%s of the last day could not be delivered; see jp-mail(1)",
		    f->n_failed, f->n_failed == 1 ? "" : "s");
	if (f->ready_since != JP_NO_TIME && f->now - f->ready_since > f->age) {
		g_autofree char *span = jp_stats_span(f->now - f->ready_since);

		add(to, "late-mail", JP_NO_INT, f->ready_since,
		    "a message has been ready to be sent for %s; run jp-mail", span);
	}
	if (f->n_late_digests > 0) {
		g_autofree char *span = jp_stats_span(f->now - f->late_digests_since);

		add(to, "late-digests", f->n_late_digests, f->late_digests_since,
		    "%" G_GINT64_FORMAT " subscriber%s been due a digest for up to %s; run jp-mail",
		    f->n_late_digests, f->n_late_digests == 1 ? " has" : "s have", span);
	}
}

static void
judge_tasks(const jp_health_facts *f, GPtrArray *to)
{
	if (f->n_dead > 0)
		add(to, "dead-tasks", f->n_dead, JP_NO_TIME,
		    "%" G_GINT64_FORMAT
		    " task%s (%s%s) failed for good within a day; see jp-queue list -s dead",
		    f->n_dead, f->n_dead == 1 ? "" : "s", f->dead, more(f->n_dead));
	if (f->n_late_tasks > 0) {
		g_autofree char *span = jp_stats_span(f->now - f->late_tasks_since);

		add(to, "late-tasks", f->n_late_tasks, f->late_tasks_since,
		    "%" G_GINT64_FORMAT
		    " task%s waited (%s%s) for up to %s; is jp-queue work running, with "
		    "handlers enough?",
		    f->n_late_tasks, f->n_late_tasks == 1 ? " has" : "s have", f->late_tasks,
		    more(f->n_late_tasks), span);
	}
}

GPtrArray *
jp_health_judge(const jp_health_facts *f)
{
	GPtrArray *to = g_ptr_array_new_with_free_func(problem_free);

	for (guint i = 0; i < JP_HEALTH_N_PROGRAMS; i++)
		judge_program(f, &f->programs[i], to);
	if (f->n_unfinished > 0)
		add(to, "unfinished", f->n_unfinished, f->unfinished_at,
		    "%" G_GINT64_FORMAT
		    " run%s (%s%s) did not end: killed, or still at it; see jp-stats runs",
		    f->n_unfinished, f->n_unfinished == 1 ? "" : "s", f->unfinished,
		    more(f->n_unfinished));
	judge_boards(f, to);
	judge_mail(f, to);
	judge_tasks(f, to);
	return to;
}
