/* The run over a database: what becomes a match, what stays due, and what a change does. */
#include "match/internal.h"
#include "rawdb.h"

#define NOW G_GINT64_CONSTANT(1790000000000)

/* Saves a search of the JSON; gives its id. */
static gint64
put_search(jp_db *db, gint64 subscriber, const char *json)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(cJSON) o = jp_json_parse(json, strlen(json), &error);
	g_autoptr(jp_search) s = jp_search_new();

	g_assert_no_error(error);
	jp_search_from_json(s, o, &error);
	g_assert_no_error(error);
	jp_search_check(s, &error);
	g_assert_no_error(error);
	s->subscriber_id = subscriber;
	return jp_search_put(db, s, NOW, NOW);
}

static gint64
put_search_now(jp_db *db, gint64 subscriber, const char *json)
{
	gint64 id;

	jp_db_begin(db, JP_TX_WRITE);
	id = put_search(db, subscriber, json);
	jp_db_commit(db);
	return id;
}

/* Stores one listing of a made-up board; titles ends with NULL. */
static void
store(jp_db *db, gint64 board, const char *const *titles, const char *text)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);
	jp_store_result result = {0};

	for (guint i = 0; titles[i]; i++) {
		g_autoptr(GError) error = NULL;
		jp_posting *p = jp_posting_new();

		p->external_id = g_strdup(titles[i]);
		p->title = g_strdup(titles[i]);
		p->description = g_strdup(text);
		p->url = g_strdup_printf("https://jobs.example.org/%u", i);
		jp_posting_add_place(p, "Berlin, Germany");
		jp_posting_normalise(p, "Fjordlight", &error);
		g_assert_no_error(error);
		g_ptr_array_add(list, p);
	}
	jp_db_begin(db, JP_TX_WRITE);
	jp_posting_store(db, board, list, NULL, JP_TRUST_COMPLETE, FALSE, jp_now(), &result);
	jp_db_commit(db);
	jp_store_result_clear(&result);
}

typedef struct fixture {
	tmpdb t;
	jp_db *db;
	gint64 board, anna;
	GString *lines; /* "SEARCH-NAME TITLE\n" of the last run */
	guint n_postings;
} fixture;

/* SQL of the test's own, beside the program's connection; gives the first column of the
 * first row. */
static gint64
raw(fixture *f, const char *sql)
{
	rawdb *db = raw_open(&f->t);
	gint64 value = raw_int(db, sql);

	raw_close(db);
	return value;
}

static gint64
add_subscriber(fixture *f, const char *email, const char *status)
{
	g_autofree char *sql = g_strdup_printf(
	    "INSERT INTO subscriber (email, email_key, timezone, frequency, hour, weekday, status, "
	    "created_at, updated_at) VALUES ('%s', '%s', 'UTC', 'daily', 8, 1, '%s', 0, 0) "
	    "RETURNING id",
	    email, email, status);

	return raw(f, sql);
}

static void
set_up(fixture *f, gconstpointer data)
{
	(void)data;
	g_setenv("JP_CLOCK", "2026-09-21T14:00:00Z", TRUE);
	f->db = tmpdb_open(&f->t);
	f->t.conf->match.min_score = 10;
	f->t.conf->match.max_age = 30 * JP_DAY;
	f->t.conf->match.backfill = 7 * JP_DAY;
	f->lines = g_string_new(NULL);
	f->board = raw(f,
	    "INSERT INTO board (kind, token, next_at, created_at) "
	    "VALUES ('greenhouse', 'fjordlight', 0, 0) RETURNING id");
	f->anna = add_subscriber(f, "anna@example.org", "active");
}

static void
tear_down(fixture *f, gconstpointer data)
{
	(void)data;
	tmpdb_close(&f->t);
	g_string_free(f->lines, TRUE);
}

static void
on_match(const jp_match_line *m, gpointer data)
{
	fixture *f = data;

	g_string_append_printf(f->lines, "%s: %s\n", m->search, m->title);
	g_assert_cmpint(m->score, >=, 10);
	g_assert_cmpstr(m->place, ==, "Berlin, Germany");
}

