/*
 * A type that is worked on: its handlers, and which of them gets a task.  No database here: tasks
 * come in, endings go out.
 */
#include <string.h>

#include "queue/work.h"

/* A handler without a task is let go after this, if more than the least are there. */
#define IDLE (30 * G_USEC_PER_SEC)

/* ---- a type ---------------------------------------------------------------------------------- */

static void
conf_clear(jp_queue_type *conf)
{
	g_free(conf->name);
	g_strfreev(conf->command);
	*conf = (jp_queue_type){0};
}

jp_lane *
jp_lane_new(GArray *endings, int keeper)
{
	jp_lane *l = g_new0(jp_lane, 1);

	l->hands = g_ptr_array_new_with_free_func(jp_hand_free);
	g_queue_init(&l->ahead);
	l->endings = endings;
	l->keeper = keeper;
	return l;
}

/* TRUE when handlers that run do not fit what is wanted now. */
static gboolean
is_other(const jp_queue_type *a, const jp_queue_type *b)
{
	return !g_strv_equal((const char *const *)a->command, (const char *const *)b->command) ||
	    (a->batch > 0) != (b->batch > 0);
}

void
jp_lane_set(jp_lane *l, const jp_queue_type *type, gint64 most, char **env)
{
	g_autofree char *batch = g_strdup_printf("%" G_GINT64_FORMAT, type->batch);
	gboolean is_new = !l->conf.name, other = !is_new && is_other(&l->conf, type);

	conf_clear(&l->conf);
	l->conf = *type;
	l->conf.name = g_strdup(type->name);
	l->conf.command = g_strdupv(type->command);
	if (most > 0) {
		l->conf.concurrency.max = most;
		l->conf.concurrency.min = MIN(l->conf.concurrency.min, most);
	}
	g_strfreev(l->env);
	l->env = g_environ_setenv(g_strdupv(env), "JP_TASK_TYPE", type->name, TRUE);
	l->env = g_environ_setenv(l->env, "JP_TASK_BATCH", batch, TRUE);
	if (is_new)
		jp_scale_init(&l->scale, MAX(l->conf.concurrency.min, 1), jp_monotonic_us() / 1000);
	l->scale.n = MAX(CLAMP(l->scale.n, l->conf.concurrency.min, l->conf.concurrency.max), 1);
	for (guint i = 0; other && i < l->hands->len; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		hand->retiring = TRUE;
		jp_handler_write(hand->handler, "", 0, TRUE);
	}
}

void
jp_lane_free(gpointer lane)
{
	jp_lane *l = lane;

	g_ptr_array_unref(l->hands);
	g_queue_clear_full(&l->ahead, (GDestroyNotify)jp_task_free);
	conf_clear(&l->conf);
	g_strfreev(l->env);
	g_free(l);
}

/* ---- counting -------------------------------------------------------------------------------- */

static gboolean
is_batch(const jp_lane *l)
{
	return l->conf.batch > 0;
}

guint
jp_lane_allowed(const jp_lane *l)
{
	return (guint)MIN(MAX(l->scale.n, 1), l->conf.concurrency.max);
}

static gboolean
can_start(const jp_lane *l, gint64 now_us)
{
	return l->hands->len < jp_lane_allowed(l) && now_us >= l->start_us;
}

static guint
room_in(const jp_hand *hand)
{
	guint batch = (guint)hand->lane->conf.batch;

	if (!hand->stays || hand->retiring || hand->kill_us || hand->handler->in < 0 ||
	    hand->tasks->len >= batch)
		return 0;
	return batch - hand->tasks->len;
}

/* Tasks that handlers could be given now. */
static guint
free_hands(const jp_lane *l, gint64 now_us)
{
	guint room = 0, more = can_start(l, now_us) ? jp_lane_allowed(l) - l->hands->len : 0;

	if (l->is_over)
		return 0;
	if (!is_batch(l))
		return more;
	for (guint i = 0; i < l->hands->len; i++)
		room += room_in(g_ptr_array_index(l->hands, i));
	return room + more * (guint)l->conf.batch;
}

/* None while more than half of what may be held ahead is there. */
guint
jp_lane_room(const jp_lane *l, gint64 now_us)
{
	guint now = free_hands(l, now_us), later = jp_ahead_most(l);

	if (now + later <= l->ahead.length || (now == 0 && l->ahead.length > later / 2))
		return 0;
	return now + later - l->ahead.length;
}

guint
jp_lane_in_hand(const jp_lane *l)
{
	guint n = l->ahead.length;

	for (guint i = 0; i < l->hands->len; i++)
		n += ((jp_hand *)g_ptr_array_index(l->hands, i))->tasks->len;
	return n;
}

