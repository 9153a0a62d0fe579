/*
 * lexeme.c and textindex.c: what the full-text index holds, and that it is always exactly that,
 * whatever happens to the postings.
 */
#include "base/base.h"
#include "board/board.h"
#include "posting/internal.h"
#include "rawdb.h"

#define T0 (1700000000 * JP_SECOND)

/* ---- lexemes --------------------------------------------------------------------------------- */

static jp_posting *
posting_new(const char *title, const char *company, const char *text, const char *language)
{
	jp_posting *p = jp_posting_new();

	p->title = g_strdup(title);
	p->company = g_strdup(company);
	p->description = g_strdup(text);
	p->language = g_strdup(language);
	return p;
}

static void
test_lexemes(void)
{
	static const struct {
		const char *title, *company, *text, *language, *skills, *want;
	} cases[] = {
	    {"Engineer", "Fjord", "engineers", "en", NULL, "t:engin engin c:fjord"},
	    {"C++ and C#", "A", "c", NULL, NULL, "t:c++ c++ t:and and t:c# c# c:a c"},
	    {"R", "B", ".NET node.js", "en", NULL, "t:r r c:b .net node js"},
	    {"Zürich", "ZURICH", "zurich", "en", NULL, "t:zurich zurich c:zurich"},
	    {"x", "y", "Häuser Häusern", "de", NULL, "t:x x c:y haus"},
	    {"x", "y", "houses", "xx", NULL, "t:x x c:y houses"},
	    {"x", "y", NULL, "en", "c++,ci/cd,machine learning",
		"t:x x c:y s:c++ s:ci_cd s:machine_learning"},
	    {"!?", "-", "\"' OR * ( ^ :", "en", NULL, "or"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_lexemes) l = jp_lexemes_new();
		g_autoptr(jp_posting) p =
		    posting_new(cases[i].title, cases[i].company, cases[i].text, cases[i].language);
		g_auto(GStrv) skills = g_strsplit(cases[i].skills ? cases[i].skills : "", ",", -1);

		for (guint k = 0; skills[k]; k++)
			g_ptr_array_add(p->skills, g_strdup(skills[k]));
		g_assert_cmpstr(jp_lexemes_of(l, p), ==, cases[i].want);
		g_assert_cmpstr(jp_lexemes_of(l, p), ==, cases[i].want); /* remembered */
	}
}

/* Bounded in length at a character, and in number. */
static void
test_bounds(void)
{
	g_autoptr(jp_lexemes) l = jp_lexemes_new();
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(jp_posting) p = NULL;
	g_auto(GStrv) list = NULL;

	for (guint i = 0; i < 60; i++)
		g_string_append(text, "\320\266"); /* two bytes each, and no stem in English */
	p = posting_new("x", "y", text->str, "xx");
	list = g_strsplit(jp_lexemes_of(l, p), " ", -1);
	g_assert_cmpuint(strlen(list[3]), ==, JP_MAX_LEXEME);
	g_assert_true(g_utf8_validate(list[3], -1, NULL));
	g_clear_pointer(&list, g_strfreev);
	g_string_truncate(text, 0);
	for (guint i = 0; i < 2 * JP_MAX_LEXEMES; i++)
		g_string_append_printf(text, "w%u ", i);
	g_free(p->description);
	p->description = g_strdup(text->str);
	list = g_strsplit(jp_lexemes_of(l, p), " ", -1);
	g_assert_cmpuint(g_strv_length(list), ==, JP_MAX_LEXEMES);
}

/* More words than are remembered: nothing changes but the speed. */
static void
test_forgetting(void)
{
	g_autoptr(jp_lexemes) l = jp_lexemes_new();
	g_autoptr(jp_posting) first = posting_new("Engineers", "Fjord", "building houses", "en");
	g_autofree char *want = g_strdup(jp_lexemes_of(l, first));

	for (guint i = 0; i < 60; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(jp_posting) p = NULL;

		for (guint k = 0; k < 2000; k++)
			g_string_append_printf(text, "w%uq%u ", i, k);
		p = posting_new("Engineers", "Fjord", text->str, "en");
		g_assert_true(g_str_has_prefix(jp_lexemes_of(l, p), "t:engin engin c:fjord w"));
		g_assert_cmpstr(jp_lexemes_of(l, first), ==, want);
	}
}

/* Words that begin alike, of every length, are words of their own, and the same word is another one
 * in another language. */