static void
run_with(fixture *f, GArray *only, gboolean dry_run, const char *expected)
{
	jp_match_run r = {.db = f->db,
	    .conf = f->t.conf,
	    .only = only,
	    .dry_run = dry_run,
	    .on_match = on_match,
	    .data = f};

	g_string_truncate(f->lines, 0);
	jp_match_run_all(&r);
	g_assert_cmpstr(f->lines->str, ==, expected);
	f->n_postings = r.n_postings;
}

static void
run(fixture *f, const char *expected)
{
	run_with(f, NULL, FALSE, expected);
}

/* ---- the cases -------------------------------------------------------------------------- */

#define RUST "{\"name\": \"rust\", \"query\": \"rust\"}"

static const char *const two[] = {"Rust Engineer", "Cook", NULL};

static void
test_new_postings(fixture *f, gconstpointer data)
{
	(void)data;
	put_search_now(f->db, f->anna, RUST);
	store(f->db, f->board, two, "Join us.");
	run(f, "rust: Rust Engineer\n");
	g_assert_cmpuint(f->n_postings, ==, 2);
	g_assert_cmpint(raw(f, "SELECT count(*) FROM match"), ==, 1);
	g_assert_cmpint(raw(f, "SELECT count(*) FROM posting WHERE match_due = 1"), ==, 0);
	g_assert_cmpint(raw(f, "SELECT count(*) FROM search WHERE match_due = 1"), ==, 0);
	run(f, "");
	g_assert_cmpuint(f->n_postings, ==, 0);
	g_assert_cmpint(raw(f, "SELECT count(*) FROM match"), ==, 1);
}

/* The points of a match's reasons, as stored, make its score. */
static void
test_reasons_stored(fixture *f, gconstpointer data)
{
	(void)data;
	put_search_now(f->db, f->anna,
	    "{\"name\": \"rust\", \"query\": \"rust OR cook\", \"locations\": [\"Berlin\"], "
	    "\"salary_min\": \"50k EUR\", \"levels\": [\"senior\", \"mid\"]}");
	store(f->db, f->board, two, "Join us.");
	run(f, "rust: Rust Engineer\nrust: Cook\n");
	g_assert_cmpint(
	    raw(f,
		tmpdb_either(&f->t,
		    "SELECT count(*) FROM match m WHERE score <> (SELECT "
		    "sum(json_extract(r.value, '$.points')) FROM json_each(m.reasons) r)",
		    "SELECT count(*) FROM match m WHERE score <> (SELECT "
		    "sum(CAST(r.value ->> 'points' AS bigint))"
		    " FROM json_array_elements(m.reasons::json) r)")),
	    ==, 0);
	g_assert_cmpint(
	    raw(f,
		tmpdb_either(&f->t,
		    "SELECT count(*) FROM match m, json_each(m.reasons) r WHERE "
		    "json_extract(r.value, '$.what') = 'salary is not stated'",
		    "SELECT count(*) FROM match m, json_array_elements(m.reasons::json) r"
		    " WHERE r.value ->> 'what' = 'salary is not stated'")),
	    ==, 2);
}

static void
test_new_search(fixture *f, gconstpointer data)
{
	(void)data;
	store(f->db, f->board, two, "Join us.");
	run(f, "");
	put_search_now(f->db, f->anna, RUST);
	run(f, "rust: Rust Engineer\n");
	run(f, "");
}

static void
test_backfill(fixture *f, gconstpointer data)
{
	(void)data;
	store(f->db, f->board, two, "Join us.");
	run(f, "");
	raw(f, "UPDATE posting SET first_seen = first_seen - 8 * 86400000");
	put_search_now(f->db, f->anna, RUST);
	run(f, "");
	g_assert_cmpint(raw(f, "SELECT match_due FROM search"), ==, 0);
}

