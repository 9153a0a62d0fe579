/* What the holder of a lease says of its tasks: ended, given back, held for longer.  Each write
 * names worker and lease and touches one row, or is refused; those that only say that tasks are
 * done go together, so that many cost a server one round trip. */
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

/* ---- many at once ---------------------------------------------------------------------------- */

/* TRUE for two that ended well, without more to say, and that one statement can end. */
static gboolean
are_alike(const jp_task_end *a, const jp_task_end *b)
{
	return a->outcome == JP_TASK_END_DONE && b->outcome == JP_TASK_END_DONE && !a->result &&
	    !b->result && a->lease_no == b->lease_no;
}

/* The ids of those like the first one; gives how many. */
static guint
list_alike(const jp_task_end *ends, guint n, GString *ids)
{
	guint n_alike = 0;

	g_string_truncate(ids, 0);
	for (guint i = 0; i < n; i++)
		if (are_alike(&ends[0], &ends[i]))
			g_string_append_printf(
			    ids, "%c%" G_GINT64_FORMAT, n_alike++ > 0 ? ',' : '[', ends[i].id);
	g_string_append_c(ids, ']');
	return n_alike;
}

static gboolean
was_done(jp_db *db, const jp_task_end *e, gint64 now)
{
	gint64 id;

	return jp_db_get_int(db, JP_SQL_TASK_WAS_DONE,
	    JP_ARGS(JP_INT(e->id), JP_TEXT(jp_worker()), JP_INT(e->lease_no), JP_INT(now)), &id);
}

/* Ends the first one and those like it by one statement; which of them were refused is asked only
 * when some were. */
static void
end_alike(jp_db *db, jp_task_end *ends, guint n, gint64 now)
{
	g_autoptr(GString) ids = g_string_new(NULL);
	guint n_alike = list_alike(ends, n, ids);
	gint64 n_done;

	if (n_alike < 2) {
		ends[0].accepted = end_one(db, &ends[0], now) == 1;
		return;
	}
	n_done = jp_db_exec(db, JP_SQL_TASK_DONE_ALL,
	    JP_ARGS(
		JP_LIST(ids->str), JP_TEXT(jp_worker()), JP_INT(ends[0].lease_no), JP_INT(now)));
	for (guint i = n; i-- > 0;)
		if (are_alike(&ends[0], &ends[i]))
			ends[i].accepted = n_done == n_alike || was_done(db, &ends[i], now);
}

/* TRUE for one that was ended with an earlier one. */
static gboolean
is_ended(const jp_task_end *ends, guint i)
{
	for (guint k = 0; k < i; k++)
		if (are_alike(&ends[k], &ends[i]))
			return TRUE;
	return FALSE;
}

guint
jp_queue_finish(jp_db *db, jp_task_end *ends, guint n, gint64 now)
{
	guint n_accepted = 0;

	for (guint i = 0; i < n; i++) {
		if (!is_ended(ends, i))
			end_alike(db, ends + i, n - i, now);
		n_accepted += ends[i].accepted;
	}
	return n_accepted;
}

/* ---- held for longer ------------------------------------------------------------------------- */

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
