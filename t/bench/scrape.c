/*
 * Scraping without the network: postings read and stored.  Usage:
 *
 *	scrape BOARDS [POSTINGS]
 *
 * BOARDS is a folder of the workload generator's boards; each becomes the body of a Greenhouse
 * listing, with its text escaped once more as that service does.  Measured are bytes into
 * normalised postings, these into an empty database with a transaction for some 500 of them, as
 * jp-scrape does, and with one for each board, and the same listings again.  Beside them in the
 * same run: jq taking as many fields from the same bodies; plain INSERTs of the same columns
 * without indexes, events, places or skills; and these with SQLite's full-text index and its
 * stemmer, declared as ours is and in as great transactions.  One figure a line: name, value, unit.
 */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "board/board.h"

#define NOW G_GINT64_CONSTANT(1790000000000)
/* Of a transaction, as in lib/board/visit.c. */
#define MANY_POSTINGS 500
/* Readings of all bodies, of which the median counts. */
#define PASSES 9

struct body {
	char *text;
	gsize len;
	jp_listing *listing;
	gint64 board;
};

static void
tell(const char *name, double value, const char *unit)
{
	printf("scrape %s\t%.*f\t%s\n", name, value < 100 ? 2 : 0, value, unit);
}

static double
seconds_since(gint64 began)
{
	return (double)(jp_monotonic_us() - began) / 1e6;
}

static void
die_of(GError *error)
{
	exit(jp_fail(error));
}

/* ---- the workload ----------------------------------------------------------------------- */

static cJSON *
as_greenhouse(const cJSON *job)
{
	cJSON *o = cJSON_CreateObject(), *place = cJSON_AddObjectToObject(o, "location");
	g_autofree char *html = g_strdup_printf(
	    "<p>%s</p>", jp_json_text(job, "text") ? jp_json_text(job, "text") : "");
	g_autofree char *content = jp_html_escape(html);
	g_autofree char *city =
	    g_strdup_printf("%s, %s", jp_json_text(job, "city"), jp_json_text(job, "country"));
	gint64 id = 0;

	(void)jp_json_int(job, "id", &id); /* the generator always gives one */
	cJSON_AddNumberToObject(o, "id", (double)id);
	cJSON_AddNumberToObject(o, "internal_job_id", (double)id);
	jp_json_add_text(o, "title", jp_json_text(job, "title"));
	jp_json_add_text(o, "company_name", jp_json_text(job, "company"));
	jp_json_add_text(o, "absolute_url", jp_json_text(job, "url"));
	jp_json_add_text(place, "name", city);
	jp_json_add_text(o, "content", content);
	jp_json_add_text(o, "first_published", "2026-09-01T08:00:00Z");
	return o;
}

static struct body *
read_body(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(cJSON) given = NULL;
	g_autoptr(cJSON) root = cJSON_CreateObject();
	g_autofree char *text = NULL;
	struct body *b = g_new0(struct body, 1);
	cJSON *jobs = cJSON_AddArrayToObject(root, "jobs");
	const cJSON *job;
	gsize len;

	if (!jp_file_read(path, JP_MAX_BODY, &text, &len, &error) ||
	    !(given = jp_json_parse(text, len, &error)))
		die_of(error);
	cJSON_ArrayForEach (job, jp_json_get(given, "jobs"))
		cJSON_AddItemToArray(jobs, as_greenhouse(job));
	b->text = jp_json_line(root);
	b->len = strlen(b->text);
	return b;
}

static void
body_free(gpointer data)
{
	struct body *b = data;

	g_free(b->text);
	jp_listing_free(b->listing);
	g_free(b);
}

static GPtrArray *
read_bodies(const char *folder)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(body_free);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_str_has_suffix(name, ".json"))
			g_ptr_array_add(list, read_body(path));
	}
	return list;
}

/* ---- ours ------------------------------------------------------------------------------- */

static guint
parse_all(GPtrArray *bodies)
{
	guint n = 0;

	for (guint i = 0; i < bodies->len; i++) {
		struct body *b = g_ptr_array_index(bodies, i);
		g_autofree char *token = g_strdup_printf("board%u", i);
		g_autoptr(GError) error = NULL;

		jp_listing_free(b->listing);
		b->listing = jp_listing_new();
		if (!jp_board_parse(
			b->listing, "greenhouse", token, NULL, b->text, b->len, NOW, &error))
			die_of(error);
		n += b->listing->postings->len;
	}
	return n;
}