guint
jp_lane_busy(const jp_lane *l)
{
	guint n = 0;

	for (guint i = 0; i < l->hands->len; i++)
		n += ((jp_hand *)g_ptr_array_index(l->hands, i))->tasks->len > 0;
	return n;
}

/* ---- starting and giving --------------------------------------------------------------------- */

static jp_hand *
start(jp_lane *l, char **env, gint64 now_us, GError **error)
{
	jp_handler *h = jp_handler_start(
	    (const char *const *)l->conf.command, env, is_batch(l), l->keeper, error);
	jp_hand *hand;

	if (!h)
		return NULL;
	hand = g_new0(jp_hand, 1);
	hand->lane = l;
	hand->handler = h;
	hand->tasks = g_ptr_array_new_with_free_func((GDestroyNotify)jp_task_free);
	hand->since_us = now_us;
	hand->stays = is_batch(l);
	jp_linebuf_init(&hand->lines, JP_MAX_LINE);
	jp_linebuf_init(&hand->said, JP_MAX_LINE);
	g_ptr_array_add(l->hands, hand);
	return hand;
}

static jp_task_facts
facts_of(const jp_lane *l, const jp_task *task)
{
	return (jp_task_facts){.id = task->id,
	    .attempt = task->attempt,
	    .max_attempts = task->max_attempts,
	    .created_at = task->created_at,
	    .type = l->conf.name,
	    .key = task->key,
	    .subscriber = task->subscriber,
	    .payload = task->payload};
}

/* The handler with the fewest tasks; another one is started while all are busy. */
static jp_hand *
pick(jp_lane *l, gint64 now_us, GError **error)
{
	jp_hand *best = NULL;

	for (guint i = 0; i < l->hands->len; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		if (room_in(hand) && (!best || hand->tasks->len < best->tasks->len))
			best = hand;
	}
	if ((best && best->tasks->len == 0) || !can_start(l, now_us))
		return best;
	return start(l, l->env, now_us, error);
}

static jp_hand *
give_batch(jp_lane *l, const jp_task *task, gint64 now_us, GError **error)
{
	g_autoptr(GString) line = NULL;
	jp_task_facts facts = facts_of(l, task);
	jp_hand *hand = pick(l, now_us, error);

	if (!hand)
		return NULL;
	if (hand->tasks->len == 0)
		hand->since_us = now_us;
	line = g_string_sized_new(task->payload_len + 256);
	jp_task_facts_line(&facts, line);
	jp_handler_write(hand->handler, line->str, line->len, FALSE);
	return hand;
}

static jp_hand *
give_single(jp_lane *l, const jp_task *task, gint64 now_us, GError **error)
{
	jp_task_facts facts = facts_of(l, task);
	g_auto(GStrv) env = jp_task_facts_env(&facts, l->env);
	jp_hand *hand = start(l, env, now_us, error);

	if (hand)
		jp_handler_write(hand->handler, task->payload, task->payload_len, TRUE);
	return hand;
}

static void
give(jp_lane *l, jp_task *task, gint64 now_us)
{
	g_autoptr(GError) error = NULL;
	jp_hand *hand = is_batch(l) ? give_batch(l, task, now_us, &error)
				    : give_single(l, task, now_us, &error);

	if (hand) {
		g_ptr_array_add(hand->tasks, task);
		return;
	}
	if (error) {
		jp_warn("%s: %s; tried again later", l->conf.name, error->message);
		jp_hand_slow_down(l, now_us);
	}
	jp_hand_end_task(l, task, JP_TASK_END_BACK, NULL, NULL);
	jp_task_free(task);
}

void
jp_lane_feed(jp_lane *l, gint64 now_us)
{
	while (l->ahead.length > 0 && free_hands(l, now_us) > 0)
		give(l, jp_ahead_next(l, now_us), now_us);
	jp_ahead_give_back(l, 2 * jp_ahead_most(l)); /* no change of mind for a slower task */
}

void
jp_lane_trim(jp_lane *l, gint64 now_us)
{
	guint least = (guint)(l->is_over ? 0 : l->conf.concurrency.min), extra;

	if (!is_batch(l))
		return;
	while (l->hands->len < least && can_start(l, now_us)) {
		g_autoptr(GError) error = NULL;

		if (start(l, l->env, now_us, &error))
			continue;
		jp_warn("%s: %s; tried again later", l->conf.name, error->message);
		jp_hand_slow_down(l, now_us);
	}
	extra = l->hands->len > least ? l->hands->len - least : 0;
	for (guint i = 0; i < l->hands->len && extra > 0; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		if (hand->retiring)
			extra--;
		else if (hand->tasks->len == 0 && (l->is_over || now_us - hand->since_us >= IDLE)) {
			hand->retiring = TRUE;
			hand->since_us = now_us;
			jp_handler_write(hand->handler, "", 0, TRUE);
			extra--;
		}
	}
}

