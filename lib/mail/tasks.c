/*
 * Digests as tasks of the queue.  A task of the type "email" is one subscriber, {"subscriber":5},
 * with the key subscriber:5; one without a subscriber, which `every` adds, recovers what a killed
 * run left and hands over everybody for whom there is something to do.  Who is due and what is
 * unsent is decided as always, when the task runs: one that comes twice, or late, sends nothing
 * twice.
 */
#include "mail/outbox.h"
#include "queue/queue.h"

#define TYPE "email"
/* Tasks added in one transaction, and asked for at once. */
#define PORTION 500
/* Subscribers in one run of a handler. */
#define SERVED 50

/* Adds a page of tasks; the last subscriber in *after.  FALSE at the end. */
static gboolean
add_page(jp_db *db, gint64 *after, guint *n_added)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	gint64 now, added;
	jp_rows *r;

	jp_db_begin(db, JP_TX_WRITE);
	now = jp_db_now(db);
	r = jp_db_query(
	    db, JP_SQL_MAIL_UNITS, JP_ARGS(JP_INT(now), JP_INT(*after), JP_INT(PORTION)));
	while (jp_rows_next(r)) {
		*after = jp_rows_int(r, JP_COL_MAIL_UNITS_ID);
		g_array_append_val(ids, *after);
	}
	jp_rows_free(r);
	for (guint i = 0; i < ids->len; i++) {
		gint64 id = g_array_index(ids, gint64, i);
		g_autofree char *key = g_strdup_printf("subscriber:%" G_GINT64_FORMAT, id);
		g_autofree char *payload =
		    g_strdup_printf("{\"subscriber\":%" G_GINT64_FORMAT "}", id);
		const jp_task_new task = {.type = TYPE, .payload = payload, .key = key};

		*n_added += jp_queue_add(db, &task, now, &added) == JP_QUEUE_ADDED;
	}
	jp_db_commit(db);
	return ids->len == PORTION;
}

guint
jp_mail_enqueue(jp_db *db)
{
	gint64 after = 0;
	guint n = 0;

	while (add_page(db, &after, &n) && !jp_stopping())
		;
	return n;
}

/* A run for some; for nobody it only recovers.  What went wrong, or NULL; g_free. */
static char *
run_for(jp_mail_run *run, GArray *only)
{
	g_autoptr(GError) error = NULL;
	gint64 row = only->len > 0 ? jp_run_begin(run->db) : 0;
	gboolean ok;

	run->only = only;
	run->n_sent = run->n_failed = run->n_held = run->n_retry = 0;
	ok = jp_mail_run_all(run, &error);
	run->only = NULL;
	if (row)
		jp_run_end(run->db, row, ok ? 0 : jp_error_exit(error), run->n_sent,
		    run->n_failed + run->n_held, ok ? NULL : error->message);
	return ok ? NULL : g_strdup(error->message);
}

static void
work(jp_served *const *tasks, guint n, gpointer data)
{
	jp_mail_run *run = data;
	g_autoptr(GArray) only = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autofree char *why = NULL;
	gboolean hand_over = FALSE;
	gint64 id;

	for (guint i = 0; i < n; i++) {
		if (jp_json_int(tasks[i]->payload, "subscriber", &id))
			g_array_append_val(only, id);
		else
			hand_over = TRUE;
	}
	why = run_for(run, only);
	if (hand_over && !why)
		(void)jp_mail_enqueue(run->db); /* how many does not matter */
	for (guint i = 0; i < n && !jp_stopping(); i++)
		jp_served_end(tasks[i], why);
}

int
jp_mail_serve(jp_mail_run *run)
{
	return jp_serve(SERVED, work, run);
}
