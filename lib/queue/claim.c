/*
 * Claiming: what is to be looked after in a type, the limits, and the next tasks by lease.  Each
 * statement is a range of one index; none reads what it does not change, so a long backlog costs
 * nothing.
 *
 * The next tasks are read, in order, and then taken: on SQLite nobody else writes in between, on
 * PostgreSQL what was read is locked.  (One UPDATE ... RETURNING would have no order, and SQLite
 * would fill tables for it that cost more than the claim.)
 */
#include <string.h>

#include "queue/internal.h"

/* Tasks made waiting or taken back in one claim; more wait for the next. */
#define PORTION 1000
/* Tasks looked at one by one before a claim within limits of parts gives what it has. */
#define MAX_LOOKED 1000

struct look {
	gint64 delayed_at, lease_first; /* JP_NO_TIME: none */
	gboolean is_paused;
};

static struct look
look_at(jp_db *db, const char *type)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TASK_LOOK, JP_ARGS(JP_TEXT(type)));
	struct look l = {JP_NO_TIME, JP_NO_TIME, FALSE};

	if (!jp_rows_next(r))
		return l;
	l.delayed_at = jp_rows_int_or(r, JP_COL_TASK_LOOK_DELAYED_AT, JP_NO_TIME);
	l.lease_first = jp_rows_int_or(r, JP_COL_TASK_LOOK_LEASE_FIRST, JP_NO_TIME);
	l.is_paused = !jp_rows_is_null(r, JP_COL_TASK_LOOK_PAUSED_AT);
	return l;
}

/* ---- looking after a type -------------------------------------------------------------------- */

struct due {
	gint64 id, priority;
	char *subscriber;
};

static void
due_clear(gpointer d)
{
	g_free(((struct due *)d)->subscriber);
}

/* Tasks of subscribers are placed one after the other, each seeing the one before. */
static void
place_turns(jp_db *db, const char *type, gint64 now)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct due));
	g_autoptr(jp_rows) r = jp_db_query(
	    db, JP_SQL_TASK_DUE_TURNS, JP_ARGS(JP_TEXT(type), JP_INT(now), JP_INT(PORTION)));

	g_array_set_clear_func(all, due_clear);
	while (jp_rows_next(r)) {
		struct due d = {.id = jp_rows_int(r, JP_COL_TASK_DUE_TURNS_ID),
		    .priority = jp_rows_int(r, JP_COL_TASK_DUE_TURNS_PRIORITY),
		    .subscriber = g_strdup(jp_rows_text(r, JP_COL_TASK_DUE_TURNS_SUBSCRIBER))};

		g_array_append_val(all, d);
	}
	for (guint i = 0; i < all->len; i++) {
		const struct due *d = &g_array_index(all, struct due, i);
		gint64 turn = jp_queue_next_turn(db, type, d->subscriber, now);

		jp_db_exec(db, JP_SQL_TASK_PLACE,
		    JP_ARGS(
			JP_INT(d->id), JP_INT(jp_queue_place(turn, d->priority)), JP_INT(turn)));
	}
}

/* A lease that ends later than any can is to be shortened. */
static gboolean
is_due(const struct look *l, gint64 now)
{
	return (l->delayed_at != JP_NO_TIME && l->delayed_at <= now) ||
	    (l->lease_first != JP_NO_TIME &&
		(l->lease_first <= now || l->lease_first > now + JP_QUEUE_MAX_LEASE));
}

static void
look_after(jp_db *db, const jp_queue_ask *ask, const struct look *l, gint64 now)
{
	if (l->delayed_at != JP_NO_TIME && l->delayed_at <= now) {
		place_turns(db, ask->type, now);
		jp_db_do(db, JP_SQL_TASK_PLACE_DUE,
		    JP_ARGS(
			JP_TEXT(ask->type), JP_INT(now), JP_INT(JP_QUEUE_STEP), JP_INT(PORTION)));
	}
	if (l->lease_first != JP_NO_TIME && l->lease_first <= now) {
		jp_db_do(db, JP_SQL_TASK_SWEEP,
		    JP_ARGS(JP_TEXT(ask->type), JP_INT(now), JP_INT(JP_QUEUE_STEP),
			JP_INT(ask->max_attempts), JP_INT(PORTION)));
	}
	if (l->lease_first != JP_NO_TIME && l->lease_first > now + JP_QUEUE_MAX_LEASE) {
		jp_db_do(db, JP_SQL_TASK_CLAMP,
		    JP_ARGS(JP_TEXT(ask->type), JP_INT(now + JP_QUEUE_MAX_LEASE)));
	}
}