static void
test_alike(void)
{
	g_autoptr(jp_lexemes) l = jp_lexemes_new();
	g_autoptr(GString) text = g_string_new(NULL), want = g_string_new("t:x x c:y");
	g_autoptr(jp_posting) p = NULL, english = posting_new("x", "y", "houses", "en");
	g_autoptr(jp_posting) german = posting_new("x", "y", "houses", "de");
	g_autoptr(jp_posting) none = posting_new("x", "y", "houses", "xx");

	for (guint n = 1; n <= JP_MAX_LEXEME; n++)
		for (char c = 'a'; c <= 'c'; c++)
			g_string_append_printf(text, " %.*s%c", (int)n - 1,
			    "mnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmnmn", c);
	g_string_append(want, text->str);
	p = posting_new("x", "y", text->str, "xx");
	for (guint i = 0; i < 3; i++) {
		g_assert_cmpstr(jp_lexemes_of(l, p), ==, want->str);
		g_assert_cmpstr(jp_lexemes_of(l, english), ==, "t:x x c:y hous");
		g_assert_cmpstr(jp_lexemes_of(l, german), ==, "t:x x c:y hous");
		g_assert_cmpstr(jp_lexemes_of(l, none), ==, "t:x x c:y houses");
	}
}

/* "lexeme id" of every posting gathered, sorted, a line each. */
static char *
turned_lines(jp_lexemes *l)
{
	jp_gathered *g = jp_lexemes_gathered(l);
	g_auto(jp_turned) t = {0};
	GString *out = g_string_new(NULL);

	jp_turn(g, &t);
	for (guint i = 0; i < g->n_terms; i++)
		for (guint k = 0; k < t.words[i].n; k++)
			g_string_append_printf(out, "%.*s %" G_GINT64_FORMAT "\n",
			    (int)t.words[i].len, t.words[i].text, g->ids[t.words[i].rows[k]]);
	return g_string_free(out, FALSE);
}

static gint
by_lexeme(gconstpointer a, gconstpointer b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	g_autofree char *one = g_strndup(x, strcspn(x, " ")),
			*other = g_strndup(y, strcspn(y, " "));
	int order = strcmp(one, other);

	return order ? order
		     : (int)(strtol(strchr(x, ' '), NULL, 10) - strtol(strchr(y, ' '), NULL, 10));
}

/* Lexemes of many postings, sorted with their postings, are those of each; some begin alike, longer
 * than what is sorted at once, and some are a part of others. */
static void
test_turned(void)
{
	static const char *const stems[] = {"a", "ab", "abcdefg", "abcdefgh", "abcdefghi",
	    "abcdefghij", "abcdefghijk", "abcdefgi", "abcdefghik", "zz", "\303\274ber",
	    "\321\201\320\273"};
	g_autoptr(jp_lexemes) l = jp_lexemes_new(), other = jp_lexemes_new();
	g_autoptr(GPtrArray) want = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GRand) r = g_rand_new_with_seed(8);
	g_autofree char *lines = NULL, *wanted_lines = NULL, *nothing = NULL;

	nothing = turned_lines(l);
	g_assert_cmpstr(nothing, ==, "");
	for (gint64 id = 1; id <= 200; id++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(jp_posting) p = NULL;
		g_auto(GStrv) list = NULL;

		for (int n = g_rand_int_range(r, 0, 12); n > 0; n--)
			g_string_append_printf(
			    text, "%s ", stems[g_rand_int_range(r, 0, G_N_ELEMENTS(stems))]);
		p = posting_new(stems[id % 7], "Fjord", text->str, "xx");
		p->id = id;
		jp_lexemes_gather(l, p);
		g_assert_cmpstr(
		    jp_lexemes_gathered_text(l, (guint)id - 1), ==, jp_lexemes_of(other, p));
		list = g_strsplit(jp_lexemes_of(other, p), " ", -1);
		for (guint i = 0; list[i]; i++)
			g_ptr_array_add(want, g_strdup_printf("%s %" G_GINT64_FORMAT, list[i], id));
	}
	g_ptr_array_sort(want, by_lexeme);
	g_ptr_array_add(want, g_strdup(""));
	g_ptr_array_add(want, NULL);
	lines = turned_lines(l);
	wanted_lines = g_strjoinv("\n", (char **)want->pdata);
	g_assert_cmpstr(lines, ==, wanted_lines);
	jp_lexemes_let_go(l);
	g_assert_cmpuint(jp_lexemes_gathered(l)->n_terms, ==, 0);
}

