/* What people and programs ask of the queue: lists, one task, counts.  It only reads. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "queue/internal.h"

const jp_column jp_queue_columns[JP_QUEUE_N_COLS] = {
    [JP_QUEUE_COL_ID] = {"id", NULL, JP_CELL_INT},
    [JP_QUEUE_COL_TYPE] = {"type", NULL, JP_CELL_TEXT},
    [JP_QUEUE_COL_STATE] = {"state", NULL, JP_CELL_TEXT},
    [JP_QUEUE_COL_AT] = {"at", NULL, JP_CELL_TIME},
    [JP_QUEUE_COL_ATTEMPTS] = {"attempts", "TRIES", JP_CELL_INT},
    [JP_QUEUE_COL_PRIORITY] = {"priority", "PRIO", JP_CELL_INT},
    [JP_QUEUE_COL_KEY] = {"key", NULL, JP_CELL_TEXT},
    [JP_QUEUE_COL_SUBSCRIBER] = {"subscriber", NULL, JP_CELL_TEXT},
    [JP_QUEUE_COL_WORKER] = {"worker", "", JP_CELL_TEXT},
    [JP_QUEUE_COL_CREATED_AT] = {"created_at", "", JP_CELL_TIME},
    [JP_QUEUE_COL_ERROR] = {"error", NULL, JP_CELL_TEXT},
};

const jp_column jp_queue_stat_columns[JP_QUEUE_STAT_N_COLS] = {
    [JP_QUEUE_STAT_COL_TYPE] = {"type", NULL, JP_CELL_TEXT},
    [JP_QUEUE_STAT_COL_WAITING] = {"waiting", NULL, JP_CELL_INT},
    [JP_QUEUE_STAT_COL_DELAYED] = {"delayed", NULL, JP_CELL_INT},
    [JP_QUEUE_STAT_COL_RUNNING] = {"running", NULL, JP_CELL_INT},
    [JP_QUEUE_STAT_COL_DONE] = {"done", NULL, JP_CELL_INT},
    [JP_QUEUE_STAT_COL_DEAD] = {"dead", NULL, JP_CELL_INT},
    [JP_QUEUE_STAT_COL_BURIED] = {"buried", NULL, JP_CELL_INT},
    [JP_QUEUE_STAT_COL_SINCE] = {"since", NULL, JP_CELL_TIME},
    [JP_QUEUE_STAT_COL_PAUSED] = {"paused", NULL, JP_CELL_BOOL},
};

/* ---- lists ----------------------------------------------------------------------------------- */

/* The time that a state goes by: the place of a waiting task means nothing to a person. */
static gint64
time_of(const char *state, gint64 due, gint64 run_at)
{
	return strcmp(state, "waiting") == 0 || strcmp(state, "delayed") == 0 ? run_at : due;
}

void
jp_queue_list(
    jp_db *db, const jp_queue_filter *f, gint64 after, gint64 offset, gint64 limit, jp_table *out)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TASK_LIST,
	    JP_ARGS(JP_INT(after > 0 ? after : G_MAXINT64), JP_INT(f->since),
		JP_INT(f->until ? f->until : G_MAXINT64), JP_INT(limit), JP_INT(offset),
		JP_TEXT(f->type), JP_TEXT(f->state), JP_TEXT(f->key), JP_TEXT(f->subscriber),
		JP_TEXT(f->worker)));

	while (jp_rows_next(r)) {
		const char *state = jp_rows_text(r, JP_COL_TASK_LIST_STATE);

		jp_table_row(out, jp_rows_int(r, JP_COL_TASK_LIST_ID),
		    jp_rows_text(r, JP_COL_TASK_LIST_TYPE), state,
		    time_of(state, jp_rows_int(r, JP_COL_TASK_LIST_DUE),
			jp_rows_int(r, JP_COL_TASK_LIST_RUN_AT)),
		    jp_rows_int(r, JP_COL_TASK_LIST_ATTEMPTS),
		    jp_rows_int(r, JP_COL_TASK_LIST_PRIORITY),
		    jp_rows_text(r, JP_COL_TASK_LIST_KEY),
		    jp_rows_text(r, JP_COL_TASK_LIST_SUBSCRIBER),
		    jp_rows_text(r, JP_COL_TASK_LIST_WORKER),
		    jp_rows_int(r, JP_COL_TASK_LIST_CREATED_AT),
		    jp_rows_text(r, JP_COL_TASK_LIST_ERROR));
	}
}

