/*
 * A type that is worked on: its handlers, the tasks they have in hand, and what becomes of each. No
 * database here: tasks come in, endings go out.
 *
 * A task ends once.  A process of its own is judged by its status.  A handler that stays (batch
 * mode) answers task by task; one that dies, hangs or talks nonsense loses nothing: of what it left
 * unanswered the first, which it was given first, has failed and is tried again later, and the
 * others go back as if not begun.  A handler that dies without an answer is not started again at
 * once.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "queue/work.h"

/* Between asking a handler to end and killing it. */
#define KILL_AFTER (5 * G_USEC_PER_SEC)
/* A handler without a task is let go after this, if more than the least are there. */
#define IDLE (30 * G_USEC_PER_SEC)
/* Lines that are no answers before a handler is ended. */
#define MAX_BAD 100
/* Reads of a handler's pipe after its end; what more there is nobody wants. */
#define LAST_READS 4
/* The wait before a handler is started again, in ms. */
#define START_MIN (1 * JP_SECOND)
#define START_MAX (60 * JP_SECOND)

void
jp_ending_clear(gpointer ending)
{
	jp_ending *e = ending;

	g_free(e->error);
	g_free(e->result);
	g_free(e->output);
}

/* ---- a type ---------------------------------------------------------------------------------- */

static void
hand_free(gpointer data)
{
	jp_hand *hand = data;

	jp_handler_free(hand->handler);
	g_ptr_array_unref(hand->tasks);
	jp_linebuf_clear(&hand->lines);
	g_free(hand->why);
	g_free(hand);
}

static void
conf_clear(jp_queue_type *conf)
{
	g_free(conf->name);
	g_strfreev(conf->command);
	*conf = (jp_queue_type){0};
}