static void
test_edited_search(fixture *f, gconstpointer data)
{
	gint64 id = put_search_now(f->db, f->anna, RUST);

	(void)data;
	store(f->db, f->board, two, "Join us.");
	run(f, "rust: Rust Engineer\n");
	g_assert_cmpint(
	    put_search_now(f->db, f->anna, "{\"name\": \"rust\", \"query\": \"cook\"}"), ==, id);
	g_assert_cmpint(raw(f, "SELECT count(*) FROM match"), ==, 0);
	g_assert_cmpint(raw(f, "SELECT revision FROM search"), ==, 2);
	run(f, "rust: Cook\n");
	g_assert_cmpint(raw(f, "SELECT count(*) FROM match"), ==, 1);
}

/* Saving the same again, or only how often it is mailed, matches nothing anew. */
static void
test_same_search(fixture *f, gconstpointer data)
{
	(void)data;
	put_search_now(f->db, f->anna, RUST);
	store(f->db, f->board, two, "Join us.");
	run(f, "rust: Rust Engineer\n");
	put_search_now(f->db, f->anna, RUST);
	g_assert_cmpint(raw(f, "SELECT match_due FROM search"), ==, 0);
	put_search_now(
	    f->db, f->anna, "{\"name\": \"rust\", \"query\": \"rust\", \"frequency\": \"weekly\"}");
	g_assert_cmpint(raw(f, "SELECT match_due FROM search"), ==, 0);
	g_assert_cmpint(raw(f, "SELECT count(*) FROM search WHERE frequency = 'weekly'"), ==, 1);
	g_assert_cmpint(raw(f, "SELECT revision FROM search"), ==, 1);
	run(f, "");
}

/* A match follows the new text of its posting, unless it was mailed. */
static void
test_changed_posting(fixture *f, gconstpointer data)
{
	static const char *const one[] = {"Engineer", NULL};

	(void)data;
	put_search_now(f->db, f->anna, RUST);
	put_search_now(f->db, f->anna, "{\"name\": \"mailed\", \"query\": \"rust\"}");
	store(f->db, f->board, one, "We write Rust.");
	run(f, "rust: Engineer\nmailed: Engineer\n");
	raw(f,
	    "INSERT INTO message (message_id, state, subject, n_postings, composed_at, "
	    "next_try_at) "
	    "VALUES ('1@example.org', 'sent', '', 1, 0, 0)");
	raw(f,
	    "UPDATE match SET message_id = 1 WHERE search_id = (SELECT id FROM search "
	    "WHERE name = 'mailed')");
	store(f->db, f->board, one, "We write Rust, and rust, and rust again.");
	run(f, "rust: Engineer\n");
	store(f->db, f->board, one, "We write letters.");
	run(f, "");
	g_assert_cmpint(raw(f, "SELECT count(*) FROM match"), ==, 1);
	g_assert_cmpint(raw(f, "SELECT message_id FROM match"), ==, 1);
}

static void
test_closed_posting(fixture *f, gconstpointer data)
{
	(void)data;
	put_search_now(f->db, f->anna, RUST);
	store(f->db, f->board, two, "Join us.");
	raw(f, "UPDATE posting SET closed_at = 1");
	run(f, "");
	g_assert_cmpint(raw(f, "SELECT count(*) FROM posting WHERE match_due = 1"), ==, 0);
}

static void
test_inactive(fixture *f, gconstpointer data)
{
	gint64 pending = add_subscriber(f, "pending@example.org", "pending");
	gint64 paused =
	    put_search_now(f->db, f->anna, "{\"name\": \"paused\", \"query\": \"cook\"}");

	(void)data;
	put_search_now(f->db, pending, RUST);
	jp_db_begin(f->db, JP_TX_WRITE);
	jp_db_exec(f->db, JP_SQL_SEARCH_PAUSE,
	    JP_ARGS(JP_INT(f->anna), JP_INT(paused), JP_INT(NOW), JP_INT(NOW)));
	jp_db_commit(f->db);
	store(f->db, f->board, two, "Join us.");
	run(f, "");
	raw(f, "UPDATE subscriber SET status = 'active'");
	jp_db_begin(f->db, JP_TX_WRITE);
	jp_db_exec(f->db, JP_SQL_SEARCH_REMATCH, JP_ARGS(JP_INT(pending)));
	jp_db_exec(f->db, JP_SQL_SEARCH_PAUSE,
	    JP_ARGS(JP_INT(f->anna), JP_INT(paused), JP_NULL, JP_INT(NOW)));
	jp_db_commit(f->db);
	run(f, "rust: Rust Engineer\npaused: Cook\n");
}

