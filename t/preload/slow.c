/*
 * LD_PRELOAD: a slow disk.  Every fsync and fdatasync takes JP_TEST_SYNC_US microseconds more, in
 * any program; benches compare on it what waits for the disk.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void
wait_for_disk(void)
{
	const char *text = getenv("JP_TEST_SYNC_US");
	long us = text ? strtol(text, NULL, 10) : 0;
	struct timespec left = {us / 1000000, us % 1000000 * 1000};

	while (us > 0 && nanosleep(&left, &left) && errno == EINTR)
		;
}

int
fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	wait_for_disk();
	return real(fd);
}

int
fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	wait_for_disk();
	return real(fd);
}
