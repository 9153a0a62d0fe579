/*
 * Signals: a handler sets a flag, and loops look at it between items.  SIGPIPE is ignored, so that
 * a reader that went away shows as EPIPE.  A second SIGINT ends the process at once.
 */
#include "base/base.h"
#include "base/internal.h"

#include <signal.h>

static volatile sig_atomic_t stop;

static void
on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

/* Whoever started us with the signal ignored (nohup, a shell's background) wants it so.
 * No SA_RESTART: a read that waits for a pipe must return. */
static void
handle(int sig, int flags)
{
	struct sigaction sa = {.sa_handler = on_stop, .sa_flags = flags};
	struct sigaction old;

	sigemptyset(&sa.sa_mask);
	if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
		return;
	(void)sigaction(sig, &sa, NULL); /* cannot fail: both signals exist */
}

void
jp_signal_init(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigemptyset(&ignore.sa_mask);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	handle(SIGINT, (int)SA_RESETHAND);
	handle(SIGTERM, 0);
}

gboolean
jp_stopping(void)
{
	return stop != 0;
}
