/*
 * Errors and exit codes: one domain whose codes are those of sysexits(3), and the only function
 * that turns an error into an exit code.
 */
#include "base/base.h"

#include <errno.h>
#include <stdarg.h>

G_DEFINE_QUARK(jp - error, jp_error)

static jp_error
code_of_errno(int err)
{
	switch (err) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EAGAIN:
	case EINTR:
	case EBUSY:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ENOLCK:
	case EIO:
	case ETIMEDOUT:
		return JP_ERROR_TEMP;
	case EACCES:
	case EPERM:
	case EROFS:
		return JP_ERROR_PERM;
	case EBADF:
	case EFAULT:
	case EINVAL:
		return JP_ERROR_BUG;
	default:
		return JP_ERROR_UNAVAILABLE;
	}
}

static int
exit_of_file_error(int code)
{
	switch (code) {
	case G_FILE_ERROR_NOSPC:
	case G_FILE_ERROR_NOMEM:
	case G_FILE_ERROR_MFILE:
	case G_FILE_ERROR_NFILE:
	case G_FILE_ERROR_AGAIN:
	case G_FILE_ERROR_INTR:
	case G_FILE_ERROR_IO:
		return JP_ERROR_TEMP;
	case G_FILE_ERROR_ACCES:
	case G_FILE_ERROR_PERM:
	case G_FILE_ERROR_ROFS:
		return JP_ERROR_PERM;
	case G_FILE_ERROR_NOENT:
	case G_FILE_ERROR_NOTDIR:
	case G_FILE_ERROR_ISDIR:
		return JP_ERROR_UNAVAILABLE;
	default:
		return JP_ERROR_BUG;
	}
}

int
jp_error_exit(const GError *error)
{
	if (error == NULL)
		return JP_ERROR_BUG;
	if (error->domain == JP_ERROR)
		return error->code;
	if (error->domain == G_FILE_ERROR)
		return exit_of_file_error(error->code);
	return JP_ERROR_BUG;
}

gboolean
jp_error_errno(GError **error, int err, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error(error, JP_ERROR, (gint)code_of_errno(err), "%s: %s", what, g_strerror(err));
	return FALSE;
}
