/*
 * A program that runs tasks: its process and its pipes.  Nothing here blocks: a handler may hang,
 * not read, write without end or be gone; what it wrote last is kept.  It runs without a shell, in
 * a process group of its own so that what it started ends with it, and it does not outlive us
 * (keeper.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/handler.h"

/* Kept of what a handler says; a task's row holds as much. */
#define TAIL JP_MAX_TASK_OUTPUT

/* ---- the last bytes -------------------------------------------------------------------------- */

void
jp_tail_add(jp_tail *t, const void *data, gsize len)
{
	if (len > t->max) {
		data = (const char *)data + (len - t->max);
		len = t->max;
	}
	/* Up to twice the bound is held, so that few bytes are moved. */
	if (t->bytes->len + len > 2 * t->max)
		g_byte_array_remove_range(t->bytes, 0, t->bytes->len - (guint)(t->max - len));
	g_byte_array_append(t->bytes, data, (guint)len);
}

const guint8 *
jp_tail_get(const jp_tail *t, gsize *len)
{
	*len = MIN(t->bytes->len, t->max);
	return t->bytes->data + (t->bytes->len - *len);
}

/* ---- starting -------------------------------------------------------------------------------- */

struct ends {
	int child, ours;
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* of a pipe: nothing can be lost */
	*fd = -1;
}

/* The process reads (is_in) or writes the child's end; ours does not block. */
static gboolean
make_pipe(struct ends *e, gboolean is_in)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return FALSE;
	e->child = fd[is_in ? 0 : 1];
	e->ours = fd[is_in ? 1 : 0];
	return fcntl(e->ours, F_SETFL, O_NONBLOCK) == 0;
}

/* In the child: becomes the program, or exits as a shell would.  Calls nothing that could wait for
 * a lock of the parent. */
static G_GNUC_NORETURN void
become(const char *const *argv, char **env, const struct ends e[3], pid_t parent, int keeper)
{
	sigset_t none;
	int err = e[2].child >= 0 ? e[2].child : e[1].child;

	(void)setpgid(0, 0); /* the parent does the same; one of the two comes first */
	jp_keeper_tell(keeper, getpid(), FALSE);
	for (int sig = 1; sig < 32; sig++) /* KILL and STOP refuse, and need it not */
		(void)signal(sig, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
	    dup2(e[0].child, 0) < 0 || dup2(e[1].child, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	close_range(3, ~0U, 0);
	execvpe(argv[0], (char *const *)argv, env);
	err = errno;
	(void)!write(2, argv[0], strlen(argv[0])); /* the status tells if nobody reads this */
	(void)!write(2, err == ENOENT ? ": not found\n" : ": cannot be run\n",
	    err == ENOENT ? strlen(": not found\n") : strlen(": cannot be run\n"));
	_exit(err == ENOENT ? 127 : 126);
}

static void
close_all(struct ends e[3])
{
	for (guint i = 0; i < 3; i++) {
		close_fd(&e[i].child);
		close_fd(&e[i].ours);
	}
}

jp_handler *
jp_handler_start(const char *const *argv, char **env, gboolean split, int keeper, GError **error)
{
	struct ends e[3] = {{-1, -1}, {-1, -1}, {-1, -1}};
	pid_t parent = getpid(), pid = -1;
	jp_handler *h;

	if (make_pipe(&e[0], TRUE) && make_pipe(&e[1], FALSE) &&
	    (!split || make_pipe(&e[2], FALSE)))
		pid = fork();
	if (pid < 0) {
		jp_error_errno(error, errno, "cannot start %s", argv[0]);
		close_all(e);
		return NULL;
	}
	if (pid == 0)
		become(argv, env, e, parent, keeper);
	(void)setpgid(pid, pid); /* fails when the child was quicker, which did it itself */
	h = g_new0(jp_handler, 1);
	*h = (jp_handler){.pid = pid, .in = e[0].ours, .out = e[1].ours, .err = e[2].ours};
	h->keeper = keeper;
	h->input = g_string_new(NULL);
	h->tail = (jp_tail){g_byte_array_new(), TAIL};
	for (guint i = 0; i < 3; i++)
		close_fd(&e[i].child);
	return h;
}

/* ---- its pipes ------------------------------------------------------------------------------- */

gboolean
jp_handler_wants_write(const jp_handler *h)
{
	return h->in >= 0 && h->written < h->input->len;
}

void
jp_handler_flush(jp_handler *h)
{
	while (jp_handler_wants_write(h)) {
		ssize_t n = write(h->in, h->input->str + h->written, h->input->len - h->written);

		if (n > 0)
			h->written += (gsize)n;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			close_fd(&h->in); /* it does not want to know */
	}
	if (h->closing)
		close_fd(&h->in);
	g_string_truncate(h->input, 0);
	h->written = 0;
}

void
jp_handler_write(jp_handler *h, const char *data, gsize len, gboolean last)
{
	if (h->in < 0 || h->closing)
		return;
	g_string_append_len(h->input, data, (gssize)len);
	h->closing = last;
	jp_handler_flush(h);
}

gsize
jp_handler_read(jp_handler *h, gboolean is_err, void *buf)
{
	int *fd = is_err ? &h->err : &h->out;
	ssize_t n;

	if (*fd < 0)
		return 0;
	do
		n = read(*fd, buf, JP_HANDLER_READ);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return (gsize)n;
	if (n == 0 || errno != EAGAIN)
		close_fd(fd);
	return 0;
}

/* ---- its end --------------------------------------------------------------------------------- */

void
jp_handler_signal(jp_handler *h, int sig)
{
	if (h->pid > 0)
		(void)kill(-h->pid, sig); /* not reaped, so the number is still its own */
}

static void
kill_and_wait(jp_handler *h)
{
	jp_handler_signal(h, SIGKILL);
	jp_keeper_tell(h->keeper, h->pid, TRUE);
	while (waitpid(h->pid, &h->status, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

gboolean
jp_handler_reap(jp_handler *h)
{
	siginfo_t info = {0};

	if (h->pid == 0)
		return TRUE;
	if (waitid(P_PID, (id_t)h->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	    info.si_pid == 0)
		return FALSE;
	kill_and_wait(h); /* children that it left behind, too */
	return TRUE;
}

void
jp_handler_free(jp_handler *h)
{
	if (!h)
		return;
	if (h->pid > 0)
		kill_and_wait(h);
	close_fd(&h->in);
	close_fd(&h->out);
	close_fd(&h->err);
	g_string_free(h->input, TRUE);
	g_byte_array_unref(h->tail.bytes);
	g_free(h);
}