/* ---- claiming -------------------------------------------------------------------------------- */

static jp_task *
read_task(const jp_rows *r, const jp_queue_ask *ask, gint64 now)
{
	jp_task *t = g_new0(jp_task, 1);
	const char *payload = jp_rows_text(r, JP_COL_TASK_NEXT_PAYLOAD);

	t->id = jp_rows_int(r, JP_COL_TASK_NEXT_ID);
	t->lease_no = jp_rows_int(r, JP_COL_TASK_NEXT_LEASE_NO) + 1;
	t->lease_until = now + MIN(ask->lease_ms, JP_QUEUE_MAX_LEASE);
	t->type = g_strdup(ask->type);
	t->payload_len = strlen(payload);
	t->payload = g_strndup(payload, t->payload_len);
	t->key = g_strdup(jp_rows_text(r, JP_COL_TASK_NEXT_KEY));
	t->subscriber = g_strdup(jp_rows_text(r, JP_COL_TASK_NEXT_SUBSCRIBER));
	t->priority = jp_rows_int(r, JP_COL_TASK_NEXT_PRIORITY);
	t->created_at = jp_rows_int(r, JP_COL_TASK_NEXT_CREATED_AT);
	t->run_at = jp_rows_int(r, JP_COL_TASK_NEXT_RUN_AT);
	t->attempt = jp_rows_int(r, JP_COL_TASK_NEXT_ATTEMPTS) + 1;
	t->max_attempts = jp_rows_int_or(r, JP_COL_TASK_NEXT_MAX_ATTEMPTS, ask->max_attempts);
	return t;
}

/* The next tasks as they will be when they are taken; *look is what the type is like, unless there
 * are none. */
static GPtrArray *
read_next(jp_db *db, const jp_queue_ask *ask, guint limit, gint64 now, struct look *look)
{
	GPtrArray *tasks = g_ptr_array_new_with_free_func((GDestroyNotify)jp_task_free);
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_TASK_NEXT, JP_ARGS(JP_TEXT(ask->type), JP_INT(limit)));

	while (jp_rows_next(r)) {
		if (tasks->len == 0) {
			look->delayed_at =
			    jp_rows_int_or(r, JP_COL_TASK_NEXT_DELAYED_AT, JP_NO_TIME);
			look->lease_first =
			    jp_rows_int_or(r, JP_COL_TASK_NEXT_LEASE_FIRST, JP_NO_TIME);
		}
		g_ptr_array_add(tasks, read_task(r, ask, now));
	}
	return tasks;
}

/* Takes those that were read in this transaction; they go to `into`.  Takes tasks. */
static guint
take(jp_db *db, GPtrArray *tasks, gint64 now, GPtrArray *into)
{
	g_autoptr(GString) ids = g_string_new(NULL);
	guint n = tasks->len;
	const jp_task *first = n > 0 ? g_ptr_array_index(tasks, 0) : NULL;

	for (guint i = 0; n > 1 && i < n; i++)
		g_string_append_printf(ids, "%c%" G_GINT64_FORMAT, i > 0 ? ',' : '[',
		    ((jp_task *)g_ptr_array_index(tasks, i))->id);
	if (n == 1)
		jp_db_do(db, JP_SQL_TASK_TAKE_ONE,
		    JP_ARGS(JP_INT(first->id), JP_TEXT(jp_worker()), JP_INT(first->lease_until),
			JP_INT(now)));
	else if (n > 1)
		jp_db_do(db, JP_SQL_TASK_TAKE,
		    JP_ARGS(JP_LIST(g_string_append_c(ids, ']')->str), JP_TEXT(jp_worker()),
			JP_INT(first->lease_until), JP_INT(now)));
	g_ptr_array_extend_and_steal(into, tasks);
	return n;
}

