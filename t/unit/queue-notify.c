/* What the service manager is told: sd_notify's protocol, to paths and abstract names. */
#include "queue/work.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager's socket of this name ('@': abstract). */
static int
listen_at(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	gsize len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(at.sun_path, name, len);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	g_assert_cmpint(
	    bind(fd, (struct sockaddr *)&at,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'))),
	    ==, 0);
	return fd;
}

static void
hears(int fd, const char *want)
{
	char buf[1000];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);

	g_assert_cmpint(n, >=, 0);
	buf[n] = '\0';
	g_assert_cmpstr(buf, ==, want);
}

static void
hears_nothing(int fd)
{
	char byte;

	g_assert_cmpint(recv(fd, &byte, 1, 0), ==, -1);
}

static void
test_told(void)
{
	g_autofree char *dir = g_dir_make_tmp("jp-notify-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "socket", NULL);
	g_autofree char *abstract = g_strdup_printf("@jp-notify-%d", (int)getpid());
	const char *const names[] = {path, abstract};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		int fd = listen_at(names[i]);

		g_setenv("NOTIFY_SOCKET", names[i], TRUE);
		jp_notify("READY=1");
		hears(fd, "READY=1");
		jp_notify("STATUS=%d in hand", 3);
		hears(fd, "STATUS=3 in hand");
		close(fd);
	}
	jp_notify("READY=1"); /* nobody is there any more: nothing happens */
	unlink(path);
	rmdir(dir);
}

static void
test_reloading(void)
{
	g_autofree char *name = g_strdup_printf("@jp-reload-%d", (int)getpid());
	int fd = listen_at(name);
	char buf[200];
	gint64 usec, before = jp_monotonic_us();
	ssize_t n;

	g_setenv("NOTIFY_SOCKET", name, TRUE);
	jp_notify_reloading();
	n = recv(fd, buf, sizeof(buf) - 1, 0);
	g_assert_cmpint(n, >, 0);
	buf[n] = '\0';
	g_assert_true(g_str_has_prefix(buf, "RELOADING=1\nMONOTONIC_USEC="));
	g_assert_true(jp_int_parse(strrchr(buf, '=') + 1, 1, G_MAXINT64, &usec));
	g_assert_cmpint(usec, >=, before);
	close(fd);
}

static void
test_nobody(void)
{
	g_autofree char *name = g_strdup_printf("@jp-nobody-%d", (int)getpid());
	int fd = listen_at(name);
	g_autofree char *too_long = g_strnfill(200, '/');
	const char *const names[] = {"", "@", "relative", too_long};

	g_unsetenv("NOTIFY_SOCKET");
	jp_notify("READY=1");
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_setenv("NOTIFY_SOCKET", names[i], TRUE);
		jp_notify("READY=1");
	}
	hears_nothing(fd);
	close(fd);
}

static void
test_watchdog(void)
{
	g_autofree char *me = g_strdup_printf("%d", (int)getpid());

	g_unsetenv("WATCHDOG_USEC");
	g_unsetenv("WATCHDOG_PID");
	g_assert_cmpint(jp_notify_watchdog_us(), ==, 0);
	g_setenv("WATCHDOG_USEC", "30000000", TRUE);
	g_assert_cmpint(jp_notify_watchdog_us(), ==, 15000000);
	g_setenv("WATCHDOG_PID", me, TRUE);
	g_assert_cmpint(jp_notify_watchdog_us(), ==, 15000000);
	g_setenv("WATCHDOG_PID", "1", TRUE); /* somebody else's */
	g_assert_cmpint(jp_notify_watchdog_us(), ==, 0);
	g_unsetenv("WATCHDOG_PID");
	g_setenv("WATCHDOG_USEC", "soon", TRUE);
	g_assert_cmpint(jp_notify_watchdog_us(), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/notify/a path and an abstract name", test_told);
	g_test_add_func("/queue/notify/reloading, with the time", test_reloading);
	g_test_add_func("/queue/notify/without a manager", test_nobody);
	g_test_add_func("/queue/notify/the watchdog's time", test_watchdog);
	return g_test_run();
}
