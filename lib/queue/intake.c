/*
 * Tasks from stdin.  Lines are read and checked before a transaction begins, as many as have come;
 * then all go in by one durable commit, and then their ids are told.  So the database is locked for
 * as long as inserting takes and not for as long as a producer thinks, one producer's line is
 * committed at once, and a hundred producers' lines share commits.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "queue/internal.h"

/* Lines of one transaction, and the bytes of their text. */
#define MAX_LINES 2000
#define MAX_BYTES (2 * JP_MIB)
#define CHUNK     (64 * JP_KIB)

const jp_column jp_queue_add_columns[JP_QUEUE_ADD_N_COLS] = {
    [JP_QUEUE_ADD_COL_ID] = {"id", NULL, JP_CELL_INT},
    [JP_QUEUE_ADD_COL_OUTCOME] = {"outcome", NULL, JP_CELL_TEXT},
    [JP_QUEUE_ADD_COL_LINE] = {"line", NULL, JP_CELL_INT},
};

static const char *
outcome_word(jp_queue_added added)
{
	switch (added) {
	case JP_QUEUE_ADDED:
		return "added";
	case JP_QUEUE_SKIPPED:
		return "skipped";
	case JP_QUEUE_REPLACED:
		return "replaced";
	case JP_QUEUE_CLASHED:
		return NULL;
	}
	return NULL;
}

/* Why a task whose key is taken was not added. */
static char *
clash_text(const jp_task_new *t, gint64 id)
{
	return t->clash == JP_QUEUE_REPLACE
	    ? g_strdup_printf("key: task %" G_GINT64_FORMAT
			      " has it and runs; add it again when that has ended",
		  id)
	    : g_strdup_printf("key: task %" G_GINT64_FORMAT " has it", id);
}

gboolean
jp_queue_add_one(jp_db *db, const jp_task_new *task, jp_table *out, GError **error)
{
	jp_queue_added added;
	gint64 id;

	if (!jp_task_check(task, error))
		return FALSE;
	jp_db_begin(db, JP_TX_DURABLE);
	added = jp_queue_add(db, task, jp_db_now(db), &id);
	jp_db_commit(db);
	if (added == JP_QUEUE_CLASHED) {
		g_autofree char *why = clash_text(task, id);

		g_set_error(error, JP_ERROR,
		    task->clash == JP_QUEUE_REPLACE ? JP_ERROR_TEMP : JP_ERROR_DATA, "%s", why);
		return FALSE;
	}
	jp_table_row(out, id, outcome_word(added), JP_NO_INT);
	return TRUE;
}

/* ---- lines ----------------------------------------------------------------------------------- */

struct entry {
	jp_task_line line;
	gint64 number, id;
	jp_queue_added added;
};

static void
entry_clear(gpointer e)
{
	jp_task_line_clear(&((struct entry *)e)->line);
}

struct intake {
	jp_db *db;
	int fd;
	const jp_task_new *defaults;
	jp_table *out;
	jp_queue_intake *told;
	GString *buffer; /* read and not yet taken */
	gsize start;     /* the first byte of it that is left */
	gint64 number;   /* of the last line taken */
	gboolean at_end, too_long;
	GArray *batch; /* of entries */
	gsize bytes;
};

/* Reads what has come, or waits for it; FALSE when that failed. */
static gboolean
fill(struct intake *in, GError **error)
{
	gsize had;
	ssize_t n;

	g_string_erase(in->buffer, 0, (gssize)in->start);
	in->start = 0;
	had = in->buffer->len;
	g_string_set_size(in->buffer, had + CHUNK);
	n = read(in->fd, in->buffer->str + had, CHUNK);
	g_string_truncate(in->buffer, had + (gsize)MAX(n, 0));
	in->at_end = n == 0 || jp_stopping();
	if (n < 0 && errno != EINTR)
		return jp_error_errno(error, errno, "stdin");
	return TRUE;
}

static gboolean
is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static void
bad_line(struct intake *in, gint64 number, const char *why)
{
	in->told->n_bad++;
	jp_warn("stdin: line %" G_GINT64_FORMAT ": %s", number, why);
}

