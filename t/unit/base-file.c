/* Whole files: bounds, kinds, and that a failed write leaves the last good one. */
#include "base/base.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

static char *
at(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static guint
files_in(const char *dir)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	guint n = 0;

	while (g_dir_read_name(d) != NULL)
		n++;
	return n;
}

static void
test_round_trip(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = at("round");
	g_autofree char *text = NULL;
	struct stat st;
	gsize len = 0;

	g_assert_true(jp_file_write(path, "one\0two", 7, 0600, &error));
	g_assert_no_error(error);
	g_assert_true(jp_file_read(path, 7, &text, &len, &error));
	g_assert_cmpmem(text, len, "one\0two", 7);
	g_assert_cmpint(text[7], ==, '\0');
	g_assert_cmpint(g_stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	g_assert_true(jp_file_write(path, "", 0, 0600, &error));
	g_clear_pointer(&text, g_free);
	g_assert_true(jp_file_read(path, 0, &text, &len, &error));
	g_assert_cmpuint(len, ==, 0);
	g_unlink(path);
	g_assert_cmpuint(files_in(folder), ==, 0); /* nothing temporary is left */
}

static void
test_bounds(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = at("large");
	g_autofree char *data = g_strnfill(100001, 'x');
	g_autofree char *text = NULL;
	g_autofree char *message = g_strdup_printf("%s: larger than 100000 bytes", path);
	gsize len;

	g_assert_true(jp_file_write(path, data, 100001, 0644, NULL));
	g_assert_false(jp_file_read(path, 100000, &text, &len, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	g_assert_cmpstr(error->message, ==, message);
	g_clear_error(&error);
	g_assert_true(jp_file_read(path, 100001, &text, &len, &error));
	g_clear_pointer(&text, g_free);
	/* What has no size to look at is stopped while it is read. */
	g_assert_false(jp_file_read("/dev/zero", 100000, &text, &len, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	g_unlink(path);
}

static void
test_missing(void)
{
	g_autofree char *missing = at("missing");
	g_autofree char *below = at("missing/x");
	g_autofree char *text = NULL;
	gsize len;
	const struct {
		const char *path;
		int code;
	} cases[] = {{missing, 69}, {below, 69}, {folder, 69}, {"", 69}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(jp_file_read(cases[i].path, 10, &text, &len, &error));
		g_assert_cmpint(jp_error_exit(error), ==, cases[i].code);
		g_assert_true(g_str_has_prefix(error->message, cases[i].path));
	}
}

static void
test_stdin(void)
{
	if (g_test_subprocess()) {
		g_autofree char *text = NULL;
		gsize len;
		int ends[2];

		g_assert_cmpint(pipe(ends), ==, 0);
		g_assert_cmpint(write(ends[1], "from a pipe", 11), ==, 11);
		close(ends[1]);
		dup2(ends[0], STDIN_FILENO);
		g_assert_true(jp_file_read("-", 11, &text, &len, NULL));
		g_assert_cmpstr(text, ==, "from a pipe");
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
}

/* The limit on a file's size stands for a full disk: the write fails after some bytes. */
static void
test_full_disk(void)
{
	g_autofree char *path = at("kept");
	g_autofree char *data = g_strnfill(100000, 'x');
	g_autofree char *text = NULL;
	gsize len;

	g_assert_true(jp_file_write(path, "the last good one", 17, 0644, NULL));
	if (g_test_subprocess()) {
		g_autoptr(GError) error = NULL;
		struct rlimit small = {4096, 4096};

		signal(SIGXFSZ, SIG_IGN);
		g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
		g_assert_false(jp_file_write(path, data, 100000, 0644, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_TEMP);
		g_assert_cmpuint(files_in(folder), ==, 1);
		g_assert_true(jp_file_read(path, 100, &text, &len, NULL));
		g_assert_cmpstr(text, ==, "the last good one");
		g_unlink(path);
		g_rmdir(folder);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_unlink(path);
}

static void
test_no_folder(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = at("nowhere/file");

	g_assert_false(jp_file_write(path, "x", 1, 0644, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_UNAVAILABLE);
}

static void
test_dirs(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *one = at("one");
	g_autofree char *two = at("one/two");
	g_autofree char *file = at("one/file");
	g_autofree char *below = at("one/file/dir");
	struct stat st;

	g_assert_true(jp_dir_make(two, &error));
	g_assert_true(jp_dir_make(two, &error)); /* again */
	g_assert_cmpint(g_stat(one, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0700);
	g_assert_true(jp_file_write(file, "", 0, 0644, NULL));
	g_assert_false(jp_dir_make(below, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_UNAVAILABLE);
	g_unlink(file);
	g_rmdir(two);
	g_rmdir(one);
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("jp-file-XXXXXX", NULL);
	g_test_add_func("/base/file/round trip", test_round_trip);
	g_test_add_func("/base/file/bounds", test_bounds);
	g_test_add_func("/base/file/what cannot be read is named", test_missing);
	g_test_add_func("/base/file/- is stdin", test_stdin);
	g_test_add_func("/base/file/a full disk leaves the last good file", test_full_disk);
	g_test_add_func("/base/file/no folder to write into", test_no_folder);
	g_test_add_func("/base/file/folders", test_dirs);
	status = g_test_run();
	g_rmdir(folder);
	g_free(folder);
	return status;
}
