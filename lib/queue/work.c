/*
 * The supervisor: one process, one loop around poll(2).
 *
 * A turn hears what handlers say, writes what became of tasks and claims the next in one commit,
 * gives them out, and sleeps until a handler, another process, a signal or the time has something
 * to say.  What several handlers finish at about the same time goes into one commit (share.c), and
 * while one waits for the disk, handlers go on with what was claimed ahead (ahead.c).
 *
 * The database is crash-only: when it is gone for longer than its time-out the process ends, 75,
 * its handlers with it, and whoever supervises it starts it again.  What was not committed is run
 * again when its lease is over; a late answer of an old worker is refused by the lease's number.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "queue/work.h"

/* Handlers of a type that die in a row before --drain goes on without it. */
#define MAX_FAILURES 3

static void
reload(jp_crew *w)
{
	g_autoptr(GError) error = NULL;
	jp_config *fresh;

	jp_notify_reloading();
	if (jp_config_load(&fresh, w->w->config, &error)) {
		if (strcmp(fresh->database, w->first->database) != 0)
			jp_warn("the database is another now; that needs a restart");
		if (w->conf != w->first)
			jp_config_free(w->conf);
		w->conf = fresh;
		jp_crew_set(w);
		jp_info("the configuration was read again");
	} else {
		jp_warn("%s; the configuration stays as it was", error->message);
	}
	jp_notify("READY=1");
}

/* ---- how many handlers ----------------------------------------------------------------------- */

