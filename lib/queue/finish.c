/* What the holder of a lease says of its tasks: ended, given back, held for longer.  Each is one
 * write that names worker and lease and touches one row, or is refused. */
#include <string.h>

#include "queue/internal.h"

/* The end of what a handler said. */
static jp_arg
last_words(const jp_task_end *e)
{
	gsize keep = MIN(e->output_len, JP_MAX_TASK_OUTPUT);

	return keep ? JP_BLOB((const char *)e->output + e->output_len - keep, keep) : JP_NULL;
}

/* One line of text that can be kept: UTF-8, cut at a character.  NULL stays NULL. */
static char *
one_line(const char *text, gsize max)
{
	return text ? jp_text_clean(text, -1, max, FALSE) : NULL;
}

static gint64
done(jp_db *db, const jp_task_end *e, gint64 now)
{
	g_autofree char *result = one_line(e->result, JP_MAX_TASK_RESULT);

	return jp_db_exec(db, JP_SQL_TASK_DONE,
	    JP_ARGS(JP_INT(e->id), JP_TEXT(jp_worker()), JP_INT(e->lease_no), JP_INT(now),
		JP_TEXT(result)));
}

static gint64
dead(jp_db *db, const jp_task_end *e, gint64 now)
{
	g_autofree char *error = one_line(e->error, JP_MAX_TASK_ERROR);

	return jp_db_exec(db, JP_SQL_TASK_DIE,
	    JP_ARGS(JP_INT(e->id), JP_TEXT(jp_worker()), JP_INT(e->lease_no), JP_INT(now),
		JP_TEXT(error), last_words(e)));
}

/* The row knows how often it was tried. */
static gint64
retry(jp_db *db, jp_task_end *e, gint64 now)
{
	g_autofree char *error = one_line(e->error, JP_MAX_TASK_ERROR);
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TASK_RETRY_AT,
	    JP_ARGS(JP_INT(e->id), JP_TEXT(jp_worker()), JP_INT(e->lease_no), JP_INT(now),
		JP_INT(e->run_at), JP_INT(e->max_attempts), JP_TEXT(error), last_words(e)));
	jp_task_state state;

	if (!jp_rows_next(r))
		return 0;
	if (jp_task_state_from_word(jp_rows_text(r, JP_COL_TASK_RETRY_AT_STATE), &state) &&
	    state == JP_TASK_DEAD)
		e->outcome = JP_TASK_END_DEAD;
	return 1;
}

static gint64
end_one(jp_db *db, jp_task_end *e, gint64 now)
{
	switch (e->outcome) {
	case JP_TASK_END_DONE:
		return done(db, e, now);
	case JP_TASK_END_RETRY:
		return retry(db, e, now);
	case JP_TASK_END_DEAD:
		return dead(db, e, now);
	case JP_TASK_END_BACK:
		return jp_db_exec(db, JP_SQL_TASK_BACK,
		    JP_ARGS(JP_INT(e->id), JP_TEXT(jp_worker()), JP_INT(e->lease_no), JP_INT(now),
			JP_INT(JP_QUEUE_STEP)));
	}
	return 0;
}

guint
jp_queue_finish(jp_db *db, jp_task_end *ends, guint n, gint64 now)
{
	guint n_accepted = 0;

	for (guint i = 0; i < n; i++) {
		ends[i].accepted = end_one(db, &ends[i], now) == 1;
		n_accepted += ends[i].accepted;
	}
	return n_accepted;
}

guint
jp_queue_renew(jp_db *db, jp_task_lease *leases, guint n, gint64 lease_until, gint64 now)
{
	guint n_held = 0;

	for (guint i = 0; i < n; i++) {
		leases[i].held =
		    jp_db_exec(db, JP_SQL_TASK_RENEW,
			JP_ARGS(JP_INT(leases[i].id), JP_TEXT(jp_worker()),
			    JP_INT(leases[i].lease_no), JP_INT(now), JP_INT(lease_until))) == 1;
		n_held += leases[i].held;
	}
	return n_held;
}
