/* The verbs of jp-queue behind the command line: which tasks are meant, what is asked before tasks
 * are dropped, and what is said of those that cannot be changed. */
#include <string.h>
#include <unistd.h>

#include "queue/internal.h"

static const char *
verb_word(jp_queue_verb verb)
{
	switch (verb) {
	case JP_QUEUE_RETRY:
		return "retried";
	case JP_QUEUE_KICK:
		return "kicked";
	case JP_QUEUE_BURY:
		return "buried";
	case JP_QUEUE_DROP:
		return "dropped";
	}
	return "";
}

static const char *
verb_for(jp_queue_verb verb)
{
	switch (verb) {
	case JP_QUEUE_RETRY:
		return "only dead tasks are";
	case JP_QUEUE_KICK:
		return "only buried and delayed tasks are";
	case JP_QUEUE_BURY:
		return "only delayed and waiting tasks are";
	case JP_QUEUE_DROP:
		return "wait until it has ended";
	}
	return "";
}

/* TRUE when it was changed; else says why not. */
static gboolean
judge(jp_queue_changed changed, gint64 id, jp_task_state state, const char *word, const char *why)
{
	switch (changed) {
	case JP_QUEUE_CHANGED:
		return TRUE;
	case JP_QUEUE_NO_TASK:
		jp_warn("task %" G_GINT64_FORMAT ": there is none", id);
		return FALSE;
	case JP_QUEUE_WRONG_STATE:
		jp_warn("task %" G_GINT64_FORMAT ": is %s and was not %s; %s", id,
		    jp_task_state_word(state), word, why);
		return FALSE;
	case JP_QUEUE_KEY_TAKEN:
		jp_warn("task %" G_GINT64_FORMAT ": is %s and was not %s; another task has its "
			"key, see jp-queue list --key",
		    id, jp_task_state_word(state), word);
		return FALSE;
	}
	return FALSE;
}

/* ---- which tasks ----------------------------------------------------------------------------- */

static int
bad_usage(const char *what)
{
	jp_warn("%s; see jp-queue --help", what);
	return JP_ERROR_USAGE;
}

static gboolean
read_id(const char *text, gint64 *id)
{
	if (jp_int_parse(text, 1, G_MAXINT64, id))
		return TRUE;
	jp_warn("%s: not a task's number; jp-queue list shows them", text);
	return FALSE;
}

static gboolean
is_empty(const jp_queue_filter *f)
{
	return !f->type && !f->state && !f->key && !f->subscriber && !f->worker && !f->since &&
	    !f->until;
}

/* Makes times of the spans. */
static int
settle(jp_db *db, jp_queue_filter *f)
{
	gint64 now = jp_db_now(db);
	jp_task_state state;

	if (f->state && !jp_task_state_from_word(f->state, &state))
		return bad_usage("--state is not delayed, waiting, running, done, dead or buried");
	if (f->since)
		f->since = now - f->since;
	if (f->until)
		f->until = now - f->until;
	return 0;
}

int
jp_queue_list_asked(jp_db *db, const jp_queue_asked *asked)
{
	jp_queue_filter filter = asked->filter;
	g_autoptr(jp_table) out = NULL;
	int code = settle(db, &filter);

	if (code)
		return code;
	out = jp_table_new(jp_table_mode_of(asked->common), jp_queue_columns, JP_QUEUE_N_COLS);
	jp_queue_list(db, &filter, asked->after, asked->offset, asked->limit, out);
	return 0;
}

int
jp_queue_show_asked(jp_db *db, const char *id, const jp_queue_asked *asked)
{
	gint64 n;

	if (!read_id(id, &n))
		return JP_ERROR_USAGE;
	if (jp_queue_show(db, n, jp_table_mode_of(asked->common)))
		return 0;
	jp_warn("task %s: there is none", id);
	return JP_ERROR_DATA;
}

/* ---- changing -------------------------------------------------------------------------------- */

static void
end(jp_db *db, const jp_queue_asked *asked)
{
	if (asked->common->dry_run)
		jp_db_rollback(db);
	else
		jp_db_commit(db);
}

static gboolean
may_drop(const jp_queue_asked *asked, gint64 n, gboolean running_stay)
{
	return asked->common->dry_run ||
	    jp_confirm(asked->common->yes, "drop %" G_GINT64_FORMAT " task%s for good%s?", n,
		n == 1 ? "" : "s", running_stay ? " (running ones stay)" : "");
}

static GArray *
change_ids(jp_db *db, jp_queue_verb verb, const GArray *ids, const jp_queue_asked *asked)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(jp_queue_named));
	gint64 now = jp_db_now(db);

	jp_db_begin(db, JP_TX_DURABLE);
	for (guint i = 0; i < ids->len; i++) {
		jp_queue_named t = {.id = g_array_index(ids, gint64, i)};
		jp_queue_changed changed = jp_queue_change(db, verb, t.id, now, &t.state);

		if (judge(changed, t.id, t.state, verb_word(verb), verb_for(verb)))
			g_array_append_val(all, t);
	}
	end(db, asked);
	return all;
}