/* There is an end to what is gathered, in lexemes and in words that are remembered. */
static void
test_room(void)
{
	g_autoptr(jp_lexemes) l = jp_lexemes_new();

	for (guint kind = 0; kind < 2; kind++) {
		guint n = 0;

		for (; jp_lexemes_has_room(l); n++) {
			g_autoptr(GString) text = g_string_new(NULL);
			g_autoptr(jp_posting) p = NULL;

			for (guint i = 0; i < 2000; i++)
				g_string_append_printf(text, "w%u ", kind ? i : n * 2000 + i);
			p = posting_new("x", "y", text->str, "xx");
			p->id = n + 1;
			jp_lexemes_gather(l, p);
		}
		g_assert_cmpuint(n, >=, 20);
		g_assert_cmpuint(n, <=, 210);
		jp_lexemes_let_go(l);
		g_assert_true(jp_lexemes_has_room(l));
	}
}

/* ---- the index ------------------------------------------------------------------------------- */

typedef struct fixture {
	tmpdb t;
	rawdb *raw;
	gint64 board, other;
	GRand *rand;
} fixture;

static void
set_up(fixture *f, gconstpointer data)
{
	(void)data;
	tmpdb_open(&f->t);
	f->raw = raw_open(&f->t);
	f->board = raw_board(f->raw, "greenhouse");
	f->other = raw_board(f->raw, "greenhouse");
	raw_words(f->raw);
	f->rand = g_rand_new_with_seed(20261001);
}

static void
tear_down(fixture *f, gconstpointer data)
{
	(void)data;
	g_rand_free(f->rand);
	raw_close(f->raw);
	tmpdb_close(&f->t);
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "lexeme id" of every posting that is stored, sorted, a line each. */
static char *
wanted(fixture *f)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(jp_lexemes) l = jp_lexemes_new();
	gint64 last = raw_int(f->raw, "SELECT max(id) FROM posting");

	for (gint64 id = 1; id <= last; id++) {
		g_autoptr(jp_posting) p = jp_posting_load(f->t.db, id);
		g_auto(GStrv) list = p ? g_strsplit(jp_lexemes_of(l, p), " ", -1) : NULL;

		for (guint i = 0; list && list[i]; i++)
			g_ptr_array_add(all, g_strdup_printf("%s %" G_GINT64_FORMAT, list[i], id));
	}
	g_ptr_array_sort(all, by_text);
	g_ptr_array_add(all, NULL);
	return g_strjoinv("\n", (char **)all->pdata);
}

/* The same of what the index holds. */
static char *
held(fixture *f)
{
	char *text = raw_text(f->raw,
	    tmpdb_either(&f->t,
		"SELECT group_concat(line, char(10)) FROM"
		" (SELECT term || ' ' || doc AS line FROM temp.words ORDER BY 1)",
		"SELECT string_agg(line, chr(10) ORDER BY line COLLATE \"C\") FROM"
		" (SELECT word || ' ' || posting_id AS line FROM posting_text,"
		" unnest(tsvector_to_array(lexemes)) AS word) AS lines"));

	return text ? text : g_strdup("");
}

static void
assert_exact(fixture *f)
{
	g_autofree char *want = wanted(f), *have = held(f);

	g_assert_cmpstr(have, ==, want);
	if (f->raw->file)
		raw_do(
		    f->raw, "INSERT INTO posting_text (posting_text) VALUES ('integrity-check')");
}

/* A listing of the letters' postings; the same seed gives the same texts. */
static GPtrArray *
listing(const char *ids, guint seed)
{
	static const char *const words[] = {"engineers", "welding", "C++", "C#", ".NET", "houses",
	    "data", "Zürich", "python", "nurse", "night", "shifts"};
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);

	for (; *ids; ids++) {
		g_autoptr(GRand) r = g_rand_new_with_seed(seed * 256 + (guint)*ids);
		g_autoptr(GString) text = g_string_new("We look for");
		g_autoptr(GError) error = NULL;
		jp_posting *p = jp_posting_new();

		for (int n = g_rand_int_range(r, 3, 9); n > 0; n--)
			g_string_append_printf(text, " %s",
			    words[g_rand_int_range(r, 0, (gint32)G_N_ELEMENTS(words))]);
		p->external_id = g_strdup_printf("%c", *ids);
		p->title = g_strdup_printf("Fitter %s", words[g_rand_int_range(r, 0, 12)]);
		p->description = g_strdup(text->str);
		p->url = g_strdup_printf("https://jobs.example.org/%c/%u", *ids, seed);
		jp_posting_normalise(p, "Lantern Works", &error);
		g_assert_no_error(error);
		g_ptr_array_add(list, p);
	}
	return list;
}

