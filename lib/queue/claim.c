/*
 * Claiming: what is to be looked after in a type, the limits, and the next tasks by lease.  Each
 * statement is a range of one index; none reads what it does not change, so a long backlog costs
 * nothing.
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

static void
look_after(jp_db *db, const jp_queue_ask *ask, const struct look *l, gint64 now)
{
	if (l->delayed_at != JP_NO_TIME && l->delayed_at <= now) {
		place_turns(db, ask->type, now);
		(void)jp_db_exec(db, JP_SQL_TASK_PLACE_DUE, /* none, if all had subscribers */
		    JP_ARGS(
			JP_TEXT(ask->type), JP_INT(now), JP_INT(JP_QUEUE_STEP), JP_INT(PORTION)));
	}
	if (l->lease_first != JP_NO_TIME && l->lease_first <= now) {
		(void)jp_db_exec(db, JP_SQL_TASK_SWEEP, /* another worker may have done it */
		    JP_ARGS(JP_TEXT(ask->type), JP_INT(now), JP_INT(JP_QUEUE_STEP),
			JP_INT(ask->max_attempts), JP_INT(PORTION)));
	}
	if (l->lease_first != JP_NO_TIME && l->lease_first > now + JP_QUEUE_MAX_LEASE) {
		(void)jp_db_exec(db, JP_SQL_TASK_CLAMP, /* the same */
		    JP_ARGS(JP_TEXT(ask->type), JP_INT(now + JP_QUEUE_MAX_LEASE)));
	}
}

/* ---- claiming -------------------------------------------------------------------------------- */

/* A claimed task with its place, to be put in order: RETURNING has none. */
struct claimed {
	gint64 place;
	jp_task *task;
};

static int
by_place(gconstpointer a, gconstpointer b)
{
	const struct claimed *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->task->id < y->task->id ? -1 : x->task->id > y->task->id;
}

/* Both claiming statements give the same columns in the same order. */
static struct claimed
read_task(const jp_rows *r, const jp_queue_ask *ask, gint64 lease_until)
{
	jp_task *t = g_new0(jp_task, 1);
	const char *payload = jp_rows_text(r, JP_COL_TASK_CLAIM_PAYLOAD);

	t->id = jp_rows_int(r, JP_COL_TASK_CLAIM_ID);
	t->lease_no = jp_rows_int(r, JP_COL_TASK_CLAIM_LEASE_NO);
	t->lease_until = lease_until;
	t->type = g_strdup(ask->type);
	t->payload = g_strdup(payload);
	t->payload_len = strlen(payload);
	t->key = g_strdup(jp_rows_text(r, JP_COL_TASK_CLAIM_KEY));
	t->subscriber = g_strdup(jp_rows_text(r, JP_COL_TASK_CLAIM_SUBSCRIBER));
	t->priority = jp_rows_int(r, JP_COL_TASK_CLAIM_PRIORITY);
	t->created_at = jp_rows_int(r, JP_COL_TASK_CLAIM_CREATED_AT);
	t->run_at = jp_rows_int(r, JP_COL_TASK_CLAIM_RUN_AT);
	t->attempt = jp_rows_int(r, JP_COL_TASK_CLAIM_ATTEMPTS);
	t->max_attempts = jp_rows_int_or(r, JP_COL_TASK_CLAIM_MAX_ATTEMPTS, ask->max_attempts);
	return (struct claimed){
	    jp_queue_place(jp_rows_int(r, JP_COL_TASK_CLAIM_TURN), t->priority), t};
}

/* Takes r. */
static guint
take_rows(jp_rows *r, const jp_queue_ask *ask, gint64 lease_until, GPtrArray *into)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct claimed));

	while (jp_rows_next(r)) {
		struct claimed c = read_task(r, ask, lease_until);

		g_array_append_val(all, c);
	}
	jp_rows_free(r);
	g_array_sort(all, by_place);
	for (guint i = 0; i < all->len; i++)
		g_ptr_array_add(into, g_array_index(all, struct claimed, i).task);
	return all->len;
}

