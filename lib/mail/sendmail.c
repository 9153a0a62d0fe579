/*
 * Delivery through a sendmail-like command.  No shell: an argument vector, the message on stdin
 * from an unlinked file (so that no pipe can stall or break), the exit status read as sysexits(3),
 * a limit on its time.  A command that was killed or ran out of time may have taken the message: in
 * doubt.
 */
#include "mail/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define TIME_LIMIT (2 * JP_MINUTE)
/* How long it may still take once we are asked to stop. */
#define STOP_LIMIT (4 * JP_SECOND)
/* What is kept of what the command says on stderr. */
#define MAX_SAID 1000

typedef struct sendmail {
	jp_transport base;
	char **command;
} sendmail;

/* A command that runs. */
typedef struct child {
	pid_t pid;
	int err; /* its stderr, read end, not blocking */
	char said[MAX_SAID + 1];
	gsize n_said;
} child;

/* ---- the arguments and the status, pure --------------------------------------------------- */

static char *
replace(const char *text, const char *what, const char *by, gboolean *seen)
{
	g_auto(GStrv) parts = g_strsplit(text, what, -1);

	*seen = *seen || g_strv_length(parts) > 1;
	return g_strjoinv(by, parts);
}

char **
jp_sendmail_argv(char *const *command, const char *from, const char *to)
{
	g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
	gboolean seen = FALSE;

	for (; *command; command++) {
		g_autofree char *half = replace(*command, "{sender}", from, &seen);
		g_autofree char *whole = replace(half, "{recipient}", to, &seen);

		g_strv_builder_add(argv, whole);
	}
	if (!seen)
		g_strv_builder_add_many(argv, "-i", "-f", from, "--", to, NULL);
	return g_strv_builder_end(argv);
}

jp_transport_outcome
jp_sendmail_outcome(int exit_status)
{
	switch (exit_status) {
	case EX_OK:
		return JP_TRANSPORT_SENT;
	case EX_USAGE:
	case EX_DATAERR:
	case EX_NOINPUT:
	case EX_NOUSER:
	case EX_NOHOST:
	case EX_UNAVAILABLE:
	case EX_PROTOCOL:
	case EX_NOPERM:
		return JP_TRANSPORT_FAILED;
	default: /* EX_TEMPFAIL, the system's own trouble, a configuration that can be mended */
		return JP_TRANSPORT_RETRY;
	}
}

/* ---- running it --------------------------------------------------------------------------- */