jp_lane *
jp_lane_new(GArray *endings)
{
	jp_lane *l = g_new0(jp_lane, 1);

	l->hands = g_ptr_array_new_with_free_func(hand_free);
	l->endings = endings;
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

/* Handlers that there may be. */
static guint
allowed(const jp_lane *l)
{
	return (guint)MIN(MAX(l->scale.n, 1), l->conf.concurrency.max);
}

static gboolean
can_start(const jp_lane *l, gint64 now_us)
{
	return l->hands->len < allowed(l) && now_us >= l->start_us;
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

guint
jp_lane_room(const jp_lane *l, gint64 now_us)
{
	guint room = 0, more = can_start(l, now_us) ? allowed(l) - l->hands->len : 0;

	if (l->is_over)
		return 0;
	if (!is_batch(l))
		return more;
	for (guint i = 0; i < l->hands->len; i++)
		room += room_in(g_ptr_array_index(l->hands, i));
	return room + more * (guint)l->conf.batch;
}

guint
jp_lane_in_hand(const jp_lane *l)
{
	guint n = 0;

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

/* ---- endings --------------------------------------------------------------------------------- */

static gboolean
is_every(const jp_task *task)
{
	return g_strcmp0(task->key, JP_WORK_EVERY) == 0;
}

/* Appends what became of a task; takes error and result. */
static jp_ending *
end_task(jp_lane *l, const jp_task *task, jp_task_outcome outcome, char *error, char *result)
{
	jp_ending e = {.lane = l,
	    .id = task->id,
	    .lease_no = task->lease_no,
	    .outcome = outcome,
	    .error = error,
	    .result = result};

	if (outcome == JP_TASK_END_RETRY && task->attempt >= task->max_attempts)
		e.outcome = JP_TASK_END_DEAD;
	if (e.outcome == JP_TASK_END_RETRY)
		e.delay = jp_backoff_between((guint)MIN(task->attempt, 1000), l->conf.backoff.min,
		    l->conf.backoff.max, jp_random_below(G_MAXUINT32));
	if (is_every(task) && (e.outcome == JP_TASK_END_DONE || e.outcome == JP_TASK_END_DEAD))
		l->has_every = TRUE;
	if (outcome != JP_TASK_END_BACK)
		l->finished++;
	g_array_append_val(l->endings, e);
	return &g_array_index(l->endings, jp_ending, l->endings->len - 1);
}

static void
keep_output(jp_ending *e, const jp_handler *h)
{
	gsize len;
	const guint8 *data = jp_tail_get(&h->tail, &len);

	e->output = g_memdup2(data, len);
	e->output_len = len;
}

/* No other handler is started for a while. */
static void
slow_down(jp_lane *l, gint64 now_us)
{
	l->n_failures++;
	l->start_us = now_us +
	    1000 *
		jp_backoff_between(
		    l->n_failures, START_MIN, START_MAX, jp_random_below(G_MAXUINT32));
}

/* ---- starting and giving --------------------------------------------------------------------- */

static jp_hand *
start(jp_lane *l, char **env, gint64 now_us, GError **error)
{
	jp_handler *h =
	    jp_handler_start((const char *const *)l->conf.command, env, is_batch(l), error);
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

void
jp_lane_give(jp_lane *l, jp_task *task, gint64 now_us)
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
		slow_down(l, now_us);
	}
	end_task(l, task, JP_TASK_END_BACK, NULL, NULL);
	jp_task_free(task);
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
		slow_down(l, now_us);
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

/* ---- hearing --------------------------------------------------------------------------------- */

/* Asks a handler to end; takes why. */
static void
tell_to_end(jp_hand *hand, char *why, gint64 now_us)
{
	if (hand->kill_us) {
		g_free(why);
		return;
	}
	hand->why = why;
	hand->kill_us = now_us + KILL_AFTER;
	jp_handler_signal(hand->handler, SIGTERM);
}

static void
complain(jp_hand *hand, gint64 now_us, const char *what)
{
	hand->n_bad++;
	if (hand->n_bad < MAX_BAD)
		jp_warn("%s: handler %d: %s", hand->lane->conf.name, (int)hand->handler->pid, what);
	else
		tell_to_end(hand, g_strdup("the handler writes what is no answer"), now_us);
}

static jp_task *
steal_task(jp_hand *hand, gint64 id)
{
	for (guint i = 0; i < hand->tasks->len; i++)
		if (((jp_task *)g_ptr_array_index(hand->tasks, i))->id == id)
			return g_ptr_array_steal_index(hand->tasks, i);
	return NULL;
}

static void
take_answer(jp_hand *hand, jp_task_answer *a, gint64 now_us)
{
	static const jp_task_outcome outcomes[] = {
	    [JP_TASK_ANSWER_DONE] = JP_TASK_END_DONE,
	    [JP_TASK_ANSWER_RETRY] = JP_TASK_END_RETRY,
	    [JP_TASK_ANSWER_DEAD] = JP_TASK_END_DEAD,
	};
	jp_lane *l = hand->lane;
	g_autoptr(jp_task) task = steal_task(hand, a->id);
	jp_ending *e;

	if (!task) {
		g_autofree char *what = g_strdup_printf(
		    "answers for task %" G_GINT64_FORMAT ", which it was not given", a->id);

		complain(hand, now_us, what);
		return;
	}
	e = end_task(
	    l, task, outcomes[a->status], g_steal_pointer(&a->error), g_steal_pointer(&a->result));
	if (e->outcome == JP_TASK_END_RETRY && a->retry_in >= 0)
		e->delay = a->retry_in;
	if (e->outcome != JP_TASK_END_DONE)
		keep_output(e, hand->handler);
	l->task_us = 0.8 * l->task_us + 0.2 * (double)(now_us - hand->since_us);
	l->n_failures = 0;
	hand->since_us = now_us;
	hand->n_answers++;
	hand->has_answered = TRUE;
}

struct heard {
	jp_hand *hand;
	gint64 now_us;
};

static void
on_line(const char *text, gsize len, gpointer data)
{
	const struct heard *h = data;
	g_autoptr(GError) error = NULL;
	jp_task_answer a;

	if (jp_task_answer_parse(&a, text, len, &error))
		take_answer(h->hand, &a, h->now_us);
	else
		complain(h->hand, h->now_us, error->message);
	jp_task_answer_clear(&a);
}

/* One reading of each pipe; TRUE while there may be more. */
static gboolean
hear(jp_hand *hand, gint64 now_us)
{
	struct heard h = {hand, now_us};
	jp_handler *p = hand->handler;
	guint8 buf[JP_HANDLER_READ];
	gsize n = jp_handler_read(p, FALSE, buf), m;
	guint n_long = hand->lines.n_long;

	if (n > 0 && hand->stays)
		jp_linebuf_feed(&hand->lines, buf, n, on_line, &h);
	else if (n > 0)
		jp_tail_add(&p->tail, buf, n);
	if (hand->lines.n_long != n_long)
		complain(hand, now_us, "writes a line that is too long");
	m = jp_handler_read(p, TRUE, buf);
	if (m > 0)
		jp_tail_add(&p->tail, buf, m);
	return n > 0 || m > 0;
}

void
jp_lane_hear(jp_lane *l, gint64 now_us)
{
	for (guint i = 0; i < l->hands->len; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		if (jp_handler_wants_write(hand->handler))
			jp_handler_flush(hand->handler);
		(void)hear(hand, now_us); /* what more there is comes with the next poll */
	}
}

/* ---- the end of a handler -------------------------------------------------------------------- */

/* What a process of its own means for its task. */
static void
end_single(jp_hand *hand, const jp_task *task, gint64 now_us)
{
	static const jp_task_outcome outcomes[] = {
	    [JP_ENDED_DONE] = JP_TASK_END_DONE,
	    [JP_ENDED_RETRY] = JP_TASK_END_RETRY,
	    [JP_ENDED_DEAD] = JP_TASK_END_DEAD,
	    [JP_ENDED_NOT_RUN] = JP_TASK_END_BACK,
	};
	g_autofree char *why = NULL;
	jp_end_kind kind = jp_task_judge(hand->handler->status, &why);
	jp_task_outcome outcome = outcomes[kind];
	gint64 retry_in = -1;
	const void *said;
	jp_ending *e;
	gsize len;

	if (hand->kill_us &&
	    kind != JP_ENDED_DONE) /* we ended it, for a reason or because we end */
		outcome = hand->why ? JP_TASK_END_RETRY : JP_TASK_END_BACK;
	if (kind == JP_ENDED_NOT_RUN && !hand->kill_us) {
		jp_warn("%s: %s: %s; tried again later", hand->lane->conf.name,
		    hand->lane->conf.command[0], why);
		slow_down(hand->lane, now_us);
	} else {
		hand->lane->n_failures = 0;
	}
	if (kind == JP_ENDED_RETRY && WIFEXITED(hand->handler->status)) {
		said = jp_tail_get(&hand->handler->tail, &len);
		retry_in = jp_task_retry_in(said, len);
	}
	e = end_task(hand->lane, task, outcome,
	    hand->why ? g_steal_pointer(&hand->why) : g_steal_pointer(&why), NULL);
	if (e->outcome == JP_TASK_END_RETRY && retry_in >= 0)
		e->delay = retry_in;
	if (e->outcome == JP_TASK_END_RETRY || e->outcome == JP_TASK_END_DEAD)
		keep_output(e, hand->handler);
}

/* What a handler that stayed leaves behind. */
static void
end_batch(jp_hand *hand, gint64 now_us)
{
	jp_lane *l = hand->lane;
	g_autofree char *why = NULL;
	jp_end_kind kind = jp_task_judge(hand->handler->status, &why);
	gboolean ours = hand->kill_us && !hand->why; /* because we end */

	for (guint i = 0; i < hand->tasks->len; i++) {
		const jp_task *task = g_ptr_array_index(hand->tasks, i);
		gboolean to_blame = i == 0 && !ours && kind != JP_ENDED_NOT_RUN;
		char *error = !to_blame ? NULL
		    : hand->why         ? g_strdup(hand->why)
				: g_strdup_printf("the handler ended (%s) without an answer",
				      why ? why : "exit 0");
		jp_ending *e =
		    end_task(l, task, to_blame ? JP_TASK_END_RETRY : JP_TASK_END_BACK, error, NULL);

		if (to_blame)
			keep_output(e, hand->handler);
	}
	if (ours || (hand->retiring && hand->tasks->len == 0))
		return;
	if (hand->n_answers > 0 && kind == JP_ENDED_DONE && hand->tasks->len == 0)
		return; /* it had enough, and may: another is started when there is work */
	if (kind == JP_ENDED_NOT_RUN)
		jp_warn("%s: %s: %s; tried again later", l->conf.name, l->conf.command[0], why);
	slow_down(l, now_us);
}

static void
bury(jp_hand *hand, gint64 now_us)
{
	for (guint i = 0; i < LAST_READS && hear(hand, now_us); i++)
		;
	if (hand->stays)
		end_batch(hand, now_us);
	else if (hand->tasks->len > 0)
		end_single(hand, g_ptr_array_index(hand->tasks, 0), now_us);
}

/* Ends handlers that let us wait for too long, and kills those that were asked to. */
static void
check_time(jp_hand *hand, gint64 now_us)
{
	const jp_queue_type *conf = &hand->lane->conf;
	gboolean is_deaf = hand->stays && hand->handler->out < 0;
	g_autofree char *time = NULL;

	if (hand->kill_us) {
		if (now_us >= hand->kill_us) {
			jp_handler_signal(hand->handler, SIGKILL);
			hand->kill_us = G_MAXINT64;
		}
		return;
	}
	if (hand->tasks->len == 0 && !hand->retiring && !is_deaf)
		return;
	if (!is_deaf && now_us - hand->since_us < conf->timeout * 1000)
		return;
	time = jp_duration_format(conf->timeout);
	tell_to_end(hand,
	    is_deaf ? g_strdup("the handler closed its stdout")
		    : g_strdup_printf("no answer within %s", time),
	    now_us);
}

void
jp_lane_reap(jp_lane *l, gint64 now_us)
{
	for (guint i = 0; i < l->hands->len;) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		if (jp_handler_reap(hand->handler)) {
			bury(hand, now_us);
			g_ptr_array_remove_index(l->hands, i);
			continue;
		}
		check_time(hand, now_us);
		i++;
	}
}

void
jp_lane_stop(jp_lane *l, gboolean gently, gint64 now_us)
{
	for (guint i = 0; i < l->hands->len; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		hand->retiring = TRUE;
		if (hand->tasks->len == 0)
			hand->since_us = now_us;
		jp_handler_write(hand->handler, "", 0, TRUE);
		if (!gently)
			tell_to_end(hand, NULL, now_us);
	}
}

void
jp_lane_leases(const jp_lane *l, GArray *leases)
{
	for (guint i = 0; i < l->hands->len; i++) {
		const jp_hand *hand = g_ptr_array_index(l->hands, i);

		for (guint k = 0; k < hand->tasks->len; k++) {
			const jp_task *task = g_ptr_array_index(hand->tasks, k);
			jp_task_lease lease = {.id = task->id, .lease_no = task->lease_no};

			g_array_append_val(leases, lease);
		}
	}
}

void
jp_lane_lost(jp_lane *l, gint64 id, gint64 now_us)
{
	for (guint i = 0; i < l->hands->len; i++) {
		jp_hand *hand = g_ptr_array_index(l->hands, i);

		for (guint k = 0; k < hand->tasks->len; k++)
			if (((jp_task *)g_ptr_array_index(hand->tasks, k))->id == id)
				tell_to_end(hand, g_strdup("its lease was over"), now_us);
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

gint64
jp_lane_alarm(const jp_lane *l)
{
	gint64 at = G_MAXINT64;

	for (guint i = 0; i < l->hands->len; i++) {
		const jp_hand *hand = g_ptr_array_index(l->hands, i);

		if (hand->kill_us)
			at = MIN(at, hand->kill_us);
		else if (hand->tasks->len > 0 || hand->retiring)
			at = MIN(at, hand->since_us + l->conf.timeout * 1000);
		else if (l->hands->len > (guint)l->conf.concurrency.min)
			at = MIN(at, hand->since_us + IDLE);
	}
	if (l->hands->len < (guint)l->conf.concurrency.min && !l->is_over)
		at = MIN(at, l->start_us);
	return at;
}