static guint
claim_next(jp_db *db, const jp_queue_ask *ask, guint limit, gint64 now, GPtrArray *into)
{
	gint64 lease_until = now + MIN(ask->lease_ms, JP_QUEUE_MAX_LEASE);
	jp_rows *r;

	G_STATIC_ASSERT((int)JP_COL_TASK_CLAIM_ONE_PAYLOAD == (int)JP_COL_TASK_CLAIM_PAYLOAD);
	if (limit == 1)
		r = jp_db_query(db, JP_SQL_TASK_CLAIM_ONE,
		    JP_ARGS(JP_TEXT(ask->type), JP_TEXT(jp_worker()), JP_INT(lease_until),
			JP_INT(now)));
	else
		r = jp_db_query(db, JP_SQL_TASK_CLAIM,
		    JP_ARGS(JP_TEXT(ask->type), JP_TEXT(jp_worker()), JP_INT(lease_until),
			JP_INT(now), JP_INT(limit)));
	return take_rows(r, ask, lease_until, into);
}

static guint
claim_chosen(jp_db *db, const jp_queue_ask *ask, const char *ids, gint64 now, GPtrArray *into)
{
	gint64 lease_until = now + MIN(ask->lease_ms, JP_QUEUE_MAX_LEASE);

	G_STATIC_ASSERT((int)JP_COL_TASK_CLAIM_CHOSEN_PAYLOAD == (int)JP_COL_TASK_CLAIM_PAYLOAD);
	return take_rows(
	    jp_db_query(db, JP_SQL_TASK_CLAIM_CHOSEN,
		JP_ARGS(JP_LIST(ids), JP_TEXT(jp_worker()), JP_INT(lease_until), JP_INT(now))),
	    ask, lease_until, into);
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
	GString *ids; /* chosen, a JSON array without its end */
	guint n_chosen, n_looked;
	GHashTable *held; /* part -> GSIZE of those held back here */
};

struct candidate {
	gint64 id;
	char *parts[2]; /* "key:K", "subscriber:S"; NULL: free */
};

static void
candidate_clear(gpointer c)
{
	g_free(((struct candidate *)c)->parts[0]);
	g_free(((struct candidate *)c)->parts[1]);
}

static const jp_quotas *
quotas_of(const struct choice *c, guint part)
{
	return part == 0 ? c->ask->limits.rate_per_key : c->ask->limits.rate_per_subscriber;
}

/* The part with the longest wait, or NULL when there is room in both. */
static const char *
blocked_part(const struct choice *c, const struct candidate *t, gint64 *until)
{
	const char *blocked = NULL;
	gint64 free_at;

	*until = c->now;
	for (guint i = 0; i < 2; i++) {
		if (!t->parts[i] ||
		    jp_rate_room(
			c->db, c->ask->type, t->parts[i], quotas_of(c, i), 1, c->now, &free_at) > 0)
			continue;
		if (!blocked || free_at > *until) {
			blocked = t->parts[i];
			*until = MAX(free_at, c->now + 1);
		}
	}
	return blocked;
}

/* Puts a task aside until there is room; those of the same part behind each other, so that they do
 * not all come back to find room for one. */
static void
hold(struct choice *c, const struct candidate *t, const char *part, gint64 until)
{
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(c->held, part));
	const jp_quotas *q = quotas_of(c, part == t->parts[0] ? 0 : 1);
	gint64 spacing = 0;

	for (guint i = 0; i < q->n; i++)
		spacing = MAX(spacing, q->rate[i].window / q->rate[i].n);
	jp_db_exec(c->db, JP_SQL_TASK_HOLD, JP_ARGS(JP_INT(t->id), JP_INT(until + n * spacing)));
	g_hash_table_insert(c->held, g_strdup(part), GUINT_TO_POINTER(n + 1));
}