/* A file without a name that holds the message, at its start; -1 with errno. */
static int
message_file(const jp_transport_item *item)
{
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (jp_transport_write(fd, item->bytes, item->len) && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	(void)close(fd); /* the error that counts is in errno */
	return -1;
}

/* Starts argv with `in` as stdin, stdout to nowhere (ours is data) and the default signals; an
 * errno value on failure. */
static int
spawn(child *c, char *const *argv, int in)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	err = posix_spawn_file_actions_adddup2(&files, in, 0);
	if (!err)
		err = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&files, ends[1], 2);
	if (!err)
		err = posix_spawnattr_setsigdefault(&attr, &all);
	if (!err)
		err = posix_spawnattr_setsigmask(&attr, &none);
	/* A group of its own: Ctrl-C stops us, and we let it finish. */
	if (!err)
		err = posix_spawnattr_setpgroup(&attr, 0);
	if (!err)
		err = posix_spawnattr_setflags(
		    &attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	if (!err)
		err = posix_spawnp(&c->pid, argv[0], &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	(void)close(ends[1]);
	c->err = ends[0];
	if (err || fcntl(c->err, F_SETFL, O_NONBLOCK) != 0) {
		(void)close(c->err); /* what it says is not needed */
		c->err = -1;
	}
	return err;
}

/* Reads what there is of its stderr; what is beyond the bound is thrown away. */
static void
listen_to(child *c)
{
	char rest[512];
	ssize_t n;

	while (c->err >= 0 && (n = read(c->err, rest, sizeof(rest))) != 0) {
		gsize keep;

		if (n < 0)
			return;
		keep = MIN((gsize)n, MAX_SAID - c->n_said);
		memcpy(c->said + c->n_said, rest, keep);
		c->n_said += keep;
	}
	if (c->err >= 0)
		(void)close(c->err); /* only read through */
	c->err = -1;
}

/* Waits for its end, for TIME_LIMIT at most (then it is killed).  It is asked often at first and
 * seldom later; a daemon that it leaves behind with our pipe in hand delays nothing. */
static int
wait_for(child *c, gboolean *timed_out)
{
	gint64 deadline = jp_monotonic_us() + TIME_LIMIT * 1000;
	gboolean stopping = FALSE;
	int status = 0, pause = 1;

	*timed_out = FALSE;
	while (waitpid(c->pid, &status, WNOHANG) != c->pid) {
		struct pollfd p = {c->err, POLLIN, 0};

		if (jp_stopping() && !stopping) {
			stopping = TRUE;
			deadline = MIN(deadline, jp_monotonic_us() + STOP_LIMIT * 1000);
		}
		if (!*timed_out && jp_monotonic_us() >= deadline) {
			*timed_out = TRUE;
			(void)kill(-c->pid, SIGKILL); /* it may be gone already */
		}
		(void)poll(&p, 1, pause); /* an interruption only shortens the pause */
		listen_to(c);
		pause = MIN(pause * 2, 50);
	}
	listen_to(c);
	if (c->err >= 0)
		(void)close(c->err); /* only read through */
	return status;
}

/* What it said, or how it ended; free with g_free. */
static char *
reply_of(const child *c, int status, gboolean timed_out)
{
	g_autofree char *said = g_utf8_make_valid(c->said, (gssize)c->n_said);

	g_strdelimit(g_strstrip(said), "\r\n", ' ');
	if (timed_out)
		return g_strdup("the command took too long and was ended");
	if (WIFSIGNALED(status))
		return g_strdup_printf("the command was ended by signal %d", WTERMSIG(status));
	return g_strdup_printf("exit status %d%s%s", WEXITSTATUS(status), *said ? ": " : "", said);
}

static void
send_one(sendmail *s, const jp_transport_item *item, jp_transport_done done, gpointer data)
{
	g_auto(GStrv) argv = jp_sendmail_argv(s->command, item->from, item->to);
	g_autoptr(GError) error = NULL;
	g_autofree char *reply = NULL;
	jp_transport_outcome outcome;
	child c = {.err = -1};
	gboolean timed_out;
	int in = message_file(item);
	int err = in < 0 ? errno : spawn(&c, argv, in);
	int status;

	if (in >= 0)
		(void)close(in); /* a file that nobody sees */
	if (err) {
		jp_error_errno(&error, err, "mail.sendmail: %s", argv[0]);
		jp_transport_tell(item, JP_TRANSPORT_RETRY, 0, error->message, done, data);
		jp_transport_set_trouble(&s->base, g_steal_pointer(&error));
		return;
	}
	status = wait_for(&c, &timed_out);
	reply = reply_of(&c, status, timed_out);
	outcome =
	    WIFEXITED(status) ? jp_sendmail_outcome(WEXITSTATUS(status)) : JP_TRANSPORT_UNKNOWN;
	jp_transport_tell(item, outcome, 0, reply, done, data);
}

static void
sendmail_send(
    jp_transport *t, const jp_transport_item *items, guint n, jp_transport_done done, gpointer data)
{
	guint i;

	for (i = 0; i < n && jp_transport_may_start(t); i++)
		send_one((sendmail *)t, &items[i], done, data);
	jp_transport_give_back(items, i, n, done, data);
}

static void
sendmail_free(jp_transport *t)
{
	sendmail *s = (sendmail *)t;

	g_strfreev(s->command);
	g_free(s);
}

jp_transport *
jp_sendmail_open(const jp_config *conf, GError **error)
{
	sendmail *s;

	if (!conf->mail.sendmail[0]) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "mail.sendmail is empty; give the command, such as [/usr/sbin/sendmail]");
		return NULL;
	}
	s = g_new0(sendmail, 1);
	s->base = (jp_transport){.name = "sendmail",
	    .batch = 1, /* what a crash leaves in doubt */
	    .item_limit = TIME_LIMIT + 10 * JP_SECOND,
	    .send = sendmail_send,
	    .free = sendmail_free};
	s->command = g_strdupv((char **)conf->mail.sendmail);
	return &s->base;
}