static guint
claim_next(jp_db *db, const jp_queue_ask *ask, guint limit, gint64 now, GPtrArray *into)
{
	struct look look = {JP_NO_TIME, JP_NO_TIME, FALSE};
	GPtrArray *tasks = read_next(db, ask, limit, now, &look);

	if (tasks->len == 0)
		look = look_at(db, ask->type);
	if (is_due(&look, now)) {
		g_ptr_array_unref(tasks);
		look_after(db, ask, &look, now);
		tasks = read_next(db, ask, limit, now, &look);
	}
	return take(db, tasks, now, into);
}

/* ---- within limits --------------------------------------------------------------------------- */

static gboolean
has_quotas(const jp_quotas *q)
{
	return q && q->n > 0;
}

/* How many tasks the type's own limits leave. */
static gint64
type_room(jp_db *db, const jp_queue_ask *ask, gint64 now)
{
	const jp_queue_limits *l = &ask->limits;
	gint64 room = ask->limit, running = 0, free_at;

	if (l->concurrency > 0) {
		(void)jp_db_get_int(/* a count has a row */
		    db, JP_SQL_TASK_RUNNING, JP_ARGS(JP_TEXT(ask->type)), &running);
		room = MIN(room, MAX(l->concurrency - running, 0));
	}
	if (has_quotas(l->rate) && room > 0)
		room = jp_rate_room(db, ask->type, "", l->rate, room, now, &free_at);
	return room;
}

/* Notes what was claimed; *again_at comes no later than there is room for one more. */
static void
note_claimed(jp_db *db, const jp_queue_ask *ask, guint n, gint64 now, gint64 *again_at)
{
	const jp_quotas *rate = ask->limits.rate;
	gint64 free_at;

	if (n > 0)
		jp_rate_note(db, ask->type, "", rate, n, now);
	if (n < ask->limit && jp_rate_room(db, ask->type, "", rate, 1, now, &free_at) == 0)
		*again_at = MIN(*again_at, free_at);
}

/* Choosing one by one. */
struct choice {
	jp_db *db;
	const jp_queue_ask *ask;
	gint64 now;
	GPtrArray *chosen;
	guint n_looked;
	GHashTable *held; /* part -> GSIZE of those held back here */
};

/* The parts that a task is counted in: "key:K", "subscriber:S"; NULL: free. */
struct parts {
	char *names[2];
};

static const jp_quotas *
quotas_of(const struct choice *c, guint part)
{
	return part == 0 ? c->ask->limits.rate_per_key : c->ask->limits.rate_per_subscriber;
}

/* The part with the longest wait, or NULL when there is room in both. */
static const char *
blocked_part(const struct choice *c, const struct parts *t, gint64 *until)
{
	const char *blocked = NULL;
	gint64 free_at;

	*until = c->now;
	for (guint i = 0; i < 2; i++) {
		if (!t->names[i] ||
		    jp_rate_room(
			c->db, c->ask->type, t->names[i], quotas_of(c, i), 1, c->now, &free_at) > 0)
			continue;
		if (!blocked || free_at > *until) {
			blocked = t->names[i];
			*until = MAX(free_at, c->now + 1);
		}
	}
	return blocked;
}

/* Puts a task aside until there is room; those of the same part behind each other, so that they do
 * not all come back to find room for one. */
static void
hold(struct choice *c, gint64 id, const char *part, const jp_quotas *q, gint64 until)
{
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(c->held, part));
	gint64 spacing = 0;

	for (guint i = 0; i < q->n; i++)
		spacing = MAX(spacing, q->rate[i].window / q->rate[i].n);
	jp_db_exec(c->db, JP_SQL_TASK_HOLD, JP_ARGS(JP_INT(id), JP_INT(until + n * spacing)));
	g_hash_table_insert(c->held, g_strdup(part), GUINT_TO_POINTER(n + 1));
}

