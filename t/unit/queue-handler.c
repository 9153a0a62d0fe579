/* Handlers' processes: what they inherit, pipes that never block us, groups that end whole. */
#include "queue/handler.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static jp_handler *
sh(const char *script, gboolean split)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	char *env[] = {(char *)"PATH=/usr/bin:/bin", (char *)"FACT=a fact", NULL};
	g_autoptr(GError) error = NULL;
	jp_handler *h = jp_handler_start(argv, env, split, -1, &error);

	g_assert_no_error(error);
	return h;
}

static void
wait_for(const jp_handler *h)
{
	struct pollfd p[] = {{h->out, POLLIN, 0}, {h->err, POLLIN, 0},
	    {jp_handler_wants_write(h) ? h->in : -1, POLLOUT, 0}};

	(void)poll(p, 3, 20);
}

/* Runs it to its end; what it says on stdout is appended to said. */
static void
run(jp_handler *h, GString *said)
{
	guint8 buf[JP_HANDLER_READ];
	gboolean gone = FALSE;
	gsize n;

	while (!gone) {
		wait_for(h);
		jp_handler_flush(h);
		gone = jp_handler_reap(h);
		while ((n = jp_handler_read(h, FALSE, buf)) > 0) {
			jp_tail_add(&h->tail, buf, n);
			if (said)
				g_string_append_len(said, (char *)buf, (gssize)n);
		}
	}
}

static void
test_payload(void)
{
	g_autoptr(jp_handler) h = sh("cat; echo \"$FACT\"; echo oops >&2; exit 3", FALSE);
	g_autoptr(GString) said = g_string_new(NULL);

	jp_handler_write(h, "{\"a\":1}", 7, TRUE);
	run(h, said);
	g_assert_cmpstr(said->str, ==, "{\"a\":1}a fact\noops\n");
	g_assert_true(WIFEXITED(h->status));
	g_assert_cmpint(WEXITSTATUS(h->status), ==, 3);
}

/* Nothing of ours: no descriptor, no environment, no mask, no ignored SIGPIPE. */
static void
test_inherits(void)
{
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec */
	sigset_t all, old;
	g_autoptr(jp_handler) h = NULL;
	g_autoptr(GString) said = g_string_new(NULL);

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	h = sh("ls /proc/self/fd | tr '\\n' ' '; env | grep -c '^HOME='; "
	       "while read -r key value; do case $key in SigBlk:|SigIgn:) "
	       "printf '%s%x ' $key $((0x$value & 0x7fffffff)) ;; esac; done </proc/self/status",
	    FALSE);
	sigprocmask(SIG_SETMASK, &old, NULL);
	jp_handler_write(h, "", 0, TRUE);
	run(h, said);
	g_assert_cmpstr(said->str, ==, "0 1 2 3 0\nSigBlk:0 SigIgn:0 ");
	close(leak);
}

/* A handler that does not read, of a payload that no pipe holds. */
static void
test_deaf(void)
{
	g_autofree char *big = g_strnfill(256 * JP_KIB, 'x');
	g_autoptr(jp_handler) h = sh("exit 0", FALSE);
	g_autoptr(jp_handler) slow = sh("exec 0<&-; sleep 60", FALSE);

	jp_handler_write(h, big, 256 * JP_KIB, TRUE);
	run(h, NULL);
	g_assert_cmpint(h->status, ==, 0);
	jp_handler_write(slow, big, 256 * JP_KIB, TRUE); /* returns */
	jp_handler_signal(slow, SIGTERM);
	run(slow, NULL);
	g_assert_true(WIFSIGNALED(slow->status));
}

/* All of a large payload arrives, though the pipe is smaller. */
static void
test_large(void)
{
	g_autofree char *big = g_strnfill(256 * JP_KIB, 'x');
	g_autoptr(jp_handler) h = sh("wc -c", FALSE);
	g_autoptr(GString) said = g_string_new(NULL);

	jp_handler_write(h, big, 256 * JP_KIB, TRUE);
	run(h, said);
	g_assert_cmpstr(said->str, ==, "262144\n");
}

/* The last 4 KiB of a flood are kept, and no more. */
static void
test_tail(void)
{
	g_autoptr(jp_handler) h =
	    sh("i=0; while [ $i -lt 3000 ]; do echo line number $i; i=$((i+1)); done", FALSE);
	const guint8 *data;
	gsize len;

	run(h, NULL);
	data = jp_tail_get(&h->tail, &len);
	g_assert_cmpuint(len, ==, JP_MAX_TASK_OUTPUT);
	g_assert_cmpmem(data + len - 17, 17, "line number 2999\n", 17);
	g_assert_cmpuint(h->tail.bytes->len, <=, 2 * JP_MAX_TASK_OUTPUT);
}