static void
test_chosen(fixture *f, gconstpointer data)
{
	g_autoptr(GArray) only = g_array_new(FALSE, FALSE, sizeof(gint64));
	gint64 id;

	(void)data;
	run(f, "");
	put_search_now(f->db, f->anna, "{\"name\": \"all\"}");
	run(f, "");
	store(f->db, f->board, two, "Join us.");
	run_with(f, only, FALSE, "");
	id = raw(f, "SELECT id FROM posting WHERE title = 'Cook'");
	g_array_append_val(only, id);
	run_with(f, only, FALSE, "all: Cook\n");
	run_with(f, only, FALSE, "");
	run(f, "all: Rust Engineer\n");
}

static void
test_dry_run(fixture *f, gconstpointer data)
{
	(void)data;
	put_search_now(f->db, f->anna, RUST);
	store(f->db, f->board, two, "Join us.");
	run_with(f, NULL, TRUE, "rust: Rust Engineer\n");
	g_assert_cmpint(raw(f, "SELECT count(*) FROM match"), ==, 0);
	g_assert_cmpint(raw(f, "SELECT count(*) FROM posting WHERE match_due = 1"), ==, 2);
	run(f, "rust: Rust Engineer\n");
}

/* A search that is added while a run is at work is found by the fingerprint of the next batch. */
static void
add_search_once(const jp_match_line *m, gpointer data)
{
	fixture *f = data;

	on_match(m, data);
	if (raw(f, "SELECT count(*) FROM search") == 1)
		put_search_now(f->db, f->anna, "{\"name\": \"late\", \"query\": \"last\"}");
}

static void
test_search_meanwhile(fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) titles = g_ptr_array_new_with_free_func(g_free);
	jp_match_run r = {.db = f->db, .conf = f->t.conf, .on_match = add_search_once, .data = f};

	(void)data;
	g_ptr_array_add(titles, g_strdup("Rust Engineer"));
	for (int i = 0; i < 250; i++)
		g_ptr_array_add(titles, g_strdup_printf("Cook %d", i));
	g_ptr_array_add(titles, g_strdup("The last one"));
	g_ptr_array_add(titles, NULL);
	put_search_now(f->db, f->anna, RUST);
	store(f->db, f->board, (const char *const *)titles->pdata, "Join us.");
	jp_match_run_all(&r);
	g_assert_cmpstr(f->lines->str, ==, "rust: Rust Engineer\nlate: The last one\n");
}

static void
test_broken_row(fixture *f, gconstpointer data)
{
	(void)data;
	put_search_now(f->db, f->anna, RUST);
	put_search_now(f->db, f->anna, "{\"name\": \"broken\"}");
	raw(f, "UPDATE search SET query = '(' WHERE name = 'broken'");
	store(f->db, f->board, two, "Join us.");
	run(f, "rust: Rust Engineer\n");
	raw(f, "UPDATE search SET levels = '[\"boss\"]' WHERE name = 'broken'");
	raw(f, "UPDATE posting SET match_due = 1");
	run(f, "");
	g_assert_cmpuint(f->n_postings, ==, 2);
}

/* ---- rows ------------------------------------------------------------------------------- */

