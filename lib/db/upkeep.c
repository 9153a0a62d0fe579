/*
 * upkeep: what a database needs now and then.  Two tables of named statements: what is kept for how
 * long (G04), and promises that a query can check.  What is in the rows, the statements know
 * (sql/upkeep.sql); here is the order, the portions and the report.
 */
#include <stddef.h>

#include "db/internal.h"

/* Rows removed in one transaction: others wait for some milliseconds. */
#define PORTION 500
/* Lines that one check gives; more would not tell more. */
#define MAX_PROBLEMS 100
/* A message whose worker is gone for that long is not being recovered. */
#define STUCK (2 * JP_DAY)

static const struct rule {
	const char *what;
	gsize age; /* in jp_config */
	jp_sql count;
	jp_sql prune;        /* JP_SQL_N: the caller knows how */
	jp_sql before_prune; /* in the same transaction; JP_SQL_N: nothing */
} rules[] = {
    {"visits", offsetof(jp_config, gc.visits), JP_SQL_GC_VISIT_COUNT, JP_SQL_GC_VISIT, JP_SQL_N},
    {"runs", offsetof(jp_config, gc.runs), JP_SQL_GC_RUN_COUNT, JP_SQL_GC_RUN, JP_SQL_N},
    {"events", offsetof(jp_config, gc.events), JP_SQL_GC_EVENT_COUNT, JP_SQL_GC_EVENT, JP_SQL_N},
    {"postings", offsetof(jp_config, gc.postings), JP_SQL_GC_POSTING_COUNT, JP_SQL_N, JP_SQL_N},
    {"bodies", offsetof(jp_config, gc.bodies), JP_SQL_GC_BODY_COUNT, JP_SQL_GC_BODY, JP_SQL_N},
    {"messages", offsetof(jp_config, gc.messages), JP_SQL_GC_MESSAGE_COUNT, JP_SQL_GC_MESSAGE,
	JP_SQL_GC_MESSAGE_MATCHES},
    {"pending", offsetof(jp_config, gc.pending), JP_SQL_GC_PENDING_COUNT, JP_SQL_GC_PENDING,
	JP_SQL_N},
    {"unsubscribed", offsetof(jp_config, gc.unsubscribed), JP_SQL_GC_UNSUBSCRIBED_COUNT,
	JP_SQL_GC_UNSUBSCRIBED, JP_SQL_GC_UNSUBSCRIBED_MESSAGES},
    {"tasks", offsetof(jp_config, gc.tasks), JP_SQL_GC_TASK_COUNT, JP_SQL_GC_TASK, JP_SQL_N},
    {"rates", offsetof(jp_config, gc.tasks), JP_SQL_GC_RATE_COUNT, JP_SQL_GC_RATE, JP_SQL_N},
};

/* ---- retention ------------------------------------------------------------------------------- */

static gint64
count(jp_db *db, const struct rule *rule, gint64 before)
{
	gint64 n = 0;

	(void)jp_db_get_int(db, rule->count, JP_ARGS(JP_INT(before)), &n); /* a count has a row */
	return n;
}

/* Removes a portion; gives the number of its rows. */
static gint64
prune_some(jp_db *db, const struct rule *rule, gint64 before, jp_upkeep_prune postings)
{
	if (rule->before_prune != JP_SQL_N)
		(void)jp_db_exec(db, rule->before_prune, /* how many does not matter */
		    JP_ARGS(JP_INT(before), JP_INT(PORTION)));
	if (rule->prune == JP_SQL_N)
		return postings(db, before, PORTION);
	return jp_db_exec(db, rule->prune, JP_ARGS(JP_INT(before), JP_INT(PORTION)));
}

static gint64
prune(jp_db *db, const struct rule *rule, gint64 before, jp_upkeep_prune postings)
{
	gint64 total = 0, n = PORTION;

	while (n == PORTION && !jp_stopping()) {
		jp_db_begin(db, JP_TX_WRITE);
		n = prune_some(db, rule, before, postings);
		jp_db_commit(db);
		total += n;
	}
	return total;
}

gint64
jp_upkeep_gc(jp_db *db, gint64 now, gboolean dry_run, jp_upkeep_prune postings,
    jp_upkeep_pruned each, gpointer data)
{
	gint64 total = 0;

	for (guint i = 0; i < G_N_ELEMENTS(rules) && !jp_stopping(); i++) {
		const struct rule *rule = &rules[i];
		gint64 age = *(const gint64 *)((const char *)db->conf + rule->age);
		gint64 n =
		    dry_run ? count(db, rule, now - age) : prune(db, rule, now - age, postings);

		each(rule->what, n, age, data);
		total += n;
	}
	return total;
}

/* ---- promises -------------------------------------------------------------------------------- */

static guint
report(jp_rows *r, int col, jp_db_problem each, gpointer data)
{
	guint n = 0;

	for (; jp_rows_next(r); n++)
		each(jp_rows_text(r, col), data);
	jp_rows_free(r);
	return n;
}

guint
jp_upkeep_check(jp_db *db, gint64 now, jp_db_problem each, gpointer data)
{
	/* All of them have one column, the line to print. */
	static const jp_sql checks[] = {JP_SQL_CHECK_CLOSED_EARLY, JP_SQL_CHECK_CLOSE_REASON,
	    JP_SQL_CHECK_SENT_WHEN, JP_SQL_CHECK_SENT_NOTED, JP_SQL_CHECK_MESSAGE_WHOLE,
	    JP_SQL_CHECK_MESSAGE_STATE, JP_SQL_CHECK_MATCH_TWICE, JP_SQL_CHECK_CONSENT,
	    JP_SQL_CHECK_TASK_STATE};
	guint n = 0;

	for (guint i = 0; i < G_N_ELEMENTS(checks); i++)
		n += report(
		    jp_db_query(db, checks[i], JP_ARGS(JP_INT(MAX_PROBLEMS))), 0, each, data);
	n += report(jp_db_query(db, JP_SQL_CHECK_TASK_STUCK,
			JP_ARGS(JP_INT(now - STUCK), JP_INT(MAX_PROBLEMS))),
	    JP_COL_CHECK_TASK_STUCK_WHAT, each, data);
	return n +
	    report(jp_db_query(db, JP_SQL_CHECK_SENDING_STUCK,
		       JP_ARGS(JP_INT(now - STUCK), JP_INT(MAX_PROBLEMS))),
		JP_COL_CHECK_SENDING_STUCK_WHAT, each, data);
}