/* Two pipes where stdout speaks a protocol. */
static void
test_split(void)
{
	g_autoptr(jp_handler) h = sh("echo out; echo err >&2", TRUE);
	g_autoptr(GString) said = g_string_new(NULL);
	guint8 buf[JP_HANDLER_READ];

	jp_handler_write(h, "", 0, TRUE);
	run(h, said);
	g_assert_cmpstr(said->str, ==, "out\n");
	g_assert_cmpuint(jp_handler_read(h, TRUE, buf), ==, 4);
	g_assert_cmpmem(buf, 4, "err\n", 4);
}

static void
test_missing(void)
{
	const char *const argv[] = {"/nonexistent/handler", NULL};
	const char *const folder[] = {"/tmp", NULL};
	char *env[] = {NULL};
	g_autoptr(jp_handler) h = jp_handler_start(argv, env, FALSE, -1, NULL);
	g_autoptr(jp_handler) d = jp_handler_start(folder, env, FALSE, -1, NULL);
	g_autoptr(GString) said = g_string_new(NULL);

	run(h, said);
	g_assert_cmpint(WEXITSTATUS(h->status), ==, 127);
	g_assert_cmpstr(said->str, ==, "/nonexistent/handler: not found\n");
	run(d, NULL);
	g_assert_cmpint(WEXITSTATUS(d->status), ==, 126);
}

/* TRUE once the process is gone or a zombie that init has not fetched. */
static gboolean
is_gone(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
	g_autofree char *text = NULL;

	return !g_file_get_contents(path, &text, NULL, NULL) || strstr(text, ") Z ") != NULL;
}

static pid_t
child_of(GString *said)
{
	gint64 pid;

	g_strchomp(said->str);
	g_assert_true(jp_int_parse(said->str, 1, G_MAXINT32, &pid));
	return (pid_t)pid;
}

/* What a handler started ends with it. */
static void
test_group(void)
{
	g_autoptr(jp_handler) h = sh("sleep 1000 >&- 2>&- & echo $!", FALSE);
	g_autoptr(GString) said = g_string_new(NULL);
	pid_t pid;

	run(h, said);
	pid = child_of(said);
	for (guint i = 0; i < 1000 && !is_gone(pid); i++)
		(void)poll(NULL, 0, 5);
	g_assert_true(is_gone(pid));
}

/* One that ignores SIGTERM; and freeing kills whoever still lives. */
static void
test_stubborn(void)
{
	jp_handler *h = sh("trap '' TERM; echo $$; while :; do sleep 1; done", FALSE);
	g_autoptr(GString) said = g_string_new(NULL);
	guint8 buf[JP_HANDLER_READ];
	gsize n = 0;
	pid_t pid;

	while (n == 0) {
		wait_for(h);
		n = jp_handler_read(h, FALSE, buf);
	}
	g_string_append_len(said, (char *)buf, (gssize)n);
	pid = child_of(said);
	jp_handler_signal(h, SIGTERM);
	g_assert_false(jp_handler_reap(h));
	jp_handler_free(h);
	g_assert_true(is_gone(pid));
}

/* A handler does not outlive us. */
static void
test_orphan(void)
{
	int fd[2];
	char byte;
	pid_t us;

	g_assert_cmpint(pipe(fd), ==, 0);
	us = fork();
	if (us == 0) {
		g_autofree char *script = g_strdup_printf(
		    "exec 3>/proc/%d/fd/%d; echo x >&3; exec sleep 1000", (int)getpid(), fd[1]);

		(void)sh(script, FALSE);
		(void)pause();
		_exit(0);
	}
	close(fd[1]);
	g_assert_cmpint(read(fd[0], &byte, 1), ==, 1); /* it runs */
	kill(us, SIGKILL);
	waitpid(us, NULL, 0);
	while (read(fd[0], &byte, 1) > 0)
		; /* returns when nobody has the other end any more: sh is gone */
	close(fd[0]);
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* as jp_init does */
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/handler/payload, facts, status", test_payload);
	g_test_add_func("/queue/handler/inherits nothing", test_inherits);
	g_test_add_func("/queue/handler/one that does not read", test_deaf);
	g_test_add_func("/queue/handler/a large payload arrives", test_large);
	g_test_add_func("/queue/handler/the last 4 KiB are kept", test_tail);
	g_test_add_func("/queue/handler/stdout and stderr apart", test_split);
	g_test_add_func("/queue/handler/a command that is not there", test_missing);
	g_test_add_func("/queue/handler/its children end with it", test_group);
	g_test_add_func("/queue/handler/one that ignores SIGTERM", test_stubborn);
	g_test_add_func("/queue/handler/it does not outlive us", test_orphan);
	return g_test_run();
}
