/*
 * The main of a fuzz target where there is no fuzzer: runs every file of t/fuzz/corpus/NAME (NAME
 * is the program's own), then a bounded number of seeded mutations of them, and prints TAP.  A
 * crash keeps its input in $BUILD (default build) as crash-NAME, to become a corpus file.
 *
 *   JP_TEST_SEED   the seed, printed; the same seed runs the same mutations
 *   JP_SOAK        when set and not empty, a hundred times as many
 */
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUTATIONS   10000
#define SOAK_FACTOR 100
#define CHECK_US    (4 * G_USEC_PER_SEC) /* a slow target runs fewer */
#define SOAK_US     (120 * (gint64)G_USEC_PER_SEC)
#define MAX_GROWTH  4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* ---- what to do on a crash ----------------------------------------------- */

static const uint8_t *current;
static size_t current_len;
static char crash_path[512];

/* Only calls that are allowed in a handler of signals. */
static void
keep_input(void)
{
	static const char said[] = "# the input is kept in ";
	int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, current, current_len) != (ssize_t)current_len || close(fd) != 0)
		return;
	if (write(STDERR_FILENO, said, sizeof(said) - 1) < 0 ||
	    write(STDERR_FILENO, crash_path, strlen(crash_path)) < 0 ||
	    write(STDERR_FILENO, "\n", 1) < 0)
		return;
}

static void
on_crash(int sig)
{
	keep_input();
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

static void
watch_crashes(const char *name)
{
	const char *build = g_getenv("BUILD");

	(void)g_snprintf(
	    crash_path, sizeof(crash_path), "%s/crash-%s", build != NULL ? build : "build", name);
	if (__sanitizer_set_death_callback != NULL) {
		__sanitizer_set_death_callback(keep_input);
		(void)signal(SIGABRT, on_crash); /* our own assertions */
		return;
	}
	(void)signal(SIGABRT, on_crash);
	(void)signal(SIGSEGV, on_crash);
	(void)signal(SIGBUS, on_crash);
	(void)signal(SIGFPE, on_crash);
}

/* Runs the target on a copy of exact size, so that a sanitizer sees one byte too far. */
static void
run(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, data, len);
	current = copy;
	current_len = len;
	(void)LLVMFuzzerTestOneInput(copy, len); /* always 0 */
	free(copy);
}

/* ---- the corpus ---------------------------------------------------------- */

static gint
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths of the corpus in the order of names. */
static GPtrArray *
corpus_files(const char *folder)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
	g_ptr_array_sort(paths, by_name);
	return paths;
}

static GPtrArray *
load(const GPtrArray *paths)
{
	GPtrArray *corpus = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

	for (guint i = 0; i < paths->len; i++) {
		char *text;
		gsize len;

		if (!g_file_get_contents(paths->pdata[i], &text, &len, NULL))
			g_error("%s: cannot be read", (char *)paths->pdata[i]);
		g_ptr_array_add(corpus, g_bytes_new_take(text, len));
	}
	return corpus;
}

/* ---- mutations ----------------------------------------------------------- */

static const char *const tokens[] = {"\"", "\\", "\n", "\r\n", "\t", "<", ">", "&", "{", "}", "[",
    "]", "(", ")", ":", ",", "-", "#", "%", "=", "/", "0", "9999999999999999999", "-1", "1e999",
    "\xff", "\xc3", "\xe2\x80\xae", "\xf0\x9f\x92\xbc", "\xef\xbb\xbf", "\\u0000", "\\ud83d",
    "&#0;", "<![CDATA[", "]]>", "<!--", "{{", "}}", "null", "true", "AND", "NOT",
    "2026-10-01T13:40:19Z"};

static void
insert_token(GByteArray *b, GRand *rand)
{
	const char *token = tokens[g_rand_int_range(rand, 0, G_N_ELEMENTS(tokens))];
	guint at = (guint)g_rand_int_range(rand, 0, (gint32)b->len + 1);
	guint tail = b->len - at, len = (guint)strlen(token);

	g_byte_array_set_size(b, b->len + len);
	memmove(b->data + at + len, b->data + at, tail);
	memcpy(b->data + at, token, len);
}

