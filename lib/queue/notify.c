/*
 * Tells the service manager how we are, by the protocol of sd_notify(3): one datagram of NAME=VALUE
 * lines to the socket named in $NOTIFY_SOCKET, which is a path or, behind '@', an abstract name.
 * Without the variable nothing is told.  A manager that cannot be told is no reason to stop
 * working.
 */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "queue/work.h"

static gboolean
find_manager(struct sockaddr_un *to, socklen_t *len)
{
	const char *name = g_getenv("NOTIFY_SOCKET");
	gsize n = name ? strlen(name) : 0;

	if (n < 2 || n >= sizeof(to->sun_path) || (name[0] != '/' && name[0] != '@'))
		return FALSE;
	*to = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(to->sun_path, name, n);
	if (name[0] == '@')
		to->sun_path[0] = '\0';
	/* An abstract name has no NUL at its end. */
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (name[0] == '/'));
	return TRUE;
}

void
jp_notify(const char *fmt, ...)
{
	g_autofree char *text = NULL;
	struct sockaddr_un to;
	socklen_t len;
	va_list ap;
	int fd;

	if (!find_manager(&to, &len))
		return;
	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to, len);
	(void)close(fd);
}

void
jp_notify_reloading(void)
{
	/* The manager waits for a READY=1 that is later than this. */
	jp_notify("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, jp_monotonic_us());
}

gint64
jp_notify_watchdog_us(void)
{
	const char *usec = g_getenv("WATCHDOG_USEC"), *pid = g_getenv("WATCHDOG_PID");
	gint64 us, owner;

	if (!usec || !jp_int_parse(usec, 1, G_MAXINT64, &us))
		return 0;
	if (pid && (!jp_int_parse(pid, 1, G_MAXINT32, &owner) || owner != getpid()))
		return 0;
	return us / 2;
}