gint64
jp_queue_matching(jp_db *db, const jp_queue_filter *f)
{
	gint64 n = 0;

	(void)jp_db_get_int(db, JP_SQL_TASK_COUNT, /* a count has a row */
	    JP_ARGS(JP_INT(f->since), JP_INT(f->until ? f->until : G_MAXINT64), JP_TEXT(f->type),
		JP_TEXT(f->state), JP_TEXT(f->key), JP_TEXT(f->subscriber), JP_TEXT(f->worker)),
	    &n);
	return n;
}

/* ---- one task -------------------------------------------------------------------------------- */

/* The facts, in the order in which they are told. */
enum fact {
	TYPE,
	STATE,
	AT,
	PRIORITY,
	ATTEMPTS,
	MAX_ATTEMPTS,
	KEY,
	SUBSCRIBER,
	WORKER,
	LEASE_NO,
	CREATED_AT,
	RUN_AT,
	STARTED_AT,
	ERROR,
	RESULT,
	OUTPUT,
	TASK_PAYLOAD,
	N_FACTS
};

static const struct {
	const char *name;
	jp_cell type;
	int col;
} facts[N_FACTS] = {
    [TYPE] = {"type", JP_CELL_TEXT, JP_COL_TASK_SHOW_TYPE},
    [STATE] = {"state", JP_CELL_TEXT, JP_COL_TASK_SHOW_STATE},
    [AT] = {NULL, JP_CELL_TIME, JP_COL_TASK_SHOW_DUE}, /* named by the state */
    [PRIORITY] = {"priority", JP_CELL_INT, JP_COL_TASK_SHOW_PRIORITY},
    [ATTEMPTS] = {"attempts", JP_CELL_INT, JP_COL_TASK_SHOW_ATTEMPTS},
    [MAX_ATTEMPTS] = {"max_attempts", JP_CELL_INT, JP_COL_TASK_SHOW_MAX_ATTEMPTS},
    [KEY] = {"key", JP_CELL_TEXT, JP_COL_TASK_SHOW_KEY},
    [SUBSCRIBER] = {"subscriber", JP_CELL_TEXT, JP_COL_TASK_SHOW_SUBSCRIBER},
    [WORKER] = {"worker", JP_CELL_TEXT, JP_COL_TASK_SHOW_WORKER},
    [LEASE_NO] = {"lease_no", JP_CELL_INT, JP_COL_TASK_SHOW_LEASE_NO},
    [CREATED_AT] = {"created_at", JP_CELL_TIME, JP_COL_TASK_SHOW_CREATED_AT},
    [RUN_AT] = {"run_at", JP_CELL_TIME, JP_COL_TASK_SHOW_RUN_AT},
    [STARTED_AT] = {"started_at", JP_CELL_TIME, JP_COL_TASK_SHOW_STARTED_AT},
    [ERROR] = {"error", JP_CELL_TEXT, JP_COL_TASK_SHOW_ERROR},
    [RESULT] = {"result", JP_CELL_TEXT, JP_COL_TASK_SHOW_RESULT},
    [OUTPUT] = {"output", JP_CELL_TEXT, JP_COL_TASK_SHOW_OUTPUT},
    [TASK_PAYLOAD] = {"payload", JP_CELL_JSON, JP_COL_TASK_SHOW_PAYLOAD},
};

/* What `due` is called. */
static const char *
due_name(const char *state)
{
	if (strcmp(state, "running") == 0)
		return "lease_until";
	if (strcmp(state, "waiting") == 0)
		return "place";
	return strcmp(state, "delayed") == 0 ? "held_until" : "ended_at";
}

/* A fact as text; NULL: there is none. */
static char *
fact_text(const jp_rows *r, enum fact f)
{
	const void *bytes;
	gsize len;

	if (jp_rows_is_null(r, facts[f].col))
		return NULL;
	if (f == OUTPUT) {
		bytes = jp_rows_blob(r, facts[f].col, &len);
		return g_utf8_make_valid(bytes, (gssize)len);
	}
	switch (facts[f].type) {
	case JP_CELL_INT:
		return g_strdup_printf("%" G_GINT64_FORMAT, jp_rows_int(r, facts[f].col));
	case JP_CELL_TIME:
		return jp_time_format(jp_rows_int(r, facts[f].col));
	case JP_CELL_TEXT:
	case JP_CELL_JSON:
	case JP_CELL_BOOL:
		return g_strdup(jp_rows_text(r, facts[f].col));
	}
	return NULL;
}

static void
show_json(const jp_rows *r, gint64 id)
{
	g_autoptr(cJSON) o = cJSON_CreateObject();
	g_autofree char *line = NULL;

	jp_json_add_int(o, "id", id);
	for (enum fact f = TYPE; f < N_FACTS; f++) {
		g_autofree char *text = fact_text(r, f);
		const char *name =
		    facts[f].name ? facts[f].name : due_name(jp_rows_text(r, facts[STATE].col));

		if (text && (facts[f].type == JP_CELL_INT || facts[f].type == JP_CELL_JSON))
			cJSON_AddRawToObject(o, name, text);
		else
			jp_json_add_text(o, name, text);
	}
	line = jp_json_line(o);
	(void)puts(line); /* jp_finish judges what was written */
}

