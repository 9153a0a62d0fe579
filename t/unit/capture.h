/* Catches what the code under test writes to stdout and stderr, descriptors and all. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct capture {
	int saved[2];
	FILE *files[2];
};

static inline void
capture_begin(struct capture *c)
{
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		c->saved[i] = dup(i + 1);
		c->files[i] = tmpfile();
		g_assert_nonnull(c->files[i]);
		g_assert_cmpint(dup2(fileno(c->files[i]), i + 1), ==, i + 1);
	}
}

/* Restores both and gives what was written; free with g_free. */
static inline void
capture_end(struct capture *c, char **out, char **err)
{
	char **texts[2] = {out, err};

	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		long len = lseek(fileno(c->files[i]), 0, SEEK_END);

		*texts[i] = g_malloc0((gsize)len + 1);
		g_assert_cmpint(pread(fileno(c->files[i]), *texts[i], (gsize)len, 0), ==, len);
		g_assert_cmpint(dup2(c->saved[i], i + 1), ==, i + 1);
		close(c->saved[i]);
		fclose(c->files[i]);
	}
}

#endif
