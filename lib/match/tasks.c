/*
 * Matching as a task of the queue.  The unit is a run over what is due, because the index of
 * searches is made once a run: a task of the type "match" has no payload but {}, and the key due
 * when it was added because something is.
 */
#include "match/internal.h"
#include "queue/queue.h"

/* TRUE when a posting or a search waits to be matched. */
static gboolean
is_due(jp_db *db)
{
	gint64 due = 0;

	(void)jp_db_get_int(db, JP_SQL_MATCH_IS_DUE, JP_NO_ARGS, &due); /* there is always a row */
	return due != 0;
}

/* Adds a task without payload, unless one waits. */
static guint
add(jp_db *db, const char *type)
{
	const jp_task_new task = {.type = type, .payload = "{}", .key = "due"};
	gboolean is_new;
	gint64 id;

	jp_db_begin(db, JP_TX_WRITE);
	is_new = jp_queue_add(db, &task, jp_db_now(db), &id) == JP_QUEUE_ADDED;
	jp_db_commit(db);
	return is_new;
}

guint
jp_match_enqueue(jp_db *db)
{
	return is_due(db) ? add(db, "match") : 0;
}

static void
work(jp_served *const *tasks, guint n, gpointer data)
{
	jp_match_run *r = data;

	if (is_due(r->db)) {
		gint64 run = jp_run_begin(r->db);

		r->n_postings = r->n_searches = r->n_matches = 0;
		jp_match_run_all(r);
		jp_run_end(r->db, run, 0, r->n_matches, 0, NULL);
		if (r->n_matches > 0)
			(void)add(r->db, "email"); /* one that waits is as good */
	}
	for (guint i = 0; i < n && !jp_stopping(); i++)
		jp_served_end(tasks[i], NULL);
}

int
jp_match_serve(jp_match_run *r)
{
	return jp_serve(1, work, r);
}
