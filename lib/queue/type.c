/* What is asked of a type as a whole: how much waits, when something is due, whether it is
 * paused. */
#include "queue/internal.h"

/* More is not told apart. */
#define MAX_COUNTED 10000

/* When a claim can first bring something of a type; JP_NO_TIME: not by time alone. */
static gint64
next_of(jp_db *db, const char *type, gint64 now)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TASK_LOOK, JP_ARGS(JP_TEXT(type)));
	gint64 delayed_at, lease_first, run_at;
	gboolean is_paused;

	if (!jp_rows_next(r))
		return JP_QUEUE_NEVER;
	delayed_at = jp_rows_int_or(r, JP_COL_TASK_LOOK_DELAYED_AT, JP_QUEUE_NEVER);
	lease_first = jp_rows_int_or(r, JP_COL_TASK_LOOK_LEASE_FIRST, JP_QUEUE_NEVER);
	is_paused = !jp_rows_is_null(r, JP_COL_TASK_LOOK_PAUSED_AT);
	if (is_paused)
		return JP_QUEUE_NEVER;
	if (lease_first != JP_QUEUE_NEVER &&
	    lease_first > now + JP_QUEUE_MAX_LEASE) /* to be shortened */
		return now;
	if (jp_db_get_int(db, JP_SQL_TASK_NEXT_RUN_AT, JP_ARGS(JP_TEXT(type)), &run_at))
		return now;
	return MIN(delayed_at, lease_first);
}

gint64
jp_queue_next_at(jp_db *db, const char *const *types, gint64 now)
{
	gint64 at = JP_QUEUE_NEVER;

	for (; *types && at > now; types++)
		at = MIN(at, next_of(db, *types, now));
	return at;
}

void
jp_queue_count(jp_db *db, const char *type, gint64 now, jp_queue_counts *out)
{
	g_autoptr(jp_rows) r = jp_db_query(
	    db, JP_SQL_TASK_BACKLOG, JP_ARGS(JP_TEXT(type), JP_INT(now), JP_INT(MAX_COUNTED)));
	gint64 delayed_at;

	*out = (jp_queue_counts){.next_run_at = JP_NO_TIME};
	if (jp_rows_next(r)) {
		out->waiting = jp_rows_int(r, JP_COL_TASK_BACKLOG_WAITING) +
		    jp_rows_int(r, JP_COL_TASK_BACKLOG_DUE);
		delayed_at = jp_rows_int_or(r, JP_COL_TASK_BACKLOG_DELAYED_AT, JP_QUEUE_NEVER);
		out->running = jp_rows_int(r, JP_COL_TASK_BACKLOG_RUNNING);
		out->is_paused = !jp_rows_is_null(r, JP_COL_TASK_BACKLOG_PAUSED_AT);
		if (delayed_at <= now)
			out->next_run_at = delayed_at;
	}
	(void)jp_db_get_int(/* none: nothing waits */
	    db, JP_SQL_TASK_NEXT_RUN_AT, JP_ARGS(JP_TEXT(type)), &out->next_run_at);
}

gboolean
jp_queue_is_paused(jp_db *db, const char *type)
{
	gint64 paused_at;

	return jp_db_get_int(db, JP_SQL_TASK_TYPE_PAUSED_AT, JP_ARGS(JP_TEXT(type)), &paused_at);
}

gboolean
jp_queue_pause(jp_db *db, const char *type, gint64 now)
{
	return jp_db_exec(db, JP_SQL_TASK_TYPE_PAUSE, JP_ARGS(JP_TEXT(type), JP_INT(now))) == 1;
}

gboolean
jp_queue_resume(jp_db *db, const char *type)
{
	return jp_db_exec(db, JP_SQL_TASK_TYPE_RESUME, JP_ARGS(JP_TEXT(type))) == 1;
}
