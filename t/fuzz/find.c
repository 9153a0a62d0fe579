/*
 * Finding: whatever the query, the hits through the full-text index are those of looking at every
 * posting, and nothing of a query is the engine's syntax.  The input is a query, a newline, and the
 * text of one more posting.
 */
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "board/board.h"
#include "match/match.h"

#define NOW G_GINT64_CONSTANT(1790000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static jp_db *db;
static char *folder;
static gint64 board;

static void
clean_up(void)
{
	static const char *const files[] = {"f.db", "f.db-wal", "f.db-shm"};

	jp_db_close(db);
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(folder, files[i], NULL);

		(void)g_unlink(path); /* not always there */
	}
	(void)g_rmdir(folder);
	g_free(folder);
}

static void
open_once(void)
{
	static const char text[] = "database: f.db\n";
	static jp_config *conf;
	const jp_board_spec spec = {.kind = "greenhouse", .token = "lantern"};
	gboolean is_new, is_changed;
	guint applied;

	if (db)
		return;
	jp_init("fuzz-find");
	folder = g_dir_make_tmp("jp-fuzz-XXXXXX", NULL);
	if (!jp_config_parse(&conf, text, sizeof(text) - 1, "fuzz", folder, NULL))
		g_error("no configuration");
	db = jp_db_open(conf, JP_DB_CREATE, NULL);
	if (!db || !jp_db_migrate(db, &applied, NULL))
		g_error("no database");
	jp_db_begin(db, JP_TX_WRITE);
	board = jp_board_put(db, &spec, NOW, &is_new, &is_changed);
	jp_db_commit(db);
	(void)atexit(clean_up); /* its failure leaves a folder in /tmp */
}

static jp_posting *
posting(const char *id, const char *title, const char *text)
{
	jp_posting *p = jp_posting_new();

	p->external_id = g_strdup(id);
	p->title = g_strdup(title);
	p->description = g_strdup(text);
	p->url = g_strdup("https://jobs.example.org/1");
	if (!jp_posting_normalise(p, "Fjordlight GmbH", NULL))
		g_error("a posting that is none");
	return p;
}

static void
store(const char *text)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);
	jp_store_result result = {0};

	g_ptr_array_add(
	    list, posting("1", "Senior C++ engineer", "Machine learning; node.js, .NET"));
	g_ptr_array_add(
	    list, posting("2", "Nurse", "Häuser, houses. AND OR NOT NEAR \"x\" 'y' * ^"));
	g_ptr_array_add(list, posting("3", "Given", text));
	jp_db_begin(db, JP_TX_WRITE);
	jp_posting_store(db, board, list, NULL, JP_TRUST_COMPLETE, FALSE, NOW, &result);
	jp_db_commit(db);
	jp_store_result_clear(&result);
}

static void
count(const jp_hit *h, gpointer data)
{
	(void)h;
	(*(guint *)data)++;
}

static guint
scan(const jp_search *s)
{
	g_autoptr(jp_matcher) m = jp_matcher_new(0, 0);
	g_autoptr(jp_doc) doc = jp_doc_new();
	guint n = 0;

	if (!jp_matcher_add(m, s, NULL))
		g_error("a query that parsed does not compile");
	for (gint64 id = 1; id <= 3; id++) {
		g_autoptr(jp_posting) p = jp_posting_load(db, id);

		jp_doc_set(doc, p, NOW);
		(void)jp_matcher_run(m, doc, NOW, count, &n); /* counted there */
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t query_len = end ? (size_t)(end - data) : size;
	g_autofree char *query = g_strndup((const char *)data, query_len);
	g_autofree char *text = end ? g_strndup((const char *)end, size - query_len) : g_strdup("");
	g_autoptr(jp_search) s = jp_search_new();
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(GError) error = NULL;

	open_once();
	g_free(s->query);
	s->query = g_strdup(query);
	s->min_score = -1;
	store(text);
	found = jp_find_run(db, s, &(jp_find){.closed_too = TRUE}, NOW, &error);
	if (!found) {
		g_autoptr(jp_query) q = jp_query_parse(query, NULL);

		g_assert_null(q);
		return 0;
	}
	g_assert_cmpuint(found->len, ==, scan(s));
	return 0;
}