/* Takes the task. */
static void
choose(struct choice *c, jp_task *task)
{
	const jp_queue_limits *l = &c->ask->limits;
	struct parts t = {{NULL, NULL}};
	const char *part;
	gint64 until;

	if (task->key && has_quotas(l->rate_per_key))
		t.names[0] = g_strconcat("key:", task->key, NULL);
	if (task->subscriber && has_quotas(l->rate_per_subscriber))
		t.names[1] = g_strconcat("subscriber:", task->subscriber, NULL);
	part = blocked_part(c, &t, &until);
	c->n_looked++;
	if (part)
		hold(c, task->id, part, quotas_of(c, part == t.names[0] ? 0 : 1), until);
	for (guint i = 0; i < 2; i++) {
		if (!part && t.names[i])
			jp_rate_note(c->db, c->ask->type, t.names[i], quotas_of(c, i), 1, c->now);
		g_free(t.names[i]);
	}
	if (part)
		jp_task_free(task);
	else
		g_ptr_array_add(c->chosen, task);
}

/* Looks at one after the other until enough are chosen, then takes those at once. */
static guint
claim_by_parts(
    jp_db *db, const jp_queue_ask *ask, guint room, gint64 now, GPtrArray *into, gint64 *again_at)
{
	struct choice c = {.db = db, .ask = ask, .now = now};
	guint n = 0, n_read;

	c.held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	do {
		struct look look; /* looked at before */
		g_autoptr(GPtrArray) next = read_next(db, ask, room - n, now, &look);

		n_read = next->len;
		c.chosen = g_ptr_array_new_with_free_func((GDestroyNotify)jp_task_free);
		g_ptr_array_set_free_func(next, NULL);
		for (guint i = 0; i < n_read; i++)
			choose(&c, g_ptr_array_index(next, i));
		n += take(db, c.chosen, now, into);
	} while (n_read > 0 && n < room && c.n_looked < MAX_LOOKED);
	if (n < room && c.n_looked >= MAX_LOOKED)
		*again_at = now;
	g_hash_table_unref(c.held);
	return n;
}

static guint
claim_within(jp_db *db, const jp_queue_ask *ask, gint64 *now, GPtrArray *into, gint64 *again_at)
{
	const jp_queue_limits *l = &ask->limits;
	struct look look = look_at(db, ask->type);
	gint64 room;
	guint n = 0;

	look_after(db, ask, &look, *now);
	if (look.is_paused || ask->limit == 0)
		return 0;
	jp_db_exec(db, JP_SQL_TASK_TYPE_LOCK, JP_ARGS(JP_TEXT(ask->type)));
	*now = jp_db_now_exactly(db); /* we may have waited for the row, and all count by it */
	room = type_room(db, ask, *now);
	if (room > 0 && (has_quotas(l->rate_per_key) || has_quotas(l->rate_per_subscriber)))
		n = claim_by_parts(db, ask, (guint)room, *now, into, again_at);
	else if (room > 0)
		n = claim_next(db, ask, (guint)room, *now, into);
	if (has_quotas(l->rate))
		note_claimed(db, ask, n, *now, again_at);
	return n;
}

/* ---- when to come again ---------------------------------------------------------------------- */

static gint64
sooner(gint64 at, gint64 than)
{
	return at == JP_NO_TIME ? than : MIN(at, than);
}

guint
jp_queue_claim(jp_db *db, const jp_queue_ask *ask, gint64 now, GPtrArray *into, gint64 *again_at)
{
	const jp_queue_limits *limits = &ask->limits;
	gboolean within = limits->concurrency > 0 || has_quotas(limits->rate) ||
	    has_quotas(limits->rate_per_key) || has_quotas(limits->rate_per_subscriber);
	gint64 again = JP_QUEUE_NEVER;
	struct look look;
	guint n = within ? claim_within(db, ask, &now, into, &again)
			 : claim_next(db, ask, ask->limit, now, into);

	if (again_at && n == ask->limit && n > 0) {
		*again_at = now;
	} else if (again_at) { /* what can bring more, besides room in a window? */
		look = look_at(db, ask->type);
		*again_at = look.is_paused
		    ? JP_QUEUE_NEVER
		    : sooner(look.delayed_at, sooner(look.lease_first, again));
	}
	return n;
}