static void
test_load(fixture *f, gconstpointer data)
{
	static const char json[] =
	    "{\"name\":\"all of it\",\"query\":\"a OR "
	    "b\",\"titles\":[\"x\"],\"skills\":[\"kubernetes\"],"
	    "\"locations\":[\"Berlin\",\"Austria\"],\"remote\":[\"remote\"],\"levels\":[\"senior\"]"
	    ","
	    "\"types\":[\"full_time\"],\"companies\":{\"in\":[\"Foo\"],\"out\":[\"Bar\"]},"
	    "\"languages\":[\"de\"],\"salary_min\":\"60000 "
	    "EUR/year\",\"max_age\":\"2w\",\"min_score\":40,"
	    "\"frequency\":\"weekly\"}";
	gint64 id = put_search_now(f->db, f->anna, json);
	g_autoptr(jp_search) s = jp_search_load(f->db, id);
	g_autoptr(cJSON) o = jp_search_to_json(s);
	g_autofree char *text = jp_json_line(o);
	g_autoptr(GPtrArray) list = jp_search_list(f->db, f->anna);

	(void)data;
	g_assert_cmpstr(text, ==, json);
	g_assert_cmpuint(list->len, ==, 1);
	g_assert_null(jp_search_load(f->db, id + 1));
	jp_db_begin(f->db, JP_TX_WRITE);
	g_assert_false(jp_search_remove(f->db, f->anna + 1, id));
	g_assert_true(jp_search_remove(f->db, f->anna, id));
	g_assert_false(jp_search_remove(f->db, f->anna, id));
	jp_db_commit(f->db);
	g_assert_null(jp_search_load(f->db, id));
}

/* ---- explaining what is stored ---------------------------------------------------------- */

static void
note_told(const jp_search *s, const jp_hit *h, gboolean matches, gpointer data)
{
	const jp_reason *last = g_ptr_array_index(h->reasons, h->reasons->len - 1);

	g_string_append_printf(data, "%s: %d, %s\n", s->name, matches, last->what);
}

static void
test_explain_stored(fixture *f, gconstpointer data)
{
	g_autoptr(GString) told = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	gint64 rust = put_search_now(f->db, f->anna, RUST);
	gint64 cook;

	(void)data;
	put_search_now(
	    f->db, f->anna, "{\"name\": \"cook\", \"query\": \"cook\", \"max_age\": \"1h\"}");
	store(f->db, f->board, two, "Join us.");
	cook = raw(f, "SELECT id FROM posting WHERE title = 'Cook'");
	raw(f, "UPDATE posting SET closed_at = 1 WHERE title = 'Rust Engineer'");
	g_assert_true(
	    jp_match_explain_stored(f->db, f->t.conf, f->anna, cook, 0, note_told, told, &error));
	g_assert_cmpstr(told->str, ==,
	    "rust: 0, first seen 0 days ago, which is within 30d\n"
	    "cook: 1, first seen 0 days ago, which is within 1h\n");
	g_string_truncate(told, 0);
	g_assert_true(jp_match_explain_stored(f->db, f->t.conf, f->anna,
	    raw(f, "SELECT id FROM posting WHERE title = 'Rust Engineer'"), rust, note_told, told,
	    &error));
	g_assert_cmpstr(told->str, ==, "rust: 0, the posting is closed\n");
	g_assert_false(
	    jp_match_explain_stored(f->db, f->t.conf, f->anna, 999, 0, note_told, told, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	g_clear_error(&error);
	g_assert_false(
	    jp_match_explain_stored(f->db, f->t.conf, f->anna, cook, 999, note_told, told, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
}

#define CASE(name, test) g_test_add("/match/" name, fixture, NULL, set_up, test, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_setenv("JP_CLOCK", "2026-09-21T14:00:00Z", TRUE);
	jp_init("match-run");
	CASE("run/new-postings", test_new_postings);
	CASE("run/reasons-stored", test_reasons_stored);
	CASE("run/new-search", test_new_search);
	CASE("run/backfill", test_backfill);
	CASE("run/edited-search", test_edited_search);
	CASE("run/same-search", test_same_search);
	CASE("run/changed-posting", test_changed_posting);
	CASE("run/closed-posting", test_closed_posting);
	CASE("run/inactive", test_inactive);
	CASE("run/chosen", test_chosen);
	CASE("run/dry-run", test_dry_run);
	CASE("run/search-meanwhile", test_search_meanwhile);
	CASE("run/broken-row", test_broken_row);
	CASE("store/load", test_load);
	CASE("explain/stored", test_explain_stored);
	return g_test_run();
}
