/* Errors become exit codes in one place. */
#include "base/base.h"

#include <errno.h>

static void
test_codes(void)
{
	static const struct {
		int err, exit;
	} cases[] = {{ENOSPC, 75}, {EDQUOT, 75}, {EAGAIN, 75}, {EMFILE, 75}, {EIO, 75},
	    {EACCES, 77}, {EPERM, 77}, {EROFS, 77}, {ENOENT, 69}, {ECONNREFUSED, 69}, {EISDIR, 69},
	    {EBADF, 70}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = g_strdup_printf("row %d: %s", 7, g_strerror(cases[i].err));

		g_assert_false(jp_error_errno(&error, cases[i].err, "row %d", 7));
		g_assert_cmpint(jp_error_exit(error), ==, cases[i].exit);
		g_assert_cmpstr(error->message, ==, text);
	}
	g_assert_false(jp_error_errno(NULL, ENOENT, "nobody listens"));
}

static void
test_other_domains(void)
{
	g_autoptr(GError) missing = g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");
	g_autoptr(GError) full = g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOSPC, "x");
	g_autoptr(GError) denied = g_error_new(G_FILE_ERROR, G_FILE_ERROR_ACCES, "x");
	g_autoptr(GError) other = g_error_new(G_FILE_ERROR, G_FILE_ERROR_FAILED, "x");
	g_autoptr(GError) markup = g_error_new(G_MARKUP_ERROR, 0, "x");
	g_autoptr(GError) ours = g_error_new(JP_ERROR, JP_ERROR_CONFIG, "x");

	g_assert_cmpint(jp_error_exit(missing), ==, 69);
	g_assert_cmpint(jp_error_exit(full), ==, 75);
	g_assert_cmpint(jp_error_exit(denied), ==, 77);
	g_assert_cmpint(jp_error_exit(other), ==, 70);
	g_assert_cmpint(jp_error_exit(markup), ==, 70);
	g_assert_cmpint(jp_error_exit(ours), ==, 78);
	g_assert_cmpint(jp_error_exit(NULL), ==, 70);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/error/C06 errno becomes an exit code", test_codes);
	g_test_add_func("/base/error/C06 foreign errors become exit codes", test_other_domains);
	return g_test_run();
}
