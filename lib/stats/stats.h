/*
 * stats: what jp-stats tells.  Reports are rows into a table, taken from one snapshot; what is
 * judged (percentiles, health) is pure and stands in files of its own.
 */
#ifndef JP_STATS_H
#define JP_STATS_H

#include "db/db.h"
#include "text/text.h"

/* ---- what is read (site.c) --------------------------------------------------------------------
 */

/* Opens stats.database, else the site's, for reading; says on stderr how old a replica's data is.
 * Gives the exit code; the caller frees both, also after a failure. */
int jp_stats_open(jp_config **conf, jp_db **db, const char *config);

/* ---- reports (report.c): one transaction each; the columns are those of jp-stats(1) ---------- */

enum {
	JP_STATS_COL_AREA,
	JP_STATS_COL_NAME,
	JP_STATS_COL_VALUE,
	JP_STATS_COL_AT,
	JP_STATS_COL_DETAIL,
	JP_STATS_N_COLS
};
extern const jp_column jp_stats_columns[JP_STATS_N_COLS];
/* What is in the database, what is due, what ran. */
void jp_stats_overview(jp_db *db, gint64 now, jp_table *out);

#define JP_STATS_BOARD_N_COLS 9
extern const jp_column jp_stats_board_columns[JP_STATS_BOARD_N_COLS];
/* Boards that fail or were disabled, the worst first; all: every board. */
void jp_stats_boards(jp_db *db, gboolean all, gint64 limit, jp_table *out);

#define JP_STATS_ALERT_N_COLS 8
extern const jp_column jp_stats_alert_columns[JP_STATS_ALERT_N_COLS];
/* Boards whose failing persists (C02), those that are longest at it first. */
void jp_stats_alerts(jp_db *db, gint64 limit, jp_table *out);

#define JP_STATS_RUN_N_COLS 10
extern const jp_column jp_stats_run_columns[JP_STATS_RUN_N_COLS];
/* Runs begun since then, the latest first; program NULL: of all. */
void jp_stats_runs(jp_db *db, const char *program, gint64 since, gint64 limit, jp_table *out);

#define JP_STATS_QUERY_N_COLS 7
extern const jp_column jp_stats_query_columns[JP_STATS_QUERY_N_COLS];
/* Timings of named statements, what took most first. */
void jp_stats_queries(jp_db *db, gint64 limit, jp_table *out);

/* ---- percentiles (percentile.c), pure -------------------------------------------------------- */

/* The time under which the share (0 to 1) of calls stayed, from a histogram whose bucket k counts
 * calls under 2^k microseconds: the bucket's upper edge, so at most twice too much, and never more
 * than max_us.  0 when nothing was counted. */
gint64 jp_stats_percentile(const gint64 *buckets, guint n_buckets, double share, gint64 max_us);
/* Reads a JSON array of counts; missing and nonsensical ones are 0. */
void jp_stats_buckets_parse(const char *json, gint64 *buckets, guint n_buckets);

/* ---- health (health.c), pure but for gathering ----------------------------------------------- */

typedef struct jp_health_program {
	const char *program; /* borrowed */
	gboolean is_wanted;  /* there is work for it */
	gint64 started_at;   /* of the last run; JP_NO_TIME: never ran */
	gint64 success_at;   /* of the last that ended well; JP_NO_TIME: none */
	gint64 exit_code;    /* of the last; JP_NO_INT: it has not ended */
} jp_health_program;

#define JP_HEALTH_N_PROGRAMS 3 /* jp-scrape, jp-match, jp-mail */

typedef struct jp_health_facts {
	gint64 now;
	gint64 age; /* ms that things may be late */
	jp_health_program programs[JP_HEALTH_N_PROGRAMS];
	gint64 n_unfinished, unfinished_at;
	char *unfinished; /* a program; owned, NULL when there is none, so the rest */
	gint64 n_held, n_failed;
	gint64 ready_since;              /* the oldest message ready to be sent; JP_NO_TIME: none */
	gint64 n_persistent, n_disabled; /* boards */
	gint64 persistent_since;
	char *persistent, *disabled; /* one of them */
	gint64 n_crowded;            /* hosts whose limits are too narrow for their boards */
	char *crowded;               /* a sentence about one */
	gint64 n_late_boards, late_boards_since;
	gint64 n_late_digests, late_digests_since;
	gint64 n_dead, n_late_tasks, late_tasks_since; /* tasks of the queue */
	char *dead, *late_tasks;                       /* a type of them */
} jp_health_facts;

typedef struct jp_health_problem {
	const char *word; /* borrowed for ever: "silent", "held", ... see jp-stats(1) */
	gint64 n;         /* how many; JP_NO_INT */
	gint64 since;     /* JP_NO_TIME */
	char *what;       /* a sentence with what to do; owned */
} jp_health_problem;

#define JP_HEALTH_N_COLS 4
extern const jp_column jp_health_columns[JP_HEALTH_N_COLS];

void
jp_health_gather(jp_db *db, const jp_config *conf, gint64 now, gint64 age, jp_health_facts *out);
void jp_health_facts_clear(jp_health_facts *f);
/* The problems, of jp_health_problem *; free with g_ptr_array_unref.  Empty: all is well. */
GPtrArray *jp_health_judge(const jp_health_facts *f);
/* "3 h", "2 days": a span of time for people; free with g_free. */
char *jp_stats_span(gint64 ms);

#endif