static void
scale(jp_crew *w, jp_lane *l)
{
	jp_scale_facts f = {
	    .now = w->now_us / 1000, .busy = jp_lane_busy(l), .finished = l->finished};

	if (f.now - l->scale.asked_at < JP_SCALE_STEP)
		return;
	l->scale.asked_at = f.now;
	l->finished = 0;
	if (l->conf.concurrency.min >= l->conf.concurrency.max)
		return;
	if (l->was_full) {
		gint64 now = jp_db_now(w->db);
		jp_queue_counts counts;

		jp_queue_count(w->db, l->conf.name, now, &counts);
		f.waiting = counts.waiting;
		f.oldest = counts.next_run_at == JP_NO_TIME ? 0 : MAX(now - counts.next_run_at, 0);
	}
	(void)jp_scale_step(&l->scale, l->conf.concurrency.min, l->conf.concurrency.max, &f);
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* TRUE while some type could take a task that others add: the rest is not worth waking up for. */
static gboolean
wants_news(const jp_crew *w)
{
	for (guint i = 0; i < w->lanes->len && !jp_crew_is_stopping(w); i++) {
		const jp_lane *l = jp_crew_lane(w, i);

		if (!l->is_over && w->now_us < l->claim_us && jp_lane_room(l, w->now_us) > 0)
			return TRUE;
	}
	return FALSE;
}

static void
fill_fds(jp_crew *w)
{
	struct pollfd p = {.fd = w->signals, .events = POLLIN};

	g_array_set_size(w->fds, 0);
	g_array_append_val(w->fds, p);
	p.fd = wants_news(w) ? w->watch : -1;
	g_array_append_val(w->fds, p); /* -1 is left out by poll */
	for (guint i = 0; i < w->lanes->len; i++)
		jp_lane_poll(jp_crew_lane(w, i), w->fds);
}

/* Sleeps until something is heard, a signal among it, or `until_us`; the time is read anew. */
static void
wait_until(jp_crew *w, gint64 until_us)
{
	gint64 us = CLAMP(until_us - jp_monotonic_us(), 0, 60 * G_USEC_PER_SEC);
	struct timespec left = {us / G_USEC_PER_SEC, us % G_USEC_PER_SEC * 1000};
	struct pollfd *p;
	guint at = 2;

	fill_fds(w);
	p = (struct pollfd *)w->fds->data;
	if (ppoll(p, w->fds->len, &left, &w->usual) < 0)
		for (guint i = 0; i < w->fds->len; i++)
			p[i].revents = 0; /* a signal; what else there is comes with the next */
	for (guint i = 0; i < w->lanes->len; i++)
		jp_lane_polled(jp_crew_lane(w, i), w->fds, &at);
	w->now_us = jp_monotonic_us();
}

/* No signal comes in ppoll(2) while there is something to hear, which may be always. */
static void
let_signals_in(const jp_crew *w)
{
	const struct timespec none = {0, 0};

	(void)ppoll(NULL, 0, &none, &w->usual);
}

static void
hear_all(jp_crew *w)
{
	for (guint i = 0; i < w->lanes->len; i++)
		jp_lane_hear(jp_crew_lane(w, i), w->now_us);
	jp_crew_feed(w);
}

/* Waits a little for answers that can share the commit. */
static void
linger(jp_crew *w)
{
	gint64 since_us = w->now_us, until_us;

	while (w->now_us < (until_us = jp_share_until(w, since_us))) {
		wait_until(w, until_us);
		hear_all(w);
	}
	jp_share_begin(w);
}

/* When something must be done even if nothing is heard. */
static gint64
next_alarm(const jp_crew *w)
{
	gint64 at = MIN(w->watchdog_us, MIN(w->notify_us, w->seen_us));

	if (jp_crew_in_hand(w) > 0)
		at = MIN(at, w->renew_us);
	if (!jp_crew_is_stopping(w))
		at = MIN(at, MIN(w->poll_us, w->end_us));
	else if (!w->has_asked)
		at = MIN(at, w->stop_us);
	for (guint i = 0; i < w->lanes->len; i++) {
		const jp_lane *l = jp_crew_lane(w, i);

		at = MIN(at, jp_lane_alarm(l));
		if (!jp_crew_is_stopping(w) && jp_lane_room(l, w->now_us) > 0)
			at = MIN(at, l->claim_us);
		if (!jp_crew_is_stopping(w) && l->start_us > w->now_us)
			at = MIN(at, l->start_us);
	}
	return at;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void
stop(jp_crew *w, const char *why)
{
	if (jp_crew_is_stopping(w))
		return;
	jp_info("%s; %u tasks in hand", why, jp_crew_in_hand(w));
	jp_notify("STOPPING=1\nSTATUS=%s, %u tasks in hand", why, jp_crew_in_hand(w));
	w->stop_us = w->now_us + MAX(w->conf->queue.grace * 1000, 1);
	for (guint i = 0; i < w->lanes->len; i++)
		jp_lane_stop(jp_crew_lane(w, i), TRUE, w->now_us);
}

static gboolean
was_heard(const jp_crew *w, guint i)
{
	return g_array_index(w->fds, struct pollfd, i).revents != 0;
}

static void
read_signals(jp_crew *w)
{
	struct signalfd_siginfo info;

	w->child_ended = FALSE;
	while (was_heard(w, 0) && read(w->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			w->child_ended = TRUE;
		else if (!jp_crew_is_stopping(w))
			reload(w);
	}
	if (jp_stopping())
		stop(w, "told to end");
	if (w->now_us >= w->end_us)
		stop(w, "the time is over");
	if (jp_crew_is_stopping(w) && !w->has_asked && w->now_us >= w->stop_us) {
		w->has_asked = TRUE;
		for (guint i = 0; i < w->lanes->len; i++)
			jp_lane_stop(jp_crew_lane(w, i), FALSE, w->now_us);
	}
}

static void
tend_handlers(jp_crew *w)
{
	hear_all(w);
	for (guint i = 0; i < w->lanes->len; i++) {
		jp_lane *l = jp_crew_lane(w, i);

		jp_lane_reap(l, w->child_ended, w->now_us);
		if (l->is_over && l->hands->len == 0 && w->endings->len == 0) {
			g_ptr_array_remove_index(w->lanes, i--);
			continue;
		}
		if (!jp_crew_is_stopping(w)) {
			scale(w, l);
			jp_lane_trim(l, w->now_us);
		}
	}
}

static void
tell_manager(jp_crew *w)
{
	if (w->now_us >= w->watchdog_us) {
		w->watchdog_us = w->now_us + jp_notify_watchdog_us();
		jp_notify("WATCHDOG=1");
	}
	if (w->now_us >= w->notify_us) {
		w->notify_us = w->now_us + 10 * G_USEC_PER_SEC;
		jp_notify("STATUS=%u handlers, %u tasks in hand; %" G_GUINT64_FORMAT
			  " done, %" G_GUINT64_FORMAT " tried again, %" G_GUINT64_FORMAT " dead",
		    jp_crew_n_handlers(w), jp_crew_in_hand(w), w->w->n_done, w->w->n_retried,
		    w->w->n_dead);
	}
}

/* Nothing is in hand, and no type could bring anything now. */
static gboolean
is_dry(jp_crew *w)
{
	if (jp_crew_in_hand(w) > 0 || w->endings->len > 0)
		return FALSE;
	if (w->w->once)
		return TRUE;
	for (guint i = 0; i < w->lanes->len; i++) {
		const jp_lane *l = jp_crew_lane(w, i);

		if (l->start_us > w->now_us && l->n_failures < MAX_FAILURES)
			return FALSE; /* its handlers get another chance */
	}
	jp_settle_look(w); /* what handlers themselves added */
	return !jp_settle_is_due(w);
}

static gboolean
is_over(const jp_crew *w)
{
	return jp_crew_is_stopping(w) && jp_crew_n_handlers(w) == 0 && w->endings->len == 0;
}

static void
turn(jp_crew *w)
{
	gboolean heard;

	read_signals(w);
	tend_handlers(w);
	if (w->endings->len > 0 && !jp_crew_is_stopping(w))
		linger(w);
	heard = was_heard(w, 1);
	if (!jp_crew_is_stopping(w) && (heard || w->now_us >= w->poll_us))
		jp_settle_look(w);
	if (jp_settle_is_due(w))
		jp_settle(w);
	else if ((w->w->drain || w->w->once) && is_dry(w))
		stop(w, "nothing is left to do");
	tell_manager(w);
	if (is_over(w))
		return;
	wait_until(w, next_alarm(w));
	let_signals_in(w);
}

/* ---- the beginning and the end --------------------------------------------------------------- */

/* Handlers read our configuration, and do not talk to our service manager. */
static char **
handler_env(const jp_work *w)
{
	char **env = g_get_environ();
	g_autofree char *path = NULL;

	if (w->config) {
		path = g_canonicalize_filename(w->config, NULL);
		env = g_environ_setenv(env, "JP_CONFIG", path, TRUE);
	}
	env = g_environ_unsetenv(env, "NOTIFY_SOCKET");
	env = g_environ_unsetenv(env, "WATCHDOG_USEC");
	return g_environ_unsetenv(env, "WATCHDOG_PID");
}

/* Signals come while we wait, and only then: no flag is set between a look at it and sleep. */
static gboolean
take_signals(jp_crew *w, GError **error)
{
	sigset_t all, ours;

	(void)signal(SIGCHLD, SIG_DFL); /* who started us may ignore it: then no end is told */
	sigemptyset(&ours);
	sigaddset(&ours, SIGHUP);
	sigaddset(&ours, SIGCHLD);
	all = ours;
	sigaddset(&all, SIGTERM);
	sigaddset(&all, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &all, &w->usual); /* cannot fail: SIG_BLOCK exists */
	sigaddset(&w->usual, SIGHUP);
	sigaddset(&w->usual, SIGCHLD);
	w->signals = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
	return w->signals >= 0 || jp_error_errno(error, errno, "no descriptor for signals");
}

/* When the database ends the process, handlers end at once. */
static void
kill_all(int status, void *lanes)
{
	GPtrArray *all = lanes;

	(void)status;
	for (guint i = 0; i < all->len; i++) {
		const jp_lane *l = g_ptr_array_index(all, i);

		for (guint k = 0; k < l->hands->len; k++)
			jp_handler_signal(
			    ((jp_hand *)g_ptr_array_index(l->hands, k))->handler, SIGKILL);
	}
}

static gboolean
begin(jp_crew *w, GError **error)
{
	if (!jp_config_load(&w->first, w->w->config, error))
		return FALSE;
	w->conf = w->first;
	if (!jp_crew_check(w, error) || !jp_keeper_start(&w->keeper, error))
		return FALSE;
	w->db = jp_db_open(w->first, JP_DB_OPEN, error);
	if (!w->db || !take_signals(w, error))
		return FALSE;
	w->watch = jp_queue_watch(w->db);
	w->env = handler_env(w->w);
	w->now_us = jp_monotonic_us();
	w->end_us = w->w->duration > 0 ? w->now_us + w->w->duration * 1000 : G_MAXINT64;
	w->watchdog_us = jp_notify_watchdog_us() > 0 ? w->now_us : G_MAXINT64;
	w->run = jp_run_begin(w->db);
	jp_crew_set(w);
	fill_fds(w);
	jp_notify("READY=1");
	return TRUE;
}

static void
end(jp_crew *w)
{
	g_ptr_array_set_size(w->lanes, 0);
	g_ptr_array_unref(w->lanes); /* kill_all has the other reference */
	g_array_unref(w->endings);
	g_array_unref(w->fds);
	g_strfreev(w->env);
	jp_keeper_stop(&w->keeper);
	if (w->watch >= 0)
		(void)close(w->watch);
	if (w->signals >= 0)
		(void)close(w->signals);
	jp_db_close(w->db);
	if (w->conf != w->first)
		jp_config_free(w->conf);
	jp_config_free(w->first);
}

gboolean
jp_work_run(jp_work *work, GError **error)
{
	jp_crew w = {
	    .signals = -1, .watch = -1, .keeper.fd = -1, .commit_us = 1000, .sync_us = 500};
	gboolean ok;

	w.w = work;
	w.lanes = g_ptr_array_new_with_free_func(jp_lane_free);
	w.endings = g_array_new(FALSE, FALSE, sizeof(jp_ending));
	w.fds = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
	g_array_set_clear_func(w.endings, jp_ending_clear);
	on_exit(kill_all, g_ptr_array_ref(w.lanes));
	ok = begin(&w, error);
	if (ok) {
		while (!is_over(&w))
			turn(&w);
		jp_settle_forget(&w);
		jp_run_end(w.db, w.run, 0, (gint64)work->n_done, (gint64)work->n_dead, NULL);
	}
	end(&w);
	return ok;
}
