/*
 * What ends handlers when we are killed.  A handler itself dies with us (PR_SET_PDEATHSIG), but
 * what it started would go on, unnoticed, past the lease.  So a process apart is told of each
 * handler's process group, by the handler's process before it becomes the program, and again when
 * the group is gone; when its pipe ends, which is when we are gone, it kills the groups that are
 * left.  A program that left its group (setsid) escapes it.
 *
 * A group's number is told to be gone before its leader is waited for, so it can never be another's
 * by then.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/handler.h"

/* A note: the group has begun, or, as a negative number, is gone. */
typedef gint32 note;

static void
take(GArray *groups, note n)
{
	if (n > 0) {
		g_array_append_val(groups, n);
		return;
	}
	for (guint i = 0; i < groups->len; i++)
		if (g_array_index(groups, note, i) == -n) {
			g_array_remove_index_fast(groups, i);
			return;
		}
}

/* The life of the process apart.  Signals to us are none of its business. */
static G_GNUC_NORETURN void
keep(int fd)
{
	GArray *groups = g_array_new(FALSE, FALSE, sizeof(note));
	note notes[256];
	ssize_t n;
	int null;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_NAME, "jp-queue-keeper");
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		(void)dup2(null, i);
	if (dup2(fd, 3) < 0)
		_exit(1);
	close_range(4, ~0U, 0);
	while ((n = read(3, notes, sizeof(notes))) > 0 || (n < 0 && errno == EINTR))
		for (ssize_t i = 0; i < n / (ssize_t)sizeof(note); i++)
			take(groups, notes[i]);
	for (guint i = 0; i < groups->len; i++)
		(void)kill(-g_array_index(groups, note, i), SIGKILL);
	_exit(0);
}

gboolean
jp_keeper_start(jp_keeper *k, GError **error)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return jp_error_errno(error, errno, "cannot start handlers");
	k->pid = fork();
	if (k->pid == 0)
		keep(fd[0]);
	(void)close(fd[0]);
	k->fd = fd[1];
	if (k->pid < 0 || fcntl(k->fd, F_SETFL, O_NONBLOCK) != 0) {
		jp_error_errno(error, errno, "cannot start handlers");
		jp_keeper_stop(k);
		return FALSE;
	}
	return TRUE;
}

void
jp_keeper_tell(int fd, pid_t group, gboolean is_gone)
{
	note n = is_gone ? -(note)group : (note)group;

	if (fd >= 0)
		(void)!write(fd, &n, sizeof(n)); /* without it handlers still die with us */
}

void
jp_keeper_stop(jp_keeper *k)
{
	if (k->fd >= 0)
		(void)close(k->fd);
	k->fd = -1;
	while (k->pid > 0 && waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	k->pid = 0;
}