static int
by_size(gconstpointer a, gconstpointer b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Reads all bodies some times, the first time with tables to build and memory to find; gives the
 * number of postings. */
static guint
measure_reading(GPtrArray *bodies)
{
	double seconds[PASSES];
	gsize bytes = 0;
	guint n = 0;

	for (guint i = 0; i < bodies->len; i++)
		bytes += ((struct body *)g_ptr_array_index(bodies, i))->len;
	for (guint i = 0; i < PASSES; i++) {
		gint64 began = jp_monotonic_us();

		n = parse_all(bodies);
		seconds[i] = seconds_since(began);
	}
	tell("read, the first time", n / seconds[0], "postings/s");
	qsort(seconds, PASSES, sizeof seconds[0], by_size);
	tell("read", n / seconds[PASSES / 2], "postings/s");
	tell("read bytes", (double)bytes / seconds[PASSES / 2] / 1e6, "MB/s");
	return n;
}

static void
add_boards(jp_db *db, GPtrArray *bodies)
{
	jp_db_begin(db, JP_TX_WRITE);
	for (guint i = 0; i < bodies->len; i++) {
		struct body *b = g_ptr_array_index(bodies, i);
		g_autofree char *token = g_strdup_printf("board%u", i);
		const jp_board_spec spec = {.kind = "greenhouse", .token = token};
		gboolean is_new, is_changed;

		b->board = jp_board_put(db, &spec, NOW, &is_new, &is_changed);
	}
	jp_db_commit(db);
}

/* Stores all listings, each transaction as soon as it has that many postings. */
static guint
store_all(jp_db *db, GPtrArray *bodies, guint many, gint64 now)
{
	jp_textindex *index = NULL;
	guint n = 0, waiting = 0;

	for (guint i = 0; i < bodies->len; i++) {
		struct body *b = g_ptr_array_index(bodies, i);
		jp_store_result result = {0};

		if (!index) {
			jp_db_begin(db, JP_TX_WRITE);
			index = jp_textindex_begin(db);
		}
		jp_posting_store_with(db, index, b->board, b->listing->postings, NULL,
		    JP_TRUST_COMPLETE, FALSE, now, &result);
		waiting += b->listing->postings->len;
		if (waiting >= many || i == bodies->len - 1) {
			jp_textindex_end(g_steal_pointer(&index));
			jp_db_commit(db);
			waiting = 0;
		}
		n += result.n_new + result.n_unchanged + result.n_changed;
		jp_store_result_clear(&result);
	}
	return n;
}

static jp_db *
fresh_db(const char *folder, jp_config **conf)
{
	g_autofree char *path = g_strdup_printf("%s.db", folder);
	g_autofree char *wal = g_strdup_printf("%s-wal", path);
	g_autofree char *shm = g_strdup_printf("%s-shm", path);
	g_autoptr(GError) error = NULL;
	jp_db *db;
	guint applied;

	(void)g_unlink(path), (void)g_unlink(wal),
	    (void)g_unlink(shm); /* of a run before, if any */
	g_setenv("JP_DATABASE", path, TRUE);
	if (!jp_config_load(conf, NULL, &error))
		die_of(error);
	db = jp_db_open(*conf, JP_DB_CREATE, &error);
	if (!db || !jp_db_migrate(db, &applied, &error))
		die_of(error);
	return db;
}

/* Into an empty database; with `again` also the same listings an hour later. */
static void
measure_ours(
    GPtrArray *bodies, const char *folder, guint n, const char *name, guint many, gboolean again)
{
	g_autoptr(jp_config) conf = NULL;
	g_autoptr(jp_db) db = fresh_db(folder, &conf);
	gint64 began;

	add_boards(db, bodies);
	began = jp_monotonic_us();
	g_assert_cmpuint(store_all(db, bodies, many, NOW), ==, n);
	tell(name, n / seconds_since(began), "postings/s");
	if (!again)
		return;
	began = jp_monotonic_us();
	g_assert_cmpuint(store_all(db, bodies, many, NOW + JP_HOUR), ==, n);
	tell("store unchanged", n / seconds_since(began), "postings/s");
}

/* ---- what a user would pick instead ----------------------------------------------------- */

static void
measure_jq(GPtrArray *bodies, const char *folder, guint n)
{
	static const char filter[] = "jq -c '.jobs[] | [.id, .title, .company_name, .absolute_url, "
				     ".location.name, .content, .first_published]' >/dev/null <";
	g_autofree char *path = g_strdup_printf("%s.bodies", folder);
	g_autofree char *command = g_strconcat(filter, path, NULL);
	FILE *f = fopen(path, "w"), *p;
	gint64 began;

	for (guint i = 0; f && i < bodies->len; i++)
		fputs(((struct body *)g_ptr_array_index(bodies, i))->text, f);
	if (!f || fclose(f) != 0)
		return;
	began = jp_monotonic_us();
	p = popen(command, "r");
	if (p && pclose(p) == 0)
		tell("read, jq", n / seconds_since(began), "postings/s");
}

static void
insert_plainly(sqlite3_stmt *st, const jp_posting *p)
{
	sqlite3_bind_text(st, 1, p->external_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, p->title, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, p->company, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 4, p->description, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 5, p->url, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 6, p->posted_at);
	g_assert_cmpint(sqlite3_step(st), ==, SQLITE_DONE);
	sqlite3_reset(st);
}

/* In the order of the rows, under the same ids. */
static void
index_plainly(sqlite3 *db, sqlite3_stmt *st, const jp_posting *p)
{
	sqlite3_bind_int64(st, 1, sqlite3_last_insert_rowid(db));
	sqlite3_bind_text(st, 2, p->title, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, p->company, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 4, p->description, -1, SQLITE_STATIC);
	g_assert_cmpint(sqlite3_step(st), ==, SQLITE_DONE);
	sqlite3_reset(st);
}

static sqlite3 *
plain_db(const char *folder)
{
	g_autofree char *path = g_strdup_printf("%s.plain.db", folder);
	sqlite3 *db = NULL;

	(void)g_unlink(path); /* of a run before, if any */
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	sqlite3_exec(db,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
	    "CREATE TABLE p (id TEXT, title TEXT, company TEXT, description TEXT, url TEXT, "
	    "posted INTEGER);"
	    "CREATE VIRTUAL TABLE t USING fts5(title, company, description, content = '', "
	    "columnsize = 0, detail = none, tokenize = 'porter');"
	    "INSERT INTO t (t, rank) VALUES ('automerge', 64), ('hashsize', 4194304)",
	    NULL, NULL, NULL);
	return db;
}

/* With a transaction as soon as there are so many postings. */
static void
measure_plain(GPtrArray *bodies, const char *folder, guint n, guint many, gboolean with_index)
{
	sqlite3 *db = plain_db(folder);
	sqlite3_stmt *row = NULL, *text = NULL;
	guint waiting = 0;
	gint64 began;

	sqlite3_prepare_v2(db, "INSERT INTO p VALUES (?, ?, ?, ?, ?, ?)", -1, &row, NULL);
	sqlite3_prepare_v2(db,
	    "INSERT INTO t (rowid, title, company, description) VALUES (?, ?, ?, ?)", -1, &text,
	    NULL);
	began = jp_monotonic_us();
	for (guint i = 0; i < bodies->len; i++) {
		const GPtrArray *postings = ((struct body *)bodies->pdata[i])->listing->postings;

		if (waiting == 0)
			sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		for (guint j = 0; j < postings->len; j++) {
			insert_plainly(row, postings->pdata[j]);
			if (with_index)
				index_plainly(db, text, postings->pdata[j]);
		}
		waiting += postings->len;
		if (waiting < many && i < bodies->len - 1)
			continue;
		sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
		waiting = 0;
	}
	tell(with_index ? "store new, plain inserts with FTS5" : "store new, plain inserts",
	    n / seconds_since(began), "postings/s");
	sqlite3_finalize(row);
	sqlite3_finalize(text);
	sqlite3_close(db);
}

int
main(int argc, char **argv)
{
	g_autoptr(GPtrArray) bodies = NULL;
	struct rusage usage;
	guint n;

	jp_init("bench-scrape");
	if (argc < 2)
		return JP_ERROR_USAGE;
	bodies = read_bodies(argv[1]);
	n = measure_reading(bodies);
	measure_jq(bodies, argv[1], n);
	measure_ours(bodies, argv[1], n, "store new", MANY_POSTINGS, TRUE);
	measure_ours(bodies, argv[1], n, "store new, a transaction a board", 1, FALSE);
	measure_plain(bodies, argv[1], n, 1, FALSE);
	measure_plain(bodies, argv[1], n, MANY_POSTINGS, TRUE);
	getrusage(RUSAGE_SELF, &usage);
	tell("peak memory", (double)usage.ru_maxrss / 1024, "MiB");
	return 0;
}
