/*
 * A handler at work: what it says, what its end means, and what becomes of the tasks it has in
 * hand.
 *
 * A task ends once.  A process of its own is judged by its status.  A handler that stays (batch
 * mode) answers task by task; one that dies, hangs or talks nonsense loses nothing: of what it left
 * unanswered the first, which it was given first, has failed and is tried again later, and the
 * others go back as if not begun.  A handler that dies without an answer is not started again at
 * once.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "queue/work.h"

/* Between asking a handler to end and killing it. */
#define KILL_AFTER (5 * G_USEC_PER_SEC)
/* Lines that are no answers before a handler is ended. */
#define MAX_BAD 100
/* Of these, and of its lines on stderr between two answers, those that are passed on. */
#define MAX_TOLD 10
/* A handler that closed its stdout is about to end, or is of no use. */
#define DEAF_AFTER (1 * G_USEC_PER_SEC)
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

void
jp_hand_free(gpointer data)
{
	jp_hand *hand = data;

	jp_handler_free(hand->handler);
	g_ptr_array_unref(hand->tasks);
	jp_linebuf_clear(&hand->lines);
	jp_linebuf_clear(&hand->said);
	g_free(hand->why);
	g_free(hand);
}

/* ---- endings --------------------------------------------------------------------------------- */

/* Appends what became of a task; takes error and result. */
jp_ending *
jp_hand_end_task(
    jp_lane *l, const jp_task *task, jp_task_outcome outcome, char *error, char *result)
{
	jp_ending e = {.lane = l,
	    .id = task->id,
	    .lease_no = task->lease_no,
	    .outcome = outcome,
	    .max_attempts = task->max_attempts,
	    .is_every = g_strcmp0(task->key, JP_WORK_EVERY) == 0,
	    .error = error,
	    .result = result};

	if (outcome == JP_TASK_END_RETRY)
		e.delay = jp_backoff_between((guint)MIN(task->attempt, 1000), l->conf.backoff.min,
		    l->conf.backoff.max, jp_random_below(G_MAXUINT32));
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
void
jp_hand_slow_down(jp_lane *l, gint64 now_us)
{
	l->n_failures++;
	l->start_us = now_us +
	    1000 *
		jp_backoff_between(
		    l->n_failures, START_MIN, START_MAX, jp_random_below(G_MAXUINT32));
}

/* ---- hearing --------------------------------------------------------------------------------- */

/* Asks a handler to end; takes why. */
void
jp_hand_tell_to_end(jp_hand *hand, char *why, gint64 now_us)
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
	if (hand->n_bad <= MAX_TOLD)
		jp_warn("%s: handler %d: %s", hand->lane->conf.name, (int)hand->handler->pid, what);
	if (hand->n_bad >= MAX_BAD)
		jp_hand_tell_to_end(hand, g_strdup("the handler writes what is no answer"), now_us);
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
	e = jp_hand_end_task(
	    l, task, outcomes[a->status], g_steal_pointer(&a->error), g_steal_pointer(&a->result));
	if (e->outcome == JP_TASK_END_RETRY && a->retry_in >= 0)
		e->delay = a->retry_in;
	if (e->outcome != JP_TASK_END_DONE)
		keep_output(e, hand->handler);
	jp_ahead_learn(l, hand->since_us, now_us);
	l->n_failures = 0;
	hand->since_us = now_us;
	hand->n_answers++;
	hand->n_said = 0;
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

/* What it says on stderr is for the operator. */
static void
on_said(const char *text, gsize len, gpointer data)
{
	jp_hand *hand = data;

	(void)len;
	if (hand->n_said++ < MAX_TOLD)
		jp_warn("%s: %s", hand->lane->conf.name, text);
}

/* One reading of each pipe; TRUE while there may be more. */
gboolean
jp_hand_hear(jp_hand *hand, gint64 now_us)
{
	struct heard h = {hand, now_us};
	jp_handler *p = hand->handler;
	guint8 buf[JP_HANDLER_READ];
	guint n_long = hand->lines.n_long;
	gsize n = 0, m = 0;

	if (hand->pipes & JP_HAND_OUT)
		n = jp_handler_read(p, FALSE, buf);
	if (n > 0 && hand->stays)
		jp_linebuf_feed(&hand->lines, buf, n, on_line, &h);
	else if (n > 0)
		jp_tail_add(&p->tail, buf, n);
	if (hand->lines.n_long != n_long)
		complain(hand, now_us, "writes a line that is too long");
	if (hand->pipes & JP_HAND_ERR)
		m = jp_handler_read(p, TRUE, buf);
	if (m > 0) {
		jp_tail_add(&p->tail, buf, m);
		jp_linebuf_feed(&hand->said, buf, m, on_said, hand);
	}
	if (hand->stays && p->out < 0 && !hand->deaf_us)
		hand->deaf_us = now_us + DEAF_AFTER;
	return n > 0 || m > 0;
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
		jp_hand_slow_down(hand->lane, now_us);
	} else {
		hand->lane->n_failures = 0;
		jp_ahead_learn(hand->lane, hand->since_us, now_us);
	}
	if (kind == JP_ENDED_RETRY && WIFEXITED(hand->handler->status)) {
		said = jp_tail_get(&hand->handler->tail, &len);
		retry_in = jp_task_retry_in(said, len);
	}
	e = jp_hand_end_task(hand->lane, task, outcome,
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
		jp_ending *e = jp_hand_end_task(
		    l, task, to_blame ? JP_TASK_END_RETRY : JP_TASK_END_BACK, error, NULL);

		if (to_blame)
			keep_output(e, hand->handler);
	}
	if (ours || (hand->retiring && hand->tasks->len == 0))
		return;
	if (hand->n_answers > 0 && kind == JP_ENDED_DONE && hand->tasks->len == 0)
		return; /* it had enough, and may: another is started when there is work */
	if (kind == JP_ENDED_NOT_RUN)
		jp_warn("%s: %s: %s; tried again later", l->conf.name, l->conf.command[0], why);
	jp_hand_slow_down(l, now_us);
}

void
jp_hand_bury(jp_hand *hand, gint64 now_us)
{
	hand->pipes = JP_HAND_OUT | JP_HAND_ERR;
	for (guint i = 0; i < LAST_READS && jp_hand_hear(hand, now_us); i++)
		;
	if (hand->stays)
		end_batch(hand, now_us);
	else if (hand->tasks->len > 0)
		end_single(hand, g_ptr_array_index(hand->tasks, 0), now_us);
}

/* Ends handlers that let us wait for too long, and kills those that were asked to. */
void
jp_hand_check_time(jp_hand *hand, gint64 now_us)
{
	const jp_queue_type *conf = &hand->lane->conf;
	gboolean is_deaf = hand->deaf_us && now_us >= hand->deaf_us;
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
	jp_hand_tell_to_end(hand,
	    is_deaf ? g_strdup("the handler closed its stdout")
		    : g_strdup_printf("no answer within %s", time),
	    now_us);
}