static int
change_named(jp_db *db, jp_queue_verb verb, const char *const *names, const jp_queue_asked *asked,
    jp_table *out)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64)), all = NULL;

	for (gint64 id; *names; names++) {
		if (!read_id(*names, &id))
			return JP_ERROR_USAGE;
		g_array_append_val(ids, id);
	}
	if (verb == JP_QUEUE_DROP && !may_drop(asked, ids->len, FALSE))
		return JP_ERROR_USAGE;
	all = change_ids(db, verb, ids, asked);
	for (guint i = 0; i < all->len; i++) {
		const jp_queue_named *t = &g_array_index(all, jp_queue_named, i);

		jp_table_row(out, t->id, jp_task_state_word(t->state));
	}
	return all->len > 0 ? 0 : JP_ERROR_DATA;
}

static int
change_found(jp_db *db, jp_queue_verb verb, const jp_queue_asked *asked, jp_table *out)
{
	jp_queue_filter filter = asked->filter;
	int code = settle(db, &filter);

	if (code)
		return code;
	if (verb == JP_QUEUE_DROP && !may_drop(asked, jp_queue_matching(db, &filter), TRUE))
		return JP_ERROR_USAGE;
	(void)jp_queue_change_all(/* none is fine */
	    db, verb, &filter, asked->common->dry_run, out);
	return 0;
}

static jp_table *
change_table(const jp_queue_asked *asked)
{
	return jp_table_new(
	    jp_table_mode_of(asked->common), jp_queue_change_columns, JP_QUEUE_CHANGE_N_COLS);
}

int
jp_queue_change_asked(
    jp_db *db, jp_queue_verb verb, const char *const *names, const jp_queue_asked *asked)
{
	gboolean finds = asked->all || !is_empty(&asked->filter);
	g_autoptr(jp_table) out = NULL;

	if (*names && finds)
		return bad_usage("tasks are named, or found by options, not both");
	if (!*names && !finds)
		return bad_usage("which tasks? name them, or say --type, --state ... or --all");
	out = change_table(asked);
	return *names ? change_named(db, verb, names, asked, out)
		      : change_found(db, verb, asked, out);
}

int
jp_queue_edit_asked(jp_db *db, const char *name, const char *payload, jp_task_edit edit,
    const jp_queue_asked *asked)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *json = NULL;
	jp_queue_named t = {.state = JP_TASK_DONE};
	g_autoptr(jp_table) out = NULL;
	jp_queue_changed changed;

	if (!read_id(name, &t.id))
		return JP_ERROR_USAGE;
	if (payload && !(json = jp_task_payload(payload, strlen(payload), &error))) {
		jp_warn("payload: %s", error->message);
		return JP_ERROR_DATA;
	}
	edit.payload = json;
	jp_db_begin(db, JP_TX_DURABLE);
	changed = jp_queue_edit(db, t.id, &edit, jp_db_now(db), &t.state);
	end(db, asked);
	if (!judge(changed, t.id, t.state, "edited",
		"only delayed, waiting and buried tasks are; a dead one is retried first"))
		return JP_ERROR_DATA;
	out = change_table(asked);
	jp_table_row(out, t.id, jp_task_state_word(t.state));
	return 0;
}

int
jp_queue_pause_asked(
    jp_db *db, const char *const *types, gboolean pause, const jp_queue_asked *asked)
{
	gint64 now = jp_db_now(db);

	for (const char *const *type = types; *type; type++)
		if (!jp_task_check(&(jp_task_new){.type = *type}, NULL)) {
			jp_warn("%s: no name of a type", *type);
			return JP_ERROR_USAGE;
		}
	jp_db_begin(db, JP_TX_DURABLE);
	for (; *types; types++)
		if (!(pause ? jp_queue_pause(db, *types, now) : jp_queue_resume(db, *types)))
			jp_info("%s: is %s already", *types, pause ? "paused" : "not paused");
	end(db, asked);
	return 0;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static int
add_one(jp_db *db, jp_task_new task, const char *text, jp_table *out)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *json = text ? jp_task_payload(text, strlen(text), &error) : NULL;

	if (text && !json) {
		jp_warn("payload: %s", error->message);
		return JP_ERROR_DATA;
	}
	task.payload = json;
	return jp_queue_add_one(db, &task, out, &error) ? 0 : jp_fail(error);
}

static int
add_lines(jp_db *db, int fd, const jp_task_new *task, jp_table *out)
{
	g_autoptr(GError) error = NULL;
	jp_queue_intake told;

	if (!jp_queue_add_lines(db, fd, task, out, &told, &error))
		return jp_fail(error);
	return told.n_bad > 0 && told.n_added == 0 ? JP_ERROR_DATA : 0;
}

int
jp_queue_add_asked(jp_db *db, const char *const *words, const char *clash, jp_task_new task,
    const jp_queue_asked *asked)
{
	gboolean is_lines = g_str_equal(words[0], "-") || g_strcmp0(words[1], "-") == 0;
	g_autoptr(jp_table) out = NULL;

	if (clash && !jp_queue_clash_from_word(clash, &task.clash))
		return bad_usage("--clash is not skip, replace or fail");
	if (g_str_equal(words[0], "-") && words[1])
		return bad_usage("the type stands before \"-\"");
	out = jp_table_new(
	    jp_table_mode_of(asked->common), jp_queue_add_columns, JP_QUEUE_ADD_N_COLS);
	task.type = g_str_equal(words[0], "-") ? NULL : words[0];
	return is_lines ? add_lines(db, STDIN_FILENO, &task, out)
			: add_one(db, task, words[1], out);
}