static void
store(fixture *f, gint64 board, const char *ids, guint seed, gint64 now)
{
	g_autoptr(GPtrArray) list = listing(ids, seed);
	jp_store_result result = {0};

	jp_db_begin(f->t.db, JP_TX_WRITE);
	jp_posting_store(f->t.db, board, list, NULL, JP_TRUST_COMPLETE, FALSE, now, &result);
	jp_db_commit(f->t.db);
	jp_store_result_clear(&result);
}

static gint64
prune(fixture *f, gint64 before)
{
	gint64 n;

	jp_db_begin(f->t.db, JP_TX_WRITE);
	n = jp_posting_prune(f->t.db, before, 100);
	jp_db_commit(f->t.db);
	return n;
}

static void
test_life(fixture *f, gconstpointer data)
{
	(void)data;
	g_assert_cmpint(jp_textindex_look(f->t.db), ==, JP_TEXTINDEX_WHOLE);
	store(f, f->board, "abc", 1, T0);
	assert_exact(f);
	store(f, f->board, "abc", 2, T0 + 1); /* changed */
	assert_exact(f);
	store(f, f->board, "ab", 2, T0 + 2); /* c is missed, */
	store(f, f->board, "ab", 2, T0 + 3); /* closed, */
	raw_assert_int(f->raw, "SELECT count(*) FROM posting WHERE closed_at IS NOT NULL", 1);
	assert_exact(f);
	store(f, f->board, "abc", 3, T0 + 4); /* and reopened with another text */
	assert_exact(f);
	store(f, f->board, "a", 3, T0 + 5);
	store(f, f->board, "a", 3, T0 + 6);
	g_assert_cmpint(prune(f, T0 + 7), ==, 2);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting", 1);
	assert_exact(f);
}

/* A board goes with its postings. */
static void
test_board_removed(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, f->board, "abc", 1, T0);
	store(f, f->other, "xyz", 1, T0);
	jp_db_begin(f->t.db, JP_TX_WRITE);
	g_assert_true(jp_board_remove(f->t.db, f->board));
	jp_db_commit(f->t.db);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting", 3);
	assert_exact(f);
}

/* Rows that somebody put in with SQL of his own are not in the index, and may go. */
static void
test_strangers(fixture *f, gconstpointer data)
{
	(void)data;
	store(f, f->board, "a", 1, T0);
	for (guint i = 0; i < 5; i++) {
		g_autofree char *copy = g_strdup_printf(
		    "INSERT INTO posting (board_id, external_id, title, company, description, url,"
		    " apply_url, first_seen, last_seen, hash, hash_version, dedupe_key, closed_at,"
		    " close_reason) SELECT 1, 'stranger-%u', title, company, description, url,"
		    " apply_url, 1, 1, hash, 1, 1, 1, 'missing' FROM posting WHERE id = 1",
		    i);

		raw_do(f->raw, copy);
	}
	g_assert_cmpint(prune(f, T0), ==, 5);
	assert_exact(f);
}

static void
test_rolled_back(fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = listing("abc", 2);
	jp_store_result result = {0};

	(void)data;
	store(f, f->board, "abc", 1, T0);
	jp_db_begin(f->t.db, JP_TX_WRITE);
	jp_posting_store(f->t.db, f->board, list, NULL, JP_TRUST_COMPLETE, FALSE, T0 + 1, &result);
	jp_db_rollback(f->t.db);
	jp_store_result_clear(&result);
	assert_exact(f);
}

/* Random histories of two boards. */
static void
test_histories(fixture *f, gconstpointer data)
{
	guint n = g_getenv("JP_SOAK") ? 3000 : 60;

	(void)data;
	for (guint i = 0; i < n; i++) {
		gint64 now = T0 + i * JP_HOUR;
		char ids[13] = "";
		guint len = 0;

		for (char c = 'a'; c < 'm'; c++)
			if (g_rand_boolean(f->rand))
				ids[len++] = c;
		ids[len] = '\0';
		store(f, g_rand_boolean(f->rand) ? f->board : f->other, ids,
		    (guint)g_rand_int_range(f->rand, 0, 4), now);
		if (g_rand_int_range(f->rand, 0, 5) == 0)
			(void)prune(f, now - 3 * JP_HOUR);
		if (g_rand_int_range(f->rand, 0, 20) == 0)
			g_assert_true(jp_textindex_build(f->t.db, TRUE, NULL, NULL));
		if (i % 7 == 0)
			assert_exact(f);
	}
	assert_exact(f);
}

/* ---- building -------------------------------------------------------------------------------- */