static void
choose(struct choice *c, const struct candidate *t)
{
	gint64 until;
	const char *part = blocked_part(c, t, &until);

	c->n_looked++;
	if (part) {
		hold(c, t, part, until);
		return;
	}
	for (guint i = 0; i < 2; i++)
		if (t->parts[i])
			jp_rate_note(c->db, c->ask->type, t->parts[i], quotas_of(c, i), 1, c->now);
	g_string_append_printf(c->ids, "%s%" G_GINT64_FORMAT, c->n_chosen++ ? "," : "[", t->id);
}

static GArray *
read_candidates(const struct choice *c, guint limit)
{
	const jp_queue_limits *l = &c->ask->limits;
	GArray *all = g_array_new(FALSE, TRUE, sizeof(struct candidate));
	g_autoptr(jp_rows) r = jp_db_query(
	    c->db, JP_SQL_TASK_CANDIDATES, JP_ARGS(JP_TEXT(c->ask->type), JP_INT(limit)));

	g_array_set_clear_func(all, candidate_clear);
	while (jp_rows_next(r)) {
		const char *key = jp_rows_text(r, JP_COL_TASK_CANDIDATES_KEY);
		const char *who = jp_rows_text(r, JP_COL_TASK_CANDIDATES_SUBSCRIBER);
		struct candidate t = {.id = jp_rows_int(r, JP_COL_TASK_CANDIDATES_ID)};

		if (key && has_quotas(l->rate_per_key))
			t.parts[0] = g_strconcat("key:", key, NULL);
		if (who && has_quotas(l->rate_per_subscriber))
			t.parts[1] = g_strconcat("subscriber:", who, NULL);
		g_array_append_val(all, t);
	}
	return all;
}

/* Looks at one after the other until enough are chosen, then claims those at once. */
static guint
claim_by_parts(
    jp_db *db, const jp_queue_ask *ask, guint room, gint64 now, GPtrArray *into, gint64 *again_at)
{
	struct choice c = {db, ask, now, NULL, 0, 0, NULL};
	guint n = 0;

	c.held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	do {
		g_autoptr(GArray) all = read_candidates(&c, room - n);

		c.ids = g_string_new(NULL);
		c.n_chosen = 0;
		for (guint i = 0; i < all->len; i++)
			choose(&c, &g_array_index(all, struct candidate, i));
		if (c.n_chosen > 0)
			n += claim_chosen(db, ask, g_string_append_c(c.ids, ']')->str, now, into);
		g_string_free(c.ids, TRUE);
		if (all->len == 0)
			break;
	} while (n < room && c.n_looked < MAX_LOOKED);
	if (n < room && c.n_looked >= MAX_LOOKED)
		*again_at = now;
	g_hash_table_unref(c.held);
	return n;
}

static guint
claim_within(jp_db *db, const jp_queue_ask *ask, gint64 *now, GPtrArray *into, gint64 *again_at)
{
	const jp_queue_limits *l = &ask->limits;
	gint64 room;
	guint n = 0;

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

/* Fewer tasks were claimed than wanted: what can bring more, besides room in a window. */
static gint64
find_again(jp_db *db, const char *type, gint64 again_at)
{
	struct look l = look_at(db, type);

	return sooner(l.delayed_at, sooner(l.lease_first, again_at));
}

guint
jp_queue_claim(jp_db *db, const jp_queue_ask *ask, gint64 now, GPtrArray *into, gint64 *again_at)
{
	const jp_queue_limits *limits = &ask->limits;
	gboolean within = limits->concurrency > 0 || has_quotas(limits->rate) ||
	    has_quotas(limits->rate_per_key) || has_quotas(limits->rate_per_subscriber);
	struct look l = look_at(db, ask->type);
	gint64 again = JP_QUEUE_NEVER;
	guint n = 0;

	look_after(db, ask, &l, now);
	if (ask->limit > 0 && !l.is_paused)
		n = within ? claim_within(db, ask, &now, into, &again)
			   : claim_next(db, ask, ask->limit, now, into);
	if (!again_at)
		return n;
	if (n == ask->limit && n > 0)
		again = now;
	else if (!l.is_paused)
		again = find_again(db, ask->type, again);
	*again_at = again;
	return n;
}
