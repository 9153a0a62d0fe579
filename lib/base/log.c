/*
 * Messages and the beginning and end of a process.  A message is one line on stderr, written by one
 * write(2) so that the lines of programs in a pipe do not mix; what came from outside is escaped,
 * so that it can neither start a new line nor drive a terminal.
 */
#include "base/base.h"
#include "base/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *program = "jp";
static gboolean verbose;

/* TRUE for what must not reach a terminal: C0, DEL, C1, and the controls of writing direction. */
static gboolean
is_unsafe(gunichar c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static char *
escape(const char *text)
{
	GString *out = g_string_new(NULL);
	const char *p = text;

	while (*p != '\0') {
		gunichar c = g_utf8_get_char_validated(p, -1);

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			g_string_append_printf(out, "\\x%02x", (guchar)*p++);
			continue;
		}
		if (!is_unsafe(c))
			g_string_append_unichar(out, c);
		else if (c == '\n')
			g_string_append(out, "\\n");
		else if (c == '\t')
			g_string_append(out, "\\t");
		else if (c < 0x80)
			g_string_append_printf(out, "\\x%02x", c);
		else
			g_string_append_printf(out, "\\u%04x", c);
		p = g_utf8_next_char(p);
	}
	return g_string_free(out, FALSE);
}

G_GNUC_PRINTF(1, 0)
static void
say(const char *fmt, va_list ap)
{
	g_autofree char *raw = g_strdup_vprintf(fmt, ap);
	g_autofree char *safe = escape(raw);
	g_autofree char *line = g_strdup_printf("%s: %s\n", program, safe);
	const char *p = line;
	gsize left = strlen(line);

	while (left > 0) {
		gssize n = write(STDERR_FILENO, p, left);

		if (n < 0 && errno != EINTR)
			return; /* nowhere left to complain to */
		if (n > 0) {
			p += n;
			left -= (gsize)n;
		}
	}
}

const char *
jp_program(void)
{
	return program;
}

void
jp_set_verbose(gboolean on)
{
	verbose = on;
}

void
jp_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
jp_info(const char *fmt, ...)
{
	va_list ap;

	if (!verbose)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void
jp_die(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	exit(code);
}

int
jp_fail(const GError *error)
{
	jp_warn("%s", error != NULL ? error->message : "bug: a failure without an error");
	return jp_error_exit(error);
}

/* A standard descriptor that is closed would be given to the next file opened, the database for
 * one, and a message would be written into it.  They are opened so that using them fails. */
static void
open_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			_exit(JP_ERROR_TEMP);
}

void
jp_init(const char *name)
{
	program = name;
	open_standard_descriptors();
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* numbers in files and protocols have a point */
	jp_signal_init();
	if (!jp_clock_init())
		jp_die(JP_ERROR_USAGE, "JP_CLOCK: not an RFC 3339 time");
}

/* TRUE when nobody reads our stdout any more. */
static gboolean
reader_is_gone(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

int
jp_finish(int code)
{
	gboolean failed = ferror(stdout) != 0;
	int err = 0;

	if (fflush(stdout) != 0) {
		failed = TRUE;
		err = errno;
	}
	if (failed && (err == EPIPE || reader_is_gone()))
		return code;
	/* NFS and quotas tell of a lost write only at close. */
	if (fclose(stdout) != 0 && !failed) {
		failed = TRUE;
		err = errno;
	}
	if (!failed)
		return code;
	jp_warn("cannot write to stdout: %s", err != 0 ? g_strerror(err) : "a write failed");
	return code == 0 || code == 1 ? JP_ERROR_TEMP : code;
}