/* ---- hearing and ending -------------------------------------------------------------------- */

void
jp_lane_hear(jp_lane *l, gint64 now_us)
{
	for (guint i = 0; i < l->hands->len; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		if (jp_handler_wants_write(hand->handler))
			jp_handler_flush(hand->handler);
		if (hand->pipes) /* what more there is comes with the next poll */
			(void)jp_hand_hear(hand, now_us);
		hand->pipes = 0;
	}
}

void
jp_lane_reap(jp_lane *l, gboolean may_have_ended, gint64 now_us)
{
	for (guint i = 0; i < l->hands->len;) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		if (may_have_ended && jp_handler_reap(hand->handler)) {
			jp_hand_bury(hand, now_us);
			g_ptr_array_remove_index(l->hands, i);
			continue;
		}
		jp_hand_check_time(hand, now_us);
		i++;
	}
	jp_ahead_check_time(l, now_us);
}

void
jp_lane_stop(jp_lane *l, gboolean gently, gint64 now_us)
{
	jp_ahead_give_back(l, 0);
	for (guint i = 0; i < l->hands->len; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		hand->retiring = TRUE;
		if (hand->tasks->len == 0)
			hand->since_us = now_us;
		jp_handler_write(hand->handler, "", 0, TRUE);
		if (!gently)
			jp_hand_tell_to_end(hand, NULL, now_us);
	}
}

static void
append_lease(GArray *leases, const jp_task *task)
{
	jp_task_lease lease = {.id = task->id, .lease_no = task->lease_no};

	g_array_append_val(leases, lease);
}

void
jp_lane_leases(const jp_lane *l, GArray *leases)
{
	for (guint i = 0; i < l->hands->len; i++) {
		const jp_hand *hand = g_ptr_array_index(l->hands, i);

		for (guint k = 0; k < hand->tasks->len; k++)
			append_lease(leases, g_ptr_array_index(hand->tasks, k));
	}
	for (const GList *at = l->ahead.head; at; at = at->next)
		append_lease(leases, at->data);
}

void
jp_lane_lost(jp_lane *l, gint64 id, gint64 now_us)
{
	jp_ahead_lost(l, id);
	for (guint i = 0; i < l->hands->len; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		for (guint k = 0; k < hand->tasks->len; k++)
			if (((jp_task *)g_ptr_array_index(hand->tasks, k))->id == id)
				jp_hand_tell_to_end(hand, g_strdup("its lease was over"), now_us);
	}
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void
poll_for(GArray *fds, int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (fd >= 0)
		g_array_append_val(fds, p);
}

void
jp_lane_poll(const jp_lane *l, GArray *fds)
{
	for (guint i = 0; i < l->hands->len; i++) {
		const jp_handler *h = ((jp_hand *)g_ptr_array_index(l->hands, i))->handler;

		poll_for(fds, h->out, POLLIN);
		poll_for(fds, h->err, POLLIN);
		if (jp_handler_wants_write(h))
			poll_for(fds, h->in, POLLOUT);
	}
}

/* What poll_for asked for. */
static gboolean
was_heard(const GArray *fds, int fd, guint *at)
{
	return fd >= 0 && g_array_index(fds, struct pollfd, (*at)++).revents != 0;
}

void
jp_lane_polled(jp_lane *l, const GArray *fds, guint *at)
{
	for (guint i = 0; i < l->hands->len; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);
		const jp_handler *h = hand->handler;

		if (was_heard(fds, h->out, at))
			hand->pipes |= JP_HAND_OUT;
		if (was_heard(fds, h->err, at))
			hand->pipes |= JP_HAND_ERR;
		*at += jp_handler_wants_write(h); /* which may be tried at any time */
	}
}

gint64
jp_lane_alarm(const jp_lane *l)
{
	gint64 at = jp_ahead_alarm(l);

	for (guint i = 0; i < l->hands->len; i++) {
		const jp_hand *hand = g_ptr_array_index(l->hands, i);

		if (hand->kill_us)
			at = MIN(at, hand->kill_us);
		else if (hand->deaf_us)
			at = MIN(at, hand->deaf_us);
		else if (hand->tasks->len > 0 || hand->retiring)
			at = MIN(at, hand->since_us + l->conf.timeout * 1000);
		else if (l->hands->len > (guint)l->conf.concurrency.min)
			at = MIN(at, hand->since_us + IDLE);
	}
	return at;
}