/* With a type of its own the intake takes payloads, else tasks. */
static gboolean
read_entry(const struct intake *in, struct entry *e, const char *text, gsize len, GError **error)
{
	if (!in->defaults->type)
		return jp_task_line_parse(
		    &e->line, text, len, in->defaults, jp_db_now(in->db), error);
	e->line.task = *in->defaults;
	e->line.payload = jp_task_payload(text, len, error);
	e->line.task.payload = e->line.payload;
	return e->line.payload != NULL;
}

static void
take_text(struct intake *in, const char *text, gsize len)
{
	g_autoptr(GError) error = NULL;
	struct entry e = {.number = ++in->number};

	if (in->too_long || len > JP_MAX_TASK_LINE) {
		in->too_long = FALSE;
		bad_line(in, in->number, "too long; a payload has at most 256 KiB");
		return;
	}
	if (len == 0 || strspn(text, " \t\r") == len)
		return;
	if (!read_entry(in, &e, text, len, &error)) {
		bad_line(in, in->number, error->message);
		return;
	}
	g_array_append_val(in->batch, e);
	in->bytes += len;
}

/* Takes a line from the buffer; FALSE when none is whole. */
static gboolean
take_line(struct intake *in)
{
	char *line = in->buffer->str + in->start;
	gsize have = in->buffer->len - in->start;
	char *newline = have ? memchr(line, '\n', have) : NULL;

	if (newline || (in->at_end && (have > 0 || in->too_long))) {
		gsize len = newline ? (gsize)(newline - line) : have;

		line[len] = '\0';
		in->start += len + (newline ? 1 : 0);
		take_text(in, line, len);
		return TRUE;
	}
	if (have > JP_MAX_TASK_LINE) {
		in->too_long = TRUE;
		in->start = in->buffer->len;
	}
	return FALSE;
}

static gboolean
has_keys(const struct intake *in)
{
	for (guint i = 0; i < in->batch->len; i++)
		if (g_array_index(in->batch, struct entry, i).line.task.key)
			return TRUE;
	return FALSE;
}

/* Commits what was taken, then tells it. */
static void
commit(struct intake *in)
{
	gint64 now = jp_db_now(in->db);

	if (in->batch->len == 0)
		return;
	jp_db_begin(in->db, JP_TX_DURABLE);
	if (has_keys(in))
		jp_queue_lock_keys(in->db);
	for (guint i = 0; i < in->batch->len; i++) {
		struct entry *e = &g_array_index(in->batch, struct entry, i);

		e->added = jp_queue_add(in->db, &e->line.task, now, &e->id);
	}
	jp_db_commit(in->db);
	for (guint i = 0; i < in->batch->len; i++) {
		const struct entry *e = &g_array_index(in->batch, struct entry, i);

		if (e->added == JP_QUEUE_CLASHED) {
			g_autofree char *why = clash_text(&e->line.task, e->id);

			bad_line(in, e->number, why);
		} else {
			in->told->n_added++;
			jp_table_row(in->out, e->id, outcome_word(e->added), e->number);
		}
	}
	g_array_set_size(in->batch, 0);
	in->bytes = 0;
}

/* Reads until the end, or until a batch has to be committed before a wait. */
static gboolean
run(struct intake *in, GError **error)
{
	for (;;) {
		if (in->batch->len >= MAX_LINES || in->bytes >= MAX_BYTES)
			commit(in);
		if (take_line(in))
			continue;
		if (in->at_end)
			break;
		if (in->batch->len > 0 && !is_ready(in->fd))
			commit(in);
		if (!fill(in, error))
			return FALSE;
	}
	commit(in);
	return TRUE;
}

gboolean
jp_queue_add_lines(jp_db *db, int fd, const jp_task_new *defaults, jp_table *out,
    jp_queue_intake *told, GError **error)
{
	struct intake in = {.db = db, .fd = fd, .defaults = defaults, .out = out, .told = told};
	gboolean ok;

	*told = (jp_queue_intake){0};
	if (defaults->type && !jp_task_check(defaults, error))
		return FALSE;
	in.buffer = g_string_sized_new(CHUNK);
	in.batch = g_array_new(FALSE, FALSE, sizeof(struct entry));
	g_array_set_clear_func(in.batch, entry_clear);
	ok = run(&in, error);
	g_array_unref(in.batch);
	g_string_free(in.buffer, TRUE);
	return ok;
}
