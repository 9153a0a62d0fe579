/*
 * The other side of batch mode: a program of this suite that is a handler.  It reads tasks from
 * stdin, a line each, takes all that are there, and answers each when its work is committed.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "queue/handler.h"
#include "queue/queue.h"

struct server {
	jp_linebuf lines;
	GPtrArray *waiting; /* of jp_served *, read and not begun */
};

static void
served_free(gpointer data)
{
	jp_served *t = data;

	cJSON_Delete(t->line);
	g_free(t->error);
	g_free(t);
}

static void
on_line(const char *text, gsize len, gpointer waiting)
{
	g_autoptr(GError) error = NULL;
	cJSON *line = jp_json_parse(text, len, &error);
	jp_served *t;
	gint64 id;

	if (!line || !jp_json_int(line, "id", &id)) {
		jp_warn("stdin: %s", error ? error->message : "a line that is no task");
		cJSON_Delete(line);
		return;
	}
	t = g_new0(jp_served, 1);
	t->id = id;
	t->line = line;
	t->payload = cJSON_GetObjectItemCaseSensitive(line, "payload");
	g_ptr_array_add(waiting, t);
}

/* Reads once; FALSE at the end, or when told to stop. */
static gboolean
read_more(struct server *s)
{
	char buf[16 * JP_KIB];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return !jp_stopping();
	if (n > 0)
		jp_linebuf_feed(&s->lines, buf, (gsize)n, on_line, s->waiting);
	return n > 0;
}

/* Waits for a task, then takes what else there is; FALSE when there will be none. */
static gboolean
wait_for_tasks(struct server *s, guint max)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	while (s->waiting->len == 0)
		if (jp_stopping() || !read_more(s))
			return FALSE;
	while (s->waiting->len < max && poll(&p, 1, 0) == 1 && read_more(s))
		;
	return TRUE;
}

static gboolean
write_all(const char *text)
{
	gsize len = strlen(text);

	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno != EINTR)
			return FALSE;
		if (n > 0) {
			text += n;
			len -= (gsize)n;
		}
	}
	return TRUE;
}

/* Answers those of the first n tasks that were done or failed, and forgets them all. */
static gboolean
answer(struct server *s, guint n)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < n; i++) {
		const jp_served *t = g_ptr_array_index(s->waiting, i);
		const jp_task_answer a = {.id = t->id,
		    .status = t->error ? JP_TASK_ANSWER_RETRY : JP_TASK_ANSWER_DONE,
		    .retry_in = -1,
		    .error = t->error};
		g_autofree char *line = t->is_over ? jp_task_answer_write(&a) : NULL;

		if (line)
			g_string_append(out, line);
	}
	g_ptr_array_remove_range(s->waiting, 0, n);
	return write_all(out->str);
}

void
jp_served_end(jp_served *t, const char *error)
{
	g_free(t->error);
	t->error = g_strdup(error);
	t->is_over = TRUE;
}

int
jp_serve(guint max, jp_serve_work work, gpointer data)
{
	struct server s = {.waiting = g_ptr_array_new_with_free_func(served_free)};
	gboolean ok = TRUE;

	jp_linebuf_init(&s.lines, JP_MAX_TASK_LINE);
	while (ok && wait_for_tasks(&s, max)) {
		guint n = MIN(s.waiting->len, max);

		work((jp_served *const *)s.waiting->pdata, n, data);
		ok = answer(&s, n);
	}
	g_ptr_array_unref(s.waiting);
	jp_linebuf_clear(&s.lines);
	return ok ? 0 : JP_ERROR_TEMP;
}
