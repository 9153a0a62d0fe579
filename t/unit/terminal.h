/*
 * Tests on a terminal are skipped, by name, where the system gives none (a chroot without
 * /dev/pts).
 */
#ifndef T_TERMINAL_H
#define T_TERMINAL_H

#include <glib.h>
#include <pty.h>
#include <unistd.h>

/* Marks the running test as skipped when there is none. */
static inline gboolean
has_terminals(void)
{
	int master, slave;

	if (openpty(&master, &slave, NULL, NULL, NULL) != 0) {
		g_test_skip("no terminals here");
		return FALSE;
	}
	close(master);
	close(slave);
	return TRUE;
}

#endif
