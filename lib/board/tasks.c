/*
 * Visits as tasks of the queue.  A task of the type "scrape" is one board, {"board":17}, with the
 * key board:17; one without a board, which `every` adds, hands over all boards that are due.  The
 * board's own schedule stays the truth: a task whose board is not due any more is done already, and
 * a visit that failed is tried again when the schedule says so.
 */
#include "board/internal.h"
#include "queue/queue.h"

#define TYPE "scrape"
/* Tasks added in one transaction. */
#define PORTION 500

/* Ids of the boards that are due. */
static GArray *
load_due(jp_db *db)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_BOARD_PEEK_DUE, JP_ARGS(JP_INT(jp_db_now(db))));

	while (jp_rows_next(r)) {
		gint64 id = jp_rows_int(r, JP_COL_BOARD_PEEK_DUE_ID);

		g_array_append_val(ids, id);
	}
	return ids;
}

static gboolean
add_board(jp_db *db, gint64 id, gint64 now)
{
	g_autofree char *key = g_strdup_printf("board:%" G_GINT64_FORMAT, id);
	g_autofree char *payload = g_strdup_printf("{\"board\":%" G_GINT64_FORMAT "}", id);
	const jp_task_new task = {.type = TYPE, .payload = payload, .key = key};
	gint64 added;

	return jp_queue_add(db, &task, now, &added) == JP_QUEUE_ADDED;
}

guint
jp_board_enqueue(jp_db *db)
{
	g_autoptr(GArray) ids = load_due(db);
	guint n = 0;

	for (guint i = 0; i < ids->len;) {
		guint end = MIN(i + PORTION, ids->len);
		gint64 now;

		jp_db_begin(db, JP_TX_WRITE);
		jp_queue_lock_keys(db); /* what is due first differs with the time */
		now = jp_db_now(db);
		for (; i < end; i++)
			n += add_board(db, g_array_index(ids, gint64, i), now);
		jp_db_commit(db);
	}
	return n;
}

/* Postings that are new or changed are matched soon, not when the next look finds them. */
static void
call_match(jp_db *db)
{
	const jp_task_new task = {.type = "match", .payload = "{}", .key = "due"};
	gint64 id;

	jp_db_begin(db, JP_TX_WRITE);
	(void)jp_queue_add(db, &task, jp_db_now(db), &id); /* one that waits is as good */
	jp_db_commit(db);
}

static gboolean
is_in(const GArray *ids, gint64 id)
{
	for (guint i = 0; i < ids->len; i++)
		if (g_array_index(ids, gint64, i) == id)
			return TRUE;
	return FALSE;
}

/* The boards among the tasks that are due still. */
static GArray *
boards_of(jp_db *db, jp_served *const *tasks, guint n, gboolean *hand_over)
{
	GArray *only = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GArray) due = load_due(db);
	gint64 id;

	*hand_over = FALSE;
	for (guint i = 0; i < n; i++) {
		if (!jp_json_int(tasks[i]->payload, "board", &id))
			*hand_over = TRUE;
		else if (is_in(due, id))
			g_array_append_val(only, id);
	}
	return only;
}

static void
visit(jp_scrape *s, GArray *only)
{
	g_autofree char *note = NULL;
	gint64 run = jp_run_begin(s->db);

	s->only = only;
	s->n_visited = s->n_failed = s->n_new = s->n_changed = s->n_closed = s->n_unreached = 0;
	jp_scrape_run(s);
	s->only = NULL;
	note =
	    g_strdup_printf("%u new, %u changed, %u closed", s->n_new, s->n_changed, s->n_closed);
	jp_run_end(s->db, run, 0, s->n_visited, s->n_failed, note);
	if (s->n_new + s->n_changed > 0)
		call_match(s->db);
}

static void
work(jp_served *const *tasks, guint n, gpointer data)
{
	jp_scrape *s = data;
	gboolean hand_over;
	g_autoptr(GArray) only = boards_of(s->db, tasks, n, &hand_over);

	if (hand_over)
		(void)jp_board_enqueue(s->db); /* how many does not matter */
	if (only->len > 0)
		visit(s, only);
	for (guint i = 0; i < n && !jp_stopping(); i++)
		jp_served_end(tasks[i], NULL);
}

int
jp_board_serve(jp_scrape *s)
{
	return jp_serve(JP_BOARD_SERVED, work, s);
}