/* On a terminal what the handler said keeps its lines. */
static void
show_output(const char *output)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

	(void)puts("output:"); /* jp_finish judges what was written */
	for (char **line = lines; *line; line++) {
		g_autofree char *shown = jp_escape_terminal(*line);

		if (*shown || line[1])
			(void)printf("  %s\n", shown); /* as above */
	}
}

static void
show_facts(const jp_rows *r, gint64 id)
{
	static const jp_column columns[] = {
	    {"fact", NULL, JP_CELL_TEXT}, {"value", NULL, JP_CELL_TEXT}};
	jp_table *out = jp_table_new(JP_TABLE_AUTO, columns, G_N_ELEMENTS(columns));
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, id);
	g_autofree char *output = NULL;
	gboolean is_terminal = isatty(STDOUT_FILENO);

	jp_table_row(out, "id", number);
	for (enum fact f = TYPE; f < N_FACTS; f++) {
		g_autofree char *text = fact_text(r, f);
		const char *name =
		    facts[f].name ? facts[f].name : due_name(jp_rows_text(r, facts[STATE].col));

		if (f == OUTPUT && is_terminal)
			output = g_steal_pointer(&text);
		else if (text)
			jp_table_row(out, name, text);
	}
	jp_table_free(out);
	if (output)
		show_output(output);
}

gboolean
jp_queue_show(jp_db *db, gint64 id, jp_table_mode mode)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TASK_SHOW, JP_ARGS(JP_INT(id)));

	if (!jp_rows_next(r))
		return FALSE;
	switch (mode) {
	case JP_TABLE_JSON:
		show_json(r, id);
		break;
	case JP_TABLE_AUTO:
		show_facts(r, id);
		break;
	case JP_TABLE_NONE:
		break;
	}
	return TRUE;
}

/* ---- counts ---------------------------------------------------------------------------------- */

struct stat {
	char *type;
	gint64 n[JP_TASK_N_STATES];
};

static void
stat_clear(gpointer s)
{
	g_free(((struct stat *)s)->type);
}

static void
new_stat(GArray *all, const char *type)
{
	struct stat s = {.type = g_strdup(type)};

	g_array_append_val(all, s);
}

/* A stat for each type that has tasks, in order. */
static GArray *
read_stats(jp_db *db)
{
	GArray *all = g_array_new(FALSE, TRUE, sizeof(struct stat));
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TASK_STATS, JP_NO_ARGS);

	g_array_set_clear_func(all, stat_clear);
	while (jp_rows_next(r)) {
		const char *type = jp_rows_text(r, JP_COL_TASK_STATS_TYPE);
		const char *state = jp_rows_text(r, JP_COL_TASK_STATS_STATE);
		gint64 n = jp_rows_int(r, JP_COL_TASK_STATS_N);
		jp_task_state s;

		if (all->len == 0 ||
		    strcmp(g_array_index(all, struct stat, all->len - 1).type, type) != 0)
			new_stat(all, type);
		if (jp_task_state_from_word(state, &s))
			g_array_index(all, struct stat, all->len - 1).n[s] = n;
	}
	return all;
}

/* Adds types that have no tasks and are paused. */
static void
add_paused(jp_db *db, GArray *all)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TASK_PAUSED, JP_NO_ARGS);

	while (jp_rows_next(r)) {
		const char *type = jp_rows_text(r, JP_COL_TASK_PAUSED_TYPE);
		gboolean known = FALSE;

		for (guint i = 0; i < all->len; i++)
			known |= strcmp(g_array_index(all, struct stat, i).type, type) == 0;
		if (!known)
			new_stat(all, type);
	}
}

void
jp_queue_stats(jp_db *db, gint64 now, jp_table *out)
{
	g_autoptr(GArray) all = NULL;

	jp_db_begin(db, JP_TX_READ);
	all = read_stats(db);
	add_paused(db, all);
	for (guint i = 0; i < all->len; i++) {
		const struct stat *s = &g_array_index(all, struct stat, i);
		jp_queue_counts c;

		jp_queue_count(db, s->type, now, &c);
		jp_table_row(out, s->type, s->n[JP_TASK_WAITING], s->n[JP_TASK_DELAYED],
		    s->n[JP_TASK_RUNNING], s->n[JP_TASK_DONE], s->n[JP_TASK_DEAD],
		    s->n[JP_TASK_BURIED], c.next_run_at, c.is_paused);
	}
	jp_db_commit(db);
}