/* Appends a piece of another file, or of this one. */
static void
join(GByteArray *b, GBytes *other, GRand *rand)
{
	gsize len;
	const guint8 *data = g_bytes_get_data(other, &len);
	gsize from, n;

	if (len == 0)
		return;
	from = (gsize)g_rand_int_range(rand, 0, (gint32)len);
	n = (gsize)g_rand_int_range(rand, 1, 512); /* MIN would throw the dice twice */
	n = MIN(n, len - from);
	g_byte_array_set_size(b, (guint)g_rand_int_range(rand, 0, (gint32)b->len + 1));
	g_byte_array_append(b, data + from, (guint)n);
}

static void
mutate_once(GByteArray *b, const GPtrArray *corpus, GRand *rand)
{
	guint at = b->len > 0 ? (guint)g_rand_int_range(rand, 0, (gint32)b->len) : 0;

	switch (b->len > 0 ? g_rand_int_range(rand, 0, 7) : 6) {
	case 0:
		b->data[at] ^= (guint8)(1u << g_rand_int_range(rand, 0, 8));
		break;
	case 1:
		b->data[at] = (guint8)g_rand_int_range(rand, 0, 256);
		break;
	case 2:
		g_byte_array_set_size(b, at); /* cut short */
		break;
	case 3:
		g_byte_array_remove_range(
		    b, at, (guint)g_rand_int_range(rand, 1, (gint32)MIN(b->len - at, 64) + 1));
		break;
	case 4:
		join(b, corpus->pdata[g_rand_int_range(rand, 0, (gint32)corpus->len)], rand);
		break;
	default:
		insert_token(b, rand);
		break;
	}
}

/* Gives how many mutations were run. */
static int
run_mutations(const GPtrArray *corpus, guint32 seed, gboolean soak)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	gint64 end = g_get_monotonic_time() + (soak ? SOAK_US : CHECK_US);
	int count = soak ? MUTATIONS * SOAK_FACTOR : MUTATIONS;
	int done = 0;

	for (; done < count && g_get_monotonic_time() < end; done++) {
		GBytes *start = corpus->pdata[g_rand_int_range(rand, 0, (gint32)corpus->len)];
		g_autoptr(GByteArray) b = g_byte_array_new();
		gsize len;
		const guint8 *data = g_bytes_get_data(start, &len);

		g_byte_array_append(b, data, (guint)len);
		for (int n = g_rand_int_range(rand, 1, 6); n > 0; n--)
			if (b->len < len + MAX_GROWTH)
				mutate_once(b, corpus, rand);
		run(b->data, b->len);
	}
	return done;
}

int
main(int argc, char **argv)
{
	g_autofree char *name = g_path_get_basename(argv[0]);
	g_autofree char *folder = g_build_filename("t/fuzz/corpus", name, NULL);
	g_autoptr(GPtrArray) paths = corpus_files(folder);
	g_autoptr(GPtrArray) corpus = load(paths);
	const char *seed_text = g_getenv("JP_TEST_SEED"), *soak = g_getenv("JP_SOAK");
	guint32 seed = seed_text != NULL ? (guint32)g_ascii_strtoull(seed_text, NULL, 10) : 1;

	if (LLVMFuzzerInitialize != NULL)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	if (corpus->len == 0) {
		printf("1..1\nnot ok 1 - %s has files (run from the project's top)\n", folder);
		return 1;
	}
	watch_crashes(name);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a crash must not take the lines before it */
	printf("1..%u\n", corpus->len + 1);
	for (guint i = 0; i < corpus->len; i++) {
		gsize len;
		const guint8 *data = g_bytes_get_data(corpus->pdata[i], &len);

		run(data, len);
		printf("ok %u - %s\n", i + 1, (char *)paths->pdata[i]);
	}
	run(NULL, 0);
	printf("# seed %u\n", seed);
	printf("ok %u - %d mutations\n", corpus->len + 1,
	    run_mutations(corpus, seed, soak != NULL && *soak != '\0'));
	return 0;
}
