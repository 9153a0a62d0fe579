/*
 * Whole files: read with a bound, written so that a crash leaves the old one or the new one.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
close_fd(int *fd)
{
	if (*fd > STDERR_FILENO)
		(void)close(*fd); /* read, or given up already */
}
typedef int auto_fd;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(auto_fd, close_fd)

/* ---- reading -------------------------------------------------------------------------------- */

static gboolean
too_large(const char *name, gsize max, GError **error)
{
	g_set_error(
	    error, JP_ERROR, JP_ERROR_DATA, "%s: larger than %" G_GSIZE_FORMAT " bytes", name, max);
	return FALSE;
}

/* Reads at most max bytes to the end of fd; out grows as bytes arrive. */
static gboolean
read_all(int fd, const char *name, gsize max, GByteArray *out, GError **error)
{
	guint8 buf[16 * JP_KIB];

	for (;;) {
		gssize n = read(fd, buf, sizeof(buf));

		if (n == 0)
			return TRUE;
		if (n < 0 && errno == EINTR && !jp_stopping())
			continue;
		if (n < 0)
			return jp_error_errno(error, errno, "%s", name);
		if ((gsize)n > max - out->len)
			return too_large(name, max, error);
		g_byte_array_append(out, buf, (guint)n);
	}
}

/* TRUE when nobody gave us a stdin: the start of the process put something in its place that cannot
 * be read. */
static gboolean
stdin_is_closed(void)
{
	int flags = fcntl(STDIN_FILENO, F_GETFL);

	return flags < 0 || (flags & O_ACCMODE) == O_WRONLY;
}

gboolean
jp_file_read(const char *path, gsize max, char **text, gsize *len, GError **error)
{
	gboolean is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "stdin" : path;
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_auto(auto_fd) fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (is_stdin && stdin_is_closed()) {
		g_set_error(error, JP_ERROR, (gint)JP_ERROR_USAGE,
		    "stdin is closed, there is nothing to read");
		return FALSE;
	}
	if (fd < 0 || fstat(fd, &st) != 0)
		return jp_error_errno(error, errno, "%s", name);
	if (S_ISDIR(st.st_mode))
		return jp_error_errno(error, EISDIR, "%s", name);
	max = MIN(max, G_MAXUINT - 1); /* what a GByteArray can hold */
	if (S_ISREG(st.st_mode) && st.st_size > 0 && (guint64)st.st_size > max)
		return too_large(name, max, error);
	if (!read_all(fd, name, max, bytes, error))
		return FALSE;
	*len = bytes->len;
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	*text = (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
	return TRUE;
}

/* ---- writing -------------------------------------------------------------------------------- */

static gboolean
write_all(int fd, const guint8 *data, gsize len)
{
	while (len > 0) {
		gssize n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return FALSE;
		if (n > 0) {
			data += n;
			len -= (gsize)n;
		}
	}
	return TRUE;
}

/* Writes, syncs and closes fd; gives 0 or the errno of the first step that failed. */
static int
fill(int fd, const void *data, gsize len)
{
	int err = 0;

	if (!write_all(fd, data, len) || fsync(fd) != 0)
		err = errno;
	if (close(fd) != 0 && err == 0)
		err = errno;
	return err;
}

/* Makes the rename itself last.  Some file systems cannot sync a folder and say EINVAL. */
static int
sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno;
	if (fsync(fd) != 0 && errno != EINVAL)
		err = errno;
	(void)close(fd); /* nothing was written through it */
	return err;
}

gboolean
jp_file_write(const char *path, const void *data, gsize len, int mode, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(path);
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *temp = g_strdup_printf("%s/.%s.XXXXXX", dir, base);
	int fd = g_mkstemp_full(temp, O_WRONLY | O_CLOEXEC, mode);
	int err;

	if (fd < 0)
		return jp_error_errno(error, errno, "%s: cannot make a file beside it", path);
	err = fill(fd, data, len);
	if (err == 0 && g_rename(temp, path) != 0)
		err = errno;
	if (err != 0) {
		(void)g_unlink(temp); /* the write's error is the one to tell */
		return jp_error_errno(error, err, "%s: not written", path);
	}
	err = sync_dir(dir);
	return err == 0 || jp_error_errno(error, err, "%s: written, but not synced", path);
}

gboolean
jp_dir_make(const char *path, GError **error)
{
	if (g_mkdir_with_parents(path, 0700) != 0)
		return jp_error_errno(error, errno, "%s: cannot make the folder", path);
	return TRUE;
}
