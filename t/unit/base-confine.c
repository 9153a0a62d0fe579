/*
 * Giving up rights: what is forbidden fails, what parsing needs works.  Each case is a process of
 * its own, as there is no way back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

/* What a confined process says of itself: 0, or the number of the first thing that is wrong. */
static int
confined(int (*look)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		jp_confine();
		_exit(look());
	}
	g_assert_cmpint(pid, >, 0);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
forbidden(void)
{
	static char *const argv[] = {(char *)(gpointer) "true", NULL};

	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EACCES)
		return 1;
	if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EACCES)
		return 2;
	if (execv("/bin/true", argv) == 0 || errno != EACCES)
		return 3;
	if (open("confine.tmp", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES)
		return 4;
	if (unlink("/nowhere") == 0 || errno != EACCES)
		return 5;
	if (rename("/nowhere", "/elsewhere") == 0 || errno != EACCES)
		return 6;
	return 0;
}

static int
allowed(void)
{
	char c = 'x', *p = g_malloc0(10 * JP_MIB);
	int fds[2], fd = open("/dev/null", O_RDONLY);

	g_free(p);
	if (fd < 0 || read(fd, &c, 1) != 0)
		return 1;
	if (pipe(fds) != 0 || write(fds[1], &c, 1) != 1 || read(fds[0], &c, 1) != 1)
		return 2;
	if (jp_now() <= 0)
		return 3;
	return 0;
}

static int
bounded(void)
{
	struct rlimit core, cpu;

	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		return 1;
	if (getrlimit(RLIMIT_CPU, &cpu) != 0 || cpu.rlim_cur == RLIM_INFINITY)
		return 2;
	return 0;
}

static void
test_forbidden(void)
{
#if !defined(__SANITIZE_ADDRESS__) && (defined(__x86_64__) || defined(__aarch64__))
	g_assert_cmpint(confined(forbidden), ==, 0);
#else
	(void)forbidden;
	g_test_skip("no filter for this machine or build");
#endif
}

static void
test_allowed(void)
{
	g_assert_cmpint(confined(allowed), ==, 0);
}

static void
test_bounded(void)
{
	g_assert_cmpint(confined(bounded), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/confine/forbidden", test_forbidden);
	g_test_add_func("/base/confine/allowed", test_allowed);
	g_test_add_func("/base/confine/bounded", test_bounded);
	return g_test_run();
}