/* Many postings without an index, as a database has them that is older than it. */
static void
fill_without_index(fixture *f, guint n)
{
	raw_do(f->raw, "UPDATE text_index SET version = 0");
	for (guint i = 0; i < n; i++)
		store(f, f->board, "abcdefghijklmnopqrstuvwxyz", i, T0 + i);
	for (guint i = 0; i < n; i++) {
		g_autofree char *copy = g_strdup_printf(
		    "INSERT INTO posting (board_id, external_id, title, company, description, url,"
		    " apply_url, language, first_seen, last_seen, hash, hash_version, dedupe_key)"
		    " SELECT board_id, external_id || '-%u', title, company, description || ' %u',"
		    " url, apply_url, language, first_seen, last_seen, hash, hash_version, 1"
		    " FROM posting WHERE length(external_id) = 1",
		    i, i);

		raw_do(f->raw, copy);
	}
	raw_assert_int(f->raw,
	    tmpdb_either(
		&f->t, "SELECT count(*) FROM temp.words", "SELECT count(*) FROM posting_text"),
	    0);
}

static void
note(gint64 n, gint64 of, gpointer data)
{
	gint64 *last = data;

	g_assert_cmpint(n, >=, *last);
	g_assert_cmpint(n, <=, of);
	*last = n;
}

static void
test_build(fixture *f, gconstpointer data)
{
	gint64 last = 0;

	(void)data;
	fill_without_index(f, 20);
	g_assert_cmpint(jp_textindex_look(f->t.db), ==, JP_TEXTINDEX_NONE);
	g_assert_true(jp_textindex_build(f->t.db, FALSE, note, &last));
	g_assert_cmpint(last, ==, 21 * 26);
	g_assert_cmpint(jp_textindex_look(f->t.db), ==, JP_TEXTINDEX_WHOLE);
	assert_exact(f);
	g_assert_true(jp_textindex_build(f->t.db, FALSE, NULL, NULL)); /* nothing to do */
	store(f, f->board, "abcdefghijklmnopqrstuvwxyz", 99, T0 + JP_DAY);
	assert_exact(f);
	g_assert_true(jp_textindex_build(f->t.db, TRUE, NULL, NULL));
	assert_exact(f);
}

static void
die_after_first(gint64 n, gint64 of, gpointer data)
{
	(void)n;
	(void)of;
	(void)data;
	_exit(7);
}

static void
build_and_die(gpointer data)
{
	const fixture *f = data;
	g_autoptr(GError) error = NULL;
	jp_db *db = jp_db_open(f->t.conf, JP_DB_OPEN, &error);

	g_assert_no_error(error);
	(void)jp_textindex_build(db, FALSE, die_after_first, NULL);
	_exit(8);
}

/* Killed in the middle; meanwhile others write on both sides of where it was. */
static void
test_killed(fixture *f, gconstpointer data)
{
	g_autofree char *said = NULL;
	int status;

	(void)data;
	fill_without_index(f, 20);
	status = run_in_child(build_and_die, f, &said);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 7);
	g_assert_cmpint(jp_textindex_look(f->t.db), ==, JP_TEXTINDEX_PARTIAL);
	store(
	    f, f->board, "abcdefghijkl", 50, T0 + JP_DAY); /* low ids change, others are missed, */
	store(f, f->board, "abcdefghijkl", 51, T0 + JP_DAY + 1); /* and closed */
	store(f, f->other, "abcdefghijkl", 52, T0 + JP_DAY);     /* new, behind the builder */
	store(f, f->other, "abcdefghijkl", 53, T0 + JP_DAY + 1);
	g_assert_cmpint(prune(f, T0 + JP_DAY + 2), ==, 100);
	g_assert_true(jp_textindex_build(f->t.db, FALSE, NULL, NULL));
	assert_exact(f);
}

#define INDEX(name, f) g_test_add("/posting/textindex/" name, fixture, NULL, set_up, f, tear_down)

int
main(int argc, char **argv)
{
	jp_init("posting-textindex");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/posting/lexeme/lists", test_lexemes);
	g_test_add_func("/posting/lexeme/bounds", test_bounds);
	g_test_add_func("/posting/lexeme/forgetting", test_forgetting);
	g_test_add_func("/posting/lexeme/alike", test_alike);
	g_test_add_func("/posting/lexeme/turned", test_turned);
	g_test_add_func("/posting/lexeme/room", test_room);
	INDEX("life", test_life);
	INDEX("board-removed", test_board_removed);
	INDEX("strangers", test_strangers);
	INDEX("rolled-back", test_rolled_back);
	INDEX("histories", test_histories);
	INDEX("build", test_build);
	INDEX("killed", test_killed);
	return g_test_run();
}
