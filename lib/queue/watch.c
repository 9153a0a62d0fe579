/*
 * Waking workers that sleep.  Where the database is a file, whoever commits writes to its log, and
 * the kernel tells of that; a database server has nothing that works through every pool, so there
 * only the time tells.
 */
#include <sys/inotify.h>
#include <unistd.h>

#include "queue/internal.h"

int
jp_queue_watch(const jp_db *db)
{
	g_autofree char *log = jp_db_log_path(db);
	int fd;

	if (!log)
		return -1;
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd >= 0 && inotify_add_watch(fd, log, IN_MODIFY) < 0) {
		(void)close(fd); /* nothing was written to it */
		return -1;
	}
	return fd;
}

void
jp_queue_watch_clear(int fd)
{
	char events[4096];

	while (fd >= 0 && read(fd, events, sizeof(events)) > 0)
		;
}
