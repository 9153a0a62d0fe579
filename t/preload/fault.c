/*
 * LD_PRELOAD: makes the Nth call that changes the world outside the process fail or kill.
 *
 *   JP_TEST_FAULT=kill:N     SIGKILL just before the Nth counted call
 *   JP_TEST_FAULT=torn:N     half of the Nth call's bytes are written, then SIGKILL
 *   JP_TEST_FAULT=full:N     the Nth and every later write says ENOSPC
 *   JP_TEST_FAULT=io:N       the Nth call says EIO, once
 *   JP_TEST_FAULT=stop:TEXT  SIGSTOP just before the first send with TEXT in it
 *   JP_TEST_FAULT_COUNT=FILE at the end of the process the number of counted calls is appended
 *
 * Counted are write, pwrite, writev, fsync, fdatasync, ftruncate, rename, link, unlink, send,
 * sendto, sendmsg and fflush, in programs whose name begins with "jp-".
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { MODE_OFF, MODE_KILL, MODE_TORN, MODE_FULL, MODE_IO, MODE_STOP };

static enum mode mode;
static long at, count;
static int counting;
static const char *stop_at; /* MODE_STOP, until it came */

static void *
next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void
fault_begin(void)
{
	static const struct {
		const char *word;
		enum mode mode;
	} words[] = {{"kill:", MODE_KILL}, {"torn:", MODE_TORN}, {"full:", MODE_FULL},
	    {"io:", MODE_IO}, {"stop:", MODE_STOP}};
	const char *text = getenv("JP_TEST_FAULT");

	counting = strncmp(program_invocation_short_name, "jp-", 3) == 0;
	for (size_t i = 0; text && counting && i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(text, words[i].word, len) == 0) {
			mode = words[i].mode;
			at = strtol(text + len, NULL, 10);
			stop_at = mode == MODE_STOP ? text + len : NULL;
		}
	}
}

__attribute__((destructor)) static void
fault_end(void)
{
	const char *path = getenv("JP_TEST_FAULT_COUNT");
	char line[32];
	int fd, len;

	if (!path || !counting || (fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0)
		return;
	counting = 0;
	len = snprintf(line, sizeof(line), "%ld\n", count);
	if (write(fd, line, (size_t)len) != len)
		_exit(99);
	close(fd);
}

enum verdict { GO, TEAR, NO };

/* Counts a call and says what becomes of it; `writes` is FALSE for calls a full disk lets
 * through. */
static enum verdict
judge(int writes)
{
	if (!counting)
		return GO;
	count++;
	switch (mode) {
	case MODE_OFF:
		return GO;
	case MODE_KILL:
		if (count == at)
			kill(getpid(), SIGKILL);
		return GO;
	case MODE_TORN:
		return count == at ? TEAR : GO;
	case MODE_FULL:
		if (count < at || !writes)
			return GO;
		errno = ENOSPC;
		return NO;
	case MODE_IO:
		if (count != at)
			return GO;
		errno = EIO;
		return NO;
	case MODE_STOP: /* at a send, see there */
		return GO;
	}
	return GO;
}

/* stdout and stderr are not the disk. */
static int
is_disk(int fd)
{
	return fd > 2;
}

ssize_t
write(int fd, const void *buf, size_t len)
{
	ssize_t (*real)(int, const void *, size_t) = next("write");

	switch (judge(is_disk(fd))) {
	case GO:
		return real(fd, buf, len);
	case TEAR:
		(void)!real(fd, buf, len / 2);
		kill(getpid(), SIGKILL);
		return -1;
	case NO:
		return -1;
	}
	return -1;
}

static ssize_t
pwrite_any(const char *name, int fd, const void *buf, size_t len, off64_t where)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) = next(name);

	switch (judge(1)) {
	case GO:
		return real(fd, buf, len, where);
	case TEAR:
		(void)!real(fd, buf, len / 2, where);
		kill(getpid(), SIGKILL);
		return -1;
	case NO:
		return -1;
	}
	return -1;
}

ssize_t
pwrite(int fd, const void *buf, size_t len, off_t where)
{
	return pwrite_any("pwrite", fd, buf, len, where);
}

ssize_t
pwrite64(int fd, const void *buf, size_t len, off64_t where)
{
	return pwrite_any("pwrite64", fd, buf, len, where);
}

ssize_t
send(int fd, const void *buf, size_t len, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int) = next("send");

	if (stop_at && memmem(buf, len, stop_at, strlen(stop_at))) {
		stop_at = NULL;
		kill(getpid(), SIGSTOP);
	}
	switch (judge(0)) {
	case GO:
		return real(fd, buf, len, flags);
	case TEAR:
		(void)!real(fd, buf, len / 2, flags);
		kill(getpid(), SIGKILL);
		return -1;
	case NO:
		return -1;
	}
	return -1;
}

/* The calls that cannot be torn: killed, failed or let through. */
#define WHOLE(type, name, params, args, writes)                                                    \
	type name params                                                                           \
	{                                                                                          \
		type(*real) params = next(#name);                                                  \
                                                                                                   \
		switch (judge(writes)) {                                                           \
		case GO:                                                                           \
			return real args;                                                          \
		case TEAR:                                                                         \
			kill(getpid(), SIGKILL);                                                   \
			return -1;                                                                 \
		case NO:                                                                           \
			return -1;                                                                 \
		}                                                                                  \
		return -1;                                                                         \
	}

WHOLE(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n), is_disk(fd))
WHOLE(ssize_t, sendto,
    (int fd, const void *b, size_t l, int f, const struct sockaddr *a, socklen_t al),
    (fd, b, l, f, a, al), 0)
WHOLE(ssize_t, sendmsg, (int fd, const struct msghdr *m, int f), (fd, m, f), 0)
WHOLE(int, fsync, (int fd), (fd), 0)
WHOLE(int, fdatasync, (int fd), (fd), 0)
WHOLE(int, ftruncate, (int fd, off_t len), (fd, len), 0)
WHOLE(int, ftruncate64, (int fd, off64_t len), (fd, len), 0)
WHOLE(int, rename, (const char *from, const char *to), (from, to), 0)
WHOLE(int, link, (const char *from, const char *to), (from, to), 1)
WHOLE(int, unlink, (const char *path), (path), 0)
WHOLE(int, fflush, (FILE * f), (f), 0)
