/*
 * A thread beside another one: signals pass it by, it ends when it is told to, and before the
 * process does.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/base.h"

typedef struct helper {
	GMutex lock;
	GCond changed;
	jp_thread *thread;
	gboolean is_running, is_told, has_returned, takes_signals, ends_itself;
} helper;

/* Works until it is told to stop. */
static gpointer
run(gpointer data)
{
	helper *h = data;
	sigset_t blocked;

	g_mutex_lock(&h->lock);
	g_assert_cmpint(pthread_sigmask(SIG_BLOCK, NULL, &blocked), ==, 0);
	h->takes_signals = !sigismember(&blocked, SIGTERM) || !sigismember(&blocked, SIGINT) ||
	    !sigismember(&blocked, SIGCHLD);
	while (!h->thread) /* who has started us says who we are */
		g_cond_wait(&h->changed, &h->lock);
	h->ends_itself = jp_thread_end(h->thread);
	h->is_running = TRUE;
	g_cond_signal(&h->changed);
	while (!h->is_told)
		g_cond_wait(&h->changed, &h->lock);
	h->has_returned = TRUE;
	g_mutex_unlock(&h->lock);
	return NULL;
}

static void
stop(gpointer data)
{
	helper *h = data;

	g_mutex_lock(&h->lock);
	g_assert_false(h->is_told); /* once is enough */
	h->is_told = TRUE;
	g_cond_signal(&h->changed);
	g_mutex_unlock(&h->lock);
}

/* FALSE where there is one processor, and the caller does all itself. */
static gboolean
start(helper *h)
{
	jp_thread *t;

	g_mutex_init(&h->lock);
	g_cond_init(&h->changed);
	t = jp_thread_start(run, stop, h);
	g_assert_true((t != NULL) == (g_get_num_processors() > 1));
	if (!t)
		return FALSE;
	g_mutex_lock(&h->lock);
	h->thread = t;
	g_cond_signal(&h->changed);
	while (!h->is_running)
		g_cond_wait(&h->changed, &h->lock);
	g_mutex_unlock(&h->lock);
	return TRUE;
}

static void
test_ends(void)
{
	helper h = {0};
	sigset_t blocked;

	if (!start(&h)) {
		g_test_skip("one processor");
		return;
	}
	g_assert_false(h.takes_signals);
	g_assert_cmpint(pthread_sigmask(SIG_BLOCK, NULL, &blocked), ==, 0);
	g_assert_false(sigismember(&blocked, SIGTERM)); /* we take them as before */
	g_assert_false(h.ends_itself);
	g_assert_false(h.has_returned);
	g_assert_true(jp_thread_end(h.thread));
	g_assert_true(h.has_returned);
	g_assert_true(jp_thread_end(h.thread));
	g_assert_true(jp_thread_end(NULL));
}

static helper shown;

static void
show(void)
{
	if (shown.has_returned)
		g_print("it had returned\n");
}

static void
test_process_ends(void)
{
	if (g_test_subprocess()) {
		/* done after what is said later to be done */
		g_assert_cmpint(atexit(show), ==, 0);
		shown.has_returned = !start(&shown);
		exit(EXIT_SUCCESS);
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("*it had returned*");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	jp_init("base-thread");
	g_test_add_func("/base/thread/ends-when-it-is-told-to", test_ends);
	g_test_add_func("/base/thread/ends-before-the-process-does", test_process_ends);
	return g_test_run();
}
